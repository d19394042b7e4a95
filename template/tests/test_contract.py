"""The service keeps what its OpenAPI promises, whatever is sent."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from app.core.database import session_scope
from app.main import create_app
from app.models.base import Base
from tests.serving import serving

EXAMPLES = os.environ.get("CONTRACT_EXAMPLES", "10")


@pytest.fixture(autouse=True)
async def _no_rows() -> AsyncIterator[None]:
    yield
    async with session_scope() as session:
        for table in reversed(Base.metadata.sorted_tables):
            await session.execute(delete(table))


async def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    async with serving(create_app()) as port:
        process = await asyncio.create_subprocess_exec(
            Path(sys.executable).with_name("schemathesis"),
            "run",
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
