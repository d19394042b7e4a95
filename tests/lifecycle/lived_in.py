"""A project with many edits of its owner, and a release that changes the same files."""

from pathlib import Path
from shutil import rmtree

ORDER_MODELS = """\
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, IntegerPrimaryKey, Timestamps


class Order(IntegerPrimaryKey, Timestamps, Base, kw_only=True):
    __tablename__ = "purchase"

    reference: Mapped[str] = mapped_column(String(40))
"""
ORDER_ROUTES = """\
from fastapi import APIRouter
from sqlalchemy import func, select

from app.core.database import CurrentSession
from app.order.models import Order

router = APIRouter(prefix="/orders", tags=["orders"])


@router.get("/count")
async def count_orders(session: CurrentSession) -> int:
    return await session.scalar(select(func.count()).select_from(Order)) or 0
"""
ORDER_TEST = """\
import httpx


async def test_there_are_no_orders(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/orders/count")).json() == 0
"""
OWN = {
    "app/order/__init__.py": "",
    "app/order/models.py": ORDER_MODELS,
    "app/order/routes.py": ORDER_ROUTES,
    "tests/order/test_routes.py": ORDER_TEST,
    "notes/plan.md": "Sell more.\n",
}
# Edits of the owner: the file, the old text, the new text.
EDITS = [
    ("app/main.py", "    return app\n", '    app.state.owner = "us"\n    return app\n'),
    ("app/core/config.py", "    host: str =", "    order_limit: int = 50\n    host: str ="),
    ("app/core/config.py", "Field(default=8000, ge=1, le=65535)", "Field(default=8080, ge=1)"),
    ("app/core/config.py", "def load_settings(", "# Ours.\ndef load_settings("),
    ("pyproject.toml", '    "fastapi>=', '    "click>=8",\n    "fastapi>='),
    ("pyproject.toml", "[tool.mypy]\n", '[tool.ours]\nkept = "yes"\n\n[tool.mypy]\n'),
    ("pyproject.toml", 'python -m scripts.dev"', 'python -m scripts.develop"'),
    (
        "tests/platform/scripts/test_dev.py",
        "from scripts.dev import",
        "from scripts.develop import",
    ),
    (".gitignore", "# tools\n", "# ours\n/exports/\n\n# tools\n"),
    (".pre-commit-config.yaml", "repos:\n", "fail_fast: true\nrepos:\n"),
    ("README.md", "\n## Tasks\n", "\n## Orders\n\nSee notes/plan.md.\n\n## Tasks\n"),
    (
        "tests/platform/core/http/test_health.py",
        "import ",
        "# Ours.\nimport ",
    ),
]
MOVED = ("scripts/dev.py", "scripts/develop.py")
DELETED = ["app/product", "tests/product", "scripts/seed.py", ".dockerignore"]
IGNORED = {".env": "LOG_LEVEL=DEBUG\n", "exports/orders.csv": "1\n"}

# Changes of the next release near those edits: the file, the old text, the new text.
IMPROVEMENTS = [
    (
        "app/main.py",
        '"""Build the application from the settings and the features."""',
        '"""Build the application."""',
    ),
    (
        "app/core/config.py.jinja",
        "    log_level: Literal[",
        "    # Improved.\n    log_level: Literal[",
    ),
    ("pyproject.toml.jinja", '    "uvicorn>=', '    "typing-extensions>=4.15",\n    "uvicorn>='),
    ("pyproject.toml.jinja", "[tool.coverage.run]\n", "[tool.coverage.run]\ndebug = []\n"),
    (".gitignore", "# settings of this machine\n", "*.orig\n\n# settings of this machine\n"),
    ("scripts/dev.py", '"""Serve until Ctrl-C."""', '"""Serve until Ctrl-C, and reload."""'),
    (".dockerignore", "# Only the files", "# Only those files"),
    ("README.md.jinja", "\n## Tests\n", "\n## More\n\nMuch.\n\n## Tests\n"),
    ("app/product/routes.py", '"""The API of products."""', '"""The HTTP API of products."""'),
]
ADDED = {
    "app/core/clock.py": "from time import monotonic\n\n\ndef seconds() -> float:\n"
    "    return monotonic()\n",
    "tests/platform/core/test_clock.py": "from app.core.clock import seconds\n\n\n"
    "def test_time_goes_on() -> None:\n    assert seconds() <= seconds()\n",
}


def write(path: Path, files: dict[str, str]) -> None:
    """Write files below a folder."""
    for name, text in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


def replace(path: Path, name: str, old: str, new: str) -> None:
    """Replace the first occurrence of a text in a file."""
    file = path / name
    text = file.read_text("utf-8")
    assert old in text, (name, old)
    file.write_text(text.replace(old, new, 1), "utf-8")


def live_in(path: Path) -> None:
    """Change a project like its owner: own code, edits, deleted, moved and ignored files."""
    write(path, OWN)
    for name, old, new in EDITS:
        replace(path, name, old, new)
    old_name, new_name = MOVED
    (path / old_name).rename(path / new_name)
    for name in DELETED:
        target = path / name
        rmtree(target) if target.is_dir() else target.unlink()
    write(path, IGNORED)


def improve_in_places(path: Path) -> None:
    """Improve a template, also in the files that the owner has edited."""
    write(path / "template", ADDED)
    for name, old, new in IMPROVEMENTS:
        replace(path / "template", name, old, new)
