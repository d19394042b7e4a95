"""What someone typed reads the same wherever the project shows it."""

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.rendering import Project, render

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
    "yaml off": "off",
    "yaml true": "True",
    "yaml tilde": "~",
    "yaml tag": "!!python/object/apply:os.system [id]",
    "yaml alias": "*alias",
    "yaml map": "{a: [1, 2]}",
    "yaml block": "|- text",
    "yaml question": "? key",
    "yaml directive": "%TAG ! tag:",
    "yaml document": "--- a ...",
    "exponent": "1e3",
    "hexadecimal": "0x1F",
    "infinity": "-.inf",
    "sexagesimal": "12:30:45",
    "number": "007",
    "date": "2026-01-01",
    "toml": "] \\u0041 = { a = 1 }",
    "keyword": "None",
    "module": "logging",
    "dependency": "fastapi",
    "device": "NUL",
    "path": "../../etc/passwd",
    "option": "--help",
    "statement": "'; DROP TABLE product; --",
    "interpolation": "{0} {project_name} {{name}} %s",
    "comment": "a # b // c /* d */ <!-- e -->",
    "html": "<script>alert('1')</script> &lt;",
    "accents": "e\u0301 \u00e9",
    "right to left": "שלום العربية",
    "astral": "\U0001d518 \U0001f3f4\u2620",
    "setext": "===",
    "rule": "***",
    "quote": "> a",
    "plus": "+ a",
    "fence": "~~~ a ```",
    "autolink": "https://example.com <a@b.com>",
    "markdown": "# <b>*bold*</b> [a](b) | _c_ ~~d~~ &amp; `e`",
    "numbered": "1. first",
    "regex": "\\1 \\g<0> (.*)",
    "long": "x" * 80,
}
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


SHOWN = {
    ".copier-answers.yml",
    ".env.example",
    "LICENSE",
    "README.md",
    "app/core/config.py",
    "pyproject.toml",
}


def constant(module: str, name: str) -> object:
    """Return the literal that a Python module gives a name."""
    for node in ast.walk(ast.parse(module)):
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name:
            return ast.literal_eval(node.value) if node.value else None
    raise LookupError(name)


@pytest.fixture(scope="module")
def template(templated: Path) -> Path:
    """The files that show answers; the others would only take time."""
    return templated


@pytest.fixture(scope="module")
def plain(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose owner typed nothing odd."""
    return render(template, tmp_path_factory.mktemp("plain"), {"project_slug": "shop"})


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE)
def test_an_odd_answer_reads_the_same_everywhere(
    template: Path, plain: Project, tmp_path: Path, value: str
) -> None:
    typed = {"project_name": value, "description": value, "author_name": value}
    project = render(template, tmp_path, {**typed, "project_slug": "shop"})
    metadata = tomllib.loads(project.texts["pyproject.toml"])["project"]
    assert metadata["description"] == value
    assert metadata["authors"][0]["name"] == value
    assert constant(project.texts["app/core/config.py"], "project_name") == value
    assert {name: project.answers[name] for name in typed} == typed
    assert f"Copyright (c) {value}. " in project.texts["LICENSE"]
    assert (
        json.loads(project.texts[".env.example"].split("PROJECT_NAME=")[1].split("\n")[0]) == value
    )
    assert {name for name in plain.files if plain.files[name] != project.files[name]} == SHOWN
    title, description = project.texts["README.md"].split("\n\n")[:2]
    for shown in (title.removeprefix("# "), description):
        assert ESCAPED.sub(r"\1", shown) == value
        assert not re.search(r"[`*_<>\[\]|]", ESCAPED.sub("", shown))
