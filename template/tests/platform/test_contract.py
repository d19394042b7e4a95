"""A test of the API against its OpenAPI document, with generated requests."""

import asyncio
import os
import subprocess
from pathlib import Path

import pytest
from fastapi import FastAPI

from app.main import create_app
from tests.platform import parcels
from tests.platform.clients import serving
from tests.platform.gizmo import with_gizmos

EXAMPLES = os.environ.get("CONTRACT_EXAMPLES", "20")
SEED = [f"--seed={os.environ['CONTRACT_SEED']}"] if "CONTRACT_SEED" in os.environ else []
FOLDER = Path(__file__).parent

pytestmark = pytest.mark.contract


async def run(app: FastAPI, headers: dict[str, str], folder: Path) -> tuple[int, str]:
    """Run Schemathesis in `folder`; return its exit code and its report."""
    async with serving(app, lifespan="on") as port:
        process = await asyncio.create_subprocess_exec(
            *("uvx", "--quiet", "schemathesis>=4.32"),
            *("--config-file", FOLDER / "schemathesis.toml", "run"),
            f"http://127.0.0.1:{port}/openapi.json",
            f"--max-examples={EXAMPLES}",
            *SEED,
            "--no-color",
            "--generation-database=none",
            *(f"--header={name}: {value}" for name, value in headers.items()),
            cwd=folder,
            env=os.environ | {"SCHEMATHESIS_HOOKS": str(FOLDER / "schemathesis_hooks.py")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        output, _ = await process.communicate()
    return await process.wait(), output.decode()


@pytest.fixture
def parcels_app(monkeypatch: pytest.MonkeyPatch) -> FastAPI:
    monkeypatch.setattr("app.main.feature_routers", lambda: [parcels.router])
    monkeypatch.setattr("app.main.later_routers", dict)
    return create_app()


@pytest.mark.usefixtures("gizmo_table", "rebuilt_database")
async def test_schemathesis_finds_no_error(
    contract_headers: dict[str, str], tmp_path: Path
) -> None:
    code, report = await run(with_gizmos(create_app()), contract_headers, tmp_path)
    assert code == 0, report


async def test_ordinary_code_keeps_the_contract(parcels_app: FastAPI, tmp_path: Path) -> None:
    code, report = await run(parcels_app, parcels.TOKEN, tmp_path)
    assert code == 0, report
    assert "Authentication failed" not in report


async def test_a_status_that_is_not_documented_breaks_the_contract(
    parcels_app: FastAPI, tmp_path: Path
) -> None:
    for path in parcels_app.openapi()["paths"].values():
        path.get("get", {"responses": {}})["responses"].pop("502", None)
    code, report = await run(parcels_app, parcels.TOKEN, tmp_path)
    assert code == 1, report
    assert "502" in report
