from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.core.database import CurrentReader, CurrentSessionTransaction
from app.core.http.problems import problem_responses
from app.core.http.routing import FeatureRouter
from app.core.pagination import Page
from tests.platform.recipes.member_schemas import DeletedMemberRead, MemberQuery, MemberRead
from tests.platform.recipes.members import deleted_member_crud, member_crud

DELETED_MEMBERS = "/api/v1/deleted-members"

router = FeatureRouter(
    prefix=DELETED_MEMBERS, tag="deleted members", description="Members that can be restored."
)


@router.get("", responses=problem_responses(404))
async def list_deleted_members(
    query: Annotated[MemberQuery, Query()], reader: CurrentReader
) -> Page[DeletedMemberRead]:
    """List deleted members."""
    return await deleted_member_crud.list(reader, query)


@router.post("/{member_id}/restore", responses=problem_responses(404, 409))
async def restore_member(member_id: UUID, session: CurrentSessionTransaction) -> MemberRead:
    """Restore a deleted member."""
    member = await deleted_member_crud.get_for_update(session, member_id)
    await deleted_member_crud.restore(session, member)
    return await member_crud.get(session, member_id)


@router.delete("/{member_id}", status_code=204, responses=problem_responses(404, 409))
async def purge_member(member_id: UUID, session: CurrentSessionTransaction) -> None:
    """Delete the row of a deleted member."""
    member = await deleted_member_crud.get_for_update(session, member_id)
    await deleted_member_crud.delete(session, member)
