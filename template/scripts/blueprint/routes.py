"""What can be done with blueprints over HTTP."""

from typing import Annotated, Any, TypeVar

from fastapi import HTTPException, Query, status
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import CurrentReader, CurrentSessionTransaction
from app.core.pagination import Page
from app.core.problems import problems
from app.core.routing import FeatureRouter
from app.core.schemas import Key
from scripts.blueprint.crud import blueprint_crud
from scripts.blueprint.models import Blueprint
from scripts.blueprint.schemas import (
    BlueprintCreate,
    BlueprintQuery,
    BlueprintRead,
    BlueprintUpdate,
)

FoundT = TypeVar("FoundT")

router = FeatureRouter(prefix="/blueprints", tags=["blueprints"])


def _found(found: FoundT | None, blueprint_id: int) -> FoundT:
    if found is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, f"There is no blueprint {blueprint_id}.")
    return found


async def _locked(session: AsyncSession, blueprint_id: int) -> Blueprint:
    return _found(await blueprint_crud.get(session, blueprint_id, lock=True), blueprint_id)


@router.post(
    "", response_model=BlueprintRead, status_code=status.HTTP_201_CREATED, responses=problems(409)
)
async def create_blueprint(values: BlueprintCreate, session: CurrentSessionTransaction) -> Any:
    return await blueprint_crud.create(session, values)


@router.get("", response_model=Page[BlueprintRead], responses=problems(404))
async def list_blueprints(query: Annotated[BlueprintQuery, Query()], reader: CurrentReader) -> Any:
    return await blueprint_crud.list(reader, query)


@router.get("/{blueprint_id}", response_model=BlueprintRead, responses=problems(404))
async def get_blueprint(blueprint_id: Key, reader: CurrentReader) -> Any:
    return _found(await blueprint_crud.read(reader, blueprint_id), blueprint_id)


@router.patch("/{blueprint_id}", response_model=BlueprintRead, responses=problems(404, 409))
async def update_blueprint(
    blueprint_id: Key, values: BlueprintUpdate, session: CurrentSessionTransaction
) -> Any:
    found = await _locked(session, blueprint_id)
    return await blueprint_crud.update(session, found, values)


@router.delete(
    "/{blueprint_id}", status_code=status.HTTP_204_NO_CONTENT, responses=problems(404, 409)
)
async def delete_blueprint(blueprint_id: Key, session: CurrentSessionTransaction) -> None:
    await blueprint_crud.delete(session, await _locked(session, blueprint_id))
