"""A token instead of the password of the database, in `app/database_token.py`."""

import asyncio

from sqlalchemy import URL


async def database_password(url: URL) -> str:
    """Return the token for a new connection; `url` has the host and the user."""
    # A thread, since the clients of cloud providers wait for the network.
    return await asyncio.to_thread(request_token, url)


def request_token(url: URL) -> str:
    """Return a token for the user of a URL: replace the body by the call of your provider."""
    return f"token of {url.username} for {url.host}"
