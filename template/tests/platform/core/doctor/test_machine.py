"""The machine: address, open files, processors, memory, temporary files; and telemetry."""

import http.server
import os
import resource
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.core.doctor import machine, telemetry
from tests.platform.core.doctor.faults import faults, finding

Doctor = Callable[..., Any]


class Live(http.server.BaseHTTPRequestHandler):
    """Answers like the service, or like another program."""

    body = b'{"status":"ok"}'

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *arguments: object) -> None:
        pass


class Other(Live):
    body = b"hello"


@contextmanager
def serving(handler: type[Live]) -> Iterator[None]:
    address = ("127.0.0.1", int(os.environ["PORT"]))
    with http.server.HTTPServer(address, handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield
        server.shutdown()
        thread.join()


def test_a_port_of_another_program_is_found(doctor: Doctor) -> None:
    with serving(Other):
        code, report = doctor()
    assert faults(report) == {"address": "error"}
    assert f"PORT={int(os.environ['PORT']) + 1}" in finding(report, "address")["advice"]
    assert code == 1


def test_a_port_of_a_silent_program_is_found(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "ANSWER_TIMEOUT", 0.1)
    with socket.create_server(("127.0.0.1", int(os.environ["PORT"]))):
        assert faults(doctor()[1]) == {"address": "error"}


def test_the_running_service_is_no_fault(doctor: Doctor) -> None:
    with serving(Live):
        code, report = doctor()
    assert finding(report, "address")["text"].startswith("the service runs on")
    assert (faults(report), code) == ({}, 0)


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid"])
def test_a_host_that_is_not_this_machine_is_found(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("HOST", host)
    code, report = doctor()
    assert faults(report) == {"address": "error"}
    assert "HOST" in finding(report, "address")["advice"]
    assert code == 1


@pytest.mark.parametrize(
    ("host", "reach"), [("127.0.0.1", "this machine only"), ("0.0.0.0", "other machines")]
)
def test_the_reach_of_the_address_is_told(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, host: str, reach: str
) -> None:
    monkeypatch.setenv("HOST", host)
    assert reach in finding(doctor()[1], "address")["text"]


def test_too_few_open_files_are_found(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (64, 64))
    assert faults(doctor()[1]) == {"open files": "warning"}


def test_more_processes_than_processors_are_found(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1, 2}, raising=False)
    assert finding(doctor()[1], "processors")["text"] == "0.5; processes of the service: 1"
    (tmp_path / "cpu.max").write_text("max 100000\n")
    monkeypatch.setenv("WEB_CONCURRENCY", "3")
    assert "processors" not in faults(doctor()[1])
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    assert faults(doctor()[1])["processors"] == "warning"


def test_a_small_memory_limit_is_found(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(machine, "CGROUP", tmp_path)
    for limit, level in (("max", None), ("512000000", None), ("64000000", "warning")):
        (tmp_path / "memory.max").write_text(limit)
        assert faults(doctor()[1]).get("memory") == level


def test_a_missing_folder_for_temporary_files_is_found(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise FileNotFoundError

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert faults(doctor()[1]) == {"temporary files": "warning"}


@pytest.mark.parametrize(
    ("is_installed", "expected"), [(True, {}), (False, {"telemetry": "warning"})]
)
def test_telemetry_without_its_packages_is_found(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch, is_installed: bool, expected: object
) -> None:
    monkeypatch.setattr(telemetry, "find_spec", lambda name: object() if is_installed else None)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=top-secret")
    Path(".env").write_text("OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318\n")
    _, report = doctor()
    assert faults(report) == expected
    text = finding(report, "telemetry")["text"]
    assert "OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_HEADERS" in text
    assert "top-secret" not in str(report)
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert faults(doctor()[1]) == {}


def test_telemetry_without_an_address_is_found(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPIONT", "http://collector:4318")
    _, report = doctor()
    assert faults(report) == {"unknown variable": "warning", "telemetry": "warning"}
    assert "OTEL_EXPORTER_OTLP_ENDPOINT?" in finding(report, "unknown variable")["advice"]
    assert finding(report, "telemetry")["text"].startswith("off")
