"""The page about the first feature: its commands and its code, in the order of the page."""

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

import pytest

from tests.live import Service
from tests.test_live_dev import call, dev, free_port, wait_until_ready

CODE = re.compile(r"^ *```(sh|python|)\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
MODELS, SCHEMAS, CRUD = (f"app/order/{name}.py" for name in ("models", "schemas", "crud"))
ROUTES = "tests/order/test_routes.py"
TESTS = "tests/customer tests/order tests/platform/models tests/platform/test_layers.py"


class Page:
    """The blocks of a page, taken one by one."""

    def __init__(self, service: Service) -> None:
        text = (service.path / "docs/first-feature.md").read_text("utf-8")
        self.service = service
        self.blocks = [tuple(found.groups()) for found in CODE.finditer(text)]

    def take(self, language: str) -> str:
        """Return the next block of the page, which must be in this language."""
        found, block = self.blocks.pop(0)
        assert found == language, block
        return dedent(block) if language == "" else block

    def run(self) -> str:
        """Run the commands of the next block."""
        return self.service.run("sh", "-ec", self.take("sh"))

    def add_below(self, file: str, beginning: str, block: str) -> None:
        """Add a block below the only line of a file that begins so."""
        path = self.service.path / file
        lines = path.read_text("utf-8").splitlines(keepends=True)
        (number,) = [n for n, line in enumerate(lines, 1) if line.startswith(beginning)]
        path.write_text("".join([*lines[:number], block, *lines[number:]]), "utf-8")


@pytest.mark.proof
def test_the_first_feature_is_deployed_as_its_page_says(
    start: Callable[..., Service], tmp_path: Path
) -> None:
    service = start(database="postgresql")
    page = Page(service)
    page.run()
    page.run()
    with dev(service, tmp_path / "log") as (port, _):
        address = f"http://127.0.0.1:{port}"
        commands = (
            page.take("").replace("http://127.0.0.1:8000", address).replace("curl", "curl -fsS")
        )
        found = service.run("sh", "-ec", commands)
        assert '"items":[{"id"' in found
        customer = {"name": "Ada", "email": "ada@example.com"}
        status, body = call(port, "POST", "/api/v1/customers", customer)
        assert (status, body["detail"]) == (409, "A row with the same unique value already exists.")
        status, body = call(port, "POST", "/api/v1/orders", {"customer_id": 7, "total": "1"})
        assert (status, body["detail"]) == (409, "A referenced row does not exist.")
        status, body = call(port, "POST", "/api/v1/orders", {"customer_id": 1, "total": "12.505"})
        assert (status, body["errors"][0]["location"]) == (422, ["body", "total"])

    rule = ("uv", "run", "poe", "test", "tests/order", "-k", "sent_order")
    with (service.path / ROUTES).open("a", encoding="utf-8") as tests:
        tests.write("\n\n" + page.take("python"))
    with pytest.raises(pytest.fail.Exception, match="assert 200 == 409"):
        service.run(*rule)
    (service.path / CRUD).write_text(page.take("python"), "utf-8")
    service.run(*rule)

    page.add_below(MODELS, "    status: ", page.take("python"))
    page.add_below(SCHEMAS, "Status = ", page.take("python"))
    beginnings = ("    status: Status = ", "    status: Status | MISSING", "    status: Annotated[")
    for field, beginning in zip(page.take("python").splitlines(), beginnings, strict=True):
        page.add_below(SCHEMAS, beginning, field.partition("  #")[0] + "\n")
    assert "delivery_note" not in page.run().partition("lint-migrations")[2]
    checks = page.take("sh")
    assert checks.startswith("uv run poe check\nuv run poe contract\n")
    # Of all checks, those that the page's changes can break.
    quick = f"uv run ruff format --check; uv run ruff check; uv run mypy; uv run pytest -q {TESTS}"
    service.run("sh", "-ec", checks.replace("uv run poe check", quick), CONTRACT_EXAMPLES="5")

    migrate, serve = page.take("").splitlines()[0], page.take("").splitlines()[0]
    with service.running_database() as url:
        production = {"DATABASE_URL": url, "ENVIRONMENT": "production"}
        applied = service.run("sh", "-ec", migrate, **production)
        # The database has the rows of the release before.
        assert re.findall(r'"message": "(.*?)"', applied) == ["add delivery_note to order"]
        with served(service, serve, production) as port:
            assert call(port, "GET", "/health/ready")[0] == 200
            status, orders = call(port, "GET", "/api/v1/orders")
            assert (status, orders["items"][0]["delivery_note"]) == (200, None)
    assert page.blocks == []


@contextmanager
def served(service: Service, command: str, variables: dict[str, str]) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(
        command.split(),
        cwd=service.path,
        env=service.environment | variables | {"PORT": str(port)},
        stdin=subprocess.DEVNULL,
    )
    try:
        wait_until_ready(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=60)
