"""Serve the requests of sessions in which something is out of the ordinary.

A session that has neither a clock of its own nor faults, forced answers or a scenario never comes here.
"""

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
    """Takes requests of such sessions on their way to the mock."""

    def __init__(self, stage: ScenarioPlayer, store: SessionStore, clock: Clock, sleep: Sleep) -> None:
        self._stage = stage
        self._store = store
        self._clock = clock
        self._sleep = sleep

    async def serve(
        self, mocked: ASGIApp, conditions: SessionOverrides, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Serve one request."""
        exchange: Exchange = scope[EXCHANGE]
        session = exchange.session
        clock = SessionClock(self._clock, conditions.clock)
        now = clock.now()
        failure = None
        try:
            conditions = self._stage.advance(session, conditions, now)
        except SessionFullError as error:
            failure = error
        api, operation = exchange.api or "", exchange.operation_id or ""
        staged = exchange.staged = Intervention(
            now, clock, lambda: self._stage.called(session, conditions, api, operation)
        )
        staged.failure = failure
        staged.force(
            self._stage.forced(session, conditions, api, operation),
            lambda answer: self._stage.given(session, answer),
        )
        status = None
        for fault in conditions.faults:
            call = self._strikes(session, fault, api, operation)
            if call:
                staged.faults.append(fault)
                if fault.kind == "status":
                    status = status or fault.status
                elif fault.kind == "delay":
                    await self._sleep(fault.delay.draw(fault.random(call)))
                else:
                    send = FaultySend(fault, fault.random(call), exchange, send, self._sleep)
        if status is None:
            await mocked(scope, receive, send)
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
