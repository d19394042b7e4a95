"""Members: a deleted one is only marked, and can be restored."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.crud import CRUDBase
from app.models.types import utc_now
from tests.platform.recipes.member_models import Member
from tests.platform.recipes.member_schemas import (
    DeletedMemberRead,
    MemberCreate,
    MemberRead,
    MemberUpdate,
)


class MemberCRUD(CRUDBase[Member, MemberCreate, MemberUpdate, MemberRead, UUID]):
    """The members that are not deleted."""

    def criteria(self) -> Sequence[ColumnElement[bool]]:
        return [*super().criteria(), Member.deleted_at.is_(None)]

    async def delete(self, session: AsyncSession, instance: Member) -> None:
        """Mark a member as deleted.

        Raises:
            NotFoundError: when it is deleted already.
        """
        await self.require_criteria(session, instance)
        instance.deleted_at = utc_now()
        await session.flush()


class DeletedMemberCRUD(CRUDBase[Member, MemberCreate, MemberUpdate, DeletedMemberRead, UUID]):
    """The deleted members; `delete` deletes the row."""

    def criteria(self) -> Sequence[ColumnElement[bool]]:
        return [*super().criteria(), Member.deleted_at.is_not(None)]

    async def restore(self, session: AsyncSession, instance: Member) -> None:
        """Remove the mark.

        Raises:
            NotFoundError: when the member is not deleted.
        """
        await self.require_criteria(session, instance)
        instance.deleted_at = None
        await session.flush()


member_crud = MemberCRUD(Member, MemberRead)
deleted_member_crud = DeletedMemberCRUD(Member, DeletedMemberRead)
