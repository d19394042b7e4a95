"""Discovery of the modules of features."""

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import app


def feature_modules(name: str) -> Iterator[ModuleType]:
    """Import the module `name` of every feature that has it, sorted by the name of the folder."""
    # Not pkgutil.iter_modules, which leaves out a folder without __init__.py.
    folders = {folder.name for path in app.__path__ for folder in Path(path).iterdir()}
    for feature in sorted(filter(str.isidentifier, folders)):
        if find_spec(f"app.{feature}.{name}"):
            yield import_module(f"app.{feature}.{name}")
