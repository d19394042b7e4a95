"""A copy of the project's migrations in which tests create and run revisions."""

import shutil
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.config import main as alembic
from alembic.util import CommandError

PROJECT = Path(__file__).parents[2]


class Migrations:
    """Migrations in a separate folder, on the database of the tests."""

    def __init__(self, folder: Path) -> None:
        shutil.copy(PROJECT / "alembic.ini", folder)
        shutil.copytree(PROJECT / "migrations", folder / "migrations")
        self.configuration = folder / "alembic.ini"
        self.versions = folder / "migrations" / "versions"
        self.known = set(self.versions.glob("*.py"))

    def run(self, *arguments: str) -> None:
        """Run an Alembic command; a failure raises SystemExit, as on the command line."""
        alembic(["-c", str(self.configuration), *arguments])

    def upgrade(self) -> None:
        """Upgrade to the newest revision; a failure raises the original error."""
        command.upgrade(Config(self.configuration), "head")

    def stop(self) -> str:
        """Run an upgrade that must fail; return its error message."""
        with pytest.raises(CommandError) as caught:
            self.upgrade()
        return str(caught.value)

    def revise(self, *arguments: str) -> list[Path]:
        """Create a revision; return the files of all revisions created so far."""
        self.run("revision", *arguments)
        return sorted(set(self.versions.glob("*.py")) - self.known)

    def add(self, message: str, *upgrade: str) -> Path:
        """Create a revision whose upgrade runs the lines of `upgrade`."""
        before = set(self.versions.glob("*.py"))
        self.run("revision", "-m", message)
        (path,) = set(self.versions.glob("*.py")) - before
        body = "".join(f"    {line}\n" for line in upgrade)
        text = path.read_text().replace("    pass\n", body, 1)
        imports = "import sqlalchemy as sa\nfrom alembic import op\n\n"
        path.write_text(text.replace("revision =", f"{imports}revision =", 1))
        return path
