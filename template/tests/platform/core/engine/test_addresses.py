"""The addresses of a URL, with one host, with several and without any."""

import pytest
from sqlalchemy import URL

from app.core.engine.addresses import Address, addresses, place


def url(name: str | None = None, number: int | None = None, **query: str) -> URL:
    return URL.create(
        "x",
        username="u",
        password="top-secret",
        host=name,
        port=number,
        database="shop",
        query=query,
    )


@pytest.mark.parametrize(
    ("given", "found", "shown"),
    [
        (url(), [], "x:///shop"),
        (url("db"), [Address("db")], "x://db/shop"),
        (url("db", 4000), [Address("db", 4000)], "x://db:4000/shop"),
        (
            url(host="one,::1", port="1,2"),
            [Address("one", 1), Address("::1", 2)],
            "x://one:1,[::1]:2/shop",
        ),
        (
            url(host="one,two", port="1"),
            [Address("one", 1), Address("two", 1)],
            "x://one:1,two:1/shop",
        ),
        (url(host="one,two"), [Address("one"), Address("two")], "x://one,two/shop"),
    ],
)
def test_each_address_of_a_url_is_found_and_shown(
    given: URL, found: list[Address], shown: str
) -> None:
    assert addresses(given) == found
    assert place(given) == shown


def test_an_address_without_a_host_is_the_default_of_the_driver() -> None:
    assert str(Address(None)) == "the default host"
