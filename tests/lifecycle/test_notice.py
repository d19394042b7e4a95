"""The workflow that opens one GitHub issue for each new release."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.lifecycle.history import NEXT, NOW, start
from tests.rendering import Project
from tests.source import CONFIG, read

GH = """\
#!/bin/sh
if [ "$2" = list ]; then cat titles; else echo "$4" >> titles; fi
"""
TITLE = f"Update to release {NEXT[1:]} of the template\n"


@pytest.fixture
def project(history: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Project:
    return start(history, tmp_path / "project", {"ci": "github"}, request.param)


def look(project: Project) -> str:
    """Run the steps of the workflow; return the titles of all issues."""
    tools = project.path.parent / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "gh").write_text(GH)
    (tools / "gh").chmod(0o755)
    (tools / "uvx").write_text(f'#!/bin/sh\nshift 3\nexec "{sys.executable}" -m copier "$@"\n')
    (tools / "uvx").chmod(0o755)
    (project.path / "titles").touch()
    workflow = yaml.safe_load(project.texts[".github/workflows/template.yml"])
    for step in workflow["jobs"]["release"]["steps"]:
        if "run" in step:
            subprocess.run(
                ["bash", "-e", "-c", step["run"]],
                cwd=project.path,
                env=os.environ | {"PATH": f"{tools}:{os.environ['PATH']}"},
                check=True,
            )
    return (project.path / "titles").read_text()


@pytest.mark.parametrize("project", [NOW], indirect=True)
def test_a_new_release_opens_one_issue(project: Project) -> None:
    assert look(project) == TITLE
    assert look(project) == TITLE


@pytest.mark.parametrize("project", [NEXT], indirect=True)
def test_the_newest_release_opens_no_issue(project: Project) -> None:
    assert look(project) == ""


def test_projects_run_a_supported_version_of_copier() -> None:
    least = CONFIG["_min_copier_version"].removesuffix(".0")
    for name in ("scripts/update.py", ".github/workflows/template.yml"):
        assert f"copier>={least},<{int(least.split('.')[0]) + 1}" in read(Path(name))
