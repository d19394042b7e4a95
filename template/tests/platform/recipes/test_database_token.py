"""A function returns the password of each new connection."""

import pytest

from app.core.config import Settings
from tests.platform.database_server import URL


async def test_the_token_is_for_the_user_and_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", URL.replace(":top%2Fsecret", ""))
    monkeypatch.setenv(
        "DATABASE_PASSWORD_FUNCTION",
        "tests.platform.recipes.database_token:database_password",
    )
    settings = Settings(_env_file=None)
    assert await settings.current_login() == {
        "user": "shop",
        "password": "token of shop for db.example",
    }
    assert "token" not in repr(settings.sqlalchemy_url)
