from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import Depends, FastAPI, Header
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import CurrentReader, get_reader
from app.core.engine.reader import Reader
from tests.platform.apps import app_with
from tests.platform.clients import client_of
from tests.platform.recipes import tenants
from tests.platform.recipes.project_models import ProjectNote
from tests.platform.recipes.project_routes import PROJECTS, router
from tests.platform.recipes.projects import (
    ProjectCreate,
    ProjectQuery,
    close_projects,
    project_crud,
)
from tests.platform.recipes.tenants import tenant_scope

ADA, BOB = uuid4(), uuid4()


@pytest.fixture
def app(reader: Reader) -> FastAPI:
    app = app_with(router)
    app.dependency_overrides[get_reader] = lambda: reader
    return app


@pytest.fixture
async def ada(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        client.headers["X-Tenant"] = str(ADA)
        yield client


@pytest.fixture
async def bob(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as client:
        client.headers["X-Tenant"] = str(BOB)
        yield client


async def create(client: httpx.AsyncClient, name: str) -> dict[str, Any]:
    response = await client.post(PROJECTS, json={"name": name})
    assert response.status_code == 201, response.text
    project: dict[str, Any] = response.json()
    return project


async def test_no_route_shows_or_changes_a_row_of_another_tenant(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    own = await create(ada, "Engine")
    path = f"{PROJECTS}/{own['id']}"
    for refused in (
        await bob.get(path),
        await bob.patch(path, json={"name": "Taken"}),
        await bob.delete(path),
    ):
        assert refused.status_code == 404
        assert refused.json()["detail"] == f"There is no project {own['id']}."
    assert (await bob.get(PROJECTS, params={"total": True})).json() == {
        "items": [],
        "next_cursor": None,
        "total": 0,
    }
    assert (await ada.get(path)).json() == own
    assert (await ada.get(PROJECTS, params={"total": True})).json()["total"] == 1
    assert (await ada.patch(path, json={"is_open": False})).json() == own | {"is_open": False}
    assert (await ada.delete(path)).status_code == 204
    assert (await ada.get(path)).status_code == 404


async def test_a_cursor_of_another_tenant_shows_own_rows_only(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    for name in ("A", "C", "E"):
        await create(ada, name)
    own = [await create(bob, name) for name in ("B", "D")]
    cursor = (await ada.get(PROJECTS, params={"sort": "name", "limit": 2})).json()["next_cursor"]
    page = (await bob.get(PROJECTS, params={"sort": "name", "cursor": cursor})).json()
    assert page["items"] == [own[1]]


async def test_names_are_unique_for_each_tenant(
    ada: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    await create(ada, "Engine")
    await create(bob, "Engine")
    assert (await ada.post(PROJECTS, json={"name": "Engine"})).status_code == 409


async def test_a_request_without_a_tenant_is_refused(
    client: httpx.AsyncClient, ada: httpx.AsyncClient
) -> None:
    path = f"{PROJECTS}/{(await create(ada, 'Engine'))['id']}"
    for method, url in (
        *(("GET", PROJECTS), ("POST", PROJECTS)),
        *(("GET", path), ("PATCH", path), ("DELETE", path)),
    ):
        for headers in ({}, {"X-Tenant": "1"}):
            json = {"name": "Taken"} if method in {"POST", "PATCH"} else None
            response = await client.request(method, url, headers=headers, json=json)
            assert response.status_code == 422
            assert response.json()["errors"][0]["location"] == ["header", "x-tenant"]


async def test_a_route_without_the_dependency_is_an_error(app: FastAPI) -> None:
    """So is one with a synchronous dependency: it runs in a thread, with a context of its own."""

    def set_in_thread(x_tenant: Annotated[UUID, Header()]) -> None:
        tenants._tenant_id.set(x_tenant)

    @app.get("/forgotten")
    @app.get("/synchronous", dependencies=[Depends(set_in_thread)])
    async def count(reader: CurrentReader) -> int:
        return len((await project_crud.list(reader, ProjectQuery())).items)

    async with client_of(app) as client:
        client.headers["X-Tenant"] = str(ADA)
        assert (await client.get("/forgotten")).status_code == 500
        assert (await client.get("/synchronous")).status_code == 500


async def test_rows_cannot_refer_to_rows_of_another_tenant(session: AsyncSession) -> None:
    with tenant_scope(ADA):
        project = await project_crud.create(session, ProjectCreate(name="Engine"))
        session.add(ProjectNote(project_id=project.id, text="own"))
        await session.flush()
    with tenant_scope(BOB):
        session.add(ProjectNote(project_id=project.id, text="other"))
        with pytest.raises(IntegrityError):
            await session.flush()


async def test_work_outside_requests_is_for_one_tenant(
    session: AsyncSession, reader: Reader
) -> None:
    for tenant_id in (ADA, BOB):
        with tenant_scope(tenant_id):
            await project_crud.create(session, ProjectCreate(name="Engine"))
    await session.commit()
    with pytest.raises(StatementError, match="tenant_id"):
        await project_crud.create(session, ProjectCreate(name="Nobody's"))
    await close_projects([ADA])
    for tenant_id, is_open in {ADA: False, BOB: True}.items():
        with tenant_scope(tenant_id):
            (project,) = (await project_crud.list(reader, ProjectQuery())).items
            assert project.is_open is is_open
