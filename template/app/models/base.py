"""What all models share: the declarative base, key and timestamps."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, MetaData
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

from app.models.types import UTCDateTime, utc_now

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(MappedAsDataclass, AsyncAttrs, DeclarativeBase):
    """Base of all models: dataclasses whose constraints have predictable names."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UTCDateTime}


class IntegerKey(MappedAsDataclass):
    """A primary key that the database counts up."""

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, init=False, sort_order=-1)


class Timestamps(MappedAsDataclass):
    """When a row was created and last changed, in UTC with microseconds.

    The values are made here, not by the server, so that they can be read after a flush without
    asking for them.
    """

    created_at: Mapped[datetime] = mapped_column(insert_default=utc_now, init=False, sort_order=998)
    updated_at: Mapped[datetime] = mapped_column(
        insert_default=utc_now, onupdate=utc_now, init=False, sort_order=999
    )
