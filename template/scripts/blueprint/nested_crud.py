"""Database access for blueprints."""

from collections.abc import Sequence

from sqlalchemy.orm import joinedload

from app.core.crud import CRUDBase
from app.core.listing import LoadOption
from scripts.blueprint.models import Blueprint
from scripts.blueprint.schemas import BlueprintCreate, BlueprintRead, BlueprintUpdate


class BlueprintCRUD(
    CRUDBase[Blueprint, BlueprintCreate, BlueprintUpdate, BlueprintRead, int],
):
    def relationships(self) -> Sequence[LoadOption]:
        """Return how the related rows in responses are loaded."""
        return [joinedload(Blueprint.owner), joinedload(Blueprint.agent)]


blueprint_crud = BlueprintCRUD(Blueprint, BlueprintRead)
