"""The tables of the recipes; they have metadata of their own, as gizmos have."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.models.base import IntegerPrimaryKey, Timestamps, UUIDPrimaryKey, Versioned
from tests.platform import base
from tests.platform.database_server import PRICE


class Base(base.Base):
    __abstract__ = True


class Invoice(UUIDPrimaryKey, Timestamps, Versioned, Base, kw_only=True):
    __tablename__ = "invoice"

    number: Mapped[str] = mapped_column(String(20), unique=True)
    customer: Mapped[str] = mapped_column(String(100), index=True)
    due_date: Mapped[date]
    reminded_at: Mapped[datetime | None] = mapped_column(default=None)
    reminder_claimed_at: Mapped[datetime | None] = mapped_column(default=None)

    lines: Mapped[list["InvoiceLine"]] = relationship(
        back_populates="invoice",
        cascade="all, delete-orphan",
        compare=False,
        default_factory=list,
        lazy="raise",
        order_by="InvoiceLine.id",
        passive_deletes=True,
        repr=False,
    )


class InvoiceLine(IntegerPrimaryKey, Base, kw_only=True):
    __tablename__ = "invoice_line"

    invoice_id: Mapped[UUID] = mapped_column(
        ForeignKey("invoice.id", ondelete="CASCADE"), index=True, init=False
    )
    article: Mapped[str] = mapped_column(String(100))
    amount: Mapped[Decimal] = mapped_column(PRICE)

    invoice: Mapped[Invoice] = relationship(
        back_populates="lines", compare=False, init=False, lazy="raise", repr=False
    )


class Stock(IntegerPrimaryKey, Timestamps, Versioned, Base, kw_only=True):
    __tablename__ = "stock"

    article: Mapped[str] = mapped_column(String(100), unique=True)
    quantity: Mapped[int] = mapped_column(default=0)
