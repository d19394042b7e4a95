"""A server, or a proxy without a server, that closes each new connection at once."""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
import uvloop
from pydantic import SecretStr
from sqlalchemy.exc import DBAPIError

from app.core.config import get_settings
from app.core.database import build_engine
from app.core.engine import driver
from app.core.errors import DatabaseUnavailableError
from tests.platform.database_server import UNUSABLE_URL

# Closed in this way, the client sees "connection reset".
RESET = struct.pack("ii", 1, 0)

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop])
@pytest.mark.parametrize("greeting", [b"", b"\x4a\0\0\0\x0a9"], ids=["silent", "half"])
@pytest.mark.parametrize("is_reset", [False, True])
def test_a_connection_that_is_closed_at_once_is_unavailable(
    *, is_reset: bool, greeting: bytes, loop_factory: LoopFactory
) -> None:
    with (
        _closing(greeting, is_reset=is_reset) as port,
        asyncio.Runner(loop_factory=loop_factory) as runner,
    ):
        errors = runner.run(_errors(port))
    unknown = [
        error
        for error in errors
        if not isinstance(error, DatabaseUnavailableError)
        and not (isinstance(error, DBAPIError) and driver.is_unavailable(error))
    ]
    assert not unknown


@contextmanager
def _closing(greeting: bytes, *, is_reset: bool) -> Iterator[int]:
    """Yield the port of a server; it has a thread, so that it closes before the client goes on."""

    def close() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.sendall(greeting)
                if is_reset:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=close)
        thread.start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


async def _errors(port: int) -> list[object]:
    url = UNUSABLE_URL.replace(":1/", f":{port}/")
    settings = get_settings().model_copy(update={"database_url": SecretStr(url)})
    engine = build_engine(settings)
    return [
        result
        for _ in range(5)
        for result in await asyncio.gather(
            *(engine.connect().__aenter__() for _ in range(10)), return_exceptions=True
        )
    ]
