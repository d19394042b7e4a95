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


@pytest.mark.parametrize(
    ("folder", "files"),
    [("discovered", ["__init__", "models", "routes"]), ("without_init", ["models", "routes"])],
)
def test_a_folder_is_discovered_as_a_feature(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: str, files: list[str]
) -> None:
    feature = tmp_path / folder
    feature.mkdir()
    for name in files:
        content = ROUTES.replace("discovered", folder) if name == "routes" else ""
        (feature / f"{name}.py").write_text(content)
    monkeypatch.setattr(app, "__path__", [*app.__path__, str(tmp_path)])
    import_models()
    assert f"app.{folder}.models" in sys.modules
    assert f"/api/v1/{folder}" in create_app().openapi()["paths"]
