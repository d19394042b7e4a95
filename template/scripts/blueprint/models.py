"""The table `blueprint`."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, IntegerPrimaryKey, Timestamps


class Blueprint(IntegerPrimaryKey, Timestamps, Base, kw_only=True):
    __tablename__ = "blueprint"

    name: Mapped[str] = mapped_column(String(100))
