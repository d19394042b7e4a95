"""Your features may have the names of recipes."""

import pytest
from fastapi import APIRouter
from sqlalchemy import Column, MetaData, String, Table, inspect

from app.core.database import engine
from app.models.base import Base
from tests.platform import database
from tests.platform.apps import app_with


async def columns() -> dict[str, list[str]]:
    """Return the columns of each table of the database."""
    async with engine.connect() as connection:
        found = await connection.run_sync(lambda sync: inspect(sync).get_multi_columns())
    return {table: [column["name"] for column in each] for (_, table), each in found.items()}


def test_a_route_may_have_the_path_of_a_recipe() -> None:
    assert not [path for path in app_with().openapi()["paths"] if path.startswith("/api")]


def test_a_later_version_of_a_route_may_have_the_path_of_a_recipe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    router = APIRouter()
    router.add_api_route("/orders", lambda: None)
    monkeypatch.setattr("app.main.later_routers", lambda: {2: [router]})
    assert not [path for path in app_with().openapi()["paths"] if path.startswith("/api")]


def test_a_model_may_have_the_name_of_a_recipe() -> None:
    modules = {mapper.class_.__module__ for mapper in Base.registry.mappers}
    assert not [module for module in modules if module.startswith("tests.platform")]


async def test_a_table_may_have_the_name_of_a_recipe() -> None:
    yours = MetaData()
    Table("stock", yours, Column("place", String(9), unique=True))
    async with database.tables(yours):
        assert await columns() == {"stock": ["place"]}
    assert {"alembic_version", *Base.metadata.tables} == (await columns()).keys()
