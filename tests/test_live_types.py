"""The types that a feature's code sees: no `Any`, and no mistake that the type check accepts."""

import ast
import fcntl
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live import Service
from tests.rendering import COMBINATIONS, Project, name_of, render
from tests.source import ROOT, choices

MISTAKES = ROOT / "tests/mistakes.py"
TARGET = "app/mistakes.py"
ENGINES = choices("database")
MYPY = "import sys; from mypy import api; print(api.run(sys.argv[1:])[0])"
SAMPLE = [f"app/product/{name}.py" for name in ("crud", "models", "routes", "schemas")]
BLUEPRINT = [name.replace("app/product", "scripts/blueprint") for name in SAMPLE]
SAME_ON_EVERY_ENGINE = [
    *(f"app/core/{name}.py" for name in ("crud", "database", "pagination", "engine/reader")),
    *(name for name in SAMPLE if not name.endswith("models.py")),
]
# FastAPI's own type of the argument `responses`; the values of filters, which CRUDBase compares.
WITH_ANY = {"problem_responses", "PageQuery.filters"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def mistakes() -> dict[str, tuple[int, str, str]]:
    """Return by function the line of its mistake, and the text and the code of the error."""
    found: dict[str, tuple[int, str, str]] = {}
    function = ""
    for number, line in enumerate(MISTAKES.read_text("utf-8").splitlines(), 1):
        if start := re.match(r"async def (\w+)", line):
            function = start[1]
        if marker := re.fullmatch(r" +# refused: (.+) \[([a-z-]+)\]", line):
            assert function not in found, f"{function} makes two mistakes"
            found[function] = (number + 1, marker[1], marker[2])
    return found


def type_check(template: Path, path: Path) -> str:
    """Return what the project's mypy reports about the mistakes."""
    render(template, path, {"project_slug": "harness"})
    service = Service(path, None)
    service.run("uv", "sync", "--quiet")
    service.run("uv", "run", "poe", "feature", "order_item")
    shutil.copy(MISTAKES, path / TARGET)
    return service.run("uv", "run", "python", "-c", MYPY, "--package", "app")


@contextmanager
def locked(path: Path) -> Iterator[Path]:
    """Let one worker at a time use a path."""
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield path


@pytest.fixture(scope="module")
def errors(template: Path, shared: Path) -> dict[str, list[str]]:
    """The errors by file and line; one run of mypy finds them all."""
    with locked(shared / "types.txt") as output:
        if not output.exists():
            output.write_text(type_check(template, shared / "types" / "project"), "utf-8")
    found = defaultdict(list)
    for line in output.read_text("utf-8").splitlines():
        if error := re.fullmatch(r"(\S+:\d+): error: (.+)", line):
            found[error[1]].append(error[2])
    return found


@pytest.fixture(scope="module")
def projects(template: Path, shared: Path) -> list[Project]:
    """A project for each engine, of those that other tests render too."""
    found = []
    for engine in ENGINES:
        answers = next(each for each in COMBINATIONS if each["database"] == engine)
        with locked(shared / name_of(answers)) as path:
            found.append(Project(path) if path.is_dir() else render(template, path, answers))
    return found


@pytest.mark.proof
@pytest.mark.parametrize("function", mistakes())
def test_the_type_check_refuses(errors: Mapping[str, list[str]], function: str) -> None:
    line, text, code = mistakes()[function]
    found = errors.get(f"{TARGET}:{line}", [])
    assert any(text in error and error.endswith(f"  [{code}]") for error in found), found


@pytest.mark.proof
def test_the_type_check_accepts_the_correct_code_beside_each_mistake(
    errors: Mapping[str, list[str]],
) -> None:
    lines = {f"{TARGET}:{line}" for line, _, _ in mistakes().values()}
    assert {place: found for place, found in errors.items() if place not in lines} == {}


def test_every_function_among_the_mistakes_makes_one() -> None:
    functions = [f.name for f in ast.parse(MISTAKES.read_text("utf-8")).body if is_function(f)]
    assert functions == [*mistakes()]


def test_a_feature_writes_no_any_and_ignores_no_type(projects: Sequence[Project]) -> None:
    for project in projects:
        for name in SAMPLE + BLUEPRINT:
            assert not says_any(ast.parse(project.texts[name])), name
            assert "type: ignore" not in project.texts[name], name


def test_nothing_that_a_feature_imports_returns_any(projects: Sequence[Project]) -> None:
    for project in projects:
        code = "".join(project.texts[name] for name in SAMPLE + BLUEPRINT)
        modules = set(re.findall(r"^from (app\.(?:core|models)[.\w]*) import", code, re.MULTILINE))
        assert {"app.core.crud", "app.core.database", "app.core.pagination"} <= modules
        found = {
            name
            for module in modules | {"app.core.engine.reader"}
            for name, function in public(project.texts[module.replace(".", "/") + ".py"])
            if function.returns is None or says_any(function.returns)
        }
        assert found == WITH_ANY


def test_a_feature_sees_the_same_types_on_every_engine(projects: Sequence[Project]) -> None:
    for name in SAME_ON_EVERY_ENGINE:
        assert len({project.texts[name] for project in projects}) == 1, name
    columns = [annotations(p.texts["app/product/models.py"]) for p in projects]
    assert columns[0]["price"] == "Mapped[Decimal]"
    assert columns == columns[:1] * len(ENGINES)


def is_function(node: ast.AST) -> bool:
    return isinstance(node, Function)


def says_any(tree: ast.AST) -> bool:
    names = {getattr(node, "id", getattr(node, "attr", "")) for node in ast.walk(tree)}
    return "Any" in names


def public(code: str) -> Iterator[tuple[str, Function]]:
    """Yield the public functions and methods of a module with their names."""
    for node in ast.parse(code).body:
        if is_function(node) and not node.name.startswith("_"):
            yield node.name, node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for method in filter(is_function, node.body):
                if not method.name.startswith("_"):
                    yield f"{node.name}.{method.name}", method


def annotations(code: str) -> dict[str, str]:
    """Return the annotations in a module by name."""
    found = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.AnnAssign)]
    return {ast.unparse(node.target): ast.unparse(node.annotation) for node in found}
