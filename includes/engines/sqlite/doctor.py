"""Checks of a SQLite file and its folder."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL, Connection, text
from sqlalchemy.exc import DatabaseError

from app.core.config import Settings
from app.core.doctor.findings import Context, Finding, Level
from app.core.engine.url import is_in_memory

OLDEST = (3, 36)
MOUNTS = Path("/proc/mounts")
# File systems without the locks that SQLite needs; and that of a container's own layer.
NETWORK = ("9p", "afs", "ceph", "cifs", "fuse.sshfs", "nfs", "smb")
LAYER = "overlay"
FREE_BYTES = 100_000_000


def check_before_connecting(context: Context) -> Iterator[Finding]:
    """Find a file or a folder that cannot be used; opening a missing file would create it."""
    url = context.settings.sqlalchemy_url
    if is_in_memory(url):
        yield Finding(Level.OK, "file", "none: the database is in memory, and is not checked")
        return
    path = Path(url.database or "").absolute()
    if not path.parent.is_dir():
        advice = "Create it, or correct DATABASE_URL: four slashes begin an absolute path."
        yield Finding(Level.ERROR, "folder", f"{path.parent} does not exist", advice)
    elif not os.access(path.parent, os.W_OK | os.X_OK):
        found = f"user {os.getuid()} may not write to {path.parent}"
        advice = "Let this user own the folder: SQLite writes two more files beside the database."
        yield Finding(Level.ERROR, "folder", found, advice)
    elif not path.exists():
        advice = "`uv run poe migrate` creates it." if context.is_local else "Migrate first."
        level = Level.WARNING if context.is_local else Level.ERROR
        yield Finding(level, "file", f"{path} does not exist", advice)
    elif not path.is_file():
        advice = "Correct DATABASE_URL."
        yield Finding(Level.ERROR, "file", f"{path} is no file", advice)
    elif not os.access(path, os.R_OK | os.W_OK):
        found, advice = f"user {os.getuid()} may not write to {path}", "Let this user own the file."
        yield Finding(Level.ERROR, "file", found, advice)
    else:
        yield Finding(Level.OK, "file", f"{path} can be written")
        yield from _disk(path.parent, context)


def _disk(folder: Path, context: Context) -> Iterator[Finding]:
    free = shutil.disk_usage(folder).free
    level = Level.OK if free > FREE_BYTES else Level.WARNING
    advice = "" if level is Level.OK else "Free some space, or enlarge the disk."
    yield Finding(level, "disk", f"{free / 1e9:.1f} GB are free", advice)
    kind = _file_system(folder)
    if kind.startswith(NETWORK):
        advice = "Use a local disk: SQLite cannot lock files on a network drive."
        yield Finding(Level.ERROR, "disk", f"the file system is {kind}", advice)
    if kind == LAYER and not context.is_local:
        found, advice = "the folder is lost with its container", "Mount a volume there."
        yield Finding(Level.WARNING, "disk", found, advice)


def _file_system(folder: Path) -> str:
    """Return the type of the file system; empty where the kernel does not tell."""
    if not MOUNTS.exists():
        return ""
    lines = [line.split() for line in MOUNTS.read_text("utf-8").splitlines()]
    mounts = {place.replace("\\040", " "): kind for _, place, kind, *_ in lines}
    places = filter(mounts.get, map(str, (folder, *folder.parents)))
    return mounts.get(next(places, ""), "")


def reading_url(url: URL) -> URL | None:
    """Return the URL that opens the file for reading only; None for a database in memory."""
    if is_in_memory(url):
        return None
    path = url.database or ""
    query = {"uri": "true", "mode": "ro"}
    if not Path(f"{path}-wal").exists():
        # No process uses the file. SQLite would create two files beside it, and leave them there.
        query["immutable"] = "1"
    return url.set(database=f"file:{quote(path)}", query=query)


def connect_advice(error: BaseException) -> str:
    """Return the next step after a failed connect."""
    return "Check the file, and the rights of its folder."


def replicas(settings: Settings) -> list[tuple[str, Settings]]:
    """Return nothing: a file has no replicas."""
    return []


def check_server(connection: Connection, context: Context) -> Iterator[Finding]:
    """Find an old library, and a file that it cannot read."""
    name = f"SQLite {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        advice = f"Use a newer Python: {oldest} is the oldest version that the service supports."
        yield Finding(Level.WARNING, "server", name, advice)
    else:
        yield Finding(Level.OK, "server", name)
    try:
        connection.execute(text("SELECT count(*) FROM sqlite_schema"))
    except DatabaseError:
        advice = "Restore it from a backup, or correct DATABASE_URL."
        yield Finding(Level.ERROR, "content", "the file is damaged, or no database", advice)


CHECKS = (check_server,)
REPLICA_CHECKS = ()
