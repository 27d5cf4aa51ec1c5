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
from mockserver.state.overlay import Overlay
from mockserver.state.session_overrides import ORDINARY, SessionOverrides
from mockserver.state.session_store import Sessions


@dataclass(frozen=True, slots=True)
class Session:
    """The session of a request of the admin API, inside of its unit of work.

    Attributes:
        name: its name.
        state: what is in it; a handler that awaits uses it only before that.
    """

    name: str
    state: Overlay

    @property
    def conditions(self) -> SessionOverrides:
        """What is out of the ordinary."""
        return self.state.conditions or ORDINARY


@dataclass(slots=True)
class AdminContext:
    """Everything behind the mock.

    Attributes:
        removals: what was cleared, reset or dropped, so that it can be undone.
        gateway: the whole application, for requests that are sent again; set once it is put together.
        token: what a caller has to know, if anything.
    """

    services: Mapping[str, Service]
    sessions: Sessions
    player: ScenarioPlayer
    journal: Journal
    clock: Clock
    settings: Settings
    outbox: Outbox
    removals: Removals
    token: str | None = None
    gateway: ASGIApp | None = None

    def now(self, session: Overlay) -> datetime:
        """The session's present moment."""
        return (session.conditions or ORDINARY).clock.moment(self.clock.now())

    def advance(self, session: Overlay) -> None:
        """Take the steps of scenarios that time has made due, so that what is shown is up to date."""
        # A full session can still be looked at; mocked requests say that the step was not taken.
        with contextlib.suppress(SessionFullError):
            self.player.advance(session, self.now(session))

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
