"""A small project with the sample, for the tests of its removal."""

import subprocess
from pathlib import Path

README = """\
# Shop

<!-- sample -->
Products are at `/api/v1/products`.
<!-- /sample -->

| task | purpose |
|---|---|
| `seed` | add products <!-- sample --> |
| `test` | run the tests |
"""
PYPROJECT = """\
[tool.poe.tasks.seed]
deps = ["migrate"]
cmd = "python -m scripts.seed"

# Our own tests.
[tool.poe.tasks.test]
cmd = "pytest"
"""
FILES = {
    "README.md": README,
    "pyproject.toml": PYPROJECT,
    "app/product/models.py": "class Product: ...\n",
    "app/main.py": "",
    "tests/product/test_routes.py": "from app.product import models\n",
    "scripts/seed.py": "from app.product.models import Product\n",
}


def write(project: Path, files: dict[str, str]) -> None:
    """Write files below a folder."""
    for name, text in files.items():
        file = project / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")


def files(project: Path) -> set[str]:
    """Return the names of the files of a project, without those of Git."""
    names = {path.relative_to(project) for path in project.rglob("*") if path.is_file()}
    return {name.as_posix() for name in names if name.parts[0] != ".git"}


def commit(project: Path) -> None:
    """Commit all files of a folder, in a repository of its own."""
    names = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    for command in (["init"], ["add", "--all"], [*names, "commit", "--message", "Start"]):
        subprocess.run(["git", *command], cwd=project, check=True, capture_output=True)
