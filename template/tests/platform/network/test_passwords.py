"""Passwords of the database that change while the service runs."""

import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.core.config import get_settings
from app.core.database import engine
from app.core.errors import DatabaseUnavailableError
from app.core.setting_sources import FileSecret
from tests.platform.database_server import CHANGE_PASSWORD, CREATE_USER, DROP_USER

EngineFactory = Callable[..., AsyncEngine]
# Parallel tests use the same server.
USER = f"rotating_{os.getpid()}"


@pytest.fixture
async def url() -> AsyncIterator[URL]:
    """The URL of a user whose password is `first`, without the password."""
    await execute(DROP_USER, *CREATE_USER)
    yield get_settings().sqlalchemy_url._replace(username=USER, password=None)
    await execute(DROP_USER)


async def execute(*statements: str, password: str = "first") -> None:
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement.format(user=USER, password=password)))


async def connects(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
    await engine.dispose()


async def test_a_new_connection_uses_the_new_password_of_a_file(
    make_engine: EngineFactory, url: URL, tmp_path: Path
) -> None:
    path = tmp_path / "password"
    path.write_text("first\n")
    engine = make_engine(
        database_url=SecretStr(url.render_as_string()), database_password=FileSecret(path)
    )
    await connects(engine)
    await execute(CHANGE_PASSWORD, password="second")
    path.write_text("second\n")
    await connects(engine)


async def test_a_new_connection_uses_the_new_password_of_a_file_with_the_url(
    make_engine: EngineFactory, url: URL, tmp_path: Path
) -> None:
    path = tmp_path / "url"
    path.write_text(url.set(password="first").render_as_string(hide_password=False))
    engine = make_engine(database_url=FileSecret(path))
    await connects(engine)
    await execute(CHANGE_PASSWORD, password="second")
    path.write_text(url.set(password="second").render_as_string(hide_password=False))
    await connects(engine)
    path.write_text("not a URL")
    with pytest.raises(DatabaseUnavailableError):
        await connects(engine)


async def test_a_new_connection_uses_the_new_user_of_a_file_with_the_url(
    make_engine: EngineFactory, url: URL, tmp_path: Path
) -> None:
    path = tmp_path / "url"
    path.write_text(url._replace(username="gone").render_as_string())
    engine = make_engine(database_url=FileSecret(path))
    path.write_text(url.set(password="first").render_as_string(hide_password=False))
    await connects(engine)
    assert engine.url.username == "gone"


async def test_a_function_that_fails_means_that_the_database_is_away(
    make_engine: EngineFactory, url: URL
) -> None:
    async def password(url: URL) -> str:
        raise LookupError("a secret")

    engine = make_engine(
        database_url=SecretStr(url.render_as_string()), database_password_function=password
    )
    with pytest.raises(DatabaseUnavailableError) as caught:
        await connects(engine)
    expected = "ConnectionError('DATABASE_PASSWORD_FUNCTION failed with LookupError')"
    assert repr(caught.value.__cause__) == expected


async def test_a_function_returns_the_password_of_each_new_connection(
    make_engine: EngineFactory, url: URL
) -> None:
    passwords = iter(("first", "second"))
    seen = []

    async def password(url: URL) -> str:
        seen.append((url.username, url.password))
        return next(passwords)

    engine = make_engine(
        database_url=SecretStr(url.render_as_string()), database_password_function=password
    )
    await connects(engine)
    await execute(CHANGE_PASSWORD, password="second")
    await connects(engine)
    assert seen == [(USER, None)] * 2
