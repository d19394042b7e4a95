import re
from pathlib import Path

import pytest

from tests.platform.models.conventions import faults
from tests.platform.recipes.models import Base

PROJECT = Path(__file__).parents[3]
INDEX = (PROJECT / "docs/recipes.md").read_text("utf-8")
PAGES = sorted((PROJECT / "docs/recipes").glob("*.md"))
# A section of the index, or a page of its own.
RECIPES = [*INDEX.split("\n## ")[1:], *(page.read_text("utf-8") for page in PAGES)]
CODE = [path.read_text("utf-8") for path in sorted(Path(__file__).parent.rglob("*.py"))]
BLOCKS = [block for recipe in RECIPES for block in re.findall(r"```python\n(.*?)```", recipe, re.S)]


@pytest.mark.parametrize("block", BLOCKS)
def test_a_recipe_is_code_that_is_tested(block: str) -> None:
    assert any(block in code for code in CODE), (
        "the text must equal the code in tests/platform/recipes/"
    )


def test_every_recipe_names_its_tests() -> None:
    for recipe in RECIPES:
        files = re.findall(r"`(tests/platform/(?:recipes|migrations)/test_\w+\.py)`", recipe)
        assert files, recipe
        assert all((PROJECT / file).exists() for file in files)


def test_the_index_has_a_link_to_every_page() -> None:
    links = re.findall(r"\]\(recipes/([\w-]+\.md)", INDEX)
    assert sorted(set(links)) == [page.name for page in PAGES]


def test_recipes_keep_the_conventions() -> None:
    assert faults(Base.registry) == []
