"""Headers that protect browsers, on every response, as OWASP recommends for a JSON API."""

from collections.abc import Iterable

RawHeaders = list[tuple[bytes, bytes]]

# `Strict-Transport-Security` is not here: the proxy that ends TLS sets it for its domain.
SECURITY_HEADERS = {
    b"cache-control": b"no-store",
    b"content-security-policy": b"frame-ancestors 'none'",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
}


def with_security_headers(headers: Iterable[tuple[bytes, bytes]]) -> RawHeaders:
    """Return `headers` and the security headers; the value that a route has set stays."""
    own = dict(headers)
    if SECURITY_HEADERS.keys().isdisjoint(own):
        return [*headers, *SECURITY_HEADERS.items()]
    return [*headers, *((k, v) for k, v in SECURITY_HEADERS.items() if k not in own)]
