"""The generator of features, with random columns.

`FEATURE_LISTS=30 FEATURE_SEED=7 uv run pytest --proofs PATH` tries more, or other ones.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.feature_lists import TYPES, Feature, random_features
from tests.lifecycle.beside_features import IMPROVEMENTS, improve_beside_features
from tests.lifecycle.history import NEXT, copy_history, release
from tests.live import Service
from tests.source import choices, rendered_path
from tests.test_live import OWNERS_MODELS

LISTS = int(os.environ.get("FEATURE_LISTS", "2"))
SEED = os.environ.get("FEATURE_SEED", "1")

# Imports one feature, and reads the relations that others have added to it.
SCRIPT = """
import asyncio
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from app.core.database import engine, session_scope
from app.product.models import Product

async def main():
    names = Product.__mapper__.relationships.keys()
    options = [selectinload(getattr(Product, name)) for name in names]
    async with session_scope() as session:
        session.add(Product(name="Pencil", price=1))
        await session.flush()
        session.expunge_all()
        (product,) = await session.scalars(select(Product).options(*options))
        assert not any(getattr(product, name) for name in names)
        print(len(names), product == product, product)
    await engine.dispose()

asyncio.run(main())
"""


@pytest.fixture
def template(tmp_path: Path) -> Path:
    """The template with its releases, which an update needs."""
    return copy_history(tmp_path / "template")


@pytest.mark.proof
@pytest.mark.parametrize("database", choices("database"))
def test_random_features_keep_every_line_in_an_update_and_pass_all_checks(
    start: Callable[..., Service], template: Path, database: str
) -> None:
    service = start(database=database)
    features = random_features(f"{SEED} {database}", LISTS)
    for feature in features:
        service.run("uv", "run", "poe", "feature", *feature.arguments, "--no-revision")
    with service.running_database() as url:
        service.run("uv", "run", "poe", "revision", "-m", "add all", DATABASE_URL=url)
        service.run("uv", "run", "alembic", "upgrade", "head", DATABASE_URL=url)
        printed = service.run("uv", "run", "python", "-c", SCRIPT, DATABASE_URL=url)
    relations = [part for f in features for part in f.columns if ":ref(product)" in part]
    assert printed.startswith(f"{len(relations)} True Product(")
    service.run("uv", "run", "poe", "contract", "-k", "finds_no_error", CONTRACT_EXAMPLES="10")

    service.run("git", "add", "--all")
    service.run("git", "commit", "--quiet", "--message", "Add features")
    before = owned(service.path, features)
    release(template, NEXT, improve_beside_features)
    service.run("uv", "run", "poe", "update")
    assert owned(service.path, features) == before
    for name, _, new in IMPROVEMENTS:
        assert new in (service.path / rendered_path(Path(name))).read_text("utf-8"), name
    check(service, features)


def check(service: Service, features: Sequence[Feature]) -> None:
    """Check the code, run the tests of the features, and migrate up and down with rows."""
    for command in ("ruff format --check", "ruff check", "mypy"):
        service.run("uv", "run", *command.split())
    tests = [f"tests/{feature.name}" for feature in features]
    layers = "tests/platform/test_layers.py"
    service.run("uv", "run", "pytest", "-q", *tests, *OWNERS_MODELS, layers)


def owned(path: Path, features: Sequence[Feature]) -> dict[Path, bytes]:
    """Return what the owner has: the features, those that they refer to, and the revisions."""
    names = ("product", *(feature.name for feature in features))
    folders = [f"{kind}/{name}" for name in names for kind in ("app", "tests")]
    patterns = ("README.md", *(f"{f}/*.py" for f in (*folders, "migrations/versions")))
    found = [file for pattern in patterns for file in path.glob(pattern)]
    assert len(found) > 6 * len(features)
    return {file: file.read_bytes() for file in found}


def test_random_features_have_all_types_and_are_the_same_each_time() -> None:
    features = random_features("any", 5)
    assert features == random_features("any", 5)
    assert features != random_features("other", 5)
    words = " ".join(column for feature in features for column in feature.columns)
    assert [kind for kind in TYPES if f":{kind}" not in words] == []
