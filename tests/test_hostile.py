"""What someone typed reads the same wherever the project shows it."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tests.rendering import render

HOSTILE = {
    "quotes": 'it\'s "it" \'\'\'it\'\'\' """it""" "',
    "backslashes": "C:\\new\\table\\",
    "letters": "Ünïcødé 服務 сервис",
    "emoji": "Rocket 🚀",
    "jinja": "{{ 7*7 }} {% raw %} {# no #}",
    "workflow": "${{ secrets.TOKEN }}",
    "shell": "$HOME `id` $(id) ${PATH} !!",
    "percent": "100% %(here)s %s %%",
    "yaml key": "a: b #c",
    "yaml marks": "&a *b !c | > @d",
    "yaml list": "- a",
    "yaml null": "null",
    "yaml yes": "yes",
    "number": "007",
    "date": "2026-01-01",
    "toml": "] \\u0041 = { a = 1 }",
    "markdown": "# <b>*bold*</b> [a](b) | _c_ ~~d~~ &amp; `e`",
    "numbered": "1. first",
    "regex": "\\1 \\g<0> (.*)",
    "long": "x" * 80,
}
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def constant(module: str, name: str) -> object:
    """Return the literal that a Python module gives a name."""
    for node in ast.walk(ast.parse(module)):
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name:
            return ast.literal_eval(node.value) if node.value else None
    raise LookupError(name)


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_an_odd_answer_reads_the_same_everywhere(
    template: Path, tmp_path: Path, value: str
) -> None:
    typed = {"project_name": value, "description": value, "author_name": value}
    project = render(template, tmp_path, {**typed, "project_slug": "shop"})
    metadata = tomllib.loads(project.texts["pyproject.toml"])["project"]
    assert metadata["description"] == value
    assert metadata["authors"][0]["name"] == value
    assert constant(project.texts["app/core/config.py"], "project_name") == value
    assert {name: project.answers[name] for name in typed} == typed
    assert f"Copyright (c) {value}. " in project.texts["LICENSE"]
    title, description = project.texts["README.md"].split("\n\n")[:2]
    for shown in (title.removeprefix("# "), description):
        assert ESCAPED.sub(r"\1", shown) == value
        assert not re.search(r"[`*_<>\[\]|]", ESCAPED.sub("", shown))
