import subprocess
import sys
from pathlib import Path

import pytest

from scripts import feature
from scripts.feature import CONFIG
from scripts.features.columns import SPELLINGS
from scripts.features.naming import article


def test_the_code_has_what_the_columns_need_and_no_more(tmp_path: Path) -> None:
    feature.write("shelf", ["code:str(2) unique"], key="uuid", project=tmp_path)
    columns = [
        *("total:decimal(12,4)=1.5", "note:text?", "placed_at:datetime=now index"),
        *("status:enum(open|paid)=open", "shelf:ref on_delete=cascade", "size:int?"),
    ]
    feature.write("order", columns, project=tmp_path)
    app, shelf = tmp_path / "app/order", tmp_path / "app/shelf"
    models, schemas = (app / "models.py").read_text(), (app / "schemas.py").read_text()
    tests = (tmp_path / "tests/order/test_routes.py").read_text()
    for line in (
        'Numeric(12, 4), default=Decimal("1.5000"))',
        "    note: Mapped[str | None] = mapped_column(Text, default=None)",
        "    placed_at: Mapped[datetime] = mapped_column(index=True, default_factory=utc_now)",
        "    status: Mapped[OrderStatus] = mapped_column(default=OrderStatus.OPEN)",
        'ForeignKey("shelf.id", ondelete="CASCADE"), index=True',
        '        back_populates="orders", compare=False, init=False, lazy="raise", repr=False',
        "from app.shelf.models import Shelf",
    ):
        assert line in models
    for line in (
        "FixedPoint(max_digits=12, decimal_places=4, negative=True)",
        'ShelfId = Annotated[UUID, Field(description="The id of the shelf.")]',
        'Size = Annotated[int | None, Integer(), Field(description="The size.")]',
        "    note: Note = None",
        "    status: Status = OrderStatus.OPEN",
        "    placed_at: PlacedAt = Field(default_factory=utc_now)",
        '    total_min: Annotated[Total | None, Filter(">=", Order.total)] = None',
        '    placed_before: Annotated[PlacedAt | None, Filter("<", Order.placed_at)] = None',
    ):
        assert line in schemas
    for word in ('"size"', '"-size"', '"note"', "SAFE_INTEGER"):
        assert word not in schemas
    assert "from tests.shelf.test_routes import create as create_shelf" in tests
    assert "100000000.0000" in tests
    assert "NUMBERS" not in tests
    references = (tmp_path / "tests/order/test_references.py").read_text()
    assert "def test_an_order_is_deleted_with_its_parent(" in references
    assert 'f"{next(NUMBERS) % 100}"' in (tmp_path / "tests/shelf/test_routes.py").read_text()
    assert "UUID]" in (shelf / "crud.py").read_text()
    assert "shelf_id: UUIDPathId" in (shelf / "routes.py").read_text()


def test_words_of_the_blueprint_may_be_words_of_a_column(tmp_path: Path) -> None:
    feature.write("product", project=tmp_path)
    columns = [
        *("total_amount:decimal(9,2)", "page_content:text", "top_100:str(20)", "zip_code:uuid"),
        *("booking_state:enum(a|b)", "product_owner:ref(product)", "title:str(9)=Id"),
    ]
    feature.write("order", columns, key="uuid", project=tmp_path)
    schemas = (tmp_path / "app/order/schemas.py").read_text()
    for words in (
        *("total amount", "page content", "top 100", "zip code", "booking state"),
        "id of the product owner",
    ):
        assert schemas.count(f'description="The {words}."') == 2, words
    assert 'title: Title = "Id"' in schemas


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        *(("order", "an"), ("upload", "an"), ("hour", "an"), ("umbrella", "an"), ("invoice", "an")),
        *(("user", "a"), ("unit", "a"), ("one_way", "a"), ("euro", "a"), ("house", "a")),
    ],
)
def test_the_article_of_a_noun(name: str, expected: str) -> None:
    assert article(name) == expected


def test_long_names_of_all_types_make_no_long_line(tmp_path: Path) -> None:
    feature.write("x" * 30, project=tmp_path)
    kinds = [word for word in SPELLINGS if not word.startswith("ref")]
    names = [f"column_{chr(97 + n)}".ljust(23, "x") for n in range(len(kinds))]
    ends = {"date": "_date", "datetime": "_at"}
    pairs = zip(names, kinds, strict=True)
    columns = [f"{name}{ends.get(kind, '')}:{kind}" for name, kind in pairs]
    columns.append(f"{'w' * 30}:str(120)={chr(0x6F22) * 40}")  # as wide as 80 letters
    columns.append(f"{'z' * 27}:ref({'x' * 30})")
    feature.write("y" * 30, columns, project=tmp_path)
    for command in (["check", "--quiet"], ["format", "--check", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *command, CONFIG, tmp_path], check=True)
