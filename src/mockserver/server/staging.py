"""Serve the requests of sessions in which something is out of the ordinary.

A session that has neither a clock of its own nor faults, forced answers or a scenario never comes here.
"""

from collections.abc import Callable
from datetime import datetime

from mockserver.behaviour.stage import Stage
from mockserver.data.clock import Clock
from mockserver.data.conditions import Conditions, ForcedAnswer, SessionClock
from mockserver.data.faults import Fault
from mockserver.data.sessions import SessionStore
from mockserver.errors import (
    ApiError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    MethodNotAllowedError,
    NotAcceptableError,
    NotImplementedByMockError,
    OperationFailedError,
    PayloadTooLargeError,
    ResourceNotFoundError,
    UnauthorizedError,
    UnsupportedMediaTypeError,
)
from mockserver.openapi.model import BODILESS
from mockserver.server import json_text
from mockserver.server.calls import CHALLENGE
from mockserver.server.dispatch import Sleep
from mockserver.server.exchange import EXCHANGE, ASGIApp, Exchange, Receive, Scope, Send, send_answer
from mockserver.server.faults import FaultySend
from mockserver.server.problems import PROBLEM, problem
from mockserver.server.routing import RouteIndex

_ERRORS: dict[int, type[ApiError]] = {
    int(error.status): error
    for error in (
        BadRequestError,
        UnauthorizedError,
        ForbiddenError,
        ResourceNotFoundError,
        MethodNotAllowedError,
        NotAcceptableError,
        ConflictError,
        PayloadTooLargeError,
        UnsupportedMediaTypeError,
        OperationFailedError,
        NotImplementedByMockError,
    )
}
_BEFORE_VALIDATION = {401, 403}


def error_of(status: int, detail: str) -> ApiError:
    """An error of any status."""
    known = _ERRORS.get(status)
    if known is None:
        known = type("ForcedError", (ApiError,), {"status": status})
    return known(detail, headers=CHALLENGE.get(status, ()))


class Staged:
    """What is out of the ordinary for one request.

    Attributes:
        now: the session's moment.
        clock: the session's clock.
        answer: the answer that is forced, if any.
        faults: the kinds of the faults that struck.
    """

    __slots__ = ("_called", "_given", "answer", "clock", "faults", "now")

    def __init__(self, now: datetime, clock: Clock, called: Callable[[], None]) -> None:
        self.now = now
        self.clock = clock
        self.answer: ForcedAnswer | None = None
        self.faults: list[str] = []
        self._called = called
        self._given: Callable[[ForcedAnswer], None] = lambda _: None

    def force(self, answer: ForcedAnswer | None, given: Callable[[ForcedAnswer], None]) -> None:
        """Have an answer given; `given` is told when it is."""
        self.answer = answer
        self._given = given

    def refuse(self) -> None:
        """Raise the forced answer where it says who may call: that comes before everything else."""
        if self.answer is not None and self.answer.status in _BEFORE_VALIDATION and self.answer.own_words:
            self._given(self.answer)
            raise error_of(self.answer.status, "An answer that was forced in this session.")

    def given(self) -> ForcedAnswer | None:
        """The forced answer to a call that has passed every check; None when it may be answered.

        Raises:
            ApiError: the API is to find its own words for it.
        """
        self._called()
        answer = self.answer
        if answer is None:
            return None
        self._given(answer)
        if answer.own_words:
            raise error_of(answer.status, "An answer that was forced in this session.")
        return answer


class Staging:
    """Takes requests of such sessions on their way to the mock."""

    def __init__(
        self, stage: Stage, store: SessionStore, clock: Clock, routes: RouteIndex, sleep: Sleep
    ) -> None:
        self._stage = stage
        self._store = store
        self._clock = clock
        self._routes = routes
        self._sleep = sleep

    async def serve(
        self, mocked: ASGIApp, conditions: Conditions, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Serve one request."""
        exchange: Exchange = scope[EXCHANGE]
        session = exchange.session
        clock = SessionClock(self._clock, conditions.clock)
        now = clock.now()
        conditions = self._stage.advance(session, conditions, now)
        api, operation = self._operation(exchange)
        staged = exchange.staged = Staged(
            now, clock, lambda: self._stage.called(session, conditions, api, operation)
        )
        staged.force(
            self._stage.forced(session, conditions, api, operation),
            lambda answer: self._stage.given(session, answer),
        )
        status = None
        for fault in conditions.faults:
            call = self._strikes(session, fault, api, operation)
            if call:
                staged.faults.append(fault.kind)
                if fault.kind == "status":
                    status = status or fault.status
                elif fault.kind == "delay":
                    await self._sleep(fault.delay.draw(fault.random(call)))
                else:
                    send = FaultySend(fault, fault.random(call), exchange, send, self._sleep)
        if status is None:
            await mocked(scope, receive, send)
            return
        exchange.api, exchange.operation_id = api, operation
        await _answer_status(exchange, status, send)

    def _operation(self, exchange: Exchange) -> tuple[str, str]:
        """The operation that a request is for; empty names when it is for none."""
        try:
            route, _ = self._routes.find(exchange.method, exchange.path, exchange)
        except ApiError:
            return "", ""
        return route.api, route.operation_id

    def _strikes(self, session: str, fault: Fault, api: str, operation: str) -> int:
        """Which call a fault strikes, counted from 1; 0 when it does not."""
        if not api or not fault.concerns(api, operation):
            return 0
        if fault.count is not None and self._store.counted(session, fault.hits) >= fault.count:
            return 0
        call = self._store.count(session, fault.calls)
        if not fault.strikes(call):
            return 0
        self._store.count(session, fault.hits)
        return call


async def _answer_status(exchange: Exchange, status: int, send: Send) -> None:
    if status in BODILESS:
        await send_answer(exchange, send, status, [], b"")
        return
    detail = f"A fault that was set in the session {exchange.session} answers {status}."
    body = json_text.encode(problem(error_of(status, detail)))
    await send_answer(exchange, send, status, [(b"content-type", PROBLEM)], body)
