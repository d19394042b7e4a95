"""The names that a feature has in its code: its class, its plural, and its words."""

import re


def class_name(name: str) -> str:
    """Return the name of a class: `OrderItem` for order_item."""
    return "".join(part.capitalize() for part in name.split("_"))


def plural(name: str) -> str:
    """Return the plural of a noun in snake_case."""
    if re.search(r"[^aeiou]y$", name):
        return f"{name[:-1]}ies"
    return name + ("es" if name.endswith(("s", "x", "z", "ch", "sh")) else "s")


def rename(code: str, name: str) -> str:
    """Return the code of the blueprint with the name of a feature."""
    plurals, words, article = (
        plural(name),
        name.replace("_", " "),
        "an" if name[0] in "aeio" else "a",
    )
    for pattern, word in (
        (r"scripts\.blueprint\.test_routes", f"tests.{name}.test_routes"),
        (r"scripts\.blueprint", f"app.{name}"),
        (r'(?<=[/"])(?<!back_populates=")blueprints', plurals.replace("_", "-")),
        (r"(?<= )blueprints(?=[ .,])", plurals.replace("_", " ")),
        (r"\ba blueprint(?=[ .;])", f"{article} {words}"),
        (r"\bA blueprint(?=[ .;])", f"{article.capitalize()} {words}"),
        (r"(?<= )blueprint(?=[ .;])", words),
        ("BLUEPRINTS", plurals.upper()),
        ("blueprints", plurals),
        ("blueprint", name),
        ("Blueprint", class_name(name)),
    ):
        code = re.sub(pattern, word, code)
    return code
