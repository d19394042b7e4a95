"""Idempotency-Key: a request that is sent again gets the first answer, and nothing runs twice."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, HTTPException, Request
from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.database import CurrentSessionTransaction
from tests.platform.recipes.idempotency_key import IdempotencyKey

ReadT = TypeVar("ReadT", bound=BaseModel)


@dataclass(frozen=True)
class Idempotency:
    """The key of a request, and the session of its transaction."""

    session: AsyncSession
    caller: str
    key: str
    fingerprint: str

    async def once(self, schema: type[ReadT], work: Callable[[], Awaitable[ReadT]]) -> ReadT:
        """Run `work` and store its result, or return the result of an earlier request.

        Two requests with the same key wait for each other: the second one waits for the commit of
        the first. An error in `work` rolls the key back too, so the next request runs it again.

        Raises:
            HTTPException: with status 422, when the earlier request was another one.
        """
        row = IdempotencyKey(caller=self.caller, key=self.key, fingerprint=self.fingerprint)
        try:
            async with self.session.begin_nested():
                self.session.add(row)
        except IntegrityError:
            return schema.model_validate(await self._stored_answer())
        result = await work()
        row.answer = result.model_dump(mode="json", by_alias=True, round_trip=True)
        await self.session.flush()
        return result

    async def _stored_answer(self) -> dict[str, Any] | None:
        # A locking read sees the newest commit, also in a transaction that has read before.
        row = await self.session.get_one(
            IdempotencyKey, (self.caller, self.key), with_for_update={"read": True}
        )
        if row.fingerprint != self.fingerprint:
            raise HTTPException(422, "The Idempotency-Key belongs to another request.")
        return row.answer


async def get_caller() -> str:
    """Dependency: the user or tenant whose keys these are; empty in a service without users."""
    return ""


async def require_key(request: Request) -> None:
    """Dependency: refuse a request without a key with status 400, as the standard asks."""
    if "idempotency-key" not in request.headers:
        raise HTTPException(400, "Send the header Idempotency-Key, for example with a new UUID.")


async def get_idempotency(
    request: Request,
    session: CurrentSessionTransaction,
    caller: Annotated[str, Depends(get_caller)],
    _: Annotated[None, Depends(require_key)],
    key: Annotated[
        str,
        Header(
            alias="Idempotency-Key",
            description="A new UUID for each new request; the same one to send a request again.",
            # With quotes as in the standard, or without, as most clients send it.
            pattern=r'^([!#-\[\]-~]{1,255}|"[!#-\[\]-~]{1,255}")$',
        ),
    ],
) -> Idempotency:
    """Dependency: the idempotency key of the request, in the transaction of the request."""
    target = f"{request.method} {request.url.path}?{request.url.query}\n"
    fingerprint = hashlib.sha256(target.encode() + await request.body()).hexdigest()
    return Idempotency(session, caller, key.strip('"'), fingerprint)


CurrentIdempotency = Annotated[Idempotency, Depends(get_idempotency)]
