from datetime import date, datetime

import pytest
from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, MetaData, String, Table
from sqlalchemy.orm import DeclarativeBase, Mapped, configure_mappers, mapped_column, relationship
from sqlalchemy.types import NullType

from app.core.discovery import import_models
from app.models.base import NAMING_CONVENTION, Base
from tests.platform.models.conventions import faults


class Offending(DeclarativeBase):
    """Models that break the rules; their metadata is separate."""

    # Without the convention for check constraints, which refuses one without a name.
    metadata = MetaData(naming_convention={"pk": NAMING_CONVENTION["pk"]})


class Owner(Offending):
    __tablename__ = "owner_status"

    id: Mapped[int] = mapped_column(primary_key=True)
    pets: Mapped[list["Pet"]] = relationship(back_populates="owner", foreign_keys="Pet.owner_id")


class Pet(Offending):
    __tablename__ = "Pets"
    __table_args__ = (CheckConstraint("id > 0"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    created: Mapped[datetime] = mapped_column(DateTime)
    born: Mapped[date]
    looks_at: Mapped[str] = mapped_column(String(10))
    candidate: Mapped[str] = mapped_column(String(10))
    owner_id: Mapped[int] = mapped_column(ForeignKey("owner_status.id", name="fk_owner"))
    owner: Mapped[Owner] = relationship(back_populates="pets", foreign_keys=owner_id, lazy="raise")
    keeper: Mapped[int] = mapped_column(ForeignKey("owner_status.id", name="fk_keeper"), index=True)


Table(
    "walk",
    Offending.metadata,
    Column("id", ForeignKey("owner_status.id", name="fk_id"), primary_key=True),
    Column("colour", ForeignKey("Pets.looks_at", name="fk_colour"), index=True),
    Column("pet_id", ForeignKey("Pets.id", name="fk_pet"), index=True),
    Column("way", NullType),
)


def test_every_model_follows_the_conventions() -> None:
    import_models()
    configure_mappers()
    if broken := faults(Base.registry):
        pytest.fail("\n".join(broken))


@pytest.mark.parametrize(
    "fault",
    [
        "Pets: use snake_case for the name of a table.",
        "Pets: use a singular for the name of a table.",
        "Pets.created: the name of a datetime column",
        "Pets.created: use UTCDateTime",
        "Pets.born: the name of a date column",
        "Pets.looks_at: the name of a datetime column",
        "Pets: CheckConstraint",
        "Pets.owner_id: a foreign key needs an index",
        "Pets.keeper: the name of a foreign key ends in _id",
        'Owner.pets: use lazy="raise"',
    ],
)
def test_a_broken_rule_is_reported(fault: str) -> None:
    assert len([found for found in faults(Offending.registry) if found.startswith(fault)]) == 1


def test_a_kept_rule_is_not_reported() -> None:
    kept = ("owner_status:", "Pets.candidate", "Pet.owner", "walk")
    assert not [found for found in faults(Offending.registry) if found.startswith(kept)]
