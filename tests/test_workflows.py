"""The workflows, those of a generated service and those of this repository."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rendering import Project
from tests.source import ROOT, TEMPLATE, read, working_tree

# A commit, so that nobody can move it, and its tag for Dependabot and for people.
PIN = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
OWN = sorted((ROOT / ".github/workflows").iterdir())
SERVICE = [
    TEMPLATE / name.relative_to(TEMPLATE.name)
    for name in working_tree()
    if name.is_relative_to(Path("template/.github/workflows"))
]


def lint(tool: str, *arguments: str, path: Path) -> None:
    command = [str(Path(sys.executable).parent / tool), *arguments]
    result = subprocess.run(command, cwd=path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def audit(path: Path) -> None:
    """Look for insecure workflows and wrong keys."""
    lint("zizmor", "--offline", "--persona=auditor", "--strict-collection", ".github", path=path)
    workflows = [str(file) for file in sorted((path / ".github/workflows").iterdir())]
    for schema, files in [
        ("vendor.github-workflows", workflows),
        ("vendor.dependabot", [".github/dependabot.yml"]),
    ]:
        lint("check-jsonschema", f"--builtin-schema={schema}", *files, path=path)


def actions(files: list[Path]) -> set[str]:
    uses = re.findall(r"^ *(?:- )?uses: (.+)$", "\n".join(map(Path.read_text, files)), re.MULTILINE)
    return {name for name in uses if not name.startswith("$/")}


def test_the_workflows_of_a_service_are_secure_and_valid(project: Project) -> None:
    if project.answers["ci"] == "github":
        audit(project.path)


def test_the_workflows_of_this_repository_are_secure_and_valid() -> None:
    audit(ROOT)


def test_every_action_is_pinned_to_a_commit() -> None:
    assert [name for name in actions(OWN + SERVICE) if not PIN.fullmatch(name)] == []


def test_services_get_the_actions_of_this_repository() -> None:
    """Dependabot updates the workflows of this repository; copy its change to `template/`."""
    assert actions(SERVICE) == actions(OWN)


@pytest.mark.parametrize("path", SERVICE, ids=lambda path: path.name)
def test_every_task_in_a_workflow_exists(path: Path) -> None:
    tasks = re.findall(
        r"^\[tool\.poe\.tasks\.([\w-]+)\]", read(Path("pyproject.toml.jinja")), re.MULTILINE
    )
    assert {*re.findall(r"\bpoe ([\w-]+)", path.read_text("utf-8"))} <= {*tasks}
