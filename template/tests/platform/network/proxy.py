"""A TCP proxy between the service and its database that tests can interrupt."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from app.core.config import get_settings
from tests.platform.database_server import DEFAULT_PORT


class Proxy:
    """Forwards connections to the test database."""

    def __init__(self) -> None:
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._asking = False
        self.round_trips = 0
        self.commits_to_lose = 0
        self.steps_left = 0
        self.port = 0

    async def start(self) -> None:
        """Accept connections, on the same port each time."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse connections and reset those that are open, as a stopped server does."""
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await self._server.wait_closed()

    def silence(self) -> None:
        """Keep connections open, but forward no data."""
        self._flowing.clear()

    def resume(self) -> None:
        """Forward the data again, also the data received meanwhile."""
        self._flowing.set()

    def lose_commits(self, number: int) -> None:
        """Close the connection instead of confirming the next commits after an INSERT."""
        self.commits_to_lose = number

    def close_at(self, step: int) -> None:
        """Close a connection instead of answering at this step, counted from 1 over all of them."""
        self.steps_left = step

    @property
    def address(self) -> SecretStr:
        """The `DATABASE_URL` of the proxy."""
        url = get_settings().sqlalchemy_url.set(host="127.0.0.1", port=self.port)
        return SecretStr(url.render_as_string(hide_password=False))

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        url = get_settings().sqlalchemy_url
        there = await asyncio.open_connection(url.host or "127.0.0.1", url.port or DEFAULT_PORT)
        self._writers |= {writer, there[1]}
        lost = asyncio.Event()
        await asyncio.gather(
            self._copy(reader, there[1], lost, asking=True),
            self._copy(there[0], writer, lost, asking=False),
        )

    async def _copy(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        lost: asyncio.Event,
        *,
        asking: bool,
    ) -> None:
        inserted = False
        try:
            while data := await reader.read(65536):
                inserted |= asking and b"INSERT" in data
                if asking and self._is_last(data, inserted=inserted):
                    lost.set()
                elif lost.is_set():
                    break
                self.round_trips += asking and not self._asking
                self._asking = asking
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.transport.abort()
            self._writers.discard(writer)

    def _is_last(self, data: bytes, *, inserted: bool) -> bool:
        if inserted and self.commits_to_lose and b"COMMIT" in data:
            self.commits_to_lose -= 1
            return True
        self.steps_left -= 1
        return self.steps_left == 0


@asynccontextmanager
async def running() -> AsyncIterator[Proxy]:
    """Yield a running proxy; close all its connections at the end."""
    proxy = Proxy()
    await proxy.start()
    try:
        yield proxy
    finally:
        proxy.resume()
        await proxy.stop()
