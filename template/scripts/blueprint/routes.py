"""The API of blueprints."""

from typing import Annotated

from fastapi import Query, Request, Response, status

from app.core.database import CurrentReader, CurrentSessionTransaction
from app.core.http.fields import PathId
from app.core.http.problems import problem_responses
from app.core.http.routing import CREATED, FeatureRouter
from app.core.pagination import Page
from scripts.blueprint.crud import blueprint_crud
from scripts.blueprint.schemas import (
    BlueprintCreate,
    BlueprintQuery,
    BlueprintRead,
    BlueprintUpdate,
)

router = FeatureRouter(
    prefix="/blueprints", tag="blueprints", description="Operations on blueprints."
)


@router.post("", status_code=status.HTTP_201_CREATED, responses=CREATED | problem_responses(409))
async def create_blueprint(
    values: BlueprintCreate,
    session: CurrentSessionTransaction,
    request: Request,
    response: Response,
) -> BlueprintRead:
    """Create a blueprint."""
    created = await blueprint_crud.create(session, values)
    response.headers["Location"] = f"{request.scope['path']}/{created.id}"
    return created


@router.get("", responses=problem_responses(404))
async def list_blueprints(
    query: Annotated[BlueprintQuery, Query()], reader: CurrentReader
) -> Page[BlueprintRead]:
    """List blueprints, page by page."""
    return await blueprint_crud.list(reader, query)


@router.get("/{blueprint_id}", responses=problem_responses(404))
async def get_blueprint(blueprint_id: PathId, reader: CurrentReader) -> BlueprintRead:
    """Get a blueprint."""
    return await blueprint_crud.get(reader, blueprint_id)


@router.patch("/{blueprint_id}", responses=problem_responses(404, 409))
async def update_blueprint(
    blueprint_id: PathId, values: BlueprintUpdate, session: CurrentSessionTransaction
) -> BlueprintRead:
    """Change the fields that are sent."""
    found = await blueprint_crud.get_for_update(session, blueprint_id)
    return await blueprint_crud.update(session, found, values)


@router.delete(
    "/{blueprint_id}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(404, 409),
)
async def delete_blueprint(blueprint_id: PathId, session: CurrentSessionTransaction) -> None:
    """Delete a blueprint."""
    found = await blueprint_crud.get_for_update(session, blueprint_id)
    await blueprint_crud.delete(session, found)
