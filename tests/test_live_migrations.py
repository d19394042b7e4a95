import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.live import Service

NOTE = """
from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, IntegerPrimaryKey, Timestamps


class Note(IntegerPrimaryKey, Timestamps, Base, kw_only=True):
    __tablename__ = "note"

    read_at: Mapped[datetime | None] = mapped_column(default=None, index=True)
"""


@pytest.mark.parametrize(
    "database",
    [
        "postgresql",
        pytest.param("mysql", marks=pytest.mark.proof),
        pytest.param("sqlite", marks=pytest.mark.proof),
    ],
)
def test_migrations_go_up_and_down_and_follow_the_models(
    start: Callable[..., Service], database: str
) -> None:
    service = start(database=database)
    versions = service.path / "migrations" / "versions"
    before = set(versions.glob("*.py"))
    with service.running_database() as url:

        def alembic(*arguments: str) -> str:
            return service.run("uv", "run", "alembic", *arguments, DATABASE_URL=url)

        alembic("upgrade", "head")
        alembic("downgrade", "base")
        alembic("upgrade", "head")
        alembic("revision", "--autogenerate", "-m", "nothing")
        assert set(versions.glob("*.py")) == before

        feature = service.path / "app" / "note"
        feature.mkdir()
        (feature / "__init__.py").touch()
        (feature / "models.py").write_text(NOTE.lstrip())
        service.run(
            "uv", "run", "poe", "revision", "-m", "Add notes, read or not", DATABASE_URL=url
        )
        [revision] = set(versions.glob("*.py")) - before
        assert re.fullmatch(r"\d{4}-\d\d-\d\d_add_notes_read_or_not\.py", revision.name)
        alembic("upgrade", "head")
        alembic("check")
        # The release between: the column and its index stay in the database.
        left = re.sub(r"    read_at: .*", '    __unmapped_columns__ = ("read_at",)', NOTE.lstrip())
        (feature / "models.py").write_text(left)
        alembic("check")
        (feature / "models.py").write_text(NOTE.lstrip())
        alembic("downgrade", "base")
        with ThreadPoolExecutor() as threads:
            list(threads.map(lambda _: alembic("upgrade", "head"), range(3)))
        alembic("check")
    service.run("uv", "run", "ruff", "format", "--check")
    service.run("uv", "run", "ruff", "check")
