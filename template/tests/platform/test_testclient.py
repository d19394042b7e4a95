from fastapi.testclient import TestClient

from app.main import create_app


def test_the_test_client_of_fastapi_works() -> None:
    assert TestClient(create_app()).get("/health/live").json() == {"status": "ok"}
