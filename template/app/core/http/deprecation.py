"""The announced end of a version of the API: RFC 9745 (Deprecation) and RFC 8594 (Sunset)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Any

from starlette.types import Message, Scope, Send


@dataclass(frozen=True)
class Deprecation:
    """When a version ends, and what replaces it.

    Attributes:
        since: the day from which on the version should not be used any more; it may be in the
            future. A day begins at midnight in UTC. A datetime needs a time zone.
        sunset: the day from which on the version may be gone; None if it is not known.
        successor: the path or URL of the next version, such as "/api/v2/products".
        information: the path or URL of a page that describes the change.

    Raises:
        ValueError: when `sunset` is before `since`, or when a datetime has no time zone.
    """

    since: date
    sunset: date | None = None
    successor: str | None = None
    information: str | None = None

    def __post_init__(self) -> None:
        since = _instant(self.since)
        if self.sunset is not None and _instant(self.sunset) < since:
            raise ValueError("the sunset is before the deprecation")

    def headers(self, root_path: str = "") -> dict[str, str]:
        """Return the headers of a response.

        Args:
            root_path: the prefix of all paths of the service.
        """
        headers = {"deprecation": f"@{int(_instant(self.since).timestamp())}"}
        if self.sunset is not None:
            headers["sunset"] = format_datetime(_instant(self.sunset), usegmt=True)
        if links := [*self._links(root_path)]:
            headers["link"] = ", ".join(links)
        return headers

    def documentation(self) -> dict[str, Any]:
        """Return the headers for the OpenAPI document."""
        descriptions = {
            "deprecation": "The time from which on this operation is deprecated (RFC 9745).",
            "sunset": "The time from which on this operation may be gone (RFC 8594).",
            "link": "What replaces this operation.",
        }
        return {
            name.title(): {
                "description": descriptions[name],
                "schema": {"type": "string"},
                "example": value,
            }
            for name, value in self.headers().items()
        }

    def announced(self, scope: Scope, send: Send) -> Send:
        """Return `send` of a request with the headers on its response."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = self.headers(scope.get("root_path", "")).items()
                encoded = [(name.encode(), value.encode("latin-1")) for name, value in own]
                message["headers"] = [*message.get("headers", ()), *encoded]
            await send(message)

        return send_with_headers

    def _links(self, root_path: str) -> Iterator[str]:
        for target, relation in (
            (self.successor, "successor-version"),
            (self.information, "deprecation sunset" if self.sunset else "deprecation"),
        ):
            if target:
                prefix = root_path if target.startswith("/") else ""
                yield f'<{prefix}{target}>; rel="{relation}"'


def _instant(day: date) -> datetime:
    if not isinstance(day, datetime):
        return datetime.combine(day, time(), UTC)
    if day.tzinfo is None:
        raise ValueError("a datetime of a deprecation needs a time zone")
    return day.astimezone(UTC)
