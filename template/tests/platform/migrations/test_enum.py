"""Revisions of an enum column: up, down, up again, and a new member."""

from enum import StrEnum

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app.models.base import NAMING_CONVENTION, Base
from tests.platform.scratch_migrations import Migrations


class Colour(StrEnum):
    RED = "red"


class MoreColour(StrEnum):
    RED = "red"
    BLUE = "dark blue"


def metadata(colours: type[StrEnum]) -> sa.MetaData:
    """Return the tables of the models, and one whose column has these members."""

    class Scratch(DeclarativeBase):
        metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)
        type_annotation_map = Base.type_annotation_map

    columns = {"id": Mapped[int], "colour": Mapped[colours]}  # type: ignore[valid-type]
    attributes = {
        "__annotations__": columns,
        "__tablename__": "scratch",
        "id": mapped_column(primary_key=True),
        "colour": mapped_column(server_default=next(iter(colours))),
    }
    type("Model", (Scratch,), attributes)
    for table in Base.metadata.tables.values():
        table.to_metadata(Scratch.metadata)
    return Scratch.metadata


@pytest.mark.usefixtures("rebuilt_database")
def test_an_enum_goes_up_and_down_and_gets_a_member_without_a_revision(
    migrations: Migrations, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = metadata(MoreColour)
    monkeypatch.setattr(Base, "metadata", metadata(Colour))
    (revision,) = migrations.revise("--autogenerate", "-m", "add scratch")
    assert "native_enum=False, length=50" in revision.read_text()
    migrations.upgrade()
    migrations.run("downgrade", "-1")
    migrations.upgrade()
    migrations.run("check")
    monkeypatch.setattr(Base, "metadata", more)
    migrations.run("check")
