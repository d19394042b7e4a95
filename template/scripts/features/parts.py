"""One part of the blueprint, written for one column: its names, limits and options."""

import ast
import re

from scripts.features.checks import ON_DELETE, default_code
from scripts.features.columns import Column
from scripts.features.naming import class_name
from scripts.features.options import DEFAULT, is_nested
from scripts.features.targets import Target
from scripts.features.values import with_limits, with_values
from scripts.features.words import description, names_of, relation_of, word_of


def adapt(code: str, place: str, column: Column, target: Target | None) -> str:
    """Return a part of the blueprint for a column.

    Args:
        code: a statement or an element that names the blueprint's column of this type.
        place: the name of its class or function.
        column: the column that takes the place.
        target: the feature of a reference.
    """
    text = description(column)
    if is_nested(code, place):
        text = text.replace("The id of the", "The")
    code = with_limits(with_values(code, column), column)
    word = word_of(column, target)
    kind = Column(name=f"{word}_id" if target else word, kind=column.kind)
    example = Target(word, class_name(word), target.key) if target else None
    old, new = names_of(kind, example), names_of(column, target)
    names = dict(zip(old, new, strict=True))
    code = re.sub(r"\w+", lambda found: names.get(found[0], found[0]), code)
    # After the renaming, which would change these words and the name of the target too.
    code = re.sub('description="[^"]*"', f'description="{text}"', code)
    if target:
        code = _with_target(code, column, target)
    if target and "relationship(" in code:
        code = _with_other_side(code, column, target)
    if target and target.has_relationships and place == "relationships":
        code = f"{code}.options(*{target.name}_crud.relationships())"
    if place in CHANGES:
        code = CHANGES[place](code, column)
    return code


def _with_target(code: str, column: Column, target: Target) -> str:
    word = column.stem
    for pattern, new in (
        (
            rf"scripts\.blueprint\.{word} import create_{target.name}",
            f"tests.{target.name}.test_routes import create as create_{target.name}",
        ),
        (rf"scripts\.blueprint\.{word} (?=import \w+Read)", f"app.{target.name}.schemas "),
        (rf"scripts\.blueprint\.{word} ", f"app.{target.name}.models "),
        (rf'"{word}\.id"', f'"{target.name}.id"'),
        ('"/api/v1/(owner|agent)s"', f'"{target.path}"'),
    ):
        code = re.sub(pattern, new, code)
    return code


def _with_other_side(code: str, column: Column, target: Target) -> str:
    relation = relation_of(column, target)
    code = re.sub('back_populates="[^"]*"', f'back_populates="{relation}"', code)
    if target.is_shared:
        code = code.replace("init=False", f"foreign_keys={column.name}, init=False")
    return code


def _model(code: str, column: Column) -> str:
    node = ast.parse(code).body[0]
    assert isinstance(node, ast.AnnAssign)
    assert isinstance(node.annotation, ast.Subscript)
    kind, call = ast.unparse(node.annotation.slice), node.value
    kind += " | None" if column.is_optional else ""
    if isinstance(call, ast.Call) and ast.unparse(call.func) == "relationship":
        return f"{column.stem}: Mapped[{kind}] = {ast.unparse(call)}"
    options = [ast.unparse(part) for part in call.args] if isinstance(call, ast.Call) else []
    if column.on_delete:
        options[0] = options[0].replace(")", f', ondelete="{ON_DELETE[column.on_delete]}")')
    if column.kind == "json" and column.is_optional:
        options[0] = "JSON(none_as_null=True)"
    if column.is_unique:
        options.append("unique=True")
    elif column.has_index:
        options.append("index=True")
    if column.default is not None:
        word = "default_factory" if column.kind == "datetime" else "default"
        options.append(f"{word}={_default(column)}")
    elif column.is_optional:
        options.append("default=None")
    value = f" = mapped_column({', '.join(options)})" if options else ""
    return f"{column.name}: Mapped[{kind}]{value}"


def _default(column: Column) -> str:
    return default_code(column, f"Blueprint{class_name(column.name)}")


def _create(code: str, column: Column) -> str:
    if column.kind == "datetime" and column.default:
        return code
    code = code.partition(" = ")[0]
    if column.default is not None:
        return f"{code} = {_default(column)}"
    return f"{code} = None" if column.is_optional else code


def _nullable(code: str, column: Column) -> str:
    """Let the type in the first `Annotated` of a statement include None."""
    if not column.is_optional or "Annotated[" not in code:
        return code
    part = next(
        node.slice.elts[0]
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple)
    )
    kind = ast.get_source_segment(code, part) or ""
    return code.replace(f"{kind},", f"{kind} | None,", 1)


def _stored(code: str, column: Column) -> str:
    """Return a case with the default of a column, as JSON has it."""
    default = default_code(column, "")
    if column.kind == "datetime":
        return code
    if column.kind in ("date", "enum"):
        default = f'"{column.default}"'
    elif column.kind == "decimal":
        default = default.removeprefix("Decimal(").removesuffix(")")
    return f'("{column.name}", {default})'


CHANGES = {
    "module": _nullable,
    "Blueprint": _model,
    "BlueprintCreate": _create,
    "BlueprintRead": _nullable,
    DEFAULT: _stored,
}
