"""The OpenAPI document, as the tools of clients read it."""

import ast
import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import live, servers
from tests.live import Service
from tests.source import ROOT, TEMPLATE
from tests.test_live_dev import SECONDS, free_port, wait_until_ready

LONGEST_NAME = "purchase_order_line_allocation"
MOST_CHARACTERS = 60  # of a name that clients use for a method and a module
SPECTRAL = "@stoplight/spectral-cli@^6.16"
RULES = 'extends: ["spectral:oas"]\n'
GENERATOR = "openapi-python-client>=0.29,<0.30"
DOCUMENT = "import json; from app.main import app; print(json.dumps(app.openapi()))"
# Nothing connects to it.
URL = "sqlite+aiosqlite:///none.db"


@pytest.fixture(scope="module")
def service(
    template: Path, tmp_path_factory: pytest.TempPathFactory, shared: Path
) -> Iterator[Service]:
    """A project with the sample and a feature from the blueprint."""
    path = tmp_path_factory.mktemp("clients") / "project"
    service = live.start(template, path, {"database": "sqlite"}, shared / "environments")
    service.run("uv", "run", "poe", "feature", LONGEST_NAME)
    yield service
    service.remove()


def copy_sample(project: Path, number: int) -> None:
    """Copy the sample feature to one with another name, table and path."""
    target = project / "app" / f"feature_{number:03}"
    shutil.copytree(project / "app/product", target)
    for path in target.glob("*.py"):
        text = path.read_text("utf-8")
        for old, new in (("product", f"item_{number:03}"), ("Product", f"Item{number:03}")):
            text = text.replace(old, new)
        path.write_text(text.replace(f"app.item_{number:03}", f"app.{target.name}"), "utf-8")


@contextmanager
def serving(service: Service, url: str) -> Iterator[str]:
    """Serve as in production, with a migrated database; yield the address."""
    service.run("uv", "run", "alembic", "upgrade", "head", DATABASE_URL=url)
    port = free_port()
    process = subprocess.Popen(
        [service.path / ".venv/bin/python", "-m", "app"],
        cwd=service.path,
        env=service.environment | {"DATABASE_URL": url, "PORT": str(port)},
        stdout=subprocess.DEVNULL,
    )
    try:
        wait_until_ready(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=SECONDS)


def document(service: Service, folder: Path | None = None) -> dict[str, Any]:
    """Return the OpenAPI document of the project, or of the `app` in a folder.

    A warning, such as that of two operations with one name, is an error.
    """
    command = ("uv", "run", "python", "-P", "-W", "error", "-c", DOCUMENT)
    variables = {"DATABASE_URL": URL, "PYTHONPATH": str(folder or service.path)}
    content: dict[str, Any] = json.loads(service.run(*command, **variables))
    return content


def operations(document: dict[str, Any]) -> list[str]:
    paths = document["paths"].values()
    return [operation["operationId"] for path in paths for operation in path.values()]


@pytest.mark.proof
def test_a_linter_of_openapi_documents_finds_nothing(service: Service, tmp_path: Path) -> None:
    npx = servers.program("npx")
    file, rules = tmp_path / "openapi.json", tmp_path / "rules.yaml"
    file.write_text(json.dumps(document(service)), "utf-8")
    rules.write_text(RULES, "utf-8")
    lint = (npx, "--yes", SPECTRAL, "lint", "--ruleset", str(rules), "--fail-severity", "hint")
    service.run(*lint, str(file))


@pytest.mark.proof
def test_every_operation_parameter_field_and_tag_is_described(service: Service) -> None:
    content = document(service)
    described = {
        operation["operationId"]: operation
        for path in content["paths"].values()
        for operation in path.values()
    }
    for name, operation in [*described.items()]:
        parameters = operation.get("parameters", [])
        described |= {f"{name}.{parameter['name']}": parameter for parameter in parameters}
    for name, schema in content["components"]["schemas"].items():
        fields = schema.get("properties", {}).items()
        described |= {f"{name}.{field}": value for field, value in fields}
    described |= {tag["name"]: tag for tag in content["tags"]}
    assert [name for name, value in described.items() if not value.get("description")] == []


@pytest.mark.proof
def test_a_generated_client_does_the_round_trip(service: Service, tmp_path: Path) -> None:
    file, client = tmp_path / "openapi.json", tmp_path / "client"
    file.write_text(json.dumps(document(service)), "utf-8")
    generate = ("uvx", GENERATOR, "generate", "--meta", "uv", "--fail-on-warning")
    service.run(*generate, "--path", str(file), "--output-path", str(client))
    script = ("python", str(ROOT / "tests/round_trip.py"))
    with service.running_database() as url, serving(service, url) as address:
        service.run("uv", "run", "--no-project", "--with", str(client), *script, address)


@pytest.mark.parametrize("feature", ["app/product", "scripts/blueprint"])
def test_an_operation_bears_the_name_of_its_feature(feature: str) -> None:
    code = (TEMPLATE / feature / "routes.py").read_text("utf-8")
    name = feature.rpartition("/")[2]
    functions = [node for node in ast.parse(code).body if isinstance(node, ast.AsyncFunctionDef)]
    assert len(functions) >= 5
    assert [function.name for function in functions if name not in function.name] == []


@pytest.mark.proof
def test_the_operations_of_a_hundred_features_have_names_of_their_own(
    service: Service, tmp_path: Path
) -> None:
    many = tmp_path / "many"
    shutil.copytree(service.path / "app", many / "app")
    shutil.copy(service.path / "pyproject.toml", many)
    for number in range(98):
        copy_sample(many, number)
    names = operations(document(service, many))
    assert len(set(names)) == len(names) == 5 + 99 * 6
    assert f"list_{LONGEST_NAME}s" in names
    assert [name for name in names if len(name) > MOST_CHARACTERS] == []
