"""Failed commits and deadlocks of a server with concurrent transactions."""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.database import CurrentSessionTransaction, reader, session_factory
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
