import sys
from pathlib import Path

import pytest

import app
from app.core.discovery import import_models
from app.main import create_app

ROUTES = """
from fastapi import APIRouter

router = APIRouter(prefix="/discovered")

@router.get("")
async def discovered() -> None: ...
"""


def test_a_folder_is_discovered_as_a_feature(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    feature = tmp_path / "discovered"
    feature.mkdir()
    for name, content in (("__init__", ""), ("models", ""), ("routes", ROUTES)):
        (feature / f"{name}.py").write_text(content)
    monkeypatch.setattr(app, "__path__", [*app.__path__, str(tmp_path)])
    import_models()
    assert "app.discovered.models" in sys.modules
    assert "/api/v1/discovered" in create_app().openapi()["paths"]
