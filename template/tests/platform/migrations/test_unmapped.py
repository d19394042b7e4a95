"""The release between the one whose model leaves a column and the one that drops it."""

import asyncio
from types import SimpleNamespace
from typing import ClassVar

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.core.database import engine
from app.models.base import NAMING_CONVENTION, Base
from migrations.unmapped import faults, unmapped_columns
from tests.platform import database
from tests.platform.gizmo import Gizmo
from tests.platform.scratch_migrations import Migrations

CREATE = (
    'op.create_table("scratch", sa.Column("id", sa.Integer(), nullable=False), '
    'sa.Column("name", sa.String(9)), sa.Column("kept", sa.String(9)), '
    'sa.PrimaryKeyConstraint("id", name="pk_scratch"))'
)


class Scratch(DeclarativeBase):
    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)


class Model(Scratch):
    __tablename__ = "scratch"
    __unmapped_columns__: ClassVar = ("kept",)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(sa.String(9))


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> type[Model]:
    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)
    for table in (*Base.metadata.tables.values(), *Scratch.metadata.tables.values()):
        table.to_metadata(metadata)
    monkeypatch.setattr(Base, "metadata", metadata)
    mappers = Base.registry.mappers | Scratch.registry.mappers
    monkeypatch.setattr(Base, "registry", SimpleNamespace(mappers=mappers))
    return Model


async def found() -> list[str]:
    async with engine.connect() as connection:
        return await connection.run_sync(faults)


async def test_unmapped_columns_are_in_the_database() -> None:
    assert await found() == []


def test_the_tests_keep_the_names_of_the_service(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr(Gizmo, "__unmapped_columns__", ("note",))
    monkeypatch.setattr(Base, "registry", Gizmo.registry)
    request.getfixturevalue("model")
    assert {"gizmo": {"note"}, "scratch": {"kept"}}.items() <= unmapped_columns().items()


@pytest.mark.usefixtures("rebuilt_database")
async def test_an_unmapped_column_is_no_difference(
    migrations: Migrations, monkeypatch: pytest.MonkeyPatch, model: type[Model]
) -> None:
    index = 'op.create_index("ix_scratch_kept", "scratch", ["kept"])'
    migrations.add("add scratch", CREATE, index)
    await asyncio.to_thread(migrations.upgrade)
    await asyncio.to_thread(migrations.run, "check")
    assert await found() == []
    monkeypatch.setattr(model, "__unmapped_columns__", ())
    _, drop = await asyncio.to_thread(migrations.revise, "--autogenerate", "-m", "drop kept")
    upgrade = drop.read_text().split("def downgrade")[0]
    assert upgrade.index("drop_index") < upgrade.index("drop_column")


async def test_an_unmapped_column_that_cannot_stay_is_found(
    monkeypatch: pytest.MonkeyPatch, model: type[Model]
) -> None:
    table = sa.Table("scratch", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))
    table.append_column(sa.Column("name", sa.String(9)))
    table.append_column(sa.Column("filled", sa.Integer, server_default="0", nullable=False))
    table.append_column(sa.Column("required", sa.Integer, nullable=False))
    names = ("filled", "gone", "name", "required")
    monkeypatch.setattr(model, "__unmapped_columns__", names)
    async with database.tables(table.metadata):
        lines = await found()
    assert [line.rsplit(": ", 1)[0] for line in lines] == [
        "scratch.gone: the database has no such column",
        "scratch.name: the model has this column",
        "scratch.required: inserts need a value",
    ]
