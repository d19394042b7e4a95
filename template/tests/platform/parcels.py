"""A feature of ordinary code for the contract: integers, an e-mail address, a token and a 502."""

import re
from typing import Annotated

from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AfterValidator, BaseModel, Field

from app.core.http.fields import BodyId, Integer, PathId
from app.core.http.problems import problem_responses
from app.core.http.routing import FeatureRouter

TOKEN = {"Authorization": "Bearer secret"}


def _address(value: str) -> str:
    """Accept what Pydantic's EmailStr accepts, more or less."""
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[a-z]+", value) or value.endswith((".example", ".test")):
        raise ValueError("write an e-mail address")
    return value


class Parcel(BaseModel):
    customer_id: BodyId
    pieces: Annotated[int, Integer(ge=1), Field(description="The number of pieces.")]
    weight: Annotated[int, Integer()] | None = None
    email: Annotated[str, AfterValidator(_address), Field(json_schema_extra={"format": "email"})]


async def require_token(
    credentials: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
) -> None:
    if f"Bearer {credentials.credentials}" != TOKEN["Authorization"]:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})


router = FeatureRouter(
    prefix="/parcels",
    tag="parcels",
    description="Parcels for the tests.",
    dependencies=[Depends(require_token)],
    responses=problem_responses(401),
)


@router.post("", status_code=201)
async def create_parcel(parcel: Parcel) -> Parcel:
    return parcel


@router.get("/{parcel_id}/position", responses=problem_responses(502))
async def get_parcel_position(parcel_id: PathId) -> str:
    raise HTTPException(502, "The service of the carrier does not respond.")
