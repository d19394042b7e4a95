"""The rows of references that are nested in responses: their schemas, and how they are read."""

import re
from collections.abc import Mapping
from pathlib import Path

from scripts.features.columns import Column
from scripts.features.naming import class_name
from scripts.features.targets import Target, names_in

ROUTES = (("CurrentReader", "CurrentSession"), (r"\breader\b", "session"))


def check_nested(columns: Mapping[Column, Target | None], project: Path) -> None:
    """Check that the rows of references can be nested.

    Raises:
        ValueError: when a feature has criteria or no read schema, or a name is used already.
    """
    classes = {class_name(column.name): column.name for column in columns}
    for target in nested_targets(columns):
        schema, app = f"{target.model}Read", f"app/{target.name}"
        if target.has_criteria:
            raise ValueError(
                f"{app}/crud.py has criteria(), which a nested {target.name} would not obey: "
                "leave out nested, and see docs/recipes/relations-in-lists.md."
            )
        if schema not in names_in(project / app / "schemas.py"):
            raise ValueError(
                f"{app}/schemas.py has no class {schema}, which is the type of a nested "
                f"{target.name}: add it, or leave out nested."
            )
        if schema in classes:
            raise ValueError(
                f"{classes[schema]} is reserved, since the schemas use {schema}: "
                "choose another name."
            )
        crud = f"{target.name}_crud"
        if target.has_relationships and crud not in names_in(project / app / "crud.py"):
            raise ValueError(
                f"{app}/crud.py has relationships() and no {crud}, which reads them for a nested "
                f"{target.name}: name the object {crud}, or leave out nested."
            )


def with_nested(file: str, code: str, columns: Mapping[Column, Target | None]) -> str:
    """Return the code of a file, with a session in its routes and the imports of `crud.py`."""
    targets = nested_targets(columns)
    if file == "routes.py" and targets:
        for pattern, new in ROUTES:
            code = re.sub(pattern, new, code)
    for name in {target.name for target in targets if target.has_relationships}:
        if f"{name}_crud.relationships()" in code:
            imported = f"from app.{name}.crud import {name}_crud\n"
            code = code.replace("from app.core.crud", f"{imported}from app.core.crud", 1)
    return code


def nested_targets(columns: Mapping[Column, Target | None]) -> list[Target]:
    """Return the features whose rows are nested."""
    return [target for column, target in columns.items() if target and column.is_nested]
