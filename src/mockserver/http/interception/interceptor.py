"""Apply a session's faults, forced responses, scenario and clock to its requests."""

import itertools
from collections.abc import Awaitable
from functools import partial

from mockserver.behaviour.scenario_player import ScenarioPlayer
from mockserver.errors import (
    ApiError,
    SessionBusyError,
    SessionFullError,
    StoreUnavailableError,
    error_of,
)
from mockserver.http import json_text
from mockserver.http.exchange import EXCHANGE, ASGIApp, Exchange, Receive, Scope, Send, send_answer
from mockserver.http.interception.fault_injection import FaultySend
from mockserver.http.interception.intervention import Intervention
from mockserver.http.response.problems import PROBLEM, problem
from mockserver.openapi.operation import BODILESS
from mockserver.state.clock import Clock, Sleep
from mockserver.state.fault_model import Fault
from mockserver.state.overlay import Overlay
from mockserver.state.session_overrides import ORDINARY, SessionClock
from mockserver.state.session_store import Sessions


class Interceptor:
    """Middleware that applies overrides. A session without overrides costs one look-up.

    Other requests have a unit of work before the operation's: due scenario steps are taken and faults counted
    before anything is awaited, so that no two requests get the same single fault.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        player: ScenarioPlayer,
        sessions: Sessions,
        clock: Clock,
        sleep: Sleep,
        standing: tuple[Fault, ...] = (),
    ) -> None:
        """`standing` are the faults of every session, set on the command line; no request can remove them."""
        self._standing = standing
        self._calls = itertools.count(1)
        self._app = app
        self._player = player
        self._sessions = sessions
        self._clock = clock
        self._sleep = sleep

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on as it is, unless its session has overrides."""
        if scope[EXCHANGE].opened.conditions is None and not self._standing:
            return self._app(scope, receive, send)
        return self._intervene(scope, receive, send)

    async def _intervene(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange: Exchange = scope[EXCHANGE]
        decide = partial(self._decide, exchange.api or "", exchange.operation_id or "")
        try:
            intervention = exchange.intervention = await self._sessions.run(
                exchange.session, decide, exchange.opened
            )
        except (SessionBusyError, StoreUnavailableError) as error:
            await _answer_problem(exchange, error, send)
            return
        status = None
        for fault, call in intervention.struck:
            if fault.kind == "status":
                status = status or fault.status
            elif fault.kind == "delay":
                await self._sleep(fault.delay.draw(fault.random(call)))
            else:
                send = FaultySend(fault, fault.random(call), exchange, send, self._sleep)
        if status is None:
            await self._app(scope, receive, send)
            return
        await _answer_status(exchange, status, send, self._reason(exchange, intervention))

    def _reason(self, exchange: Exchange, intervention: Intervention) -> str:
        """A sentence that names the fault that answers."""
        by = next(fault for fault, _ in intervention.struck if fault.kind == "status")
        if by in self._standing:
            return f"--error-rate {by.share:g} answers {by.status}."
        return f"A fault that was set in the session {exchange.session} answers {by.status}."

    def _decide(self, api: str, operation: str, session: Overlay) -> Intervention:
        """The first unit of work: choose the faults, forced answer and clock for a request."""
        clock = SessionClock(self._clock, (session.conditions or ORDINARY).clock)
        revoked = frozenset((session.conditions or ORDINARY).revoked)
        intervention = Intervention(clock.now(), clock, revoked=revoked)
        try:
            self._player.advance(session, intervention.now)
        except SessionFullError as error:
            intervention.refusal = error
        intervention.answer = self._player.forced(session, api, operation)
        for fault in (session.conditions or ORDINARY).faults:
            call = self._player.strikes(session, fault, api, operation)
            if call:
                intervention.struck.append((fault, call))
        if self._standing and api:
            call = next(self._calls)
            intervention.struck += [(fault, call) for fault in self._standing if fault.strikes(call)]
        if "status" not in intervention.faults and intervention.refusal is None:
            intervention.refusal = self._player.refusal(session, api, operation)
            intervention.is_given = intervention.refusal is not None
        return intervention


async def _answer_status(exchange: Exchange, status: int, send: Send, detail: str) -> None:
    if status in BODILESS:
        await send_answer(exchange, send, status, [], b"")
        return
    await _answer_problem(exchange, error_of(status, detail), send)


async def _answer_problem(exchange: Exchange, error: ApiError, send: Send) -> None:
    body = json_text.encode(problem(error))
    await send_answer(exchange, send, int(error.status), [(b"content-type", PROBLEM)], body)
