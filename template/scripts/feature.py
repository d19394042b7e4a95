"""`uv run poe feature NAME`: writes a new feature after the blueprint in `scripts/blueprint/`."""

import keyword
import re
import subprocess
import sys
from pathlib import Path

from tests.models.conventions import SNAKE_CASE, is_singular

BLUEPRINT = Path(__file__).parent / "blueprint"
PROJECT = Path(__file__).parents[1]
LENGTH = 30  # longer ones leave no room in a line
EXAMPLE = "write a noun in the singular and in snake_case, such as order_item"


def write(name: str, project: Path = PROJECT) -> list[Path]:
    """Write the folders of a feature and of its tests; return the files.

    Raises:
        ValueError: with a sentence, when the name can't be taken.
    """
    app, tests = project / "app" / name, project / "tests" / name
    if fault := _fault(name, app, tests):
        raise ValueError(fault)
    files = []
    for source in sorted(BLUEPRINT.glob("*.py")):
        target = (tests if source.name.startswith("test_") else app) / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_rename(source.read_text("utf-8"), name), "utf-8")
        files.append(target)
    # A longer or shorter name moves imports and breaks lines elsewhere.
    for command in (["check", "--quiet", "--select=I", "--fix"], ["format", "--quiet"]):
        config = f"--config={PROJECT / 'pyproject.toml'}"
        subprocess.run([sys.executable, "-m", "ruff", *command, config, *files], check=True)
    return files


def _fault(name: str, *folders: Path) -> str | None:
    if not re.fullmatch(SNAKE_CASE, name) or len(name) > LENGTH or keyword.iskeyword(name):
        return f"{name!r} can't name a feature: {EXAMPLE}."
    if not is_singular(name):
        return f"{name} is a plural, and a table is named as one row of it: {EXAMPLE}."
    if any(folder.exists() or folder.with_suffix(".py").exists() for folder in folders):
        return f"{name} is there already, in app/ or in tests/: choose another name."
    code = "".join(file.read_text("utf-8") for file in BLUEPRINT.glob("*.py"))
    used = set(re.findall(r"\w+", code))
    if {name, _class_name(name), _plural(name).upper()} & used:
        return f"{name} has a meaning in the code of every feature: choose another name."
    return None


def _rename(code: str, name: str) -> str:
    plural = _plural(name)
    for pattern, word in (
        (r"scripts\.blueprint", f"app.{name}"),
        (r'(?<=[/"])blueprints', plural.replace("_", "-")),
        (r"(?<= )blueprints(?=[ .])", plural.replace("_", " ")),
        (r"(?<= )blueprint(?=[ .])", name.replace("_", " ")),
        ("BLUEPRINTS", plural.upper()),
        ("blueprints", plural),
        ("blueprint", name),
        ("Blueprint", _class_name(name)),
    ):
        code = re.sub(pattern, word, code)
    return code


def _class_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _plural(name: str) -> str:
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    return name + ("es" if name.endswith(("s", "x", "z", "ch", "sh")) else "s")


def main() -> None:
    try:
        files = write(sys.argv[1])
    except ValueError as error:
        raise SystemExit(str(error)) from None
    print(*(file.relative_to(PROJECT) for file in files), sep="\n")
    print(f'Add its columns, then run: uv run poe revision -m "add {sys.argv[1]}"')


if __name__ == "__main__":
    main()
