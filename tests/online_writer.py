"""Writes of one release of a service, 200 a second: it runs in a project, until its input ends."""

import asyncio
import json
import random
import sys
import time
from collections import Counter
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import MetaData, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.crud import CRUDBase
from app.core.database import engine, session_scope
from app.models import base
from app.models.base import IntegerPrimaryKey

RELEASE, ROWS = sys.argv[1], int(sys.argv[2])
PAUSE = 1 / 200


class Row(IntegerPrimaryKey, base.Base, kw_only=True):
    __abstract__ = True
    metadata = MetaData()


if RELEASE == "old":

    class Parcel(Row, kw_only=True):
        __tablename__ = "parcel"
        weight: Mapped[int]

elif RELEASE == "between":

    class Parcel(Row, kw_only=True):  # type: ignore[no-redef]
        __tablename__ = "parcel"
        weight: Mapped[int]
        country: Mapped[str] = mapped_column(String(2))

else:

    class Parcel(Row, kw_only=True):  # type: ignore[no-redef]
        __tablename__ = "parcel"
        grams: Mapped[int]
        country: Mapped[str] = mapped_column(String(2))
        sent_at: Mapped[datetime | None] = mapped_column(default=None)


class Values(BaseModel, extra="allow"):
    """The columns that this release writes."""


class Key(BaseModel):
    id: int


def values() -> Values:
    weight, number = {}, random.randint(1, 30_000)
    weight["grams" if RELEASE == "new" else "weight"] = number
    return Values(**weight, **({} if RELEASE == "old" else {"country": "DE"}))


async def write(parcels: CRUDBase[Any, Values, Values, Key, int], number: int) -> None:
    async with session_scope() as session:
        if number % 2:
            await parcels.create(session, values())
        else:
            parcel = await parcels.get_for_update(session, random.randint(1, ROWS))
            await parcels.update(session, parcel, values())


async def main() -> None:
    parcels: CRUDBase[Any, Values, Values, Key, int] = CRUDBase(Parcel, Key)
    facts: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    longest = 0.0

    async def timed(number: int) -> None:
        nonlocal longest
        started = time.monotonic()
        try:
            await write(parcels, number)
            facts["inserts" if number % 2 else "updates"] += 1
        except Exception as error:
            errors[repr(error)[:300]] += 1
        longest = max(longest, time.monotonic() - started)

    await timed(0)
    print("ready", flush=True)
    end = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    tasks: set[asyncio.Task[None]] = set()
    started, number = time.monotonic(), 0
    while not end.done():
        number += 1
        task = asyncio.create_task(timed(number))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        # Each write has its time, so that a slow one does not hold back the next.
        await asyncio.sleep(max(0.0, started + number * PAUSE - time.monotonic()))
    await asyncio.gather(*tasks)
    await engine.dispose()
    seconds = time.monotonic() - started
    print(json.dumps({**facts, "longest": longest, "seconds": seconds, "errors": errors}))


if __name__ == "__main__":
    asyncio.run(main())
