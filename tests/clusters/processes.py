"""Processes of a service, one for each database URL."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.balancers import until_answer
from tests.clusters.ports import server_port
from tests.live import Service


@contextmanager
def ended(*processes: subprocess.Popen[Any], seconds: float = 60) -> Iterator[None]:
    """End processes in order after the block; kill what does not end, and fail."""
    try:
        yield
    finally:
        end(processes, seconds=seconds)


def end(processes: Sequence[subprocess.Popen[Any]], *, seconds: float = 60) -> None:
    """End processes in order; kill those that do not end, and fail."""
    try:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=seconds)
    finally:
        for process in processes:
            process.kill()
            process.wait()


@contextmanager
def serving(service: Service, *urls: str, **variables: str) -> Iterator[list[str]]:
    """Run a process for each URL of a database; yield their addresses, such as http://…:8000.

    They write their log to the file `log` beside the project.
    """
    processes: list[subprocess.Popen[bytes]] = []
    ports = [server_port() for _ in urls]
    with log_of(service).open("a") as log:
        try:
            for url, port in zip(urls, ports, strict=True):
                own = {"DATABASE_URL": url, "ENVIRONMENT": "production", "PORT": str(port)}
                processes.append(
                    subprocess.Popen(
                        [service.path / ".venv/bin/python", "-m", "app"],
                        cwd=service.path,
                        env=service.environment | own | variables,
                        stdout=log,
                        stderr=log,
                    )
                )
            for port in ports:
                until_answer(port, "/health/ready")
            yield [f"http://127.0.0.1:{port}" for port in ports]
        except BaseException:
            print("service:", *log_of(service).read_text().splitlines()[-30:], sep="\n")
            raise
        finally:
            end(processes)


def log_of(service: Service) -> Path:
    """Return the file with the log of all processes of a service."""
    return service.path.parent / "log"
