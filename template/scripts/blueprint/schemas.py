"""The data that clients send and receive."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import MISSING, BaseModel, Field, JsonValue, StrictBool

from app.core.filters import Filter
from app.core.http.fields import (
    SAFE_INTEGER,
    BodyId,
    CalendarDate,
    CreatedAt,
    FixedPoint,
    FreeText,
    Id,
    Integer,
    SingleLine,
    UpdatedAt,
    UTCTime,
)
from app.core.http.json_object import JSONObject
from app.core.pagination import PageQuery
from app.models.types import utc_now
from scripts.blueprint.agent import AgentRead
from scripts.blueprint.models import Blueprint, BlueprintState
from scripts.blueprint.owner import OwnerRead

Label = Annotated[SingleLine, Field(max_length=100, description="The label.")]
Content = Annotated[FreeText, Field(max_length=10_000, description="The content.")]
Quantity = Annotated[int, Integer(), Field(description="The quantity.")]
Serial = Annotated[
    int, Integer(ge=-SAFE_INTEGER, le=SAFE_INTEGER), Field(description="The serial number.")
]
Amount = Annotated[
    Decimal,
    FixedPoint(max_digits=10, decimal_places=2, negative=True),
    Field(description="The amount."),
]
IsOpen = Annotated[StrictBool, Field(description="Whether the blueprint is open.")]
DueDate = Annotated[CalendarDate, Field(description="The due date.")]
SentAt = Annotated[UTCTime, Field(description="When it was sent, in UTC.")]
Code = Annotated[UUID, Field(description="The code.")]
Options = Annotated[dict[str, JsonValue], JSONObject(), Field(description="The options.")]
State = Annotated[BlueprintState, Field(description="The state.")]
OwnerId = Annotated[BodyId, Field(description="The id of the owner.")]
AgentId = Annotated[UUID, Field(description="The id of the agent.")]


class BlueprintCreate(BaseModel):
    """A blueprint to be created."""

    label: Label
    content: Content
    quantity: Quantity
    serial: Serial
    amount: Amount
    is_open: IsOpen
    due_date: DueDate
    sent_at: SentAt = Field(default_factory=utc_now)
    code: Code
    options: Options
    state: State
    owner_id: OwnerId
    agent_id: AgentId


class BlueprintUpdate(BaseModel):
    """Changes of a blueprint; fields that are not sent stay as they are."""

    label: Label | MISSING = MISSING
    content: Content | MISSING = MISSING
    quantity: Quantity | MISSING = MISSING
    serial: Serial | MISSING = MISSING
    amount: Amount | MISSING = MISSING
    is_open: IsOpen | MISSING = MISSING
    due_date: DueDate | MISSING = MISSING
    sent_at: SentAt | MISSING = MISSING
    code: Code | MISSING = MISSING
    options: Options | MISSING = MISSING
    state: State | MISSING = MISSING
    owner_id: OwnerId | MISSING = MISSING
    agent_id: AgentId | MISSING = MISSING


class BlueprintRead(BaseModel):
    """A blueprint as it is stored."""

    id: Id
    label: Annotated[str, Field(description="The label.")]
    content: Annotated[str, Field(description="The content.")]
    quantity: Annotated[int, Field(description="The quantity.")]
    serial: Annotated[int, Field(description="The serial number.")]
    amount: Annotated[Decimal, Field(description="The amount.")]
    is_open: Annotated[bool, Field(description="Whether the blueprint is open.")]
    due_date: Annotated[date, Field(description="The due date.")]
    sent_at: Annotated[datetime, Field(description="When it was sent, in UTC.")]
    code: Annotated[UUID, Field(description="The code.")]
    options: Annotated[dict[str, JsonValue], Field(description="The options.")]
    state: Annotated[BlueprintState, Field(description="The state.")]
    owner_id: Annotated[int, Field(description="The id of the owner.")]
    owner: Annotated[OwnerRead, Field(description="The owner.")]
    agent_id: Annotated[UUID, Field(description="The id of the agent.")]
    agent: Annotated[AgentRead, Field(description="The agent.")]
    created_at: CreatedAt
    updated_at: UpdatedAt


class BlueprintQuery(PageQuery, model=Blueprint):
    """The query parameters of the list."""

    # Filters by other conditions, such as a search in texts: docs/recipes/filters.md.
    label: Label | None = None
    quantity: Annotated[int | None, Field(ge=-(2**31), le=2**31 - 1)] = None
    serial: Annotated[int | None, Field(ge=-SAFE_INTEGER, le=SAFE_INTEGER)] = None
    amount_min: Annotated[Amount | None, Filter(">=", Blueprint.amount)] = None
    amount_max: Annotated[Amount | None, Filter("<=", Blueprint.amount)] = None
    is_open: bool | None = None
    due_date: DueDate | None = None
    due_from: Annotated[DueDate | None, Filter(">=", Blueprint.due_date)] = None
    due_before: Annotated[DueDate | None, Filter("<", Blueprint.due_date)] = None
    sent_from: Annotated[SentAt | None, Filter(">=", Blueprint.sent_at)] = None
    sent_before: Annotated[SentAt | None, Filter("<", Blueprint.sent_at)] = None
    code: Code | None = None
    state: State | None = None
    owner_id: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None
    agent_id: AgentId | None = None
    sort: Literal[
        "id",
        "-id",
        "label",
        "-label",
        "quantity",
        "-quantity",
        "serial",
        "-serial",
        "amount",
        "-amount",
        "is_open",
        "-is_open",
        "due_date",
        "-due_date",
        "sent_at",
        "-sent_at",
        "code",
        "-code",
        "state",
        "-state",
        "created_at",
        "-created_at",
    ] = "id"
