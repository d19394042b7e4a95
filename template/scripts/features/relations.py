"""The other side of a reference: a relationship in the models of the feature that it points to."""

import ast
from collections.abc import Mapping
from pathlib import Path

from scripts.features.checks import is_reserved
from scripts.features.columns import Column
from scripts.features.model_file import ModelFile
from scripts.features.naming import class_name, rename
from scripts.features.targets import Target
from scripts.features.words import relation_of

BLUEPRINT = Path(__file__).parents[1] / "blueprint"


def changed_models(
    name: str, columns: Mapping[Column, Target | None], project: Path
) -> dict[Path, str]:
    """Return the code of the models that a feature refers to, with their relationships to it.

    Raises:
        ValueError: when a name that a relationship needs is used there.
    """
    files: dict[Path, ModelFile] = {}
    for column, target in columns.items():
        if target is None:
            continue
        path = project / "app" / target.name / "models.py"
        if path not in files:
            files[path] = ModelFile(path.read_bytes().decode("utf-8"), target.model)
        file, attribute, model = files[path], relation_of(column, target), class_name(name)
        attribute = rename(attribute, name)
        used = [model] if model in file.names else []
        if attribute in file.attributes or is_reserved(attribute):
            used.append(attribute)
        if used:
            raise ValueError(
                f"app/{target.name}/models.py already uses the name {used[0]}, which the relation "
                f"to {name} needs: rename it there, or choose another name for the feature."
            )
        file.add(_relationship(name, column, target), f"app.{name}.models", model)
    return {path: file.code for path, file in files.items()}


def _relationship(name: str, column: Column, target: Target) -> str:
    """Return the relationship of a blueprint's parent: to many rows, or to one if it is unique."""
    parent = "agent" if column.is_unique else "owner"
    file = BLUEPRINT / f"{parent}.py"
    code = file.read_text("utf-8")
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.AnnAssign)]
    (found,) = (node for node in nodes if "relationship(" in ast.unparse(node))
    code = f"    {ast.get_source_segment(code, found)}"
    code = code.replace(ast.unparse(found.target), relation_of(column, target), 1)
    code = code.replace(f'"{parent}"', f'"{column.stem}"')
    if target.is_shared:
        keys = f'foreign_keys="{class_name(name)}.{column.name}"'
        code = code.replace("init=False", f"{keys},\n        init=False")
    return rename(code, name)
