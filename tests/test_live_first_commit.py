"""The commands of the message after a copy."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.live import Service
from tests.rendering import render
from tests.source import CONFIG

COMMANDS = re.findall(r"^ +(uv sync|git .+)$", CONFIG["_message_after_copy"], re.MULTILINE)
# The commands must not depend on Git's settings.
OTHER_BRANCH = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "init.defaultBranch",
    "GIT_CONFIG_VALUE_0": "trunk",
}


def test_the_first_commit_has_what_ci_and_the_image_build_need(
    template: Path, tmp_path: Path
) -> None:
    project = render(template, tmp_path / "project", {"project_slug": "harness"})
    service = Service(project.path, None)
    assert [command.split()[0] for command in COMMANDS] == ["uv", "git", "git"]
    for command in COMMANDS:
        service.run("sh", "-c", command, **OTHER_BRANCH)
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", project.path, clone], check=True)
    workflow = yaml.safe_load((clone / ".github/workflows/ci.yml").read_text("utf-8"))
    # YAML reads the key `on` as true.
    assert (
        service.run("git", "branch", "--show-current").strip() in workflow[True]["push"]["branches"]
    )
    service.path = clone
    service.run("uv", "sync", "--quiet", "--locked")
    hooks = yaml.safe_load((clone / ".pre-commit-config.yaml").read_text("utf-8"))["repos"][0]
    [hook] = [hook["entry"] for hook in hooks["hooks"] if hook["id"] == "lock"]
    service.run(*hook.split())
    pyproject = clone / "pyproject.toml"
    pyproject.write_text(pyproject.read_text("utf-8").replace('"alembic>', '"colorama", "alembic>'))
    with pytest.raises(pytest.fail.Exception, match="needs to be updated"):
        service.run(*hook.split())
