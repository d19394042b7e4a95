import httpx
import pytest
from fastapi import FastAPI

from app.core.database import get_reader
from app.core.engine.reader import Reader
from tests.platform.apps import app_with
from tests.platform.recipes import stock_routes, stock_routes_v2
from tests.platform.recipes.models import Stock


@pytest.fixture
def app(reader: Reader) -> FastAPI:
    app = app_with()
    app.dependency_overrides[get_reader] = lambda: reader
    app.include_router(stock_routes.router, prefix="/api/v1")
    app.include_router(stock_routes_v2.router, prefix="/api/v2")
    return app


async def test_both_versions_show_the_same_row(client: httpx.AsyncClient, pencils: Stock) -> None:
    old = await client.get(f"/api/v1/stock/{pencils.id}")
    new = await client.get(f"/api/v2/stock/{pencils.id}")
    assert old.json() == {"id": pencils.id, "article": "Pencil", "quantity": 5}
    assert new.json() == {"id": pencils.id, "name": "Pencil", "quantity": 5}


async def test_a_function_of_the_old_version_is_served_in_the_new_one_too(
    app: FastAPI, client: httpx.AsyncClient, pencils: Stock
) -> None:
    new = await client.get(f"/api/v2/stock/{pencils.id}/quantity")
    assert (new.json(), new.headers.get("sunset")) == (5, None)
    operation = app.openapi()["paths"]["/api/v2/stock/{stock_id}/quantity"]["get"]
    assert (operation["operationId"], operation.get("deprecated")) == ("get_quantity_v2", None)


async def test_the_successor_of_the_old_version_is_the_new_one(
    client: httpx.AsyncClient, pencils: Stock
) -> None:
    old = await client.get(f"/api/v1/stock/{pencils.id}")
    assert old.headers["deprecation"] == "@1772323200"
    assert old.headers["sunset"] == "Tue, 01 Sep 2026 00:00:00 GMT"
    successor = old.links["successor-version"]["url"]
    assert (await client.get(f"{successor}/{pencils.id}")).status_code == 200


async def test_version_2_writes_the_columns_that_are_there(client: httpx.AsyncClient) -> None:
    created = await client.post("/api/v2/stock", json={"name": "Eraser", "quantity": 3})
    location = created.headers["location"]
    assert location == f"/api/v2/stock/{created.json()['id']}"
    assert (await client.get(location)).json() == created.json()
    old = await client.get(location.replace("v2", "v1"))
    assert (old.json()["article"], old.json()["quantity"]) == ("Eraser", 3)


def test_the_document_has_both_versions(app: FastAPI) -> None:
    document = app.openapi()
    old = document["paths"]["/api/v1/stock/{stock_id}"]["get"]
    new = document["paths"]["/api/v2/stock/{stock_id}"]["get"]
    assert (old["operationId"], old["deprecated"]) == ("get_stock", True)
    assert (new["operationId"], new.get("deprecated")) == ("get_stock_v2", None)
    assert {"StockRead", "StockReadV2"} <= document["components"]["schemas"].keys()
