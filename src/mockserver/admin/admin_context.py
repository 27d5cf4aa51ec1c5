"""What the admin API's handlers work with."""

import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from mockserver.admin.removals import Removals
from mockserver.behaviour.backend import Response
from mockserver.behaviour.scenario_player import ScenarioPlayer
from mockserver.config import Settings
from mockserver.errors import ResourceNotFoundError, SessionFullError
from mockserver.http.exchange import ASGIApp
from mockserver.http.journal.request_journal import Journal
from mockserver.http.outgoing.outbox import Outbox
from mockserver.http.served_api import Service
from mockserver.state.clock import Clock
from mockserver.state.session_overrides import ORDINARY, SessionOverrides
from mockserver.state.session_store import SessionStore


@dataclass(slots=True)
class AdminContext:
    """Everything behind the mock.

    Attributes:
        removals: what was cleared, reset or dropped, so that it can be undone.
        gateway: the whole application, for requests that are sent again; set once it is put together.
        token: what a caller has to know, if anything.
    """

    services: Mapping[str, Service]
    store: SessionStore
    player: ScenarioPlayer
    journal: Journal
    clock: Clock
    settings: Settings
    outbox: Outbox
    removals: Removals
    token: str | None = None
    gateway: ASGIApp | None = None

    def conditions(self, session: str) -> SessionOverrides:
        """What goes on in a session."""
        return self.store.conditions(session) or ORDINARY

    def now(self, session: str) -> datetime:
        """The session's present moment."""
        return self.conditions(session).clock.moment(self.clock.now())

    def advance(self, session: str) -> None:
        """Take the steps of scenarios that time has made due, so that what is shown is up to date."""
        conditions = self.store.conditions(session)
        if conditions is not None and conditions.playing:
            # A full session can still be looked at; mocked requests say that the step was not taken.
            with contextlib.suppress(SessionFullError):
                self.player.advance(session, conditions, self.now(session))

    def service(self, api: str) -> Service:
        """An API by name.

        Raises:
            ResourceNotFoundError: there is none; the detail names those there are.
        """
        if api not in self.services:
            raise ResourceNotFoundError(f"There is no API {api!r}; there are {', '.join(self.services)}.")
        return self.services[api]


AdminHandler = Callable[..., Response | Awaitable[Response]]
"""Takes the context, the session, then the operation's parameters, `body` and `base_url` by keyword."""

NOTHING = Response(204)
