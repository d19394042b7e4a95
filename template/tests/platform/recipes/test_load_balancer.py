"""The service as a process behind a proxy: idle connections and forwarded addresses."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE

import httpx

from tests.platform.test_process import until_ready


async def test_idle_connections_and_forwarded_addresses(unused_tcp_port: int) -> None:
    variables = {
        "ALLOWED_HOSTS": "api.example.com",
        "ENVIRONMENT": "staging",
        "FORWARDED_ALLOW_IPS": "127.0.0.0/8",
        "KEEP_ALIVE_TIMEOUT": "1",
        "PORT": str(unused_tcp_port),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "app"), env=os.environ | variables, stdout=PIPE
    )
    try:
        address = f"http://127.0.0.1:{unused_tcp_port}"
        async with httpx.AsyncClient(base_url=address) as client:
            await until_ready(client)
            forwarded = {"Host": "api.example.com", "X-Forwarded-For": "192.0.2.7, 198.51.100.3"}
            assert (await client.get("/nothing", headers=forwarded)).status_code == 404
        reader, writer = await asyncio.open_connection("127.0.0.1", unused_tcp_port)
        writer.write(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(30):
            answer = await reader.read()  # until the server closes the idle connection
        assert answer.startswith(b"HTTP/1.1 200")
        writer.close()
    finally:
        process.terminate()
        output, _ = await process.communicate()
    lines = [json.loads(line) for line in output.splitlines()]
    (client,) = {line["client"] for line in lines if line.get("path") == "/nothing"}
    assert client == "198.51.100.3"
