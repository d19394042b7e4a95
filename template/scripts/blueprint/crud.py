"""How blueprints are stored and found."""

from app.core.crud import CRUDBase
from scripts.blueprint.models import Blueprint


class BlueprintCRUD(CRUDBase[Blueprint, int]):
    pass


blueprint_crud = BlueprintCRUD(Blueprint)
