import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.engine.reader import Reader
from tests.platform.apps import app_with
from tests.platform.clients import client_of
from tests.platform.recipes.invoice_lines import LINES, LineQuery, LineUpdate, line_crud, router
from tests.platform.recipes.invoice_lines_data import add_invoices, pencil


async def test_each_operation_reads_the_related_row_by_one_statement(
    session: AsyncSession, statements: list[str]
) -> None:
    ada, bob = await add_invoices(session, "Ada", "Bob")
    statements.clear()
    created = await line_crud.create(session, pencil(ada))
    assert (created.invoice.customer, len(statements)) == ("Ada", 2)
    line = await line_crud.get_for_update(session, created.id)
    statements.clear()
    updated = await line_crud.update(session, line, LineUpdate(invoice_id=bob.id))
    assert (updated.invoice.customer, len(statements)) == ("Bob", 2)
    statements.clear()
    assert await line_crud.get(session, created.id) == updated
    assert len(statements) == 1


async def test_a_list_reads_the_related_rows_by_one_statement(
    session: AsyncSession, statements: list[str]
) -> None:
    ada, bob = await add_invoices(session, "Ada", "Bob")
    lines = [await line_crud.create(session, pencil(invoice)) for invoice in (ada, bob, ada)]
    statements.clear()
    page = await line_crud.list(session, LineQuery(sort="-id", limit=2))
    assert (page.items, len(statements)) == ([lines[2], lines[1]], 1)
    page = await line_crud.list(session, LineQuery(sort="-id", cursor=page.next_cursor))
    assert page.items == [lines[0]]
    page = await line_crud.list(session, LineQuery(invoice_id=ada.id, total=True))
    assert (page.items, page.total) == ([lines[0], lines[2]], 2)


async def test_a_response_has_the_related_row(session: AsyncSession) -> None:
    created = await line_crud.create(session, pencil(*await add_invoices(session, "Ada")))
    await session.commit()
    async with client_of(app_with(router)) as client:
        line = (await client.get(f"{LINES}/{created.id}")).json()
    assert line["invoice"]["customer"] == "Ada"


async def test_a_reader_is_refused(reader: Reader) -> None:
    for read in (line_crud.get(reader, 1), line_crud.list(reader, LineQuery())):
        with pytest.raises(TypeError, match="reader cannot read relationships: use CurrentSession"):
            await read
