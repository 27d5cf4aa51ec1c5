"""The context that the admin API's handlers work with."""

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
    """The session of an admin API request, during its unit of work.

    Attributes:
        name: its name.
        state: its state; a handler that awaits must not use it afterwards.
    """

    name: str
    state: Overlay

    @property
    def conditions(self) -> SessionOverrides:
        """The session's overrides."""
        return self.state.conditions or ORDINARY


@dataclass(slots=True)
class AdminContext:
    """Access to all parts of the mock.

    Attributes:
        removals: data that was cleared, reset or dropped, kept for undo.
        gateway: the whole application, for replaying requests; set once it is assembled.
        token: the token that a caller must send, if any.
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
        """The session's current time."""
        return (session.conditions or ORDINARY).clock.moment(self.clock.now())

    def advance(self, session: Overlay) -> None:
        """Take all due scenario steps, so that the session's state is up to date."""
        # A full session can still be inspected; mocked requests report that the step was not taken.
        with contextlib.suppress(SessionFullError):
            self.player.advance(session, self.now(session))

    def service(self, api: str) -> Service:
        """An API by name.

        Raises:
            ResourceNotFoundError: there is no such API; the detail lists the names of all APIs.
        """
        if api not in self.services:
            raise ResourceNotFoundError(f"There is no API {api!r}; there are {', '.join(self.services)}.")
        return self.services[api]


AdminHandler = Callable[..., Response | Awaitable[Response]]
"""A function of the context, the session, and as keywords the parameters, `body` and `base_url`."""

NOTHING = Response(204)
