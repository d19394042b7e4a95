"""Kills workers while they run jobs; the Python of a project with the recipe for jobs runs this."""

import asyncio
import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import func, select  # type: ignore[import-not-found]

from app.core.database import engine, reader, session_scope  # type: ignore[import-not-found]
from app.effect.jobs import CALLS, Count  # type: ignore[import-not-found]
from app.effect.models import Effect  # type: ignore[import-not-found]
from app.job.models import Job  # type: ignore[import-not-found]
from app.job.queue import enqueue  # type: ignore[import-not-found]

WORKERS = 4
# The time between two kills, relative to the start of a process: on average it is longer, so that
# the workers make progress meanwhile.
STARTS_BETWEEN_KILLS = (0.5, 2.5)
DEADLINE = 300.0


def start() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "app.worker"], stdout=subprocess.DEVNULL)


def seconds_of_a_start() -> float:
    """Return the time that a worker needs for its imports."""
    begin = time.monotonic()
    subprocess.run([sys.executable, "-c", "import app.worker"], check=True)
    return time.monotonic() - begin


async def count(table: object) -> int:
    ((number,),) = await reader.rows(select(func.count()).select_from(table))
    return int(number)


async def add(*jobs: Count) -> None:
    async with session_scope() as session:
        for job in jobs:
            await enqueue(session, job)


async def run_and_kill(jobs: int) -> dict[str, float]:
    """Run the jobs with workers of which a random one is killed again and again."""
    await add(*(Count() for _ in range(jobs)))
    shortest, longest = (share * seconds_of_a_start() for share in STARTS_BETWEEN_KILLS)
    started, kills = time.monotonic(), 0
    workers = [start() for _ in range(WORKERS)]
    while await count(Job) and time.monotonic() - started < DEADLINE:
        await asyncio.sleep(random.uniform(shortest, longest))  # noqa: S311
        victim = random.randrange(WORKERS)  # noqa: S311
        workers[victim].kill()
        workers[victim].wait()
        workers[victim] = start()
        kills += 1
    seconds = time.monotonic() - started
    for worker in workers:
        worker.kill()
        worker.wait()
    calls = CALLS.read_text("utf-8").split()
    return {
        "left": await count(Job),
        "effects": await count(Effect),
        "called": len(set(calls)),
        "calls": len(calls),
        "kills": kills,
        "seconds": round(seconds, 1),
    }


async def run_and_terminate() -> dict[str, float]:
    """Send SIGTERM in the middle of a job."""
    CALLS.write_text("", "utf-8")
    before = await count(Effect)
    await add(Count(seconds=1.0))
    worker = start()
    code = await asyncio.to_thread(terminate, worker)
    return {"code": code, "left": await count(Job), "effects": await count(Effect) - before}


def terminate(worker: subprocess.Popen[bytes]) -> int:
    """Send SIGTERM as soon as the job runs; return the exit code."""
    while not CALLS.read_text("utf-8"):
        time.sleep(0.05)
    worker.send_signal(signal.SIGTERM)
    return worker.wait(timeout=60)


async def main(jobs: int) -> dict[str, dict[str, float]]:
    results = {"killed": await run_and_kill(jobs), "terminated": await run_and_terminate()}
    await engine.dispose()
    return results


if __name__ == "__main__":
    results = asyncio.run(main(int(sys.argv[1])))
    Path("results.json").write_text(json.dumps(results), "utf-8")
