import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from copier._main import Worker
from jinja2 import Environment

from tests import live
from tests.layers import LiveProgress, among, is_live, layered, spread
from tests.rendering import (
    COMBINATIONS,
    COVERING,
    Project,
    copy_working_tree,
    memoized,
    name_of,
    render,
)
from tests.source import TEMPLATE, template_files, templated_files

ISOLATION = Path(__file__).parent / "isolation"


@pytest.fixture(scope="session", autouse=True)
def _isolation() -> Iterator[None]:
    """Keep the settings of whoever runs the tests out of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COPIER_SETTINGS_PATH", str(ISOLATION / "copier.yml"))
        patch.setenv("GIT_CONFIG_GLOBAL", str(ISOLATION / "gitconfig"))
        patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        yield


@pytest.fixture(scope="session", autouse=True)
def _check_packages_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let the type checks of all projects share one cache of mypy, with the installed packages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MYPY_CACHE_DIR", str(tmp_path_factory.mktemp("mypy")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _render_quickly() -> Iterator[None]:
    """Render in a third of the time; projects that update themselves do without."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Environment, "compile", memoized(Environment.compile))
        # For each file a process asks Git for a setting that is the default in these tests.
        name = "_sync_git_index_executable_bit"
        patch.setattr(Worker, name, lambda *_: None, raising=False)
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the working tree that is no git repository, which Copier would clone each time."""
    return copy_working_tree(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def templated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template without the files that are copied byte for byte, which no answer reaches."""
    path = copy_working_tree(tmp_path_factory.mktemp("templated"))
    for name in {*template_files()} - {*templated_files()}:
        (path / TEMPLATE.name / name).unlink()
    return path


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(params=layered(COMBINATIONS, everyday=COVERING, name=name_of))
def project(request: pytest.FixtureRequest, template: Path, shared: Path) -> Project:
    """A project for each combination of the structural answers, rendered once."""
    path = shared / name_of(request.param)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return Project(path) if path.is_dir() else render(template, path, request.param)


@pytest.fixture
def start(template: Path, tmp_path: Path, shared: Path) -> Iterator[Callable[..., live.Service]]:
    """Start a project that can be run; afterwards nothing of it is left."""
    environments = shared / "environments"
    environments.mkdir(exist_ok=True)
    services: dict[str, live.Service] = {}

    def start(**answers: str) -> live.Service:
        service = live.start(template, tmp_path / "project", answers, environments)
        services[answers["database"]] = service
        return service

    yield start
    for database, service in services.items():
        service.keep_environment(environments / database)
        service.remove()


@pytest.fixture
def mysql_service(
    start: Callable[..., live.Service], monkeypatch: pytest.MonkeyPatch
) -> live.Service:
    """A project on MySQL whose only servers are those of a cluster; its own tests do not run."""
    monkeypatch.setenv("TEST_MYSQL_URL", "mysql://nobody@127.0.0.1:1")
    service = start(database="mysql")
    service.server = None
    return service


@pytest.fixture(autouse=True)
def _one_cluster_at_a_time(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the servers of one cluster at a time use this machine, also those of other runs."""
    if request.node.get_closest_marker("cluster") is None:
        yield
        return
    with Path(tempfile.gettempdir(), "test-clusters.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--proofs", action="store_true", help="run the proofs after the other tests")
    parser.addoption(
        "--clusters", action="store_true", help="run the tests on clusters of databases too"
    )


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter and config.get_verbosity() == 0 and not hasattr(config, "workerinput"):
        config.pluginmanager.register(LiveProgress(reporter))


def pytest_report_header(config: pytest.Config) -> str:
    if chosen := config.option.markexpr:
        return f"layer: {chosen}"
    more = [name for name in ("proofs", "clusters") if config.getoption(name)]
    names = f"everyday{', then the ' if more else ''}{' and '.join(more)}"
    return f"layer: {names} (all: --proofs --clusters)"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Choose the layers, and order their tests."""
    layers: dict[str, list[pytest.Item]] = {"everyday": [], "proof": [], "cluster": []}
    for item in items:
        marks = [name for name in ("cluster", "proof") if item.get_closest_marker(name)]
        layers[marks[0] if marks else "everyday"].append(item)
    for name, option in (("proof", "proofs"), ("cluster", "clusters")):
        if not (config.getoption(option) or config.option.markexpr):
            config.hook.pytest_deselected(items=layers.pop(name))
    proofs = layers.get("proof", [])
    quick = [item for item in proofs if not is_live(item)]
    # A cluster mostly waits, and one at a time runs: the other workers run proofs meanwhile.
    slow = among(layers.get("cluster", []), [item for item in proofs if is_live(item)])
    # The quick ones at the end, so that the workers end together.
    items[:] = [*spread(layers["everyday"]), *slow, *quick]
