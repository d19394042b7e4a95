import re
from pathlib import Path

import pytest

from tests.platform.models.conventions import faults
from tests.platform.recipes.models import Base

PROJECT = Path(__file__).parents[3]
TEXT = (PROJECT / "docs/recipes.md").read_text("utf-8")
CODE = [path.read_text("utf-8") for path in sorted(Path(__file__).parent.glob("*.py"))]


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL))
def test_a_recipe_is_code_that_is_tested(block: str) -> None:
    assert any(block in code for code in CODE), (
        "the text must equal the code in tests/platform/recipes/"
    )


def test_every_recipe_names_its_tests() -> None:
    for recipe in TEXT.split("\n## ")[1:]:
        files = re.findall(r"`(tests/platform/recipes/test_\w+\.py)`", recipe)
        assert files, recipe
        assert all((PROJECT / file).exists() for file in files)


def test_recipes_keep_the_conventions() -> None:
    assert faults(Base.registry) == []
