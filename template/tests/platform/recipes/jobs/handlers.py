"""The functions that run jobs, by the name of the job."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from tests.platform.recipes.jobs.attempt import Attempt
from tests.platform.recipes.jobs.queue import Payload

PayloadT = TypeVar("PayloadT", bound=Payload)
Handler = Callable[[PayloadT, Attempt], Awaitable[None]]

handlers: dict[str, Callable[[Attempt], Awaitable[None]]] = {}


def handles(kind: type[PayloadT]) -> Callable[[Handler[PayloadT]], Handler[PayloadT]]:
    """Decorate the function that runs the jobs of one kind.

    The function may complete the attempt, with its own changes in the same transaction. Otherwise
    the worker completes it when the function returns.
    """

    def register(handler: Handler[PayloadT]) -> Handler[PayloadT]:
        async def run(attempt: Attempt) -> None:
            await handler(kind.model_validate_json(attempt.job.payload), attempt)

        handlers[kind.job_name] = run
        return handler

    return register
