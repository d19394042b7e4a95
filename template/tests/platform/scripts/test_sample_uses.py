from pathlib import Path

import pytest

from scripts import remove_sample
from scripts.sample.uses import uses
from tests.platform.scripts.sample_project import FILES, write

MODELS, REVISION = "app/order/models.py", "migrations/versions/2026-11-26_add_order.py"


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (MODELS, "from app.product.models import Product"),
        (MODELS, "if TYPE_CHECKING:\n    from app.product.models import Product"),
        (MODELS, "from app import product"),
        (MODELS, "from ..product.models import Product"),
        (MODELS, 'id: Mapped[int] = mapped_column(ForeignKey("product.id"))'),
        (MODELS, 'id = mapped_column(ForeignKey("public.product.id"))'),
        (MODELS, 'args = (sa.ForeignKeyConstraint(["product_id"], ["product.id"]),)'),
        ("tests/conftest.py", "def f():\n    import tests.product.test_routes as routes"),
        ("scripts/demo.py", "from scripts.seed import seed"),
        (REVISION, "from app.product.models import Product"),
    ],
)
def test_a_sample_in_use_is_not_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, code: str
) -> None:
    # A feature that the sample refers to has a relation on both sides.
    write(tmp_path, FILES | {file: code, "app/product/models.py": "from app.order import models"})
    monkeypatch.setattr(remove_sample, "PROJECT", tmp_path)
    with pytest.raises(SystemExit) as caught:
        remove_sample.main()
    assert str(caught.value) == (
        f"{file} uses product: remove this use first, or keep the sample.\nNothing was changed."
    )
    assert all((tmp_path / name).exists() for name in FILES)


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (MODELS, "from app.product_line.models import Line\nfrom app.order import product"),
        (MODELS, "from scripts.product import labels"),
        (MODELS, 'key = ForeignKey("product_line.id")'),
        (REVISION, 'sa.ForeignKeyConstraint(["product_id"], ["product.id"])'),
    ],
)
def test_code_that_only_looks_like_a_use_is_none(tmp_path: Path, file: str, code: str) -> None:
    write(tmp_path, FILES | {file: code})
    assert uses(tmp_path) == []


@pytest.mark.parametrize("code", [b"def f(:", b"name = '\xff'", b"\x00"])
def test_a_file_that_is_not_python_is_named(tmp_path: Path, code: bytes) -> None:
    write(tmp_path, FILES | {MODELS: ""})
    (tmp_path / MODELS).write_bytes(code)
    assert uses(tmp_path) == [f"{MODELS} cannot be read as Python: correct it first."]
