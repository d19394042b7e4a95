"""A rendered project with its environment and a running database."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import copier
import copier.errors

ROOT = Path(__file__).parent.parent

# Variables of the caller that the project's tools must not see.
FOREIGN = ("COV_", "DATABASE_", "PYTEST_", "PYTHON", "TEST_DATABASE_", "UV_PROJECT", "VIRTUAL_ENV")

CREATE = """
import asyncio, sys
from app.core.engine.url import parse_url
from scripts.local_database import create_database
asyncio.run(create_database(parse_url(sys.argv[1])))
"""
# All servers run at the same time, each with its own pool.
MORE_CONNECTIONS = """
import asyncio, os, asyncpg
async def main():
    connection = await asyncpg.connect(os.environ["DATABASE_URL"].replace("+asyncpg", ""))
    await connection.execute("ALTER SYSTEM SET max_connections = 400")
    await connection.execute("ALTER SYSTEM SET autovacuum = off")
asyncio.run(main())
"""
FOLDER = "from scripts.local_database import folder; print(folder())"
LOCAL_DATABASE = ["-m", "scripts.local_database"]


class Project:
    """A project that can be run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.python = str(path / ".venv/bin/python")
        self.environment = {n: v for n, v in os.environ.items() if not n.startswith(FOREIGN)}

    def run(self, *command: str, **variables: str) -> str:
        """Run a command in the project and return its output."""
        environment = self.environment | variables
        return subprocess.check_output(command, cwd=self.path, env=environment, text=True)

    def without_development(self) -> "Project":
        """Return this project with an environment that has only the packages of its image."""
        folder = ".production"
        command = ["uv", "sync", "--quiet", "--no-dev", "--python", sys.executable]
        self.run(*command, UV_PROJECT_ENVIRONMENT=folder)
        production = Project(self.path)
        production.python = str(self.path / folder / "bin/python")
        return production

    def rows(self, command: str, number: int, url: str) -> None:
        """Run a command of `rows.py` on the database."""
        variables = {"DATABASE_URL": url, "PYTHONPATH": str(ROOT)}
        self.run(self.python, "-m", "benchmarks.rows", command, str(number), **variables)

    @contextmanager
    def database(self, url: str | None = None) -> Iterator[str]:
        """Yield the URL of a migrated database: `url`, or the project's local database."""
        with self._server() if url is None else self._database_of(url) as address:
            self.run(self.python, "-m", "alembic", "upgrade", "head", DATABASE_URL=address)
            yield address

    @contextmanager
    def _server(self) -> Iterator[str]:
        if "database: postgresql\n" in (self.path / ".copier-answers.yml").read_text("utf-8"):
            self.run(self.python, *LOCAL_DATABASE, self.python, "-c", MORE_CONNECTIONS)
        held = subprocess.Popen(
            [self.python, *LOCAL_DATABASE, "sh", "-c", 'echo "$DATABASE_URL"; cat'],
            cwd=self.path,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert held.stdout is not None
            yield re.sub(r"\+\w+", "", held.stdout.readline().strip(), count=1)
        finally:
            held.communicate()
            folder = self.run(self.python, "-c", FOLDER).strip()
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def _database_of(self, url: str) -> Iterator[str]:
        self.run(self.python, "-c", CREATE, url)
        yield url


def render(path: Path, answers: Mapping[str, str]) -> None:
    """Render a project from the working tree; other questions get their defaults."""
    options = {"data": dict(answers), "defaults": True, "quiet": True, "vcs_ref": "HEAD"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", copier.errors.DirtyLocalWarning)
        copier.run_copy(str(ROOT), path, **options)


@contextmanager
def rendered(**answers: str) -> Iterator[Project]:
    """Yield a project with its dependencies, for the running version of Python."""
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        project = Project(Path(folder) / "project")
        render(project.path, {"project_slug": "benchmark"} | answers)
        project.run("uv", "sync", "--quiet", "--python", sys.executable)
        yield project
