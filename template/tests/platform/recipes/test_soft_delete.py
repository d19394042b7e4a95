from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import get_reader
from app.core.engine.reader import Reader
from app.core.errors import NotFoundError
from tests.platform.apps import app_with
from tests.platform.clients import client_of
from tests.platform.recipes import deleted_member_routes, member_routes
from tests.platform.recipes.member_models import Member, MemberCard
from tests.platform.recipes.members import deleted_member_crud, member_crud

MEMBERS = member_routes.MEMBERS
DELETED = deleted_member_routes.DELETED_MEMBERS


@pytest.fixture
async def client(reader: Reader) -> AsyncIterator[httpx.AsyncClient]:
    app = app_with(member_routes.router, deleted_member_routes.router)
    app.dependency_overrides[get_reader] = lambda: reader
    async with client_of(app) as client:
        yield client


async def create(client: httpx.AsyncClient, email: str = "ada@example.com") -> dict[str, Any]:
    response = await client.post(MEMBERS, json={"email": email})
    assert response.status_code == 201, response.text
    member: dict[str, Any] = response.json()
    return member


async def delete(client: httpx.AsyncClient, member: dict[str, Any]) -> None:
    assert (await client.delete(f"{MEMBERS}/{member['id']}")).status_code == 204


async def restore(client: httpx.AsyncClient, member: dict[str, Any]) -> httpx.Response:
    return await client.post(f"{DELETED}/{member['id']}/restore")


async def items(client: httpx.AsyncClient, path: str) -> list[Any]:
    page = (await client.get(path, params={"total": True})).json()
    assert page["total"] == len(page["items"])
    found: list[Any] = page["items"]
    return found


async def test_no_route_shows_or_changes_a_deleted_row(client: httpx.AsyncClient) -> None:
    member = await create(client)
    path = f"{MEMBERS}/{member['id']}"
    await delete(client, member)
    assert (await client.get(path)).status_code == 404
    assert (await client.patch(path, json={"email": "bob@example.com"})).status_code == 404
    assert (await client.delete(path)).status_code == 404
    assert await items(client, MEMBERS) == []
    (deleted,) = await items(client, DELETED)
    assert deleted.pop("deleted_at") is not None
    assert deleted == member


async def test_a_deleted_row_is_restored_once(client: httpx.AsyncClient) -> None:
    member = await create(client)
    assert (await restore(client, member)).status_code == 404
    await delete(client, member)
    assert (await restore(client, member)).json() == member
    assert (await restore(client, member)).status_code == 404
    assert await items(client, MEMBERS) == [member]
    assert await items(client, DELETED) == []


async def test_an_email_is_unique_among_live_rows(client: httpx.AsyncClient) -> None:
    first = await create(client)
    assert (await client.post(MEMBERS, json={"email": first["email"]})).status_code == 409
    await delete(client, first)
    second = await create(client)
    assert (await restore(client, first)).status_code == 409
    await delete(client, second)
    assert len(await items(client, DELETED)) == 2
    assert (await restore(client, first)).status_code == 200


async def test_foreign_keys_see_only_the_deletion_of_the_row(
    client: httpx.AsyncClient, session: AsyncSession
) -> None:
    member = await create(client)
    session.add(MemberCard(member_id=(await session.scalars(select(Member.id))).one()))
    await session.commit()
    cards = select(func.count()).select_from(MemberCard)
    path = f"{DELETED}/{member['id']}"
    assert (await client.delete(path)).status_code == 404
    await delete(client, member)
    assert await session.scalar(cards) == 1
    assert (await client.delete(path)).status_code == 204
    assert await session.scalar(cards) == 0


async def test_a_row_is_marked_once_and_deleted_only_with_a_mark(session: AsyncSession) -> None:
    member = Member(email="ada@example.com")
    session.add(member)
    await session.flush()
    with pytest.raises(NotFoundError):
        await deleted_member_crud.restore(session, member)
    with pytest.raises(NotFoundError):
        await deleted_member_crud.delete(session, member)
    await member_crud.delete(session, member)
    with pytest.raises(NotFoundError):
        await member_crud.delete(session, member)
