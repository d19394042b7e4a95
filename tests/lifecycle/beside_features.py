"""A release that changes managed files beside the features of the owner."""

from pathlib import Path

from tests.lifecycle.lived_in import replace

# A file of the template, the old text, the new text.
IMPROVEMENTS = [
    ("app/core/crud.py", '"""Create, read, update, delete and list', '"""Improved: create, list'),
    ("app/core/pagination.py", '"""', '"""Improved. '),
    ("app/models/base.py.jinja", '"""The declarative base', '"""Improved: the declarative base'),
    ("migrations/env.py", '"""Alembic\'s environment', '"""Improved: Alembic\'s environment'),
    ("scripts/blueprint/models.py", '"""The table', '"""Improved: the table'),
    ("scripts/blueprint/schemas.py", '"""The data', '"""Improved: the data'),
    ("scripts/feature.py", '"""The generator of features', '"""Improved: the generator'),
    ("tests/platform/models/conventions.py", '"""Conventions', '"""Improved: conventions'),
    ("tests/platform/conftest.py", '"""', '"""Improved. '),
    ("pyproject.toml.jinja", "[tool.poe.tasks.feature]", "# Improved.\n[tool.poe.tasks.feature]"),
]
# Files that are the owner's: a release may change them, an update may not.
SEEDED = [
    ("app/product/models.py.jinja", '"""The table', '"""Improved: the table'),
    ("app/product/models.py.jinja", "    is_active:", "    # Improved.\n    is_active:"),
    ("README.md.jinja", "\n## Add a feature\n", "\n## Add an improved feature\n"),
    ("tests/product/test_routes.py", "import httpx\n", "# Improved.\nimport httpx\n"),
]


def improve_beside_features(path: Path) -> None:
    """Change a template in the files that features use, and in the sample."""
    for name, old, new in (*IMPROVEMENTS, *SEEDED):
        replace(path / "template", name, old, new)
