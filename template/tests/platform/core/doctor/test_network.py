"""A database server: wrong password, silence, encryption, clock and limits."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.config import get_settings
from app.core.doctor import network, server
from app.core.doctor.findings import Context, Level
from app.core.engine import driver
from tests.platform.core.doctor.faults import faults, finding
from tests.platform.database_server import UNREACHABLE
from tests.platform.network.pooler import direct

Doctor = Callable[..., Any]


@pytest.fixture
def with_url(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return a function that runs the doctor with another URL."""

    def run(**changes: Any) -> Any:
        url = get_settings().sqlalchemy_url.set(**changes)
        monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
        return doctor()

    return run


@direct
def test_a_wrong_password_is_found(with_url: Callable[..., Any]) -> None:
    code, report = with_url(username="nobody-here", password="top/secret")
    assert faults(report) == {"connection": "error"}
    assert "correct" in finding(report, "connection")["advice"]
    assert "top/secret" not in str(report)
    assert "top%2Fsecret" not in str(report)
    assert code == 1


@direct
def test_a_missing_database_is_found(with_url: Callable[..., Any]) -> None:
    _, report = with_url(database="nothing_here")
    assert "does not exist" in finding(report, "connection")["advice"]


def test_an_unknown_host_is_found(with_url: Callable[..., Any]) -> None:
    _, report = with_url(host="nowhere.invalid")
    assert "The name of the host" in finding(report, "connection")["advice"]


def test_a_silent_server_is_found(
    with_url: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_CONNECT_TIMEOUT", "0.2")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        _, report = with_url(host="127.0.0.1", port=silent.getsockname()[1])
    assert faults(report) == {"connection": "error"}
    assert "firewall" in finding(report, "connection")["advice"]


def test_the_reasons_of_several_hosts_are_shown(
    with_url: Callable[..., Any], unused_tcp_port_factory: Callable[[], int]
) -> None:
    ports = [unused_tcp_port_factory(), unused_tcp_port_factory()]
    query = {"host": "127.0.0.1,127.0.0.1", "port": ",".join(map(str, ports))}
    _, report = with_url(host="", port=0, query=query)
    text = finding(report, "connection")["text"]
    assert all(f"127.0.0.1:{port}: " in text for port in ports)
    assert text.startswith(f"127.0.0.1:{ports[0]}, 127.0.0.1:{ports[1]} cannot be used")
    assert faults(report) == {"connection": "error"}


def test_another_error_refers_to_the_log_of_the_server() -> None:
    assert server.connect_advice(RuntimeError()) == network.UNKNOWN


@direct
def test_too_many_connections_are_found(doctor: Doctor) -> None:
    code, report = doctor("--replicas", "1000")
    assert faults(report) == {"connections": "error"}
    assert "(replicas 1000 x processes 1 x pool " in finding(report, "connections")["text"]
    assert code == 1


@direct
def test_the_replicas_of_the_settings_count(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICE_REPLICAS", "1000")
    assert faults(doctor()[1]) == {"connections": "error"}
    assert faults(doctor("--replicas", "1")[1]) == {}


@direct
def test_a_replica_is_checked_too(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    url = get_settings().sqlalchemy_url
    monkeypatch.setenv("DATABASE_REPLICA_URL", url.render_as_string(hide_password=False))
    _, report = doctor()
    assert faults(report) == {}
    assert "the server accepts" in finding(report, "replica connections")["text"]
    nowhere = url.set(**UNREACHABLE)
    monkeypatch.setenv("DATABASE_REPLICA_URL", nowhere.render_as_string(hide_password=False))
    _, report = doctor()
    assert faults(report) == {"replica connection": "error"}
    assert "top-secret" not in str(report)
    assert "***@127.0.0.1:1/" in str(report), "the value of the setting"


@direct
def test_an_idle_timeout_below_the_age_of_a_connection_is_found(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(driver, "IDLE_TIMEOUT", text("SELECT 60"))
    _, report = doctor()
    assert faults(report) == {"idle timeout": "warning"}
    assert "below 60" in finding(report, "idle timeout")["advice"]


async def test_a_server_that_accepts_no_writes_is_found(
    connection: AsyncConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "READ_ONLY", text("SELECT 1 = 1"))

    async def levels(**changes: str) -> dict[str, Level]:
        context = Context(get_settings().model_copy(update=changes))
        found = await connection.run_sync(lambda sync: [*server.check_server(sync, context)])
        return {one.subject: one.level for one in found}

    assert (await levels())["writes"] == Level.ERROR
    assert "writes" not in await levels(readiness_check="read")


@pytest.mark.parametrize(
    ("host", "cipher", "level"),
    [
        ("db.example", None, Level.WARNING),
        ("10.0.0.1", "", Level.WARNING),
        ("db.example", "TLSv1.3 AES", Level.OK),
        ("127.0.0.1", None, Level.OK),
        ("localhost", None, Level.OK),
        ("::1", None, Level.OK),
        ("/run/server", None, Level.OK),
        (None, None, Level.OK),
    ],
)
def test_an_unencrypted_connection_to_another_machine_is_found(
    host: str | None, cipher: str | None, level: Level
) -> None:
    assert network.encryption(URL.create("db", host=host), cipher).level == level


def test_each_of_several_hosts_counts() -> None:
    url = URL.create("db", query={"host": "/run/server,db.example", "port": "1,2"})
    assert network.encryption(url, None).text.endswith("to /run/server, db.example")
    url = URL.create("db", query={"host": "/run/server"})
    assert network.encryption(url, None).level == Level.OK


@pytest.mark.parametrize(
    ("seconds", "level", "difference"),
    [(-60, Level.WARNING, "60.0 s"), (0, Level.OK, "0.0 s"), (61, Level.WARNING, "60.0 s")],
)
def test_a_wrong_clock_is_found(seconds: int, level: Level, difference: str) -> None:
    before = datetime.now(UTC)
    after = before + timedelta(seconds=1)
    found = network.clock(before + timedelta(seconds=seconds), before, after)
    assert (found.level, difference in found.text) == (level, True)
