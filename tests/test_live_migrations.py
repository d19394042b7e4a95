import re
from collections.abc import Callable

import pytest

from tests.live import Service
from tests.source import choices

LAST = "    is_active: Mapped[bool] = mapped_column(default=True)\n"
COLOUR = "    colour: Mapped[str | None] = mapped_column(String(20), default=None)\n"


@pytest.mark.parametrize("database", choices("database"))
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

        models = service.path / "app" / "product" / "models.py"
        code = models.read_text()
        assert LAST in code
        models.write_text(code.replace(LAST, LAST + COLOUR))
        alembic("revision", "--autogenerate", "-m", "Add colour to product")
        [revision] = set(versions.glob("*.py")) - before
        assert re.fullmatch(r"\d{4}-\d\d-\d\d_add_colour_to_product\.py", revision.name)
        alembic("upgrade", "head")
        alembic("check")
        alembic("downgrade", "base")
    service.run("uv", "run", "ruff", "format", "--check")
    service.run("uv", "run", "ruff", "check")
