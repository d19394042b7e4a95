import subprocess
import sys
from pathlib import Path

import pytest

from scripts import feature

PROJECT = Path(__file__).parents[3]
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
    assert f"class {class_name}(IntegerPrimaryKey, " in code["models.py"]
    assert f'prefix="{prefix}"' in code["routes.py"]
    article = "an" if name in {"account", "order_category"} else "a"
    assert f'"""Create {article} {name.replace("_", " ")}."""' in code["routes.py"]
    assert "blueprint" not in "".join(code.values()).lower()
    for command in (["check", "--quiet"], ["format", "--check", "--quiet"]):
        config = f"--config={PROJECT / 'pyproject.toml'}"
        subprocess.run([sys.executable, "-m", "ruff", *command, config, tmp_path], check=True)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "'' is not a feature name: use a singular noun"),
        ("Order", "'Order' is not a feature name"),
        ("order-item", "'order-item' is not a feature name"),
        ("../order", "'../order' is not a feature name"),
        ("class", "'class' is not a feature name"),
        ("x" * 31, "is not a feature name"),
        ("orders", "orders is a plural"),
        ("session", "session is reserved"),
        ("base", "base is reserved"),
        ("core", "core already exists"),
        ("service", "service already exists"),
    ],
)
def test_an_invalid_name_is_refused(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "app/core").mkdir(parents=True)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/service.py").touch()
    with pytest.raises(ValueError, match=message):
        feature.write(name, tmp_path)
    assert list(tmp_path.rglob("models.py")) == []


def test_the_command_line_prints_only_the_message() -> None:
    command = [sys.executable, "-m", "scripts.feature", "core"]
    result = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr == "core already exists in app/ or tests/: choose another name.\n"
