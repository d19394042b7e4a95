"""The processes and ports of the tests on clusters."""

import socket
import subprocess
import sys

import pytest

from tests.clusters.ports import CLIENTS, server_port
from tests.clusters.processes import ended

DEAF = "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(60)"


def test_a_process_that_does_not_end_is_killed() -> None:
    processes = [
        subprocess.Popen([sys.executable, "-c", DEAF], stdout=subprocess.PIPE) for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
    with pytest.raises(subprocess.TimeoutExpired), ended(*processes, seconds=0.1):
        pass
    assert [process.returncode for process in processes] == [-9, -9]


def test_no_client_gets_the_port_of_a_server() -> None:
    port = server_port()
    if CLIENTS.exists():
        assert port < int(CLIENTS.read_text().split()[0])
    with socket.create_server(("127.0.0.1", port)):
        pass
