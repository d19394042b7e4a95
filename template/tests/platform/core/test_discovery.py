import sys
from pathlib import Path

import pytest
from structlog.testing import capture_logs

import app
from app.core.discovery import import_models
from app.main import create_app
from tests.platform.clients import client_of

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


def test_a_router_has_its_type(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "wrong").mkdir()
    (tmp_path / "wrong/routes.py").write_text("router = 1")
    monkeypatch.setattr(app, "__path__", [*app.__path__, str(tmp_path)])
    with pytest.raises(TypeError, match="router is no APIRouter: use"):
        create_app()


VERSIONED = """
from fastapi import APIRouter, Request, Response

router = APIRouter(prefix="/many", tags=["many"])

@router.post("", status_code=201)
async def create_many(request: Request, response: Response) -> str:
    response.headers["Location"] = f"{request.scope['path']}/1"
    return __name__

@router.get("/{number}")
async def get_many(number: int) -> str:
    return __name__
"""


def with_files(monkeypatch: pytest.MonkeyPatch, folder: Path, *names: str) -> None:
    """Add the feature `folder` with these files to the app."""
    folder.mkdir()
    for name in names:
        (folder / f"{name}.py").write_text(VERSIONED.replace("many", folder.name))
    monkeypatch.setattr(app, "__path__", [*app.__path__, str(folder.parent)])


async def test_a_file_with_a_version_is_served_under_this_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names = ("routes", "routes_v2", "routes_v10", "routes_of_others")
    with_files(monkeypatch, tmp_path / "versioned", *names)
    service = create_app()
    answers = {}
    with capture_logs() as lines:
        async with client_of(service) as client:
            for version in (1, 2, 3, 10):
                path = f"/api/v{version}/versioned"
                created = await client.post(path)
                answers[version] = created.json() if created.is_success else created.status_code
                assert created.headers.get("location", f"{path}/1") == f"{path}/1"
                await client.get(f"{path}/1")
    prefix = "app.versioned.routes"
    assert answers == {1: prefix, 2: f"{prefix}_v2", 3: 404, 10: f"{prefix}_v10"}
    routes = [line["route"] for line in lines if line.get("path", "").endswith("/1")]
    assert routes == [
        *("/api/v1/versioned/{number}", "/api/v2/versioned/{number}"),
        *(None, "/api/v10/versioned/{number}"),
    ]
    document = service.openapi()["paths"]
    ids = [document[f"/api/v{version}/versioned"]["post"]["operationId"] for version in (1, 2, 10)]
    assert ids == ["create_versioned", "create_versioned_v2", "create_versioned_v10"]


async def test_a_feature_may_begin_with_a_later_version(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with_files(monkeypatch, tmp_path / "late", "routes_v2")
    paths = create_app().openapi()["paths"]
    assert [path for path in paths if "late" in path] == ["/api/v2/late", "/api/v2/late/{number}"]


@pytest.mark.parametrize("number", ["0", "1", "02"])
def test_a_file_with_another_number_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: str
) -> None:
    with_files(monkeypatch, tmp_path / "misnamed", f"routes_v{number}")
    with pytest.raises(ImportError, match=f"routes_v{number}.py: rename it; version 1 is"):
        create_app()
