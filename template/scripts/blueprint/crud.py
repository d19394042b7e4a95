"""Database access for blueprints."""

from app.core.crud import CRUDBase
from scripts.blueprint.models import Blueprint
from scripts.blueprint.schemas import BlueprintCreate, BlueprintRead, BlueprintUpdate


class BlueprintCRUD(
    CRUDBase[Blueprint, BlueprintCreate, BlueprintUpdate, BlueprintRead, int],
):
    pass


blueprint_crud = BlueprintCRUD(Blueprint, BlueprintRead)
