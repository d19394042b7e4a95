import shutil
from pathlib import Path

import pytest

from benchmarks.__main__ import main
from benchmarks.alike import check_alike
from benchmarks.calls import ENDPOINTS, count
from benchmarks.features import write_features
from benchmarks.load import Endpoint
from benchmarks.project import rendered
from benchmarks.server import DRIVER, RAW, SERVICE, TEXTBOOK, TITLES, serving_all

pytestmark = pytest.mark.proof

SERVERS = [RAW, DRIVER, SERVICE, TEXTBOOK]
# Calls of functions for a request, by those of FastAPI on the bare driver, and a twentieth more.
MOST_CALLS = {"GET by id": 1.82, "GET list of 100": 3.5, "POST create": 2.25}


def test_the_baselines_answer_what_the_service_answers() -> None:
    with rendered() as project, project.database() as url:
        project.rows("fill", 150, url)
        with serving_all(project, SERVERS, url) as servers:
            check_alike(servers)


@pytest.mark.skipif(shutil.which("wrk") is None, reason="there is no wrk to make the load")
def test_every_server_is_measured_at_every_endpoint(tmp_path: Path) -> None:
    main(["speed", "--quick", "--output", str(tmp_path)])
    text = (tmp_path / "speed.md").read_text("utf-8")
    plot = (tmp_path / "speed.svg").read_text("utf-8")
    for name in SERVERS:
        assert text.count(f"| {TITLES[name]} |") >= 3
        assert TITLES[name].strip("*") in plot
    assert "sqlalchemy" in text


def test_the_middleware_is_measured_at_every_endpoint(tmp_path: Path) -> None:
    main(["middleware", "--quick", "--output", str(tmp_path)])
    text = (tmp_path / "middleware.md").read_text("utf-8")
    assert [text.count(f"| {endpoint.title} |") for endpoint in ENDPOINTS] == [1, 1, 1]


def test_a_request_is_no_more_work_than_it_was_also_beside_thirty_features() -> None:
    middle = Endpoint("list of the middle", "/api/v1/order-15s")
    with rendered() as project, project.database() as url:
        project.rows("fill", 150, url)
        write_features(project, [15], url)
        ours = count(project, SERVICE, url, [*ENDPOINTS, middle])
        base = count(project, DRIVER, url)
        write_features(project, [*range(15), *range(16, 30)], url)
        assert count(project, SERVICE, url, [*ENDPOINTS, middle]) == ours
    shares = {e.title: one / other for e, one, other in zip(ENDPOINTS, ours, base, strict=False)}
    assert {t: round(s, 2) for t, s in shares.items() if s > MOST_CALLS[t]} == {}
