import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest
import yaml

from tests.lifecycle.guards import ignored_paths
from tests.rendering import Project, render

POOL = {
    "database_pool_size": (5, 10, 20),
    "database_max_overflow": (10, 20, 40),
    "database_pool_timeout": (60, 30, 15),
    "database_pool_recycle": (7200, 3600, 1800),
    "database_pool_pre_ping": (False, True, True),
    "database_pool_use_lifo": (False, False, True),
}
FILE = {"database_pool_size": 5, "database_max_overflow": 0, "database_pool_timeout": 30}
PARSERS: dict[str, Callable[[str], object]] = {
    ".py": ast.parse,
    ".toml": tomllib.loads,
    ".json": json.loads,
    ".yaml": yaml.safe_load,
    ".yml": yaml.safe_load,
}


def ruff(project: Project, *arguments: str) -> None:
    command = [sys.executable, "-m", "ruff", *arguments, "--no-cache"]
    result = subprocess.run(command, cwd=project.path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def without_source(project: Project) -> dict[str, bytes]:
    source = re.compile(rb"^_src_path: .*\n", re.MULTILINE)
    return {name: source.sub(b"", content) for name, content in project.files.items()}


def test_every_file_is_well_formed(project: Project) -> None:
    for name, text in project.texts.items():
        if parse := PARSERS.get(Path(name).suffix):
            parse(text)


def test_the_same_answers_give_the_same_bytes(
    project: Project, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    again = render(template, tmp_path / "again", project.answers)
    assert without_source(again) == without_source(project)


def test_the_code_is_formatted(project: Project) -> None:
    ruff(project, "format", "--check")


def test_the_code_is_clean(project: Project) -> None:
    ruff(project, "check")


def test_every_line_ends_where_its_text_ends(project: Project) -> None:
    for name, text in project.texts.items():
        assert "\r" not in text, name
        assert not re.search(r"[ \t]$", text, re.MULTILINE), name
        assert not text.startswith("\n"), name
        assert "\n\n\n\n" not in text, name
        assert not text or (text.endswith("\n") and not text.endswith("\n\n")), name


def test_the_code_comes_in_small_pieces(project: Project) -> None:
    lengths = {n: len(t.splitlines()) for n, t in project.texts.items() if n.endswith(".py")}
    assert {name: lines for name, lines in lengths.items() if lines > 200} == {}
    assert median(filter(None, lengths.values())) < 70


def test_git_sees_every_file(project: Project, tmp_path: Path) -> None:
    assert ignored_paths(project, tmp_path) == []


def test_the_pool_has_the_values_of_its_preset(project: Project) -> None:
    presets = ["low", "medium", "high"]
    preset = project.answers.get("pool_preset")
    defaults = {}
    for node in ast.walk(ast.parse(project.texts["app/core/config.py"])):
        match node:
            case ast.AnnAssign(target=ast.Name(name), value=ast.Constant(value)):
                defaults[name] = value
            case ast.AnnAssign(
                target=ast.Name(name),
                value=ast.Call(keywords=[ast.keyword("default", ast.Constant(value)), *_]),
            ):
                defaults[name] = value
    expected = (
        {name: values[presets.index(preset)] for name, values in POOL.items()} if preset else FILE
    )
    assert {name: value for name, value in defaults.items() if name in POOL} == expected


def test_every_link_of_a_page_leads_to_a_file(project: Project) -> None:
    for name, text in project.texts.items():
        if name.endswith(".md"):
            for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
                assert (project.path / name).parent.joinpath(target).exists(), f"{name}: {target}"
