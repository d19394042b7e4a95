"""The generator of features: `uv run poe feature NAME` copies `scripts/blueprint/`."""

import keyword
import re
import subprocess
import sys
from pathlib import Path

from tests.platform.models.conventions import SNAKE_CASE, is_singular

BLUEPRINT = Path(__file__).parent / "blueprint"
PROJECT = Path(__file__).parents[1]
MAX_LENGTH = 30  # longer names make lines longer than the linter allows
EXAMPLE = "use a singular noun in snake_case, such as order_item"


def write(name: str, project: Path = PROJECT) -> list[Path]:
    """Write a feature and its tests; return the files.

    Raises:
        ValueError: when the name is not accepted.
    """
    app, tests = project / "app" / name, project / "tests" / name
    if error := _name_error(name, app, tests):
        raise ValueError(error)
    files = []
    for source in sorted(BLUEPRINT.glob("*.py")):
        target = (tests if source.name.startswith("test_") else app) / source.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_rename(source.read_text("utf-8"), name), "utf-8")
        files.append(target)
    # The name's length changes the order of imports and the line breaks.
    for command in (["check", "--quiet", "--select=I", "--fix"], ["format", "--quiet"]):
        config = f"--config={PROJECT / 'pyproject.toml'}"
        subprocess.run([sys.executable, "-m", "ruff", *command, config, *files], check=True)
    return files


def _name_error(name: str, *folders: Path) -> str | None:
    if not re.fullmatch(SNAKE_CASE, name) or len(name) > MAX_LENGTH or keyword.iskeyword(name):
        return f"{name!r} is not a feature name: {EXAMPLE}, of at most {MAX_LENGTH} characters."
    if not is_singular(name):
        return f"{name} is a plural: {EXAMPLE}."
    if any(folder.exists() or folder.with_suffix(".py").exists() for folder in folders):
        return f"{name} already exists in app/ or tests/: choose another name."
    code = "".join(file.read_text("utf-8") for file in BLUEPRINT.glob("*.py"))
    used = set(re.findall(r"\w+", code))
    if {name, _class_name(name), _plural(name).upper()} & used:
        return f"{name} is reserved, since generated features use it: choose another name."
    return None


def _rename(code: str, name: str) -> str:
    plural, article = _plural(name), "an" if name[0] in "aeio" else "a"
    for pattern, word in (
        (r"scripts\.blueprint", f"app.{name}"),
        (r'(?<=[/"])blueprints', plural.replace("_", "-")),
        (r"(?<= )blueprints(?=[ .])", plural.replace("_", " ")),
        (r"\ba blueprint(?=[ .])", f"{article} {name.replace('_', ' ')}"),
        (r"(?<= )blueprint(?=[ .])", name.replace("_", " ")),
        ("BLUEPRINTS", plural.upper()),
        ("blueprints", plural),
        ("blueprint", name),
        ("Blueprint", _class_name(name)),
    ):
        code = re.sub(pattern, word, code)
    return code


def _class_name(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _plural(name: str) -> str:
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    return name + ("es" if name.endswith(("s", "x", "z", "ch", "sh")) else "s")


def main() -> None:
    try:
        files = write(sys.argv[1])
    except ValueError as error:
        raise SystemExit(str(error)) from None
    print(*(file.relative_to(PROJECT) for file in files), sep="\n")
    print(f'Add columns, then run: uv run poe revision -m "add {sys.argv[1]}"')


if __name__ == "__main__":
    main()
