from fastapi.testclient import TestClient

from app.main import create_app


def test_fastapis_test_client_can_be_used() -> None:
    assert TestClient(create_app()).get("/health/live").json() == {"status": "ok"}
