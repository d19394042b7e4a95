"""A release is a tag, and says what changes in a service and what its owner must do."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.lifecycle.history import released
from tests.source import ROOT

CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")
HEADINGS = ["What changes in your service", "What you must do"]
SECTIONS = re.findall(r"^## (.+)$", CHANGELOG, re.MULTILINE)
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text("utf-8"))


def notes(path: Path, tag: str, changelog: str) -> str:
    """Do what the release does to find its notes."""
    (path / "CHANGELOG.md").write_text(changelog, "utf-8")
    steps = [step for step in WORKFLOW["jobs"]["release"]["steps"] if "run" in step]
    subprocess.run(
        ["bash", "-e", "-c", steps[0]["run"]],
        cwd=path,
        env=os.environ | {"GITHUB_REF_NAME": tag},
        check=True,
    )
    return (path / "notes.md").read_text("utf-8")


def test_every_section_says_what_changes_and_what_to_do() -> None:
    for section in re.split(r"^## .+$", CHANGELOG, flags=re.MULTILINE)[1:]:
        assert re.findall(r"^### (.+)$", section, re.MULTILINE) == HEADINGS


def test_every_release_has_its_section_and_every_section_its_release() -> None:
    versions = [f"v{version}" for version in SECTIONS if version != "Unreleased"]
    assert set(released()) <= set(versions)
    # The newest may still have to be tagged. If others are missing, fetch the tags.
    assert set(versions[1:]) <= set(released())


def test_the_notes_of_a_release_are_its_section(tmp_path: Path) -> None:
    changelog = re.sub("^## ", "## 900.1.0\n\nNew.\n\n## ", CHANGELOG, count=1, flags=re.MULTILINE)
    assert notes(tmp_path, "v900.1.0", changelog).strip() == "New."
    with pytest.raises(subprocess.CalledProcessError):
        notes(tmp_path, "v900.2.0", changelog)


def test_nothing_is_released_untested() -> None:
    jobs = WORKFLOW["jobs"]
    assert jobs["release"]["needs"] == "test"
    assert jobs["test"]["uses"].endswith("/.github/workflows/ci.yml")
    tests = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))["jobs"]["test"]
    checkout = next(step for step in tests["steps"] if "checkout" in step.get("uses", ""))
    assert checkout["with"]["fetch-depth"] == 0, "updates from every release need every tag"
    assert {"run": "uv run pytest --proofs"} in tests["steps"]


def test_the_version_is_the_tag_and_nothing_else() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == "0"
