"""A test of the API against its OpenAPI document, with generated requests."""

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from app.main import create_app
from tests.platform.clients import serving
from tests.platform.gizmo import with_gizmos

EXAMPLES = os.environ.get("CONTRACT_EXAMPLES", "20")


@pytest.mark.contract
@pytest.mark.usefixtures("gizmo_table", "rebuilt_database")
async def test_schemathesis_finds_no_error(tmp_path: Path) -> None:
    async with serving(with_gizmos(create_app())) as port:
        process = await asyncio.create_subprocess_exec(
            *("uvx", "--quiet", "schemathesis>=4.32", "run"),
            f"http://127.0.0.1:{port}/openapi.json",
            f"--max-examples={EXAMPLES}",
            "--no-color",
            "--generation-database=none",
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
