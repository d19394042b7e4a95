import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests import live
from tests.rendering import COMBINATIONS, Project, copy_working_tree, name_of, render

ISOLATION = Path(__file__).parent / "isolation"


@pytest.fixture(scope="session", autouse=True)
def _isolation() -> Iterator[None]:
    """Keep the settings of whoever runs the tests out of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COPIER_SETTINGS_PATH", str(ISOLATION / "copier.yml"))
        patch.setenv("GIT_CONFIG_GLOBAL", str(ISOLATION / "gitconfig"))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the working tree that is no git repository, which Copier would clone each time."""
    return copy_working_tree(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(params=[pytest.param(answers, id=name_of(answers)) for answers in COMBINATIONS])
def project(request: pytest.FixtureRequest, template: Path, shared: Path) -> Project:
    """A project for each combination of the structural answers, rendered once."""
    path = shared / name_of(request.param)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return Project(path) if path.is_dir() else render(template, path, request.param)


@pytest.fixture
def start(template: Path, tmp_path: Path) -> Iterator[Callable[..., live.Service]]:
    """Start a project that can be run; afterwards nothing of it is left."""
    services: list[live.Service] = []

    def start(**answers: str) -> live.Service:
        services.append(live.start(template, tmp_path / "project", answers))
        return services[-1]

    yield start
    for service in services:
        service.remove()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that the workers end together."""
    items.sort(key=lambda item: "live" not in item.path.name)
