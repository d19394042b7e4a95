import pytest

from scripts.features.checks import check_column
from scripts.features.columns import parse_column


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("", "'' is no column: write name:type"),
        ("customer", "'customer' is no column: write name:type"),
        ("size:number", "number in 'size:number' is no type: the types are str"),
        ("size:int big", "'big' in 'size:int big' is unknown; after the type may be"),
        ("nested", "nested is an option of a column: write it after the type, inside the same"),
        ("size:int index index", "an option is there twice in 'size:int index index': write it"),
        ("a:ref on_delete=cascade on_delete=restrict", "an option is there twice"),
        ("size:int(4)", "int has no arguments: write size:int."),
        ("name:str", r"a str has a length from 1 to 1000: write name:str\(120\)"),
        ("name:str(0)", "a str has a length"),
        ("name:str(1001)", "write name:str.120., or name:text"),
        ("price:decimal", r"write price:decimal\(12,2\), or price:bigint"),
        ("price:decimal(2,2)", "a decimal has up to 15 digits"),
        ("price:decimal(16,2)", "a decimal has up to 15 digits"),
        ("status:enum(open)", "an enum has two or more values"),
        ("status:enum(open|open)", "each of them once"),
        ("status:enum(Open|paid)", "values in snake_case"),
        ("status:enum(open|paid)=sent", "'sent' is no default for status: write one of open, paid"),
        ("size:int=1.5", "'1.5' is no default for size: write an integer from -2147483648"),
        ("size:int=2147483648", "is no default for size"),
        ("size:bigint=9007199254740992", "to 9007199254740991"),
        ("price:decimal(4,2)=1.234", "write a number such as =1.00"),
        ("name:str(3)=four", "write a text of one line with 1 to 3 characters"),
        ("is_open:bool=yes", "write =true or =false"),
        ("due_date:date=2026-02-30", "write a date, such as =2026-01-31"),
        ("sent_at:datetime=2026-01-31", "write =now, the time of the request"),
        ("code:uuid=now", "a uuid has none"),
        ("Name:text", "'Name' is not a column name: use snake_case"),
        ("class:text", "'class' is not a column name"),
        ("x" * 31 + ":text", "of at most 30 characters"),
        ("metadata:json", "metadata is reserved"),
        ("registry:text", "registry is reserved"),
        ("id:int", "id is reserved"),
        ("version:int", "version is reserved"),
        ("created_at:datetime", "created_at is reserved"),
        ("json:json", "json is reserved"),
        ("model_year:int", "model_year is reserved"),
        ("sent:datetime", "the name of a datetime ends in _at: write sent_at:datetime"),
        ("due:date", "the name of a date ends in _date: write due_date:date"),
        ("sent_at:date", "sent_at ends in _at, and only a datetime does"),
        ("note:text unique", "a text cannot be unique; these types can: str, int"),
        ("meta:json index", r"a json cannot have an index: use meta:str\(120\)"),
        ("name:str(501) index", "a str with an index has at most 500 characters"),
        ("size:int nested", "nested belongs to a ref: write size:ref nested."),
        ("size:int on_delete=cascade", "on_delete belongs to a ref"),
        ("product_id:ref(item)", r"write product:ref\(item\); the column is then product_id"),
        ("product:ref on_delete=setnull", "on_delete is cascade, restrict or set_null: write p"),
        ("product:ref on_delete=drop", r"write product:ref on_delete=cascade\|restrict\|set_null"),
        ("product:ref on_delete=set_null", "write product:ref\\? on_delete=set_null"),
        ("product:ref(a, b)", r"write product:ref\(customer\)"),
    ],
)
def test_a_refused_column_shows_the_right_form(word: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_column(parse_column(word))
