"""The answers to changes that a constraint refuses."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    insert,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import CurrentSessionTransaction
from app.core.errors import Violation
from app.main import create_app
from app.models.base import NAMING_CONVENTION
from tests.platform import database
from tests.platform.clients import client_of

metadata = MetaData(naming_convention=NAMING_CONVENTION)
shelf = Table(
    "shelf",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(20), unique=True, nullable=False),
)
book = Table(
    "book",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("shelf_id", ForeignKey("shelf.id"), index=True, nullable=False),
    Column("pages", Integer, CheckConstraint("pages > 0", name="pages_positive")),
)
loan = Table(
    "loan",
    metadata,
    Column("book_id", ForeignKey("book.id", ondelete="RESTRICT"), primary_key=True),
)


def app_with_changes() -> FastAPI:
    app = create_app()

    @app.post("/changes")
    async def change(statement: str, session: CurrentSessionTransaction) -> None:
        await session.execute(text(statement))

    return app


@pytest.fixture(scope="module", autouse=True)
async def _tables() -> AsyncIterator[None]:
    async with database.tables(metadata):
        yield


@pytest.fixture
async def client(session: AsyncSession) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service with a shelf, a book and a loan."""
    await session.execute(insert(shelf).values(id=1, name="top-secret"))
    await session.execute(insert(book).values(id=1, shelf_id=1, pages=100))
    await session.execute(insert(loan).values(book_id=1))
    await session.commit()
    async with client_of(app_with_changes()) as client:
        yield client


@pytest.mark.parametrize(
    ("statement", "status", "detail"),
    [
        ("INSERT INTO shelf (id, name) VALUES (1, 'new')", 409, Violation.DUPLICATE),
        ("INSERT INTO shelf (id, name) VALUES (2, 'top-secret')", 409, Violation.DUPLICATE),
        ("INSERT INTO book (id, shelf_id) VALUES (2, 7)", 409, Violation.MISSING),
        ("UPDATE book SET shelf_id = 7", 409, Violation.MISSING),
        ("DELETE FROM shelf", 409, Violation.REFERENCED),
        ("DELETE FROM book", 409, Violation.REFERENCED),
        ("UPDATE book SET pages = -7", 422, Violation.CHECK),
        ("UPDATE book SET shelf_id = NULL", 500, None),
        ("INSERT INTO shelf (id) VALUES (2)", 500, None),
    ],
)
async def test_the_detail_names_the_rule_and_nothing_else(
    client: httpx.AsyncClient, statement: str, status: int, detail: str | None
) -> None:
    response = await client.post("/changes", params={"statement": statement})
    problem = response.json()
    assert (response.status_code, problem.get("detail")) == (status, detail)
    assert problem.keys() <= {"type", "title", "status", "detail", "request_id"}
