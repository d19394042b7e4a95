import os
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, delete, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession

from app.core.config import get_settings
from app.core.database import read_session_factory, reader, session_scope
from tests.platform.recipes import secure_project
from tests.platform.recipes.project_models import Project
from tests.platform.recipes.projects import ProjectCreate, project_crud
from tests.platform.recipes.row_level_security import SET_TENANT, tenant_reader
from tests.platform.recipes.tenants import tenant_scope

ADA, BOB = uuid4(), uuid4()
ROLE = f"tenants_{os.getpid()}"
IS_EXEMPT = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
SETTING = select(func.current_setting("app.tenant", True))


def secure(connection: Connection) -> None:
    with Operations.context(MigrationContext.configure(connection)):
        secure_project.upgrade()
    # Policies do not apply to the superuser of a local server.
    if connection.scalar(text(IS_EXEMPT)):
        for statement in (
            f"CREATE ROLE {ROLE}",
            f"ALTER TABLE project OWNER TO {ROLE}",
            f"SET LOCAL ROLE {ROLE}",
        ):
            connection.execute(text(statement))


@pytest.fixture
async def _projects(connection: AsyncConnection) -> None:
    """A project of each tenant; policies, role and rows end with the transaction of the test."""
    await connection.run_sync(secure)
    for tenant_id in (ADA, BOB):
        with tenant_scope(tenant_id):
            async with session_scope() as session:
                await project_crud.create(session, ProjectCreate(name="Engine"))


@pytest.mark.usefixtures("_projects")
@pytest.mark.parametrize("tenant_id", [ADA, BOB])
async def test_a_select_without_criteria_shows_own_rows_only(tenant_id: UUID) -> None:
    with tenant_scope(tenant_id):
        async with session_scope() as session:
            assert (await session.scalars(select(Project.tenant_id))).all() == [tenant_id]
            await session.execute(update(Project).values(name="Changed"))
            await session.execute(delete(Project))
            assert (await session.scalars(select(Project.tenant_id))).all() == []
    with tenant_scope(ADA if tenant_id == BOB else BOB):
        async with session_scope() as session:
            assert (await session.scalars(select(Project.name))).all() == ["Engine"]


@pytest.mark.usefixtures("_projects")
async def test_without_a_setting_there_are_no_rows(connection: AsyncConnection) -> None:
    assert len((await connection.scalars(select(Project.id))).all()) == 1
    await connection.execute(SET_TENANT, {"tenant": ""})
    assert (await connection.scalars(select(Project.id))).all() == []


@pytest.mark.usefixtures("_projects")
async def test_a_row_of_another_tenant_is_not_inserted(connection: AsyncConnection) -> None:
    with tenant_scope(ADA):
        statement = insert(Project).values(tenant_id=BOB, name="Other")
        async with session_scope() as session:
            with pytest.raises(DBAPIError, match="row-level security policy"):
                await session.execute(statement)
            await session.rollback()


async def test_the_setting_ends_with_the_transaction(
    make_engine: Callable[..., AsyncEngine],
) -> None:
    engine = make_engine(database_max_overflow=0)
    for end in (AsyncSession.commit, AsyncSession.rollback):
        async with AsyncSession(engine) as session:
            with tenant_scope(ADA):
                assert await session.scalar(SETTING) == str(ADA)
            await end(session)
            assert not await session.scalar(SETTING)


async def test_the_reader_of_tenants_is_in_a_transaction() -> None:
    with tenant_scope(ADA):
        assert await tenant_reader.rows(SETTING) == [(str(ADA),)]
        assert (await reader.rows(SETTING))[0][0] in {None, ""}
        async with read_session_factory() as session:
            # Behind a pooler, a read session is in a transaction too.
            expected = str(ADA) if get_settings().database_pooler else ""
            assert (await session.scalar(SETTING) or "") == expected
    with pytest.raises(LookupError):
        await tenant_reader.rows(SETTING)
