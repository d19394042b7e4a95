from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.core.database import CurrentReader, CurrentSessionTransaction
from app.core.http.problems import problem_responses
from app.core.http.routing import CREATED, FeatureRouter
from app.core.pagination import Page
from tests.platform.recipes.projects import (
    ProjectCreate,
    ProjectQuery,
    ProjectRead,
    ProjectUpdate,
    project_crud,
)
from tests.platform.recipes.tenant_crud import set_tenant

PROJECTS = "/api/v1/projects"

router = FeatureRouter(
    prefix=PROJECTS,
    tag="projects",
    description="The projects of a tenant.",
    dependencies=[Depends(set_tenant)],
)


@router.post("", status_code=201, responses=CREATED | problem_responses(409))
async def create_project(
    values: ProjectCreate, session: CurrentSessionTransaction, request: Request, response: Response
) -> ProjectRead:
    """Create a project."""
    project = await project_crud.create(session, values)
    response.headers["Location"] = f"{request.scope['path']}/{project.id}"
    return project


@router.get("", responses=problem_responses(404))
async def list_projects(
    query: Annotated[ProjectQuery, Query()], reader: CurrentReader
) -> Page[ProjectRead]:
    """List projects."""
    return await project_crud.list(reader, query)


@router.get("/{project_id}", responses=problem_responses(404))
async def get_project(project_id: UUID, reader: CurrentReader) -> ProjectRead:
    """Get a project."""
    return await project_crud.get(reader, project_id)


@router.patch("/{project_id}", responses=problem_responses(404, 409))
async def update_project(
    project_id: UUID, values: ProjectUpdate, session: CurrentSessionTransaction
) -> ProjectRead:
    """Change a project."""
    project = await project_crud.get_for_update(session, project_id)
    return await project_crud.update(session, project, values)


@router.delete("/{project_id}", status_code=204, responses=problem_responses(404, 409))
async def delete_project(project_id: UUID, session: CurrentSessionTransaction) -> None:
    """Delete a project."""
    project = await project_crud.get_for_update(session, project_id)
    await project_crud.delete(session, project)
