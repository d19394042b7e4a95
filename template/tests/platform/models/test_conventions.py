from datetime import date, datetime

import pytest
from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, MetaData, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, configure_mappers, mapped_column, relationship
from sqlalchemy.types import NullType

from app.core.discovery import import_models
from app.models.base import NAMING_CONVENTION, Base
from tests.platform.models.conventions import faults


class Offending(DeclarativeBase):
    """Models that keep no rule; no other test sees them."""

    # Without the rule for checks, which refuses one that has no name.
    metadata = MetaData(naming_convention={"pk": NAMING_CONVENTION["pk"]})


class Owner(Offending):
    __tablename__ = "owner_status"

    id: Mapped[int] = mapped_column(primary_key=True)
    pets: Mapped[list["Pet"]] = relationship(back_populates="owner")


class Pet(Offending):
    __tablename__ = "Pets"
    __table_args__ = (CheckConstraint("id > 0"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    created: Mapped[datetime] = mapped_column(DateTime)
    born: Mapped[date]
    looks_at: Mapped[str] = mapped_column(String(10))
    candidate: Mapped[str] = mapped_column(String(10))
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner_status.id", name="fk_owner"))
    owner: Mapped[Owner] = relationship(back_populates="pets", lazy="raise")


Table(
    "walk",
    Offending.metadata,
    Column("pet_id", ForeignKey("Pets.id", name="fk_pet"), index=True),
    Column("way", NullType),
)


def test_every_model_keeps_the_conventions() -> None:
    import_models()
    configure_mappers()
    if broken := faults(Base.registry):
        pytest.fail("\n".join(broken))


@pytest.mark.parametrize(
    "fault",
    [
        "Pets: a table is named in snake_case.",
        "Pets: a table is named in the singular",
        "Pets.created: the name of a datetime",
        "Pets.created: a datetime is a UTCDateTime",
        "Pets.born: the name of a date",
        "Pets.looks_at: the name of a datetime",
        "Pets: CheckConstraint",
        "Pets.owner_id: a foreign key has an index",
        'Owner.pets: a relationship has lazy="raise"',
    ],
)
def test_a_broken_rule_is_a_sentence(fault: str) -> None:
    assert len([found for found in faults(Offending.registry) if found.startswith(fault)]) == 1


def test_what_keeps_a_rule_is_left_alone() -> None:
    kept = ("owner_status:", "Pets.candidate", "Pet.owner", "walk")
    assert not [found for found in faults(Offending.registry) if found.startswith(kept)]
