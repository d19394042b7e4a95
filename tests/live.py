"""Rendered projects with an environment, a git history and a database server."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import pytest

from tests.rendering import render

# What would make a project's tools look at the harness instead of the project.
FOREIGN = ("COV_", "DATABASE_", "PYTEST_", "PYTHON", "TEST_DATABASE_", "UV_PROJECT", "VIRTUAL_ENV")
CREATE = """
import asyncio, sys
from app.core.engine.url import parse_url
from scripts.local_database import create_database
asyncio.run(create_database(parse_url(sys.argv[1])))
"""
DROP = Path(__file__).parent / "drop_databases.py"
FOLDER = "from scripts.local_database import folder; print(folder())"
SERVER = ["python", "-m", "scripts.local_database"]


class Service:
    """A project that can be run."""

    def __init__(self, path: Path, server: str | None) -> None:
        self.path = path
        self.server = server
        home = path.parent / "home"
        (home / "tmp").mkdir(parents=True)
        self.environment = {n: v for n, v in os.environ.items() if not n.startswith(FOREIGN)} | {
            # The same requests in each run; these include single values for lists.
            "CONTRACT_SEED": "2",
            "TMPDIR": str(home / "tmp"),
            "UV_CACHE_DIR": uv_cache(),
            "UV_PYTHON": f"{sys.version_info.major}.{sys.version_info.minor}",
            "XDG_CACHE_HOME": str(home / "cache"),
        }
        # Other projects use the same server, also some of a run that was killed.
        self.database = f"harness_{secrets.token_hex(4)}"
        if server:
            self.environment["TEST_DATABASE_URL"] = f"{server}/{self.database}_test"

    def run(self, *command: str, **variables: str) -> str:
        """Run a command in the project; fail with its output when it does."""
        result = subprocess.run(
            command,
            cwd=self.path,
            env=self.environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if result.returncode:
            words = "\n".join(result.stdout.splitlines()[-200:])
            pytest.fail(f"{' '.join(command)} ended with {result.returncode}\n{words}")
        return result.stdout

    @contextmanager
    def running_database(self) -> Iterator[str]:
        """Yield the URL of an empty database whose server runs meanwhile."""
        if self.server:
            url = f"{self.server}/{self.database}"
            self.run("uv", "run", "python", "-c", CREATE, url)
            yield url
            return
        held = subprocess.Popen(
            ["uv", "run", *SERVER, "sh", "-c", 'echo "$DATABASE_URL"; cat'],
            cwd=self.path,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with held:
            assert held.stdout is not None
            yield held.stdout.readline().strip()
            held.communicate()

    def keep_environment(self, kept: Path) -> None:
        """Keep the virtual environment, with its byte code, for other projects."""
        if not kept.exists():
            copy = self.path.with_name("kept")
            shutil.copytree(self.path / ".venv", copy, symlinks=True, copy_function=os.link)
            with suppress(OSError):  # another worker was faster
                copy.rename(kept)

    def remove(self) -> None:
        """Remove what the project has left outside its own folder."""
        if self.server:
            self.run("uv", "run", "python", str(DROP), self.server, self.database)
        shutil.rmtree(self.run("uv", "run", "python", "-c", FOLDER).strip(), ignore_errors=True)


def start(template: Path, path: Path, answers: dict[str, str], environments: Path) -> Service:
    """Render a project, install what it needs and commit it.

    Skips the test when there is no server of the project's engine.

    Args:
        template: the template.
        path: the folder of the project, which must not exist.
        answers: the answers to the template's questions.
        environments: a folder with the virtual environments of earlier projects.
    """
    server = mysql_server() if answers["database"] == "mysql" else None
    render(template, path, {"project_slug": "harness"} | answers)
    service = Service(path, server)
    kept = environments / answers["database"]
    if kept.is_dir():
        # It has the byte code of all packages, which takes each process four seconds to compile.
        shutil.copytree(kept, path / ".venv", symlinks=True, copy_function=os.link)
    else:
        service.run("uv", "venv", "--quiet", "--relocatable")
    service.run("uv", "sync", "--quiet")
    service.run("git", "init", "--quiet")
    service.run("git", "add", ".")
    service.run("git", "commit", "--quiet", "--message", "Start from the template")
    return service


@cache
def uv_cache() -> str:
    return subprocess.check_output(["uv", "cache", "dir"], text=True).strip()


def mysql_server() -> str | None:
    """Return the URL of a MySQL without a database name; None when a project starts its own."""
    if url := os.environ.get("TEST_MYSQL_URL"):
        return url.partition("?")[0].rsplit("/", 1)[0] if url.count("/") > 2 else url
    if any(map(shutil.which, ("mysqld", "mariadbd"))):
        return None
    reason = "there is no MySQL: set TEST_MYSQL_URL, or install one"
    if os.environ.get("REQUIRE_MYSQL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)
