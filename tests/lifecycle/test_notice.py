"""The workflow that opens one GitHub issue for each new release."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.lifecycle.history import NEXT, NOW, start
from tests.rendering import Project
from tests.source import ANSWERS_FILE, CONFIG, read

# Answers from files. `titles` has those of all issues, the newest first.
GH = """\
#!/bin/bash
set -e
case "$1 $2" in
"api repos/owner/service")
  [ "$*" = "$1 $2 --jq .has_issues" ]
  if [ -e no-issues ]; then echo false; else echo true; fi ;;
"issue list")
  [ ! -e no-issues ] && [ ! -e broken ]
  [ "$*" = "$1 $2 --state all --limit $6 --json title --jq .[].title" ]
  head -n "$6" titles ;;
"issue create") echo "$4" >> titles ;;
*) exit 1 ;;
esac
"""
TITLE = f"Update to release {NEXT[1:]} of the template\n"
# What Git gets from Copier for an address.
ADDRESSES = {
    "https://templates.example/service.git": "https://templates.example/service.git",
    "git+https://templates.example/service": "https://templates.example/service",
    "git@templates.example:owner/service.git": "git@templates.example:owner/service.git",
    "gh:owner/service": "https://github.com/owner/service.git",
}


class Service:
    """A project in a repository on GitHub."""

    def __init__(self, project: Project, template: Path) -> None:
        self.path = project.path
        self.template = template
        self.titles = self.path / "titles"
        self.titles.touch()
        self.workflow = yaml.safe_load(project.texts[".github/workflows/template.yml"])
        tools = self.path.parent / "tools"
        tools.mkdir()
        (tools / "gh").write_text(GH)
        (tools / "uvx").write_text(f'#!/bin/sh\nshift 3\nexec "{sys.executable}" -m copier "$@"\n')
        for tool in tools.iterdir():
            tool.chmod(0o755)
        self.environment = os.environ | {
            # Copier keeps a mirror of each address, and other tests use the same ones.
            "COPIER_CACHE_DIR": str(self.path.parent / "mirrors"),
            "GH_REPO": "owner/service",
            "PATH": f"{tools}:{os.environ['PATH']}",
        }
        self.move(next(iter(ADDRESSES)))

    def move(self, address: str) -> None:
        """Give the template another address, which leads to the same repository."""
        answers = self.path / ANSWERS_FILE
        lines = answers.read_text("utf-8").splitlines()
        lines = [f"_src_path: {address}" if "_src_path" in line else line for line in lines]
        answers.write_text("\n".join(lines) + "\n", "utf-8")
        self.environment |= {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{self.template}.insteadOf",
            "GIT_CONFIG_VALUE_0": ADDRESSES.get(address, address),
        }

    def look(self) -> subprocess.CompletedProcess[str]:
        """Run the steps of the workflow."""
        assert self.workflow["defaults"] == {"run": {"shell": "bash"}}
        [script] = [
            step["run"] for step in self.workflow["jobs"]["release"]["steps"] if "run" in step
        ]
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            cwd=self.path,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def service(history: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Service:
    base = getattr(request, "param", NOW)
    return Service(start(history, tmp_path / "project", {"ci": "github"}, base), history)


def test_a_new_release_opens_one_issue(service: Service) -> None:
    for _ in range(2):
        assert service.look().returncode == 0
        assert service.titles.read_text() == TITLE


@pytest.mark.parametrize("service", [NEXT], indirect=True)
def test_the_newest_release_opens_no_issue(service: Service) -> None:
    assert service.look().returncode == 0
    assert service.titles.read_text() == ""


def test_an_old_issue_is_not_opened_again(service: Service) -> None:
    titles = "Newer\n" * 2000 + TITLE
    service.titles.write_text(titles)
    assert service.look().returncode == 0
    assert service.titles.read_text() == titles


def test_no_issue_is_opened_when_the_others_are_unknown(service: Service) -> None:
    service.titles.write_text(TITLE)
    (service.path / "broken").touch()
    assert service.look().returncode != 0
    assert service.titles.read_text() == TITLE


def test_a_release_is_a_notice_where_issues_are_off(service: Service) -> None:
    (service.path / "no-issues").touch()
    result = service.look()
    assert result.returncode == 0
    assert f"::notice::{TITLE.strip()}" in result.stdout
    assert service.titles.read_text() == ""


def test_a_template_without_an_address_is_no_failure(service: Service) -> None:
    for path in ("/srv/template", "../template", "~/template", "template"):
        service.move(path)
        result = service.look()
        assert result.returncode == 0, path
        assert result.stdout.startswith("::notice::"), path
    assert service.titles.read_text() == ""


def test_every_kind_of_address_is_asked(service: Service) -> None:
    for address in ADDRESSES:
        service.titles.write_text("")
        service.move(address)
        result = service.look()
        assert result.returncode == 0, result.stderr
        assert service.titles.read_text() == TITLE, address


def test_projects_run_a_supported_version_of_copier() -> None:
    least = CONFIG["_min_copier_version"].removesuffix(".0")
    for name in ("scripts/update.py", ".github/workflows/template.yml"):
        assert f"copier>={least},<{int(least.split('.')[0]) + 1}" in read(Path(name))
