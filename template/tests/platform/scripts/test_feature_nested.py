from pathlib import Path

import pytest

from scripts import feature


@pytest.fixture(autouse=True)
def _features(tmp_path: Path) -> None:
    """A feature `product`, and one whose responses have it."""
    feature.write("product", project=tmp_path)
    feature.write("order", ["product:ref nested"], project=tmp_path)


def test_responses_have_the_row_of_a_nested_reference(tmp_path: Path) -> None:
    feature.write("line", ["order:ref? nested", "product:ref"], project=tmp_path)
    app = tmp_path / "app"
    order, line = (app / "order/crud.py").read_text(), (app / "line/crud.py").read_text()
    assert "        return [joinedload(Order.product)]\n" in order
    chain = "joinedload(Line.order).options(*order_crud.relationships())"
    assert f"        return [{chain}]\n" in line
    schemas = (app / "line/schemas.py").read_text()
    assert '    order: Annotated[OrderRead | None, Field(description="The order.")]\n' in schemas
    assert "ProductRead" not in schemas
    routes = (app / "line/routes.py").read_text()
    assert "return await line_crud.list(session, query)" in routes
    assert "CurrentReader" not in routes


def test_without_nested_nothing_reads_the_row(tmp_path: Path) -> None:
    files = feature.write("line", ["order:ref"], project=tmp_path)
    for file in files[:5]:
        code = file.read_text()
        assert "OrderRead" not in code
        assert "joinedload" not in code


@pytest.mark.parametrize(
    ("file", "old", "words", "message"),
    [
        ("schemas.py", "OrderRead", ["order:ref nested"], "has no class OrderRead, which is the"),
        ("crud.py", "order_crud", ["order:ref nested"], "has relationships.. and no order_crud"),
        ("crud.py", "absent", ["order:ref nested", "order_read:int"], "the schemas use OrderRead"),
    ],
)
def test_what_cannot_be_nested_is_refused(
    tmp_path: Path, file: str, old: str, words: list[str], message: str
) -> None:
    path = tmp_path / "app/order" / file
    path.write_text(path.read_text().replace(old, "Other"))
    with pytest.raises(ValueError, match=message):
        feature.write("line", words, project=tmp_path)
    assert not (tmp_path / "app/line").exists()


@pytest.mark.parametrize(
    ("old", "new"),
    [("    pass", "    def criteria(self) -> None: ..."), ("core.crud", "core.tenants")],
)
def test_a_row_that_criteria_may_hide_is_not_nested(tmp_path: Path, old: str, new: str) -> None:
    (tmp_path / "app/core").mkdir()
    base = "class CRUDBase:\n    def criteria(self) -> None: ..."
    for module in ("crud", "tenants"):
        (tmp_path / f"app/core/{module}.py").write_text(base)
    crud = tmp_path / "app/product/crud.py"
    crud.write_text(crud.read_text().replace(old, new))
    with pytest.raises(ValueError, match="which a nested product would not obey: leave"):
        feature.write("line", ["product:ref nested"], project=tmp_path)
    feature.write("line", ["product:ref", "order:ref nested"], project=tmp_path)
