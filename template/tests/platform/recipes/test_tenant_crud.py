import sys
from types import ModuleType

import pytest
from fastapi import FastAPI

from app.core.crud import CRUDBase
from tests.platform.recipes.project_models import Project
from tests.platform.recipes.projects import ProjectRead
from tests.platform.recipes.tenant_crud import TenantCRUD
from tests.platform.recipes.tenants import TenantOwned


def crud_objects_of_all_tenants() -> list[str]:
    """Return the names of the CRUD objects that read or write rows of other tenants."""
    return [
        f"{module}.{name}"
        for module, loaded in list(sys.modules.items())
        for name, value in list(vars(loaded).items())
        if isinstance(value, CRUDBase)
        and issubclass(value.model, TenantOwned)
        and not isinstance(value, TenantCRUD)
    ]


def test_every_crud_object_is_for_one_tenant(app: FastAPI) -> None:
    assert crud_objects_of_all_tenants() == []


def test_a_crud_object_of_all_tenants_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("forgetful")
    module.project_crud = CRUDBase(Project, ProjectRead)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "forgetful", module)
    assert crud_objects_of_all_tenants() == ["forgetful.project_crud"]
