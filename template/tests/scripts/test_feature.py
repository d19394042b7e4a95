import subprocess
import sys
from pathlib import Path

import pytest

from scripts import feature

PROJECT = Path(__file__).parents[2]
FILES = ["__init__.py", "crud.py", "models.py", "routes.py", "schemas.py", "test_routes.py"]


@pytest.mark.parametrize(
    ("name", "class_name", "prefix"),
    [
        ("account", "Account", "/accounts"),
        ("order_category", "OrderCategory", "/order-categories"),
        ("tax", "Tax", "/taxes"),
        ("x" * 30, "X" + "x" * 29, "/" + "x" * 30 + "es"),
    ],
)
def test_a_feature_is_written(tmp_path: Path, name: str, class_name: str, prefix: str) -> None:
    files = feature.write(name, tmp_path)
    assert [file.name for file in files] == FILES
    assert {file.parent for file in files} == {tmp_path / "app" / name, tmp_path / "tests" / name}
    code = {file.name: file.read_text("utf-8") for file in files}
    assert f"class {class_name}(IntegerKey, " in code["models.py"]
    assert f'prefix="{prefix}"' in code["routes.py"]
    assert "blueprint" not in "".join(code.values()).lower()
    for command in (["check", "--quiet"], ["format", "--check", "--quiet"]):
        config = f"--config={PROJECT / 'pyproject.toml'}"
        subprocess.run([sys.executable, "-m", "ruff", *command, config, tmp_path], check=True)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "'' can't name a feature: write a noun"),
        ("Order", "'Order' can't name a feature"),
        ("order-item", "'order-item' can't name a feature"),
        ("../order", "'../order' can't name a feature"),
        ("class", "'class' can't name a feature"),
        ("x" * 31, "can't name a feature"),
        ("orders", "orders is a plural"),
        ("session", "session has a meaning"),
        ("base", "base has a meaning"),
        ("core", "core is there already"),
        ("service", "service is there already"),
    ],
)
def test_a_name_that_would_not_work_is_refused(tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / "app/core").mkdir(parents=True)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/service.py").touch()
    with pytest.raises(ValueError, match=sentence):
        feature.write(name, tmp_path)
    assert list(tmp_path.rglob("models.py")) == []


def test_a_refusal_on_the_command_line_is_a_sentence() -> None:
    command = [sys.executable, "-m", "scripts.feature", "core"]
    result = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr == "core is there already, in app/ or in tests/: choose another name.\n"
