"""A WebSocket: each message changes the stock of an article."""

import secrets
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, WebSocket, WebSocketException, status
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_settings import BaseSettings

from app.core.config import Settings, get_settings, load_settings
from app.core.database import session_scope
from app.core.errors import NotFoundError
from app.core.http.fields import BodyId, Integer
from app.core.http.problems import Problem
from app.core.http.routing import FeatureRouter
from tests.platform.recipes.orders import StockRead, StockUpdate, stock_crud

SOCKET = "/api/v1/stock-changes"

router = FeatureRouter(prefix=SOCKET, tag="stock", description="Changes of the stock.")


class SocketSettings(BaseSettings):
    model_config = Settings.model_config

    socket_token: SecretStr


class StockChange(BaseModel):
    stock_id: BodyId
    change: Annotated[int, Integer()]


async def authenticate(websocket: WebSocket) -> None:
    """Dependency: refuse pages of other sites, and clients without the token, with status 403."""
    headers = websocket.headers
    origin = headers.get("origin")
    own = origin is None or urlsplit(origin).netloc == headers.get("host")
    token = load_settings(SocketSettings).socket_token.get_secret_value()
    sent = headers.get("authorization", "").encode()
    known = secrets.compare_digest(sent, f"Bearer {token}".encode())
    if not known or not (own or origin in get_settings().cors_origins):
        raise WebSocketException(status.WS_1008_POLICY_VIOLATION)


@router.websocket("")
async def change_stock(
    websocket: WebSocket, authenticated: Annotated[None, Depends(authenticate)]
) -> None:
    """Answer each change with the new stock, or with a problem."""
    await websocket.accept()
    async for text in websocket.iter_text():
        answer = await apply(text)
        await websocket.send_text(answer.model_dump_json(exclude_none=True))


async def apply(text: str) -> StockRead | Problem:
    """Apply the change in a message; each message is one transaction."""
    try:
        change = StockChange.model_validate_json(text)
        async with session_scope() as session:
            stock = await stock_crud.get_for_update(session, change.stock_id)
            values = StockUpdate(quantity=stock.quantity + change.change)
            return await stock_crud.update(session, stock, values)
    except ValidationError:
        return Problem(title="Unprocessable Content", status=422, detail="The change is invalid.")
    except NotFoundError as error:
        return Problem(title="Not Found", status=404, detail=str(error))
