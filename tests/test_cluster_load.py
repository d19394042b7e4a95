"""The check of the answers that the tests on clusters collect."""

import pytest

from tests.clusters.load import Answer, Load


def answers(*described: tuple[str, str]) -> Load:
    """Return the answers to requests for the row `one`, each 1 s after the one before."""
    url = "http://127.0.0.1:1/"
    return Load(
        [
            Answer(kind, status, number, number + 0.5, url, "one", "changed one")
            for number, (kind, status) in enumerate(described)
        ]
    )


def test_an_acknowledged_row_that_is_there_once_is_right() -> None:
    load = answers(("POST", "201"), ("GET", "200"), ("PATCH", "503"))
    load.check([("one", None)])
    load.check([("one", "changed one"), ("of someone else", None)])
    assert load.stored_though_refused([("one", None)]) == 0


@pytest.mark.parametrize(
    ("described", "rows", "fault"),
    [
        ([("POST", "500")], [], "'POST', '500'"),
        ([("POST", "ReadTimeout")], [], "ReadTimeout"),
        ([("GET", "404")], [], "'GET', '404'"),
        ([("POST", "201")], [], "1 acknowledged rows are lost"),
        ([("POST", "503")], [("one", None), ("one", None)], "1 rows are there twice"),
        ([("PATCH", "200")], [("one", None)], "1 acknowledged changes are lost"),
    ],
)
def test_a_fault_is_found(
    described: list[tuple[str, str]], rows: list[tuple[str, str | None]], fault: str
) -> None:
    with pytest.raises(AssertionError, match=fault):
        answers(*described).check(rows)


def test_a_refused_row_may_be_stored_and_is_counted() -> None:
    load = answers(("POST", "503"))
    load.check([("one", None)])
    assert load.stored_though_refused([("one", None)]) == 1


def test_times_are_counted_from_the_requests_that_begin_afterwards() -> None:
    load = answers(("POST", "201"), ("READY", "503"), ("POST", "503"), ("POST", "201"))
    assert load.outage() == 3
    assert load.resumed(after=0.1) == pytest.approx(3.4)
    assert load.turned("503", after=0.9) == pytest.approx(0.6)
    with pytest.raises(AssertionError, match="no READY 200"):
        load.turned("200", after=0)
