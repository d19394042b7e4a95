"""The body of a request as a file, chunk by chunk."""

import asyncio
import hashlib
from contextlib import suppress
from pathlib import Path

from fastapi import HTTPException, Request
from starlette.requests import ClientDisconnect

from app.models.types import uuid7
from tests.platform.recipes.documents import DocumentCreate


async def receive_file(request: Request, folder: Path) -> DocumentCreate:
    """Write the body of a request to a new file, whose name is a new UUID.

    A body that is not complete leaves no file.

    Raises:
        HTTPException: with status 400, when the client leaves before the end.
    """
    name, size, digest = uuid7().hex, 0, hashlib.sha256()
    file = await asyncio.to_thread((folder / name).open, "xb")
    try:
        async for chunk in request.stream():
            size += len(chunk)
            digest.update(chunk)
            await asyncio.to_thread(file.write, chunk)
        await asyncio.to_thread(file.close)
    except BaseException as error:
        with suppress(OSError):  # closing writes the rest, and the disk may be full
            file.close()
        (folder / name).unlink()
        if isinstance(error, ClientDisconnect):
            raise HTTPException(400, "The request body is not complete.") from None
        raise
    return DocumentCreate(file=name, size=size, sha256=digest.hexdigest())
