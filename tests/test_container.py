"""The container files of a project, without Docker."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.rendering import Project, render
from tests.source import choices

TOOLS = Path(sys.executable).parent


@pytest.fixture(params=choices("database"))
def container(request: pytest.FixtureRequest, templated: Path, tmp_path: Path) -> Project:
    return render(templated, tmp_path / "project", {"database": request.param})


def lint(project: Project, tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(TOOLS / tool), *arguments]
    return subprocess.run(command, cwd=project.path, capture_output=True, text=True, check=False)


def test_the_compose_file_follows_the_specification(container: Project) -> None:
    command = ("check-jsonschema", "--builtin-schema=vendor.compose-spec", "compose.yaml")
    checked = lint(container, *command)
    assert checked.returncode == 0, checked.stdout
    file = container.path / "compose.yaml"
    file.write_text(file.read_text("utf-8").replace("stop_grace_period", "grace_period"))
    assert "grace_period" in lint(container, *command).stdout


def test_the_dockerfile_has_no_fault_that_hadolint_finds(container: Project) -> None:
    checked = lint(container, "hadolint", "--failure-threshold=warning", "Dockerfile")
    assert checked.returncode == 0, checked.stdout
