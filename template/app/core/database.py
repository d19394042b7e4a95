"""The engine, the sessions and their dependencies. Only the code here commits."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Annotated, Any, cast

from fastapi import Depends
from sqlalchemy import Connection, Result, event
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransactionOrigin

from app.core.config import Settings, get_settings
from app.core.discovery import import_models
from app.core.engine import driver
from app.core.engine.insert import WriteSession
from app.core.engine.pool import FairQueuePool
from app.core.engine.reader import Reader
from app.core.errors import ReadOnlyError
from app.models.base import Base


def build_engine(settings: Settings) -> AsyncEngine:
    """Return an engine with the pool and the time limits of `settings`; it does not connect yet."""
    engine = create_async_engine(
        settings.sqlalchemy_url,
        poolclass=FairQueuePool,
        pool_size=settings.database_pool_size,
        max_overflow=settings.database_max_overflow,
        pool_timeout=settings.database_pool_timeout,
        echo=settings.database_echo,
        echo_pool=settings.database_pool_echo,
        hide_parameters=settings.environment != "local",
        **driver.pool_options(settings),
        **driver.engine_options(settings, statement_timeout=settings.database_statement_timeout),
    )
    driver.register_listeners(engine.sync_engine)
    return engine


def build_reader(engine: AsyncEngine, settings: Settings) -> Reader:
    """Return a reader on the pool of `engine`."""
    connect = partial(driver.read_connection, engine.sync_engine, settings)
    return Reader(connect, driver.direct_engine(engine.sync_engine, settings))


def read_only(engine: AsyncEngine, settings: Settings) -> AsyncEngine:
    """Return a copy of `engine` with the options for reading; both share one pool."""
    return engine.execution_options(**driver.read_options(settings))


class _ReadOnlySession(Session):
    """The synchronous session of `ReadSession`; statements built with `text()` are not checked."""

    statements_running = 0


@event.listens_for(_ReadOnlySession, "before_flush")
def _refuse_flush(session: Session, flush_context: object, instances: object) -> None:
    raise ReadOnlyError("This session is read-only: use CurrentSessionTransaction.")


@event.listens_for(_ReadOnlySession, "do_orm_execute")
def _run(state: ORMExecuteState) -> Result[Any]:
    if state.is_insert or state.is_update or state.is_delete:
        raise ReadOnlyError("This session is read-only: use CurrentSessionTransaction.")
    session = cast(_ReadOnlySession, state.session)
    session.statements_running += 1
    try:
        return state.invoke_statement()
    finally:
        session.statements_running -= 1
        options = state.execution_options
        is_stream = options.get("stream_results") or options.get("yield_per")
        # A statement for related rows runs inside of another one.
        if not session.statements_running and not is_stream:
            _release_connection(session)


def _release_connection(session: Session) -> None:
    transaction = session.get_transaction()
    if transaction and transaction.origin is SessionTransactionOrigin.AUTOBEGIN:
        transaction.close()


class ReadSession(AsyncSession):
    """A read-only session; it holds a connection only while a statement runs.

    Each statement sees the data that is committed when it starts. A block `async with
    session.begin()` holds the connection until it ends. To stream rows, use `session_scope()`.
    """

    sync_session_class = _ReadOnlySession


engine = build_engine(get_settings())

read_session_factory = async_sessionmaker(
    read_only(engine, get_settings()), class_=ReadSession, autoflush=False, expire_on_commit=False
)
session_factory = async_sessionmaker(
    engine, class_=WriteSession, autoflush=False, expire_on_commit=False
)
reader = build_reader(engine, get_settings())


async def get_reader() -> Reader:
    """Dependency: the reader."""
    return reader


async def get_session() -> AsyncGenerator[ReadSession]:
    """Dependency: a read-only session."""
    session = read_session_factory()
    try:
        yield session
    finally:
        await _end(session)


async def get_session_transaction() -> AsyncGenerator[AsyncSession]:
    """Dependency: a session in a transaction; committed on success, rolled back on an error."""
    session = session_factory()
    try:
        yield session
        await session.commit()
    except BaseException:
        # Closing alone would leave the transaction open when its commit failed.
        await session.rollback()
        raise
    finally:
        await _end(session)


async def _end(session: AsyncSession) -> None:
    # Outside a transaction a session holds no connection; without `await` this is cheaper.
    if session.in_transaction():
        await session.close()
    else:
        session.expunge_all()


CurrentReader = Annotated[Reader, Depends(get_reader)]
# Function scope ends the dependency, and so the transaction, before the response is sent.
CurrentSession = Annotated[ReadSession, Depends(get_session, scope="function")]
CurrentSessionTransaction = Annotated[
    AsyncSession, Depends(get_session_transaction, scope="function")
]


@asynccontextmanager
async def session_scope() -> AsyncGenerator[AsyncSession]:
    """Return a session in a transaction for scripts, background work and streams.

    It is committed when the block ends, and rolled back when the block raises.
    """
    async with session_factory.begin() as session:
        yield session


async def create_tables() -> None:
    """Create the tables of all models; for development only, production uses migrations.

    Raises:
        RuntimeError: outside the local environment.
    """
    import_models()
    await _run_locally(Base.metadata.create_all)


async def drop_tables() -> None:
    """Drop the tables of all models with their rows.

    Raises:
        RuntimeError: outside the local environment.
    """
    import_models()
    await _run_locally(Base.metadata.drop_all)


async def reset_tables() -> None:
    """Drop and create the tables of all models.

    Raises:
        RuntimeError: outside the local environment.
    """
    await drop_tables()
    await create_tables()


async def _run_locally(change: Callable[[Connection], None]) -> None:
    if (environment := get_settings().environment) != "local":
        raise RuntimeError(f"Tables are created and dropped in local only, not in {environment}.")
    async with engine.begin() as connection:
        await connection.run_sync(change)
