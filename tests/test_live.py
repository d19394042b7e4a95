import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.layers import layered
from tests.live import Service
from tests.rendering import render
from tests.source import choices, environment

Start = Callable[..., Service]

ENGINES = [
    {"database": "postgresql"},
    {"database": "mysql", "pool_preset": "high"},
    {"database": "sqlite"},
]
PLATFORM = "tests/platform"
# Names of recipes that are ordinary features too.
FEATURES = [
    *("delivery", "document", "invoice", "job", "member"),
    *("order", "parcel", "payment", "project", "stock"),
]
WRITE = """
import sys
from scripts.feature import write
for name in sys.argv[1:]:
    write(name)
"""
# The tests of the platform that check the models of the owner too.
OWNERS_MODELS = (f"{PLATFORM}/models", f"{PLATFORM}/migrations")


@pytest.mark.parametrize(
    "answers",
    layered(ENGINES, everyday=ENGINES[:1], name=lambda answers: answers["database"]),
)
def test_a_new_project_passes_its_own_checks(start: Start, answers: dict[str, str]) -> None:
    service = start(**answers)
    # The service has no coverage gate; the template has.
    service.run("uv", "run", "poe", "check", PYTEST_ADDOPTS="--cov --cov-fail-under=100")
    assert service.run("git", "status", "--porcelain") == ""


def test_a_new_feature_passes_all_checks(start: Start) -> None:
    """The proofs in `test_live_features.py` do this on each engine, with random columns."""
    service = start(database="sqlite")
    service.run("uv", "run", "poe", "feature", "order_item")
    service.run("uv", "run", "poe", "revision", "-m", "add order_item")
    for command in ("ruff format --check", "ruff check", "mypy"):
        service.run("uv", "run", *command.split())
    service.run("uv", "run", "pytest", "tests/order_item", *OWNERS_MODELS)


@pytest.mark.proof
@pytest.mark.parametrize("database", choices("database"))
def test_a_project_without_its_sample_passes_its_own_tests(start: Start, database: str) -> None:
    """It was never migrated, or a feature came after it, or it was migrated and is the last one."""
    service = start(database=database)
    remove = ("uv", "run", "poe", "remove-sample")
    if database == "mysql":
        service.run("uv", "run", "poe", "feature", "order", "total:decimal(12,2)", "--no-revision")
        with service.running_database() as url:
            service.run("uv", "run", "poe", "revision", "-m", "add order", DATABASE_URL=url)
            service.run(*remove, DATABASE_URL=url)
            service.run("uv", "run", "poe", "migrate", DATABASE_URL=url)
            service.run("uv", "run", "alembic", "check", DATABASE_URL=url)
    elif database == "sqlite":
        service.run("uv", "run", "poe", "migrate")
        service.run(*remove)
    else:
        service.run(*remove)
    assert service.run(*remove).endswith("There is no sample.\n")
    revisions = {path.name[11:] for path in service.path.glob("migrations/versions/*.py")}
    assert (
        revisions
        == {
            "postgresql": set(),
            "mysql": {"create_product.py", "add_order.py", "drop_product.py"},
            "sqlite": {"create_product.py", "drop_product.py"},
        }[database]
    )
    if database == "sqlite":
        service.run("uv", "run", "poe", "check")
        return
    for command in ("ruff format --check", "ruff check", "mypy"):
        service.run("uv", "run", *command.split())
    service.run("uv", "run", "pytest", *OWNERS_MODELS, f"{PLATFORM}/test_layers.py")
    if database == "postgresql":
        service.run("uv", "run", "poe", "feature", "product", "code:str(20) unique")
        service.run("uv", "run", "pytest", "tests/product", *OWNERS_MODELS)


@pytest.mark.proof
def test_features_may_have_the_names_of_recipes(start: Start) -> None:
    service = start(database="postgresql")
    service.run("uv", "run", "python", "-c", WRITE, *FEATURES)
    with service.running_database() as url:
        service.run("uv", "run", "poe", "revision", "-m", "add all", DATABASE_URL=url)
    service.run("uv", "run", "pytest", "tests/order", f"{PLATFORM}/recipes")


@pytest.mark.proof
@pytest.mark.parametrize("database", choices("database"))
def test_nothing_that_is_sent_breaks_the_contract(start: Start, database: str) -> None:
    service = start(database=database)
    service.run("uv", "run", "poe", "contract", CONTRACT_EXAMPLES="50")


@pytest.mark.proof
@pytest.mark.parametrize("database", choices("database"))
def test_nothing_is_lost_among_two_hundred_writers_or_in_chaos(start: Start, database: str) -> None:
    service = start(database=database)
    tests = (f"{PLATFORM}/recipes/test_stock.py", f"{PLATFORM}/test_chaos.py")
    service.run("uv", "run", "pytest", *tests, CHAOS_REQUESTS="10000", WRITERS="200")


@pytest.mark.proof
@pytest.mark.parametrize("database", ["postgresql", "mysql"])
def test_a_request_is_stored_once_after_two_hundred_lost_commits(
    start: Start, database: str
) -> None:
    service = start(database=database)
    tests = f"{PLATFORM}/network/test_idempotency.py"
    service.run("uv", "run", "pytest", tests, LOST_COMMITS="200")


@pytest.mark.parametrize("database", choices("database"))
def test_no_project_gets_the_name_of_what_it_depends_on(
    template: Path, tmp_path: Path, database: str
) -> None:
    project = render(template, tmp_path / "project", {"database": database})
    Service(project.path, None).run("uv", "lock", "--quiet")
    lock = tomllib.loads((project.path / "uv.lock").read_text("utf-8"))
    installed = {package["name"] for package in lock["package"]} - {"example-service"}
    macros = environment().get_template("includes/validators.jinja").module
    assert installed <= set(vars(macros)["distributions"])
