from pathlib import Path

import pytest

import app
from app.core.discovery import feature_routers, import_models
from app.models.base import Base

MODELS = """
from sqlalchemy.orm import Mapped
from app.models.base import Base, IntegerKey

class Colour(IntegerKey, Base, kw_only=True):
    __tablename__ = "colour"
    name: Mapped[str]
"""
ROUTES = """
from fastapi import APIRouter
router = APIRouter(prefix="/colours")
"""


def test_a_folder_is_all_that_a_feature_needs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    feature = tmp_path / "colour"
    feature.mkdir()
    (feature / "__init__.py").touch()
    (feature / "models.py").write_text(MODELS)
    (feature / "routes.py").write_text(ROUTES)
    monkeypatch.setattr(app, "__path__", [*app.__path__, str(tmp_path)])
    import_models()
    assert {"colour", "product"} <= Base.metadata.tables.keys()
    assert [router.prefix for router in feature_routers()] == ["/products", "/colours"]
    Base.metadata.remove(Base.metadata.tables["colour"])
    Base.registry._dispose_cls(next(c for c in Base.__subclasses__() if c.__name__ == "Colour"))
