import pytest
import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import CRUDBase
from tests.platform.recipes.enum_column import (
    Delivery,
    DeliveryCreate,
    DeliveryQuery,
    DeliveryRead,
    DeliveryStatus,
)

delivery_crud = CRUDBase[Delivery, DeliveryCreate, DeliveryCreate, DeliveryRead, int](
    Delivery, DeliveryRead
)


async def test_the_value_is_stored_filtered_and_sorted(session: AsyncSession) -> None:
    for status in (DeliveryStatus.SENT, DeliveryStatus.NEW, DeliveryStatus.SENT):
        created = await delivery_crud.create(session, DeliveryCreate(status=status))
        assert created.status is status
    stored = await session.scalars(sa.text("SELECT status FROM delivery ORDER BY id"))
    assert stored.all() == ["sent", "new", "sent"]
    sent = await delivery_crud.list(session, DeliveryQuery(status=DeliveryStatus.SENT))
    assert [delivery.status for delivery in sent.items] == [DeliveryStatus.SENT] * 2
    first = await delivery_crud.list(session, DeliveryQuery(sort="status", limit=1))
    rest = await delivery_crud.list(session, DeliveryQuery(sort="status", cursor=first.next_cursor))
    assert [delivery.status for delivery in first.items] == [DeliveryStatus.NEW]
    assert [delivery.status for delivery in rest.items] == [DeliveryStatus.SENT] * 2


async def test_another_value_is_refused(session: AsyncSession) -> None:
    with pytest.raises(ValidationError):
        DeliveryCreate.model_validate({"status": "SENT"})
    with pytest.raises(StatementError):
        await session.execute(sa.insert(Delivery).values(status="SENT"))


async def test_a_value_of_a_later_release_cannot_be_read(session: AsyncSession) -> None:
    await session.execute(sa.text("INSERT INTO delivery (status) VALUES ('lost')"))
    with pytest.raises(LookupError):
        await session.scalars(sa.select(Delivery.status))
