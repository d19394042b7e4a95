import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live import Service

KILL = Path(__file__).parent / "kill_workers.py"
MODELS = """
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, IntegerPrimaryKey


class Effect(IntegerPrimaryKey, Base, kw_only=True):
    __tablename__ = "effect"

    key: Mapped[str] = mapped_column(String(200), unique=True)
"""
# The file stands for another service, which is called at least once.
JOBS = """
import asyncio
from pathlib import Path
from typing import ClassVar

from app.effect.models import Effect
from app.job.attempt import Attempt
from app.job.handlers import handles
from app.job.periodic import Periodic
from app.job.queue import Payload

CALLS = Path("calls.txt")
PERIODIC: list[Periodic] = []


class Count(Payload):
    job_name: ClassVar[str] = "count"

    seconds: float = 0.005


@handles(Count)
async def count(values: Count, attempt: Attempt) -> None:
    call(attempt.job.key)
    await asyncio.sleep(values.seconds)
    async with attempt.complete() as session:
        session.add(Effect(key=attempt.job.key))


def call(key: str) -> None:
    with CALLS.open("a", encoding="utf-8") as file:
        file.write(f"{key}\\n")
"""


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text, f"{path} does not contain {old}"
    path.write_text(text.replace(old, new), "utf-8")


def copy_recipe(service: Service, url: str) -> None:
    """Follow the page of the recipe in a service with a feature that has jobs."""
    feature = service.path / "app" / "effect"
    feature.mkdir()
    for name, text in {"__init__": "", "models": MODELS, "jobs": JOBS}.items():
        (feature / f"{name}.py").write_text(text.lstrip(), "utf-8")
    page = (service.path / "docs/recipes/jobs.md").read_text("utf-8")
    (commands,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    service.run("sh", "-ec", commands, DATABASE_URL=url)
    replace(service.path / "app/worker.py", "app.job.receipts", "app.effect.jobs")
    service.run("uv", "run", "poe", "format")


@pytest.mark.proof
@pytest.mark.parametrize(
    ("database", "jobs"), [("postgresql", 1000), ("mysql", 500), ("sqlite", 500)]
)
def test_killed_workers_lose_no_job_and_repeat_no_effect(
    start: Callable[..., Service], database: str, jobs: int
) -> None:
    service = start(database=database)
    with service.running_database() as url:
        copy_recipe(service, url)
        if database == "postgresql":
            for check in (["ruff", "format", "--check"], ["ruff", "check"], ["mypy"]):
                service.run("uv", "run", *check)
            # In this order: the tables of the recipe are those of the service now, and stay.
            tests = ["tests/platform/recipes", "tests/platform/migrations", "tests/platform/models"]
            service.run("uv", "run", "pytest", "-q", *tests)
        queue = service.path / "app/job/queue.py"
        replace(queue, "timedelta(seconds=60)", "timedelta(seconds=3)")
        replace(queue, "timedelta(seconds=30)", "timedelta(seconds=1)")
        shutil.copy(KILL, service.path)
        service.run("uv", "run", "python", KILL.name, str(jobs), DATABASE_URL=url)
    results = json.loads((service.path / "results.json").read_text("utf-8"))
    killed = results["killed"]
    print(f"{database}: {killed}")
    assert (killed["left"], killed["effects"], killed["called"]) == (0, jobs, jobs), killed
    assert killed["calls"] >= jobs
    assert killed["kills"] > 0
    assert results["terminated"] == {"code": 0, "left": 0, "effects": 1}
