"""The shell blocks of the recipes: a fresh service that has run all of them passes its checks."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live import Service

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
# What an image has; it has no tests.
IMAGE = ["app", "migrations", "alembic.ini", "pyproject.toml"]
JOBS = "from app.job.periodic import Periodic\n\nPERIODIC: list[Periodic] = []\n"
TESTS = [
    "tests/platform/test_layers.py",
    "tests/platform/test_process.py",
    "tests/platform/core/http/test_openapi.py",
    "tests/platform/core/process",
    "tests/platform/models",
    "tests/platform/recipes/test_idempotency.py",
    "tests/platform/recipes/test_rate_lifespan.py",
    "tests/platform/recipes/test_rates.py",
    "tests/platform/recipes/test_uploads.py",
]


@pytest.mark.proof
def test_the_recipes_of_all_pages_can_be_copied(
    start: Callable[..., Service], tmp_path: Path
) -> None:
    service = start(database="postgresql")
    pages = {
        page.stem: "".join(BLOCK.findall(page.read_text("utf-8")))
        for page in sorted((service.path / "docs/recipes").glob("*.md"))
    }
    copied = {name: commands for name, commands in pages.items() if "mkdir" in commands}
    assert {"calling-another-service", "idempotency-key", "jobs", "uploads"} <= copied.keys()
    with service.running_database() as url:
        for commands in filter(None, pages.values()):
            service.run("sh", "-ec", commands, DATABASE_URL=url)
        # The owner's part of the page of jobs: the worker gets the list of the service.
        (service.path / "app/job/own.py").write_text(JOBS, "utf-8")
        worker = service.path / "app/worker.py"
        worker.write_text(worker.read_text("utf-8").replace("app.job.receipts", "app.job.own"))
        service.run("uv", "run", "poe", "format")
        for check in (["ruff", "format", "--check"], ["ruff", "check"], ["mypy"]):
            service.run("uv", "run", *check)
        folder = tmp_path / "image"
        folder.mkdir()
        for name in IMAGE:
            source = service.path / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
        code = "import json, app.main, app.worker; print(json.dumps(app.main.app.openapi()))"
        run = ["uv", "run", "--no-sync", "--project", str(service.path), "--directory", str(folder)]
        imported = service.run(*run, "python", "-c", code, DATABASE_URL=url)
        for path in ("/api/v1/rates/{currency}", "/api/v1/documents"):
            assert f'"{path}"' in imported
        service.run("uv", "run", "alembic", "check", DATABASE_URL=url)
    revisions = " ".join(path.name for path in (service.path / "migrations/versions").iterdir())
    for table in ("add_document", "add_idempotency_key", "add_jobs"):
        assert table in revisions
    service.run("uv", "run", "pytest", "-q", *TESTS)
