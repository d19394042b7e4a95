"""The servers that each value of `target_session_attrs` accepts."""

import asyncio
from typing import Any, NamedTuple

import pytest

from app.core.engine import connecting


class Server(NamedTuple):
    """A connection whose server tells its state when connecting, or when asked."""

    told: dict[str, str]
    standby: bool = False
    read_only: bool = False

    def get_settings(self) -> object:
        return type("Told", (), self.told)()

    def transaction(self) -> Any:
        return asyncio.timeout(1)

    async def fetchrow(self, query: str) -> tuple[bool, bool]:
        assert query == connecting.STATE
        return self.standby, self.read_only


def told(standby: str, read_only: str) -> Server:
    return Server({"in_hot_standby": standby, "default_transaction_read_only": read_only})


@pytest.mark.parametrize(
    ("target", "fitting"),
    [
        ("any", {"primary", "read-only primary", "standby"}),
        ("primary", {"primary", "read-only primary"}),
        ("read-write", {"primary"}),
        ("standby", {"standby"}),
        ("prefer-standby", {"standby"}),
        ("read-only", {"read-only primary", "standby"}),
    ],
)
@pytest.mark.parametrize(
    "servers",
    [
        {
            "primary": told("off", "off"),
            "read-only primary": told("off", "on"),
            "standby": told("on", "off"),
        },
        {
            "primary": Server({}),
            "read-only primary": Server({}, read_only=True),
            "standby": Server({}, standby=True, read_only=True),
        },
    ],
)
async def test_each_target_has_its_servers(
    target: str, fitting: set[str], servers: dict[str, Server]
) -> None:
    refusals = {name: await connecting._refusal(target, one) for name, one in servers.items()}
    assert {name for name, refusal in refusals.items() if refusal is None} == fitting
