"""Drops the databases whose names begin as given; the Python of a MySQL project runs this."""

import asyncio
import sys

from sqlalchemy import make_url, text  # type: ignore[import-not-found]
from sqlalchemy.ext.asyncio import create_async_engine  # type: ignore[import-not-found]


async def drop(server: str, beginning: str) -> None:
    url = make_url(server).set(drivername="mysql+asyncmy", database="information_schema")
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        for name in await connection.scalars(text("SELECT schema_name FROM schemata")):
            if name.startswith(beginning):
                await connection.execute(text(f"DROP DATABASE `{name}`"))
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(drop(*sys.argv[1:]))
