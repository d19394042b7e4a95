"""Random features for the generator: names, and columns of every type with random options."""

import random
from dataclasses import dataclass

NAMES = ("country", "depot", "shipment", "ticket", "voucher", "wallet", "badge", "lesson", "recipe")
# The words after a column's name, each with the options that fit it.
TYPES: dict[str, tuple[str, ...]] = {
    "str(1)": (" index", "=x"),
    "str(40)": (" unique", " index", "=two words"),
    "str(500)": (" unique", "?"),
    "text": ("?", "=none yet"),
    "int": ("?", " unique", " index", "=-3"),
    "bigint": ("?", " unique", "=9007199254740991"),
    "decimal(2,1)": ("?", "=-0.5"),
    "decimal(12,2)": ("?", " index", "=1.5"),
    "decimal(15,14)": ("?", "? index"),
    "bool": ("?", "=true", "=false index"),
    "date": ("?", " index", "=2026-01-31"),
    "datetime": ("?", " index", "=now"),
    "uuid": ("?", " unique"),
    "json": ("?",),
    "enum(open|in_progress|done)": ("?", "=done", "=open index"),
    "ref": (
        " nested",
        "? nested",
        " unique nested",
        " on_delete=cascade",
        "? on_delete=set_null",
        " on_delete=restrict",
        " unique",
        "?",
    ),
}
WORDS = ("first", "colour", "type", "size", "total", "note", "rank", "area", "speed", "place")
ENDINGS = {"date": "_date", "datetime": "_at"}


@dataclass(frozen=True)
class Feature:
    """The arguments of `poe feature`."""

    name: str
    columns: tuple[str, ...]
    key: str

    @property
    def arguments(self) -> tuple[str, ...]:
        return (self.name, *self.columns, "--key", self.key)


def random_features(seed: str, count: int) -> list[Feature]:
    """Return features; the same seed gives the same ones, and all types are in them together.

    Each refers to another one, some of them twice.
    """
    chosen = random.Random(seed)  # noqa: S311
    kinds = [*TYPES] * 2
    chosen.shuffle(kinds)
    features: list[Feature] = []
    for number in range(count):
        own = kinds[number::count] if count <= len(kinds) else chosen.sample(kinds, 6)
        words = [f"{word}_{letter}" for word in WORDS for letter in "ab"]
        chosen.shuffle(words)
        others = ("product", *(feature.name for feature in features))
        columns = tuple(
            _column(chosen, word, kind, chosen.choice(others))
            for word, kind in zip(words, own, strict=False)
        )
        other, options = chosen.choice(others), ("", *TYPES["ref"])
        columns += tuple(
            f"{word}:ref({other}){chosen.choice(options)}"
            for word in ("link", "again")[: 1 + number % 2]
        )
        name = NAMES[number % len(NAMES)] + ("" if number < len(NAMES) else f"_{number}")
        features.append(Feature(name, columns, chosen.choice(("int", "uuid"))))
    return features


def _column(chosen: random.Random, word: str, kind: str, other: str) -> str:
    option = chosen.choice(("", *TYPES[kind]))
    spelling = f"ref({other})" if kind == "ref" else kind
    return f"{word}{ENDINGS.get(kind, '')}:{spelling}{option}"
