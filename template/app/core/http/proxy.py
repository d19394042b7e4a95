"""Middleware for a service behind a proxy: allowed hosts, and a prefix of all paths."""

import re
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.core.http.health import PROBES
from app.core.http.problems import problem_response

HOST = re.compile(r"(\[[0-9a-f:.]+\]|[\w.-]+)(?::\d+)?", re.ASCII)


class AllowedHostsMiddleware:
    """Refuses a request whose header `Host` names no allowed host, or is there twice, with 400.

    Health probes are exempt: their `Host` is the address of this process, and their answers are
    the same for every host.

    Args:
        app: the app behind it.
        hosts: names in lower case; `*.example.com` allows all names below `example.com`.
    """

    def __init__(self, app: ASGIApp, *, hosts: Sequence[str]) -> None:
        self.app = app
        self.hosts = frozenset(host for host in hosts if not host.startswith("*"))
        self.endings = tuple(host[1:] for host in hosts if host.startswith("*"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan" and not self._is_allowed(scope):
            await problem_response(400, "The host of the request is not allowed.")(
                scope, receive, send
            )
            return
        await self.app(scope, receive, send)

    def _is_allowed(self, scope: Scope) -> bool:
        if scope["path"] in PROBES:
            return True
        values = Headers(scope=scope).getlist("host")
        match = HOST.fullmatch(values[0].lower()) if len(values) == 1 else None
        host = match[1] if match else ""
        return host in self.hosts or host.endswith(self.endings)


class RootPathMiddleware:
    """Serves the app below `root_path`, whether or not the proxy removes it from the path.

    A path that begins with `root_path` counts as one from which it was not removed.
    """

    def __init__(self, app: ASGIApp, *, root_path: str) -> None:
        self.app = app
        self.root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            scope["root_path"] = self.root_path
            if not scope["path"].startswith(f"{self.root_path}/"):
                scope["path"] = self.root_path + scope["path"]
        await self.app(scope, receive, send)
