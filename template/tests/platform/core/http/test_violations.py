from collections.abc import AsyncIterator

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import CurrentSessionTransaction
from app.core.errors import Violation
from app.main import create_app
from tests.platform import database
from tests.platform.clients import client_of

metadata = sa.MetaData()
name = sa.Column("name", sa.String(20), unique=True, nullable=False)
sa.Table("shelf", metadata, sa.Column("id", sa.Integer, primary_key=True), name)
shelf_id = sa.Column("shelf_id", sa.Integer, sa.ForeignKey("shelf.id"), nullable=False)
pages = sa.Column("pages", sa.Integer, sa.CheckConstraint("pages > 0"))
sa.Table("book", metadata, sa.Column("id", sa.Integer, primary_key=True), shelf_id, pages)
book_id = sa.ForeignKey("book.id", ondelete="RESTRICT")
sa.Table("loan", metadata, sa.Column("book_id", book_id, primary_key=True))


@pytest.fixture(scope="module", autouse=True)
async def _tables() -> AsyncIterator[None]:
    async with database.tables(metadata):
        yield


@pytest.fixture
async def client(session: AsyncSession) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app()

    @app.post("/changes")
    async def change(statement: str, session: CurrentSessionTransaction) -> None:
        await session.execute(sa.text(statement))

    for row in ["shelf VALUES (1, 'top-secret')", "book VALUES (1, 1, 100)", "loan VALUES (1)"]:
        await session.execute(sa.text(f"INSERT INTO {row}"))
    await session.commit()
    async with client_of(app) as client:
        yield client


CASES = [
    ("INSERT INTO shelf VALUES (1, 'new')", 409, Violation.DUPLICATE),
    ("INSERT INTO shelf VALUES (2, 'top-secret')", 409, Violation.DUPLICATE),
    ("INSERT INTO book VALUES (2, 7, 100)", 409, Violation.MISSING),
    ("UPDATE book SET shelf_id = 7", 409, Violation.MISSING),
    ("DELETE FROM shelf", 409, Violation.REFERENCED),
    ("DELETE FROM book", 409, Violation.REFERENCED),
    ("UPDATE book SET pages = -7", 422, Violation.CHECK),
    ("UPDATE book SET shelf_id = NULL", 500, None),
]


@pytest.mark.parametrize(("statement", "status", "detail"), CASES)
async def test_the_detail_names_the_rule_and_no_value(
    client: httpx.AsyncClient, statement: str, status: int, detail: str | None
) -> None:
    problem = (await client.post("/changes", params={"statement": statement})).json()
    assert (problem["status"], problem.get("detail")) == (status, detail)
    assert problem.keys() <= {"type", "title", "status", "detail", "request_id"}
