"""Apply a session's faults, forced responses, scenario and clock to its requests."""

from collections.abc import Awaitable

from mockserver.behaviour.scenario_player import ScenarioPlayer
from mockserver.errors import SessionFullError, error_of
from mockserver.http import json_text
from mockserver.http.exchange import EXCHANGE, ASGIApp, Exchange, Receive, Scope, Send, send_answer
from mockserver.http.interception.fault_injection import FaultySend
from mockserver.http.interception.intervention import Intervention
from mockserver.http.response.problems import PROBLEM, problem
from mockserver.openapi.operation import BODILESS
from mockserver.state.clock import Clock, Sleep
from mockserver.state.fault_model import Fault
from mockserver.state.session_overrides import SessionClock, SessionOverrides
from mockserver.state.session_store import SessionStore


class Interceptor:
    """The layer that does so. For a session without any of them it looks once and passes the request on."""

    def __init__(
        self, app: ASGIApp, *, player: ScenarioPlayer, store: SessionStore, clock: Clock, sleep: Sleep
    ) -> None:
        self._app = app
        self._player = player
        self._store = store
        self._clock = clock
        self._sleep = sleep

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass the request on as it is, unless its session has overrides."""
        conditions = self._store.conditions(scope[EXCHANGE].session)
        if conditions is None:
            return self._app(scope, receive, send)
        return self._intervene(conditions, scope, receive, send)

    async def _intervene(
        self, conditions: SessionOverrides, scope: Scope, receive: Receive, send: Send
    ) -> None:
        exchange: Exchange = scope[EXCHANGE]
        session = exchange.session
        clock = SessionClock(self._clock, conditions.clock)
        now = clock.now()
        failure = None
        try:
            conditions = self._player.advance(session, conditions, now)
        except SessionFullError as error:
            failure = error
        api, operation = exchange.api or "", exchange.operation_id or ""
        intervention = exchange.intervention = Intervention(
            now, clock, lambda: self._player.called(session, conditions, api, operation)
        )
        intervention.failure = failure
        intervention.force(
            self._player.forced(session, conditions, api, operation),
            lambda answer: self._player.given(session, answer),
        )
        status = None
        for fault in conditions.faults:
            call = self._strikes(session, fault, api, operation)
            if call:
                intervention.faults.append(fault)
                if fault.kind == "status":
                    status = status or fault.status
                elif fault.kind == "delay":
                    await self._sleep(fault.delay.draw(fault.random(call)))
                else:
                    send = FaultySend(fault, fault.random(call), exchange, send, self._sleep)
        if status is None:
            await self._app(scope, receive, send)
            return
        await _answer_status(exchange, status, send)

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
