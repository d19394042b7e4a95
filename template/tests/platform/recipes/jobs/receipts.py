"""A feature with jobs: a receipt for each invoice, and reminders once a day."""

from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import reader
from app.models.base import IntegerPrimaryKey, Timestamps
from app.models.types import utc_now
from tests.platform.recipes.invoices import InvoiceCreate, InvoiceRead, invoice_crud
from tests.platform.recipes.jobs.attempt import Attempt
from tests.platform.recipes.jobs.handlers import handles
from tests.platform.recipes.jobs.periodic import Periodic
from tests.platform.recipes.jobs.queue import Payload, enqueue
from tests.platform.recipes.models import Base, Invoice
from tests.platform.recipes.reminders import remind


class Receipt(IntegerPrimaryKey, Timestamps, Base, kw_only=True):
    __tablename__ = "receipt"

    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoice.id"), unique=True)


class SendReceipt(Payload):
    job_name: ClassVar[str] = "send_receipt"

    invoice_id: UUID


class Remind(Payload):
    job_name: ClassVar[str] = "remind"


async def create_invoice(session: AsyncSession, values: InvoiceCreate) -> InvoiceRead:
    """Create an invoice and the job that sends its receipt: both are stored, or neither."""
    invoice = await invoice_crud.create(session, values)
    await enqueue(session, SendReceipt(invoice_id=invoice.id), key=f"receipt {invoice.id}")
    return invoice


@handles(SendReceipt)
async def send_receipt(values: SendReceipt, attempt: Attempt) -> None:
    statement = select(Invoice.customer).where(Invoice.id == values.invoice_id)
    ((customer,),) = await reader.rows(statement)
    await send_mail(customer, key=attempt.job.key)  # no connection is held here
    async with attempt.complete() as session:
        session.add(Receipt(invoice_id=values.invoice_id))


@handles(Remind)
async def send_reminders(values: Remind, attempt: Attempt) -> None:
    await remind(send_mail, utc_now().date())


async def send_mail(customer: str, key: str = "") -> None:
    """Stands for another service, which does nothing when it has seen the key before."""


PERIODIC = [Periodic(Remind(), every=timedelta(days=1), offset=timedelta(hours=3))]
