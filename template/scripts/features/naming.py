"""The names that a feature has in its code: its class, its plural, and its words."""

import keyword
import re

# Words that begin with the sound of a vowel: `an upload`, but `a user`, `a unit` and `a one`.
VOWEL = re.compile(r"hour|hono|heir|(?!eu|one(_|$)|u(ni|ri|rl|s|t|u))[aeiou]")


def class_name(name: str) -> str:
    """Return the name of a class: `OrderItem` for order_item."""
    return "".join(part.capitalize() for part in name.split("_"))


def is_keyword(name: str) -> bool:
    """Return whether the name, or that of its class, is a Python keyword, such as `None`."""
    return keyword.iskeyword(name) or keyword.iskeyword(class_name(name))


def article(name: str) -> str:
    """Return the article of a noun in snake_case: `an` for order_item."""
    return "an" if VOWEL.match(name) else "a"


def plural(name: str) -> str:
    """Return the plural of a noun in snake_case."""
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    return name + ("es" if name.endswith(("s", "x", "z", "ch", "sh")) else "s")


def rename(code: str, name: str) -> str:
    """Return the code of the blueprint with the name of a feature."""
    plurals, words, a = plural(name), name.replace("_", " "), article(name)
    for pattern, word in (
        (r"scripts\.blueprint\.test_routes", f"tests.{name}.test_routes"),
        (r"scripts\.blueprint", f"app.{name}"),
        (r'(?<=[/"])(?<!back_populates=")blueprints', plurals.replace("_", "-")),
        (r"(?<= )blueprints(?=[ .,])", plurals.replace("_", " ")),
        (r"\ba blueprint(?=[ .;])", f"{a} {words}"),
        (r"\bA blueprint(?=[ .;])", f"{a.capitalize()} {words}"),
        (r"(?<= )blueprint(?=[ .;])", words),
        (r"\btest_a_blueprint(?=_)", f"test_{a}_{name}"),
        ("BLUEPRINTS", plurals.upper()),
        ("blueprints", plurals),
        ("blueprint", name),
        ("Blueprint", class_name(name)),
    ):
        code = re.sub(pattern, word, code)
    return code
