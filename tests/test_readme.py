"""The README and the documents quote code, commands and names that exist."""

import re
import tomllib
from html import unescape
from pathlib import Path

import pytest

from tests.source import ASKED, CONFIG, ROOT, TEMPLATE, choices, environment, read, working_tree

README = (ROOT / "README.md").read_text("utf-8")
DOCUMENTS = [
    name
    for name in working_tree()
    if name.suffix == ".md" and name.parts[0] not in {"includes", "template"}
]
DECISIONS = ROOT / "docs/decisions"
PAGES = sorted(DECISIONS.glob("[0-9]*.md"))
PYPROJECT = read(Path("pyproject.toml.jinja"))


def blocks(language: str) -> list[str]:
    """Return the code blocks of the README in one language."""
    return re.findall(rf"^```{language}\n(.+?)^```$", README, re.MULTILINE | re.DOTALL)


def rows(text: str) -> list[list[str]]:
    """Return the rows of all tables, without the lines below their heads."""
    lines = re.findall(r"^\| *(.*?) *\|$", text, re.MULTILINE)
    return [re.split(r" *\| *", line) for line in lines if not re.fullmatch(r"[-| ]+", line)]


def exists(path: str) -> bool:
    """Tell whether the template renders a file or folder, for one engine at least."""
    return any((TEMPLATE / f"{path}{suffix}").exists() for suffix in ("", ".jinja"))


def test_the_quoted_routes_are_those_of_the_sample() -> None:
    (quoted,) = blocks("python")
    routes = read(Path("app/product/routes.py"))
    for route in quoted.split("\n\n\n"):
        assert route.strip() in routes


@pytest.mark.parametrize("name", DOCUMENTS, ids=str)
def test_every_link_leads_to_a_file(name: Path) -> None:
    text = (ROOT / name).read_text("utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (ROOT / name.parent / target).exists(), target


@pytest.mark.parametrize("name", DOCUMENTS, ids=str)
def test_every_task_exists(name: Path) -> None:
    text = (ROOT / name).read_text("utf-8")
    tasks = set(re.findall(r"^\[tool\.poe\.tasks\.([\w-]+)\]", PYPROJECT, re.MULTILINE))
    assert set(re.findall(r"(?:`|run )poe ([a-z][\w-]*)", text)) <= tasks


def test_the_questions_are_those_of_copier() -> None:
    table = {row[0].strip("`"): row for row in rows(README) if row[0].strip("`") in ASKED}
    assert list(table) == list(ASKED)
    for name, (_, offered, default) in table.items():
        if "choices" in ASKED[name]:
            assert [c for c in re.findall(r"`([^`]+)`", offered) if c in choices(name)] == choices(
                name
            )
        if "{{" not in ASKED[name]["default"]:
            assert default == f"`{ASKED[name]['default']}`"


@pytest.mark.parametrize("column", [1, 2, 3])
def test_the_presets_are_those_of_copier(column: int) -> None:
    preset = choices("pool_preset")[column - 1]
    answers = {"database": "postgresql", "pool_preset": preset}
    pool = environment().from_string(CONFIG["pool"]["default"]).render(answers)
    shown = [row for row in rows(README) if row[0].startswith("`DATABASE_")]
    assert len(shown) == 6
    for row in shown:
        name = re.search(r"`DATABASE_(?:POOL_)?(\w+)`", row[0])
        assert name
        assert f'"{name[1].lower()}": {row[column]}' in pool


def test_the_versions_are_those_of_the_template() -> None:
    assert (
        f"| Python | {choices('python_version')[0]} to {choices('python_version')[-1]}," in README
    )
    for packages, versions in (
        ("FastAPI, Pydantic", "0.165, 2.14"),
        ("SQLAlchemy, Alembic", "2.1, 1.20"),
    ):
        assert f"| {packages} | {versions} or later |" in README
        for package, version in zip(packages.split(", "), versions.split(", "), strict=True):
            assert re.search(rf'"{package.lower()}(\[\w+\])?>={re.escape(version)}\b', PYPROJECT)


def test_every_file_of_the_overview_exists() -> None:
    (tree,) = (block for block in blocks("") if block.startswith("app/"))
    for line in tree.splitlines():
        assert exists(line.split()[0].rstrip("/")), line


def test_the_address_of_the_repository_stands_in_one_place() -> None:
    places = [
        f"{name}: {line}"
        for name in working_tree()
        if name.suffix not in {".lock", ".svg"}
        for line in (ROOT / name).read_text("utf-8", errors="replace").splitlines()
        if re.search(r"github\.com/[\w-]+/copier-fastapi-service", line)
    ]
    assert len(places) == 1, places


def test_the_terminal_shows_the_start_command() -> None:
    picture = (ROOT / "docs/terminal.svg").read_text("utf-8")
    shown = "".join(unescape(row) for row in re.findall(r"<text[^>]*>(.*)</text>", picture))
    (command,) = (block for block in blocks("") if '"$PWD"' in block)
    assert re.sub(r"\s", "", command) in re.sub(r"\s", "", shown)
    hosts = set(re.findall(r"https?://([\w.-]+)", picture))
    assert hosts == {"127.0.0.1", "www.w3.org"}
    assert not re.search(r"/(home|root|tmp|Users)/", picture)


def test_the_speed_is_that_of_the_last_measurement() -> None:
    def speed(text: str) -> list[list[str]]:
        table = text[text.index("| speed of the service relative to") :].split("\n\n")[0]
        return rows(table)

    assert speed(README) == speed((ROOT / "docs/performance.md").read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_decision_has_the_same_form(page: Path) -> None:
    text = page.read_text("utf-8")
    number = int(page.name[:4])
    head = (
        rf"# {number}\. .+\n\n- Status: (accepted|replaced by \d+)\n- Date: \d{{4}}-\d\d-\d\d\n\n"
    )
    assert re.match(head, text)
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert [name for name in sections if name != "Rejected"] == [
        "Context",
        "Decision",
        "Consequences",
    ]


def test_the_index_has_every_decision() -> None:
    expected = []
    for page in PAGES:
        text = page.read_text("utf-8")
        facts = [
            re.search(p, text, re.MULTILINE) for p in (r"\. (.+)", r"Status: (.+)", r"Date: (.+)")
        ]
        expected.append([f"[{int(page.name[:4])}]({page.name})", *(f[1] for f in facts if f)])
    assert rows((DECISIONS / "README.md").read_text("utf-8"))[1:] == expected


def test_every_dependency_has_a_reason() -> None:
    text = (DECISIONS / "0001-dependencies.md").read_text("utf-8").partition("## Rejected")[0]
    listed = re.findall(r"^\| `([\w-]+)", text, re.MULTILINE)
    plain = re.sub(r"\{%.*?%\}\n?|\{\{.*?\}\}", "", PYPROJECT)
    project = tomllib.loads(
        re.sub(r"^(name|description|authors|license)\b.*$", "", plain, flags=re.M)
    )
    declared = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    assert sorted(listed) == sorted(re.match(r"[\w-]+", line)[0] for line in declared)  # type: ignore[index]


def test_every_private_name_is_used_and_guarded_where_the_page_says() -> None:
    table = rows((DECISIONS / "0016-private-names.md").read_text("utf-8"))[1:]
    assert len(table) > 15
    for _, used, guarded, _ in table:
        for path in re.findall(r"`([\w/]+\.py)`", used):
            assert exists(path) or exists(f"app/{path}"), path
        for path in re.findall(r"`([\w/]+\.py)`", guarded):
            assert exists(f"tests/platform/{path}"), path


def test_the_messages_of_the_update_are_its_own() -> None:
    text = (ROOT / "docs/updating.md").read_text("utf-8")
    start = text.index("| message | solution |")
    script = re.sub(r'"\n\s+f?"', "", read(Path("scripts/update.py")))
    for message, _ in rows(text[start:].split("\n\n")[0])[1:]:
        for part in re.split(r" *… *", message):
            copiers_own = part in {"You are downgrading", "Unknown revision"}
            assert copiers_own or part in script, part
