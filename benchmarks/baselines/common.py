"""Common code of the baselines: rows and JSON as in the service."""

import base64
import json
import os
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

PREFIX = "/api/v1/products"

# As many connections as the service has, and more on demand.
POOL_SIZE = int(os.environ.get("DATABASE_POOL_SIZE", "10"))
MAX_OVERFLOW = int(os.environ.get("DATABASE_MAX_OVERFLOW", "20"))
DRIVER_POOL: dict[str, Any] = {"min_size": POOL_SIZE, "max_size": POOL_SIZE + MAX_OVERFLOW}

COLUMNS = "id, name, description, price, is_active, created_at, updated_at"
SELECT = f"SELECT {COLUMNS} FROM product WHERE id = $1"
SELECT_PAGE = f"SELECT {COLUMNS} FROM product ORDER BY id LIMIT $1"
INSERT = (
    "INSERT INTO product (name, description, price, is_active, created_at, updated_at)"
    f" VALUES ($1, $2, $3, $4, $5, $6) RETURNING {COLUMNS}"
)


class ProductCreate(BaseModel):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    description: Annotated[str, Field(max_length=10_000)] | None = None
    price: Annotated[Decimal, Field(ge=0, max_digits=10, decimal_places=2)]
    is_active: bool = True


class ProductRead(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    description: str | None
    price: Decimal
    is_active: bool
    created_at: datetime
    updated_at: datetime


class ProductPage(BaseModel):
    items: list[ProductRead]
    next_cursor: str | None
    total: int | None


def page(rows: list[Any], limit: int) -> dict[str, Any]:
    """Return a page of up to `limit` of the rows, with a cursor when there are more."""
    items = rows[:limit]
    more = len(rows) > limit
    return {"items": items, "next_cursor": _cursor(items[-1]) if more else None, "total": None}


def _cursor(row: Any) -> str:
    key = row["id"] if isinstance(row, dict) else row.id
    content = json.dumps(["id", key, key]).encode()
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
