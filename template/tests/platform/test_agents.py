"""The commands and paths in AGENTS.md; each one exists."""

import re
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
# Without the last section, which is the owner's.
GUIDE = (PROJECT / "AGENTS.md").read_text("utf-8").partition("\n## Rules of this service")[0]
CODE = sorted(set(re.findall(r"`([^`\n]+)`", GUIDE)))
TASKS = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["tool"]["poe"]["tasks"]
COMMANDS = [code for code in CODE if code.startswith("uv ")]
# The placeholder NAME is a folder that does not exist yet.
PATHS = [
    code
    for code in CODE
    if re.fullmatch(r"[\w.-]+(/[\w.-]*)+|[\w.-]+\.(md|toml|yml)", code) and "NAME" not in code
]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_a_task_or_a_tool(command: str) -> None:
    if command == "uv sync":
        return
    _, run, tool, *arguments = command.split()
    assert (run, tool) in {("run", "poe"), ("run", "pytest")}
    if tool == "poe":
        assert arguments[0] in TASKS
    else:
        assert arguments[0] == "tests/NAME"


@pytest.mark.parametrize("path", PATHS)
def test_a_path_exists(path: str) -> None:
    assert (PROJECT / path).exists()


def test_the_guide_is_one_page() -> None:
    assert COMMANDS
    assert PATHS
    assert len(GUIDE.splitlines()) <= 80
