"""URLs and settings with several hosts."""

import pytest
from pydantic import SecretStr

from app.core.config import Settings
from app.core.engine.addresses import Address, addresses
from app.core.engine.url import build_url, may_lead_to_pooler, parse_url


def test_several_hosts_without_a_wish_have_to_accept_writes() -> None:
    assert parse_url("postgresql://one,two/shop").query["target_session_attrs"] == "read-write"
    query = parse_url("postgresql://one,two/shop?target_session_attrs=any").query
    assert query["target_session_attrs"] == "any"
    assert "target_session_attrs" not in parse_url("postgresql://one/shop").query


def test_the_host_of_the_settings_may_be_several() -> None:
    url = build_url(host="one,two:5433", port=None, user="u", password="a,b@c", name="shop")
    assert addresses(url) == [Address("one", 5432), Address("two", 5433)]
    assert (url.password, url.query["target_session_attrs"]) == ("a,b@c", "read-write")


def test_the_settings_refuse_a_mixture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(ValueError, match="hosts are in two places"):
        Settings(_env_file=None, database_url=SecretStr("postgresql://one/shop?host=two"))


def test_one_pooler_of_several_hosts_switches_its_mode_on() -> None:
    assert may_lead_to_pooler({"database_url": "postgresql://one:6432,two:6432/shop"})
    assert not may_lead_to_pooler({"database_url": "postgresql://one,two/shop"})
