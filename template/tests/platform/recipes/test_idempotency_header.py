import pytest
from fastapi import FastAPI

from tests.platform.apps import app_with
from tests.platform.clients import client_of
from tests.platform.recipes.payments import PAYMENTS, router

PAYMENT = {"reference": "1", "amount": "10.00"}


@pytest.fixture
def app() -> FastAPI:
    app = app_with(router)
    return app


@pytest.mark.parametrize(
    ("key", "status"), [(None, 400), ("", 422), ('"', 422), ('"a', 422), ("a" * 256, 422)]
)
async def test_a_request_without_a_valid_key_is_refused(
    app: FastAPI, key: str | None, status: int
) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    async with client_of(app) as client:
        response = await client.post(PAYMENTS, json=PAYMENT, headers=headers)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


def test_the_header_is_in_the_openapi_document(app: FastAPI) -> None:
    operation = app.openapi()["paths"][PAYMENTS]["post"]
    (header,) = operation["parameters"]
    assert (header["in"], header["name"], header["required"]) == ("header", "Idempotency-Key", True)
    assert {"201", "400", "409", "422"} <= operation["responses"].keys()
