"""The image and the compose file of a project on a real Docker.

TEST_DOCKER is its command, such as `docker`. Images are pulled unless they are there.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.rendering import Project, render
from tests.source import choices

DOCKER = shlex.split(os.environ.get("TEST_DOCKER", ""))

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(not DOCKER, reason="set TEST_DOCKER=docker to use Docker and Compose"),
]

# As strict as a cluster can be; the ports of this machine may be in use.
STRICT = """
services:
  migrate: &strict
    user: "123456:0"
    read_only: true
    cap_drop: ["ALL"]
    security_opt: ["no-new-privileges:true"]
  service:
    <<: *strict
    ports: !reset []
"""
NO_PORTS = "  database:\n    ports: !reset []\n"
ASK = """
import json, urllib.request
for path in ("/health/ready", "/api/v1/products"):
    print(json.load(urllib.request.urlopen("http://127.0.0.1:8000" + path)))
"""
# A process that finds no byte code says `code object from 'NAME.py'`.
COMPILED_NOW = r"# code object from '(/service/|/usr/local/lib/).*\.py'"


def docker(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DOCKER, *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


class Compose:
    """Docker Compose in a project."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str, succeeds: bool = True) -> str:
        result = docker("compose", *arguments, folder=self.folder)
        if succeeds and result.returncode:
            pytest.fail(f"docker compose {' '.join(arguments)}\n{result.stdout}")
        return result.stdout


@contextmanager
def compose_of(project: Project) -> Iterator[Compose]:
    """Yield Compose in a project that only its owner can read; afterwards nothing is left of it."""
    for path in project.path.rglob("*"):
        path.chmod(path.stat().st_mode & ~0o077)
    services = yaml.safe_load(project.texts["compose.yaml"])["services"]
    strict = STRICT + NO_PORTS * ("database" in services)
    (project.path / "compose.override.yaml").write_text(strict)
    for image in {
        service["image"] for service in services.values() if "pull_policy" not in service
    }:
        if docker("image", "inspect", image).returncode and docker("pull", image).returncode:
            refuse = pytest.fail if os.environ.get("REQUIRE_MYSQL") == "1" else pytest.skip
            refuse(f"there is no image {image}, and it cannot be pulled")
    compose = Compose(project.path)
    try:
        yield compose
    finally:
        compose("down", "--volumes", succeeds=False)
        docker("image", "rm", services["service"]["image"])


@pytest.mark.parametrize("database", choices("database"))
def test_the_image_and_the_compose_file_work(template: Path, tmp_path: Path, database: str) -> None:
    slug = f"harness-{database}"
    answers = {"database": database, "project_slug": slug, "python_version": "3.13"}
    project = render(template, tmp_path / "project", answers)
    subprocess.run(["uv", "lock", "--quiet"], cwd=project.path, check=True)
    with compose_of(project) as compose:
        first = compose("up", "--detach", "--wait")
        assert not re.search(rf"\b(service|migrate|Image {slug}) +(Pulling|Warning|Error)", first)
        assert "'status': 'ok'" in compose("exec", "-T", "service", "python", "-c", ASK)
        verbose = compose(
            "exec", "-T", "service", "python", "-v", "-c", "import app.main, http.client"
        )
        assert "/service/app/main.py" in verbose
        assert not re.findall(COMPILED_NOW, verbose)
        compose("up", "--build", "--detach", "--wait")
        compose("stop", "service")
        state = compose("ps", "--all", "--format", "{{.Service}} {{.ExitCode}}")
        assert "service 0" in state.splitlines()
        log = compose("logs")
        assert "Application shutdown complete" in log
        # A health check may come while the server starts.
        assert not re.search(r"FATAL(?!: +the database system is)|Traceback|denied", log), log
