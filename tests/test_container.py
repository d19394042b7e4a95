"""The container files of a project, without Docker, and the manifests for Kubernetes."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes_validate import ValidationError, validate

from tests.rendering import Project, render
from tests.source import CONFIG, choices, environment

TOOLS = Path(sys.executable).parent
PAGE = "docs/recipes/kubernetes.md"
# The oldest that the page names, and the newest with published schemas here.
KUBERNETES = ("1.25", "1.37")


@pytest.fixture(params=choices("database"))
def container(request: pytest.FixtureRequest, templated: Path, tmp_path: Path) -> Project:
    return render(templated, tmp_path / "project", {"database": request.param})


def lint(project: Project, tool: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(TOOLS / tool), *arguments]
    return subprocess.run(command, cwd=project.path, capture_output=True, text=True, check=False)


def test_the_compose_file_follows_the_specification(container: Project) -> None:
    command = ("check-jsonschema", "--builtin-schema=vendor.compose-spec", "compose.yaml")
    checked = lint(container, *command)
    assert checked.returncode == 0, checked.stdout
    file = container.path / "compose.yaml"
    file.write_text(file.read_text("utf-8").replace("stop_grace_period", "grace_period"))
    assert "grace_period" in lint(container, *command).stdout


def test_the_dockerfile_has_no_fault_that_hadolint_finds(container: Project) -> None:
    checked = lint(container, "hadolint", "--failure-threshold=warning", "Dockerfile")
    assert checked.returncode == 0, checked.stdout


def manifests(project: Project) -> dict[str, dict[str, Any]]:
    """Return the manifests of the page, by kind."""
    text = "---\n".join(re.findall(r"```yaml\n(.*?)```", project.texts[PAGE], re.DOTALL))
    return {document["kind"]: document for document in yaml.safe_load_all(text)}


def pods(project: Project) -> Iterator[dict[str, Any]]:
    for document in manifests(project).values():
        if "template" in document["spec"]:
            yield document["spec"]["template"]


@pytest.mark.parametrize("version", KUBERNETES)
def test_the_manifests_have_the_published_schemas(container: Project, version: str) -> None:
    server = {"Job", "PodDisruptionBudget"}
    file = {"PersistentVolumeClaim"}
    kinds = file if container.answers["database"] == "sqlite" else server
    assert manifests(container).keys() == {"Deployment", "Service"} | kinds
    for document in manifests(container).values():
        validate(document, version, strict=True)
    deployment = manifests(container)["Deployment"]
    deployment["spec"]["minReadySecond"] = 1
    with pytest.raises(ValidationError):
        validate(deployment, version, strict=True)


def test_the_pods_have_no_right_that_they_do_not_need(container: Project) -> None:
    for pod in pods(container):
        spec = pod["spec"]
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for one in [*spec["containers"], *spec.get("initContainers", [])]:
            assert one["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert one["resources"].keys() == {"requests", "limits"}
            mounted = {mount["name"] for mount in one["volumeMounts"]}
            assert mounted <= {volume["name"] for volume in spec["volumes"]}


def test_the_selectors_find_the_pods_of_the_service_and_no_others(container: Project) -> None:
    found = manifests(container)
    labels = found["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert found["Deployment"]["spec"]["selector"]["matchLabels"] == labels
    assert found["Service"]["spec"]["selector"] == labels
    if "Job" in found:
        assert found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"] == labels
        assert found["Job"]["spec"]["template"]["metadata"]["labels"] != labels
        (spread,) = found["Deployment"]["spec"]["template"]["spec"]["topologySpreadConstraints"]
        assert spread["labelSelector"]["matchLabels"] == labels


def test_the_manifests_use_the_user_the_volume_and_the_commands_of_the_image(
    container: Project,
) -> None:
    dockerfile = container.texts["Dockerfile"]
    compose = yaml.safe_load(container.texts["compose.yaml"])["services"]
    found = manifests(container)
    spec = found["Deployment"]["spec"]["template"]["spec"]
    if "Job" in found:
        (migrate,) = found["Job"]["spec"]["template"]["spec"]["containers"]
    else:
        (migrate,) = spec["initContainers"]
        assert f"USER {spec['securityContext']['fsGroup']}:" in dockerfile
        assert [m["mountPath"] for m in migrate["volumeMounts"]] == ["/data", "/tmp"]  # noqa: S108
        assert "VOLUME /data\n" in dockerfile
    assert migrate["command"] == compose["migrate"]["command"]
    (service,) = spec["containers"]
    assert migrate["image"] == service["image"]
    assert service["image"] == f"REGISTRY/{compose['service']['image']}:VERSION"
    assert f"EXPOSE {service['ports'][0]['containerPort']}\n" in dockerfile


@pytest.mark.parametrize("preset", choices("pool_preset"))
def test_the_budget_of_connections_is_that_of_the_presets(
    templated: Path, tmp_path: Path, preset: str
) -> None:
    answers = {"database": "postgresql", "pool_preset": preset}
    project = render(templated, tmp_path / "project", answers)
    pool = yaml.safe_load(environment().from_string(CONFIG["pool"]["default"]).render(answers))
    head, row = (
        re.search(rf"^\| {name} \|(.*)\|$", project.texts[PAGE], re.MULTILINE)[1].split("|")  # type: ignore[index]
        for name in ("preset", f"`{preset}`")
    )
    assert row[0].strip() == f"{pool['size']} + {pool['max_overflow']}"
    for replicas, connections in zip(head[1:], row[1:], strict=True):
        number = int(re.match(r" (\d+) replicas ", replicas)[1])  # type: ignore[index]
        assert int(connections) == (number + 2) * (pool["size"] + pool["max_overflow"]) + 1
