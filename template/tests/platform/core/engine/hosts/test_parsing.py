"""The spellings of several hosts in a URL."""

import pytest
from sqlalchemy import URL, make_url

from app.core.engine.addresses import Address, addresses, place
from app.core.engine.hosts.parsing import cut_hosts, with_hosts


def parse(text: str) -> URL:
    """Return a URL with its hosts; hosts without a port have 4000 if there are several."""
    rest, hosts = cut_hosts(text)
    return with_hosts(make_url(rest), hosts, port=4000)


TWO = [Address("one", 5001), Address("two", 5002)]


@pytest.mark.parametrize(
    ("spelling", "found"),
    [
        ("x://u:p@one:5001,two:5002/shop", TWO),
        ("x://one:5001,two:5002/shop?key=a,b@c", TWO),
        ("x://u:p,/%40@one:5001,two:5002/shop", TWO),
        ("x://u@/shop?host=one:5001&host=two:5002", TWO),
        ("x://u@/shop?host=one:5001,two:5002", TWO),
        ("x://u@/shop?host=one,two&port=5001,5002", TWO),
        ("x://u@/shop?host=one&host=two&port=5001&port=5002", TWO),
        ("x://u@one,two/shop?port=5001,5002", TWO),
        ("x://u@one,two:5002/shop", [Address("one", 4000), Address("two", 5002)]),
        ("x://u@one,two/shop?port=5", [Address("one", 5), Address("two", 5)]),
        ("x://u@[::1]:5001,two/shop", [Address("::1", 5001), Address("two", 4000)]),
        ("x://u@/shop?host=::1,[::2]:5", [Address("::1", 4000), Address("::2", 5)]),
        ("x://u@%2Fone,two/shop", [Address("/one", 4000), Address("two", 4000)]),
        ("x://u@%2Fvar%2Fone/shop", [Address("/var/one")]),
        ("x://u@/shop?host=/one", [Address("/one")]),
        ("x://u@/shop?host=/one&port=5", [Address("/one", 5)]),
        ("x://u@/shop?host=one:5", [Address("one", 5)]),
        ("x://u@one/shop?port=5", [Address("one", 5)]),
        ("x://u@one:5/shop?options=/a,b/c", [Address("one", 5)]),
        ("x:///shop", []),
        ("x:///shop?port=5", []),
    ],
)
def test_each_usual_spelling_is_known(spelling: str, found: list[Address]) -> None:
    url = parse(spelling)
    assert addresses(url) == found
    assert url.database == "shop"
    # A service passes it on to the processes that it starts.
    assert addresses(parse(url.render_as_string(hide_password=False))) == found


@pytest.mark.parametrize(
    ("spelling", "reason"),
    [
        ("x://one:5001/shop?host=two:5002", "hosts are in two places"),
        ("x://one,two/shop?host=three", "hosts are in two places"),
        ("x://one:5001,two/shop?port=5", "ports are in two places"),
        ("x://one:5001/shop?port=5", "ports are in two places"),
        ("x:///shop?host=one,two&port=1,2,3", "hosts: 2, ports: 3; write a port"),
        ("x:///shop?host=one&port=1,2", "hosts: 1, ports: 2; write a port"),
        ("x://one,/shop", "a host or its port is not valid"),
        ("x://one,two:a/shop", "a host or its port is not valid"),
        ("x://one,[::1/shop", "a host or its port is not valid"),
        ("x://one,two:0/shop", "a port must be a number from 1 to 65535"),
        ("x:///shop?host=one,two&port=5,x", "a port must be a number from 1 to 65535"),
    ],
)
def test_contradictions_are_refused(spelling: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refused:
        parse(spelling)
    assert "one" not in str(refused.value)


def test_a_place_has_all_hosts_and_no_secret() -> None:
    assert place(parse("x://u:p@one,[::1]:5/shop?key=v")) == "x://one:4000,[::1]:5/shop"
    assert place(parse("x://u:p@one:5/shop?key=v")) == "x://one:5/shop"
    assert str(Address(None)) == "the default host"
