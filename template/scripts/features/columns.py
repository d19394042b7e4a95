"""The columns of `poe feature`: from the words of the command line to checked columns."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.core.pagination import PageQuery

SPELLINGS = (
    *("str(120)", "text", "int", "bigint", "decimal(12,2)", "bool", "date", "datetime"),
    *("uuid", "json", "enum(open|paid)", "ref", "ref(customer)"),
)
TYPES = f"the types are {', '.join(SPELLINGS)}"
OPTIONS = "? (optional), =DEFAULT, unique, index, on_delete=cascade|restrict|set_null, nested"
COLUMN = re.compile(r"(\w+):([a-z]+)(?:\(([^()]*)\))?(\?)?\s*(.*)", re.DOTALL)
OPTION = re.compile(r"(?:^|\s+)(unique|index|nested|on_delete=\w+)$")
MAX_ROW = 15_000  # characters of up to 4 bytes; a database refuses rows of 64 kB
PARAMETERS = frozenset(PageQuery.model_fields)
# The query parameters of a column, after the name without _at or _date.
SUFFIXES = {
    "decimal": ("_min", "_max"),
    "date": ("_date", "_from", "_before"),
    "datetime": ("_from", "_before"),
    "text": (),
    "json": (),
}


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a feature, as the command names it.

    Args:
        name: the name in the database; that of a reference ends in `_id`.
        kind: the word of its type, such as `decimal`.
        arguments: the arguments of the type, such as ("12", "2").
        is_optional: whether it may be NULL.
        is_unique: whether two rows may not have the same value.
        has_index: whether it has an index.
        default: the default as it is written in the command, or None.
        on_delete: the delete rule of a reference, as the command has it, or None.
        is_nested: whether responses have the referenced row.
    """

    name: str
    kind: str
    arguments: tuple[str, ...] = ()
    is_optional: bool = False
    is_unique: bool = False
    has_index: bool = False
    default: str | None = None
    on_delete: str | None = None
    is_nested: bool = False

    @property
    def stem(self) -> str:
        """The name without the ending that its type needs."""
        return re.sub("_(at|date|id)$", "", self.name) if self.kind in ENDINGS else self.name

    @property
    def target(self) -> str:
        """The feature that a reference points to."""
        return (*self.arguments, self.stem)[0]

    @property
    def length(self) -> int:
        """The number of characters of a `str`."""
        return int(self.arguments[0])

    @property
    def digits(self) -> tuple[int, int]:
        """The number of digits of a `decimal`, and of those after the point."""
        digits, places = map(int, self.arguments)
        return digits, places

    @property
    def parameters(self) -> list[str]:
        """The query parameters that the list gets for this column."""
        suffixes = SUFFIXES.get(self.kind)
        return [self.name] if suffixes is None else [self.stem + suffix for suffix in suffixes]


ENDINGS = {"datetime": "_at", "date": "_date", "ref": "_id"}


def parse_column(word: str) -> Column:
    """Return the column that one word of the command means; its values are not checked.

    Raises:
        ValueError: when it is none; the message shows the right form.
    """
    check_word(word)
    match = COLUMN.fullmatch(word.strip())
    if OPTION.fullmatch(word.strip()):
        raise ValueError(
            f"{word.strip()} is an option of a column: write it after the type, inside the same "
            'quotes, such as "email:str(200) unique" or "customer:ref nested".'
        )
    if not match:
        raise ValueError(
            f'{word!r} is no column: write name:type, such as "customer:str(120)"; {TYPES}.'
        )
    name, kind, arguments, optional, rest = match.groups()
    if kind not in {spelling.partition("(")[0] for spelling in SPELLINGS}:
        raise ValueError(f"{kind} in {word!r} is no type: {TYPES}.")
    options: list[str] = []
    while found := OPTION.search(rest):
        options.append(found[1])
        rest = rest[: found.start()]
    if rest and not rest.startswith("="):
        raise ValueError(f"{rest!r} in {word!r} is unknown; after the type may be: {OPTIONS}.")
    if len({option.partition("=")[0] for option in options}) < len(options):
        raise ValueError(f"an option is there twice in {word!r}: write it once.")
    actions = [option.partition("=")[2] for option in options if "=" in option]
    return Column(
        name=f"{name}_id" if kind == "ref" else name,
        kind=kind,
        arguments=tuple(re.split(r"\s*[,|]\s*", arguments.strip())) if arguments else (),
        is_optional=bool(optional),
        is_unique="unique" in options,
        has_index="index" in options or kind == "ref",
        default=rest[1:].strip() if rest else None,
        on_delete=actions[0] if actions else None,
        is_nested="nested" in options,
    )


def check_word(word: str) -> None:
    """Refuse the word `blueprint`: the generator replaces it by the name of the feature.

    Raises:
        ValueError: when it is in the word.
    """
    if "blueprint" in word.lower():
        raise ValueError(
            f"{word!r} has the word blueprint, which the generator uses: choose another."
        )


def check_together(columns: Sequence[Column]) -> None:
    """Check that the columns of a feature fit each other.

    Raises:
        ValueError: when they are too long together, or a name or filter is used twice or reserved.
    """
    if sum(column.length for column in columns if column.kind == "str") > MAX_ROW:
        raise ValueError(f"a row has at most {MAX_ROW} characters in its str columns: use text.")
    names: set[str] = set()
    filters: dict[str, str] = {}
    for column in columns:
        for name in {column.name, column.stem if column.kind == "ref" else column.name}:
            if name in names:
                raise ValueError(f"{name} is there twice: give each column a name of its own.")
            names.add(name)
        for parameter in column.parameters:
            if parameter in PARAMETERS:
                raise ValueError(
                    f"{column.name} would be a filter, but every list has a parameter of this "
                    f"name: choose another one, such as {column.name}_value."
                )
            if other := filters.get(parameter):
                raise ValueError(
                    f"{other} and {column.name} would both be filtered by {parameter}: "
                    "choose another name for one of them."
                )
            filters[parameter] = column.name
