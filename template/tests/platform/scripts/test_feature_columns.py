import pytest

from scripts.features.checks import check_column
from scripts.features.columns import Column, check_together, parse_column


@pytest.mark.parametrize(
    ("word", "column"),
    [
        ("customer:str(120)", Column(name="customer", kind="str", arguments=("120",))),
        ("note:text?", Column(name="note", kind="text", is_optional=True)),
        ("total:decimal(12, 2)", Column(name="total", kind="decimal", arguments=("12", "2"))),
        ("code:str(8) unique", Column(name="code", kind="str", arguments=("8",), is_unique=True)),
        ("size:int index", Column(name="size", kind="int", has_index=True)),
        ("size:int = -3", Column(name="size", kind="int", default="-3")),
        (
            "title:str(9)?=an apple index",
            Column(
                name="title",
                kind="str",
                arguments=("9",),
                is_optional=True,
                has_index=True,
                default="an apple",
            ),
        ),
        (
            "status:enum(open|paid)=open",
            Column(name="status", kind="enum", arguments=("open", "paid"), default="open"),
        ),
        ("product:ref", Column(name="product_id", kind="ref", has_index=True)),
        (
            "buyer:ref(customer)? on_delete=set_null nested",
            Column(
                name="buyer_id",
                kind="ref",
                arguments=("customer",),
                is_optional=True,
                has_index=True,
                on_delete="set_null",
                is_nested=True,
            ),
        ),
    ],
)
def test_a_column_is_read(word: str, column: Column) -> None:
    assert parse_column(word) == column
    check_column(column)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["size:int", "size:text"], "size is there twice"),
        (["product:ref", "product:text"], "product is there twice"),
        ([f"name_{n}:str(1000)" for n in range(16)], "at most 15000 characters in its str"),
        (["limit:int"], "every list has a parameter of this name"),
        (["price:decimal(4,2)", "price_min:int"], "would both be filtered by price_min"),
        (["sent_at:datetime", "sent_date:date"], "would both be filtered by sent_from"),
    ],
)
def test_columns_that_do_not_fit_each_other_are_refused(words: list[str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_together([parse_column(word) for word in words])


def test_a_total_is_a_column_though_lists_have_a_parameter_total() -> None:
    check_together([parse_column("total:decimal(12,2)")])
