import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import feature
from scripts.feature import CONFIG

MODELS = "app/customer/models.py"


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """The models of a feature that others refer to."""
    feature.write("customer", project=tmp_path)
    return tmp_path / MODELS


def test_a_reference_is_a_relationship_on_both_sides(tmp_path: Path, models: Path) -> None:
    before = models.read_text()
    files = feature.write("order", ["customer:ref"], project=tmp_path)
    feature.write("badge", ["customer:ref? unique"], project=tmp_path)
    assert files[-1] == models
    added = [line for line in models.read_text().splitlines() if line not in before.splitlines()]
    assert {
        "from typing import TYPE_CHECKING",
        "    from app.badge.models import Badge",
        "    from app.order.models import Order",
        '    orders: Mapped[list["Order"]] = relationship(',
        '    badge: Mapped["Badge | None"] = relationship(',
    } < set(added)
    for option in ("compare=False,", "repr=False,", 'lazy="raise",', 'passive_deletes="all",'):
        assert added.count(f"        {option}") == 2
    _check_code(tmp_path)


def test_names_begin_with_the_column_if_a_feature_refers_to_another_one_twice(
    tmp_path: Path, models: Path
) -> None:
    feature.write("order", ["buyer:ref(customer)", "payer:ref(customer)? unique"], project=tmp_path)
    for line in (
        '    buyer_orders: Mapped[list["Order"]] = relationship(',
        '        foreign_keys="Order.buyer_id",',
        '    payer_order: Mapped["Order | None"] = relationship(',
    ):
        assert line in models.read_text().splitlines()
    order = (tmp_path / "app/order/models.py").read_text()
    assert "    payer: Mapped[Customer | None] = relationship(" in order
    assert 'back_populates="payer_order"' in order
    assert "foreign_keys=payer_id" in order
    _check_code(tmp_path)


@pytest.mark.parametrize(("target", "key"), [("owner", "int"), ("agent", "uuid")])
def test_the_target_of_a_reference_may_have_a_name_of_the_blueprint(
    tmp_path: Path, target: str, key: str
) -> None:
    feature.write(target, key=key, project=tmp_path)
    feature.write("pet", [f"keeper:ref({target})", f"{target}:ref? nested"], project=tmp_path)
    code = "".join(path.read_text() for path in sorted(tmp_path.glob("*/pet/*.py")))
    for line in (
        f"from app.{target}.models import {target.capitalize()}",
        f"from app.{target}.schemas import {target.capitalize()}Read",
        f"from tests.{target}.test_routes import create as create_{target}",
        f'mapped_column(ForeignKey("{target}.id"), index=True)',
        'description="The id of the keeper."',
    ):
        assert line in code
    assert "keeper.id" not in code
    _check_code(tmp_path)


def test_the_models_of_another_feature_stay_formatted(tmp_path: Path, models: Path) -> None:
    columns = [
        "responsible_sales_person:ref(customer)",
        "deputy_of_the_sales_person:ref(customer)?",
    ]
    feature.write("billing_contact_assignment", columns, project=tmp_path)
    assert "billing_contact_assignments: Mapped" in models.read_text()
    _check_code(tmp_path)


def test_an_enum_with_the_name_of_a_model_is_refused(tmp_path: Path) -> None:
    feature.write("order_status", project=tmp_path)
    with pytest.raises(ValueError, match="status is reserved, since the schemas use OrderStatus"):
        feature.write("order", ["status:enum(a|b)", "order_status:ref"], project=tmp_path)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_only_lines_are_added_to_the_file_of_another_feature(
    tmp_path: Path, models: Path, line_end: str
) -> None:
    code = models.read_text().replace("import Base, Int", "import  Base,Int")
    code = code.replace("100))", "100 ) )  # its  name").rstrip() + "\n\n    @property\n"
    code += "    def title(self) :  return self.name"
    old = code.replace("\n", line_end).encode()
    models.write_bytes(old)
    feature.write("order", ["customer:ref"], project=tmp_path)
    lines = iter(models.read_bytes().splitlines(keepends=True))
    assert [line for line in old.splitlines(keepends=True) if line not in lines] == []
    assert len(models.read_bytes().split(line_end.encode())) > len(old.split(line_end.encode()))
    compile(models.read_bytes(), MODELS, "exec")


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("    orders: int", "orders"),
        ("    async def orders(self) -> None: ...", "orders"),
        ("class Order: ...", "Order"),
    ],
)
def test_a_name_that_is_used_is_refused_and_nothing_is_written(
    tmp_path: Path, models: Path, code: str, name: str
) -> None:
    models.write_text(f"{models.read_text()}\n\n{code}\n")
    before = models.read_bytes()
    with pytest.raises(ValueError, match=f"{MODELS} already uses the name {name}, which the"):
        feature.write("order", ["customer:ref"], project=tmp_path)
    assert (models.read_bytes(), (tmp_path / "app/order").exists()) == (before, False)


def test_a_file_is_as_before_if_the_new_feature_cannot_be_formatted(
    tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = models.read_bytes()
    (tmp_path / "ruff").symlink_to(shutil.which("false") or "")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(subprocess.CalledProcessError):
        feature.write("order", ["customer:ref"], project=tmp_path)
    assert models.read_bytes() == before
    assert not list(tmp_path.glob("*/order"))


def _check_code(folder: Path) -> None:
    for command in (["check", "--quiet"], ["format", "--check", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, CONFIG, folder], check=True)
