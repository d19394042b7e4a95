"""The template in the working tree: its questions, its files and its Jinja."""

import re
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.meta import find_undeclared_variables

ROOT = Path(__file__).parent.parent
TEMPLATE = ROOT / "template"
CONFIG: dict[str, Any] = yaml.safe_load((ROOT / "copier.yml").read_text("utf-8"))
QUESTIONS: dict[str, dict[str, Any]] = {k: v for k, v in CONFIG.items() if not k.startswith("_")}
ASKED = {name: question for name, question in QUESTIONS.items() if question.get("when", True)}
# GitHub has `${{ … }}` for its own expressions, Python `{{1,2}}` for braces in an f-string.
JINJA = re.compile(r"(?<![${])\{\{-?\s*[A-Za-z_(\[\"']|\{%|\{#")
# The condition of the paths that an update leaves in place.
ON_UPDATE = "_copier_operation | default('copy') == 'update'"
ANSWERS_FILE = ".copier-answers.yml"


@cache
def working_tree() -> list[Path]:
    """Return the files that Git does not ignore, relative to the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    output = subprocess.check_output(command, cwd=ROOT, text=True)
    names = sorted({Path(name) for name in output.split("\0") if name})
    return [name for name in names if (ROOT / name).is_file()]


@cache
def template_files() -> list[Path]:
    """Return the files of `template/`, relative to it."""
    names = [name for name in working_tree() if name.parts[0] == TEMPLATE.name]
    return [name.relative_to(TEMPLATE.name) for name in names]


@cache
def templated_files() -> list[Path]:
    """Return the files of `template/` that Copier renders, relative to it."""
    return [name for name in template_files() if name.suffix == ".jinja"]


def read(name: Path) -> str:
    """Return the text of a file of `template/`."""
    return (TEMPLATE / name).read_text("utf-8")


def rendered_path(name: Path) -> str:
    """Return the path in a project of a file of `template/`."""
    path = name.as_posix().removesuffix(".jinja")
    return path.replace("{{ _copier_conf.answers_file }}", ANSWERS_FILE)


def is_asked(question: str, answers: Mapping[str, str]) -> bool:
    """Return whether Copier asks the question after the given answers."""
    when = str(ASKED[question].get("when", True))
    return environment().from_string(when).render(answers) == "True"


def choices(question: str) -> list[str]:
    """Return the accepted answers of a question with choices."""
    offered = ASKED[question]["choices"]
    return list(offered.values() if isinstance(offered, Mapping) else offered)


def paths_of(entry: str) -> list[str]:
    """Return the paths of an entry of `_exclude`."""
    return re.sub(r"\{%.*?%\}", "\n", entry).split()


@cache
def environment() -> Environment:
    """Return a Jinja environment with Copier's settings."""
    options = {name: value for name, value in CONFIG["_envops"].items() if name != "undefined"}
    return Environment(  # noqa: S701 - none of the output is HTML
        loader=FileSystemLoader(ROOT),
        extensions=["jinja2_ansible_filters.AnsibleCoreFiltersExtension"],
        undefined=StrictUndefined,
        **options,
    )


def names_in(text: str) -> set[str]:
    """Return the names that a Jinja template reads from its context."""
    return find_undeclared_variables(environment().parse(text))
