"""The jobs of a project's CI: its image is started and called, its packages are audited.

The steps of the image run with a `docker` that forwards to a service on this machine, and with
TEST_DOCKER on a real one. Its ports must be reachable on 127.0.0.1.
"""

import json
import os
import shlex
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import yaml

from tests.live import Service
from tests.rendering import render
from tests.servers import free_port
from tests.source import choices
from tests.test_live_dev import wait_until_ready

Start = Callable[..., Service]
pytestmark = pytest.mark.proof
DOCKER = os.environ.get("TEST_DOCKER", "")
COMPOSE = """\
#!/bin/bash
set -e
[ "$1" = compose ]
case "$2" in
exec) python3 -c "import os; os.getuid = lambda: $(cat user); $7" ;;
ps) echo "{\\"Name\\": \\"$6\\", \\"ExitCode\\": $(cat code)}" ;;
esac
"""
# The port of the database may be in use.
OTHER_PORT = "services:\n  database:\n    ports: !reset []\n"
# What makes a step fail that passes otherwise.
FAULTS = {
    "Is it ready?": ("8000", "9"),
    "Does it run as another user than root?": ("user", "0"),
    "Can it create and read a product?": ("/products", "/product"),
    "Does SIGTERM end it with exit code 0?": ("code", "143"),
}


def steps(project: Path) -> dict[str, str]:
    """Return the scripts of the job, by name."""
    workflow = yaml.safe_load((project / ".github/workflows/ci.yml").read_text("utf-8"))
    assert workflow["defaults"] == {"run": {"shell": "bash"}}
    found = {step["name"]: step for step in workflow["jobs"]["image"]["steps"] if "run" in step}
    log = found.pop("Log")
    assert log["if"] == "failure()"
    return {name: step["run"] for name, step in found.items()}


def run(script: str, project: Path, docker: str) -> subprocess.CompletedProcess[str]:
    """Run a step as GitHub does, with another `docker`."""
    tools = project.parent / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "docker").write_text(docker)
    (tools / "docker").chmod(0o755)
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=project,
        env=os.environ | {"PATH": f"{tools}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def serving(service: Service) -> Iterator[int]:
    port = free_port()
    service.run("uv", "run", "poe", "migrate")
    command = [
        "uv",
        "run",
        "python",
        "-m",
        "scripts.local_database",
        ".venv/bin/python",
        "-m",
        "app",
    ]
    with subprocess.Popen(
        command,
        cwd=service.path,
        env=service.environment | {"PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        wait_until_ready(port, process)
        yield port
        process.terminate()


def test_the_steps_of_the_image_find_each_fault(start: Start) -> None:
    service = start(database="sqlite")
    scripts = steps(service.path)
    state = {"user": "10001", "code": "0"}
    with serving(service) as port:
        for name, script in scripts.items():
            for file, content in state.items():
                (service.path / file).write_text(content)
            local = script.replace("8000", str(port))
            result = run(local, service.path, COMPOSE)
            assert result.returncode == 0, f"{name}\n{result.stdout}{result.stderr}"
            if name not in FAULTS:
                continue
            wrong, instead = FAULTS[name]
            if wrong in state:
                (service.path / wrong).write_text(instead)
            else:
                local = script.replace(wrong, instead).replace("8000", str(port))
            assert run(local, service.path, COMPOSE).returncode != 0, name
    assert FAULTS.keys() == scripts.keys() - {"Build, migrate and start"}


@pytest.mark.skipif(not DOCKER, reason="set TEST_DOCKER=docker to use Docker and Compose")
@pytest.mark.parametrize("database", choices("database"))
def test_the_image_passes_its_steps(template: Path, tmp_path: Path, database: str) -> None:
    """Run with --numprocesses 0: each engine uses port 8000."""
    slug = f"harness-ci-{database}"
    answers = {"database": database, "project_slug": slug, "python_version": "3.13"}
    project = render(template, tmp_path / "project", answers)
    docker = f'#!/bin/sh\nexec {DOCKER} "$@"\n'
    subprocess.run(["uv", "lock", "--quiet"], cwd=project.path, check=True)
    server = yaml.safe_load(project.texts["compose.yaml"])["services"].get("database")
    if server:
        (project.path / "compose.override.yaml").write_text(OTHER_PORT)
        image = server["image"]
        have = run(f"docker image inspect {image} || docker pull {image}", project.path, docker)
        if have.returncode:
            pytest.skip(f"there is no image {image}, and it cannot be pulled")
    try:
        for name, script in steps(project.path).items():
            result = run(script, project.path, docker)
            assert result.returncode == 0, f"{name}\n{result.stdout}{result.stderr}"
    finally:
        run(f"docker compose down --volumes; docker image rm {slug}", project.path, docker)


class Advisories(BaseHTTPRequestHandler):
    """A database of vulnerabilities that knows one."""

    ID = "GHSA-test-test-test"

    def do_POST(self) -> None:
        queries = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
        known = {"vulns": [{"id": self.ID, "modified": "2026-01-01T00:00:00Z"}]}
        self.answer(
            {"results": [known if q["package"]["name"] == "starlette" else {} for q in queries]}
        )

    def do_GET(self) -> None:
        dates = dict.fromkeys(("modified", "published"), "2026-01-01T00:00:00Z")
        self.answer({"id": self.ID, "summary": "An error", "affected": [], **dates})

    def answer(self, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        pass


def test_the_audit_names_a_vulnerability_until_it_is_accepted(start: Start) -> None:
    service = start(database="sqlite")
    workflow = yaml.safe_load((service.path / ".github/workflows/audit.yml").read_text("utf-8"))
    command = workflow["jobs"]["audit"]["steps"][-1]["run"]
    with ThreadingHTTPServer(("127.0.0.1", 0), Advisories) as server:
        Thread(target=server.serve_forever).start()
        audit = [*shlex.split(command), "--service-url", f"http://127.0.0.1:{server.server_port}"]
        try:
            with pytest.raises(pytest.fail.Exception, match=Advisories.ID):
                service.run(*audit)
            with (service.path / "pyproject.toml").open("a") as file:
                file.write(f'\n[tool.uv.audit]\nignore-until-fixed = ["{Advisories.ID}"]\n')
            service.run(*audit)
        finally:
            server.shutdown()
