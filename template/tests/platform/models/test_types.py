import time
from uuid import RFC_4122, UUID

import pytest
from sqlalchemy import Uuid, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.models.base import Base
from app.models.types import uuid7


def test_a_uuid_has_its_version_and_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 1_767_225_600_123_456_789
    monkeypatch.setattr(time, "time_ns", lambda: moment)
    uuids = {uuid7() for _ in range(100)}
    assert len(uuids) == 100
    for value in uuids:
        assert (value.version, value.variant) == (7, RFC_4122)
        assert value.int >> 80 == moment // 1_000_000
        assert (value.int >> 64) % 4096 == 456_789 * 4096 // 1_000_000


def test_a_later_uuid_is_greater(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter(range(1_767_225_600_000_000_000, 1_767_225_600_005_000_000, 1000))
    monkeypatch.setattr(time, "time_ns", lambda: next(moments))
    uuids = [uuid7() for _ in range(5000)]
    assert uuids == sorted(uuids)


@pytest.mark.parametrize("value", [UUID(int=0), UUID(int=2**128 - 1), None])
async def test_a_uuid_is_read_as_it_was_stored(session: AsyncSession, value: UUID | None) -> None:
    kind = Base.type_annotation_map.get(UUID, Uuid())
    assert (await session.execute(select(literal(value, kind)))).scalar_one() == value
