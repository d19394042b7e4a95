"""Failed commits and deadlocks of a server with concurrent transactions."""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from decimal import Decimal
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from app.core.database import CurrentSessionTransaction, reader, session_factory
from app.core.retry import run_transaction
from app.main import create_app
from tests.platform.clients import client_of
from tests.platform.database_server import connection_number, end_connection
from tests.platform.gizmo import GIZMOS, Gizmo, count_gizmos, with_gizmos

pytestmark = pytest.mark.usefixtures("committed_gizmos")


async def test_a_failed_commit_is_a_503(make_engine: Callable[[], AsyncEngine]) -> None:
    app = with_gizmos(create_app())
    other_engine = make_engine()

    @app.post("/broken", status_code=201)
    async def broken(session: CurrentSessionTransaction) -> None:
        session.add(Gizmo(name="first"))
        await session.flush()
        await end_connection(other_engine, await connection_number(await session.connection()))
        await asyncio.sleep(0.1)

    async with client_of(app) as client:
        response = await client.post("/broken")
        assert response.status_code == 503
        assert response.headers["retry-after"] == "1"
        assert await count_gizmos() == 0
        assert (await client.post(GIZMOS, json={"name": "second", "price": "1"})).status_code == 201


@pytest.mark.parametrize("in_savepoint", [False, True])
async def test_a_deadlock_is_a_503(in_savepoint: bool) -> None:
    app = create_app()
    both = asyncio.Barrier(2)

    @app.post("/swap/{first}/{second}")
    async def swap(first: int, second: int, session: CurrentSessionTransaction) -> None:
        async with session.begin_nested() if in_savepoint else nullcontext():
            for number, key in enumerate((first, second)):
                gizmo = await session.get(Gizmo, key, with_for_update=True)
                assert gizmo is not None
                gizmo.price += 1
                await session.flush()
                if number == 0:
                    await both.wait()

    async with session_factory.begin() as session:
        session.add_all(gizmos := [Gizmo(name=str(number)) for number in range(2)])
    one, other = (gizmo.id for gizmo in gizmos)
    async with client_of(app) as client:
        responses = await asyncio.gather(
            client.post(f"/swap/{one}/{other}"), client.post(f"/swap/{other}/{one}")
        )
    assert sorted(response.status_code for response in responses) == [200, 503]
    prices = [price for (price,) in await reader.rows(select(Gizmo.price))]
    assert [int(price) for price in prices] == [2, 2]


async def add_two_gizmos() -> tuple[int, int]:
    async with session_factory.begin() as session:
        session.add_all(
            gizmos := [Gizmo(name=str(number), price=Decimal(1)) for number in range(2)]
        )
    return gizmos[0].id, gizmos[1].id


@pytest.mark.parametrize("in_savepoint", [False, True])
async def test_a_deadlock_is_no_error_of_a_unit_that_runs_again(in_savepoint: bool) -> None:
    one, other = await add_two_gizmos()
    both, attempts = asyncio.Barrier(2), []

    async def swap(keys: tuple[int, int], session: AsyncSession) -> None:
        attempts.append(keys)
        async with session.begin_nested() if in_savepoint else nullcontext():
            for number, key in enumerate(keys):
                gizmo = await session.get_one(Gizmo, key, with_for_update=True)
                gizmo.price += 1
                await session.flush()
                if number == 0 and len(attempts) <= 2:
                    await both.wait()

    await asyncio.gather(
        run_transaction(partial(swap, (one, other))), run_transaction(partial(swap, (other, one)))
    )
    assert len(attempts) == 3
    assert sorted(int(price) for (price,) in await reader.rows(select(Gizmo.price))) == [3, 3]


async def test_serializable_units_run_again_until_each_saw_the_other() -> None:
    one, other = await add_two_gizmos()
    both, attempts = asyncio.Barrier(2), []

    async def spend(key: int, session: AsyncSession) -> bool:
        """Take 1 from one row, if the sum of both is large enough."""
        await session.connection(execution_options={"isolation_level": "SERIALIZABLE"})
        attempts.append(key)
        total = await session.scalar(select(func.sum(Gizmo.price)))
        if len(attempts) <= 2:
            await both.wait()
        if total is None or total < 2:
            return False
        gizmo = await session.get_one(Gizmo, key)
        gizmo.price -= 1
        return True

    spent = await asyncio.gather(
        run_transaction(partial(spend, one)), run_transaction(partial(spend, other))
    )
    assert sorted(spent) == [False, True]
    assert len(attempts) == 3
    assert await reader.rows(select(func.sum(Gizmo.price))) == [(Decimal(1),)]
