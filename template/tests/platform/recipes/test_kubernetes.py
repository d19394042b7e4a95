"""The manifests of docs/recipes/kubernetes.md fit the service."""

import re
from pathlib import Path

import httpx
import pytest

from app.core.config import Settings
from app.core.http.health import READINESS_TIMEOUT
from app.core.process.lifespan import CLOSE_TIMEOUT

PAGE = (Path(__file__).parents[3] / "docs/recipes/kubernetes.md").read_text("utf-8")
DEPLOYMENT = PAGE[PAGE.index("kind: Deployment") : PAGE.index("kind: Service\n")]
PROBES = re.findall(
    r"(\w+)Probe:\n +httpGet:\n +path: (\S+)\n +port: http\n((?: +\w+: \d+\n)+)", DEPLOYMENT
)
VARIABLES = dict(re.findall(r"- name: ([A-Z_]+)\n +value: \"?([^\s\"]+)", DEPLOYMENT))


def number(name: str, text: str = DEPLOYMENT, default: int | None = None) -> int:
    """Return the value of a key that is an integer."""
    found = re.search(rf"\b{name}: (\d+)", text)
    if found is None and default is not None:
        return default
    assert found, name
    return int(found[1])


def setting(name: str) -> float:
    """Return a setting as the Deployment has it."""
    return float(VARIABLES.get(name.upper(), Settings.model_fields[name].default))


@pytest.mark.parametrize("path", sorted({path for _, path, _ in PROBES}))
async def test_a_probe_asks_a_path_of_the_service(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 200


def test_each_kind_of_probe_is_there() -> None:
    paths = {kind: path for kind, path, _ in PROBES}
    live = "/health/live"
    assert paths == {"startup": live, "liveness": live, "readiness": "/health/ready"}


def test_each_variable_is_a_setting() -> None:
    assert VARIABLES
    assert {name.lower() for name in VARIABLES} <= {*Settings.model_fields, "secrets_dir"}


def test_a_pod_has_the_time_to_finish_its_requests() -> None:
    hook = re.search(r"preStop:\s+(?:sleep:\s+seconds|exec:.*sleep\D+)\D*(\d+)", DEPLOYMENT)
    needed = setting("shutdown_delay") + setting("shutdown_timeout") + CLOSE_TIMEOUT
    assert number("terminationGracePeriodSeconds") >= needed + (int(hook[1]) if hook else 0)


def test_the_readiness_fails_before_the_service_stops() -> None:
    (probe,) = [text for kind, _, text in PROBES if kind == "readiness"]
    assert number("timeoutSeconds", probe) > READINESS_TIMEOUT
    if setting("shutdown_delay"):
        noticed = number("periodSeconds", probe) * number("failureThreshold", probe)
        assert noticed <= setting("shutdown_delay")
    else:
        assert "type: Recreate" in DEPLOYMENT


def test_the_port_is_that_of_the_service() -> None:
    assert number("containerPort") == setting("port")


def test_the_pods_of_a_rollout_have_as_many_connections_as_the_page_says() -> None:
    if "type: Recreate" in DEPLOYMENT:
        return
    assert number("minReadySeconds") >= number("terminationGracePeriodSeconds")
    pods = number("replicas") + number("maxSurge") + 1
    each = setting("database_pool_size") + setting("database_max_overflow")
    budget = re.search(r"^Here it is .* = (\d+)\. \D+ (\d+) by default", PAGE, re.MULTILINE)
    assert budget
    assert int(budget[1]) == pods * setting("web_concurrency") * each + 1
    assert int(budget[1]) <= int(budget[2])
