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
    files = feature.write(name, project=tmp_path)
    assert [file.name for file in files] == FILES
    assert {file.parent for file in files} == {tmp_path / "app" / name, tmp_path / "tests" / name}
    code = {file.name: file.read_text("utf-8") for file in files}
    assert f"class {class_name}(IntegerPrimaryKey, " in code["models.py"]
    assert f'prefix="{prefix}"' in code["routes.py"]
    article = "an" if name in {"account", "order_category"} else "a"
    assert f'"""Create {article} {name.replace("_", " ")}."""' in code["routes.py"]
    assert "blueprint" not in "".join(code.values()).lower()
    _check_code(tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "'' is not a feature name: use a singular noun"),
        ("Order", "'Order' is not a feature name"),
        ("order-item", "'order-item' is not a feature name"),
        ("../order", "'../order' is not a feature name"),
        ("class", "'class' is not a feature name"),
        ("true", "'true' is not a feature name"),
        ("blueprint_page", "has the word blueprint, which the generator uses"),
        ("x" * 31, "is not a feature name"),
        ("orders", "orders is a plural"),
        ("session", "session is reserved"),
        ("base", "base is reserved"),
        ("core", "core already exists"),
        ("service", "service already exists"),
    ],
)
def test_an_invalid_name_is_refused(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "app/core/http").mkdir(parents=True)
    (tmp_path / "app/core/http/__init__.py").touch()
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/service.py").touch()
    with pytest.raises(ValueError, match=message):
        feature.write(name, project=tmp_path)
    assert list(tmp_path.rglob("models.py")) == []


def test_byte_code_alone_is_no_feature(tmp_path: Path) -> None:
    for folder in ("app/order/__pycache__", "tests/order/__pycache__"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "routes.cpython-313.pyc").touch()
    assert len(feature.write("order", project=tmp_path)) == len(FILES)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("size:number", "number in 'size:number' is no type"),
        ("customer:ref", "there is no table customer in app/customer/models.py"),
        ("customer:ref(customers)", "'customers' is no feature: its name is a singular noun"),
        ("parent:ref(order)", "a ref to order itself is not generated"),
        ("order:text", "order is the feature itself"),
        ("decimal:text", "decimal is reserved, since the schemas use Decimal"),
        ("read:enum(a|b)", "read is reserved, since the schemas use OrderRead"),
        ("order_read:text", "order_read is reserved, since the schemas use OrderRead"),
        ("order_state:text", "order_state is reserved, since the schemas use OrderState"),
        ("line_1:text", "line_1 is reserved, since the schemas use Line1"),
    ],
)
def test_an_invalid_column_is_refused_and_nothing_is_written(
    tmp_path: Path, word: str, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        feature.write("order", ["line1:text", "state:enum(a|b)", word], project=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_command_line_prints_only_the_message() -> None:
    command = [sys.executable, "-m", "scripts.feature", "core"]
    result = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert result.stderr == "core already exists in app/ or tests/: choose another name.\n"


def _check_code(folder: Path) -> None:
    for command in (["check", "--quiet"], ["format", "--check", "--quiet"]):
        config = f"--config={PROJECT / 'pyproject.toml'}"
        subprocess.run([sys.executable, "-m", "ruff", *command, config, folder], check=True)
