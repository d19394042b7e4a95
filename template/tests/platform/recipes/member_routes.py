from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from app.core.database import CurrentReader, CurrentSessionTransaction
from app.core.http.problems import problem_responses
from app.core.http.routing import CREATED, FeatureRouter
from app.core.pagination import Page
from tests.platform.recipes.member_schemas import (
    MemberCreate,
    MemberQuery,
    MemberRead,
    MemberUpdate,
)
from tests.platform.recipes.members import member_crud

MEMBERS = "/api/v1/members"

router = FeatureRouter(prefix=MEMBERS, tag="members", description="Members.")


@router.post("", status_code=201, responses=CREATED | problem_responses(409))
async def create_member(
    values: MemberCreate, session: CurrentSessionTransaction, request: Request, response: Response
) -> MemberRead:
    """Create a member."""
    member = await member_crud.create(session, values)
    response.headers["Location"] = f"{request.scope['path']}/{member.id}"
    return member


@router.get("", responses=problem_responses(404))
async def list_members(
    query: Annotated[MemberQuery, Query()], reader: CurrentReader
) -> Page[MemberRead]:
    """List members."""
    return await member_crud.list(reader, query)


@router.get("/{member_id}", responses=problem_responses(404))
async def get_member(member_id: UUID, reader: CurrentReader) -> MemberRead:
    """Get a member."""
    return await member_crud.get(reader, member_id)


@router.patch("/{member_id}", responses=problem_responses(404, 409))
async def update_member(
    member_id: UUID, values: MemberUpdate, session: CurrentSessionTransaction
) -> MemberRead:
    """Change a member."""
    member = await member_crud.get_for_update(session, member_id)
    return await member_crud.update(session, member, values)


@router.delete("/{member_id}", status_code=204, responses=problem_responses(404, 409))
async def delete_member(member_id: UUID, session: CurrentSessionTransaction) -> None:
    """Delete a member; it can be restored."""
    member = await member_crud.get_for_update(session, member_id)
    await member_crud.delete(session, member)
