"""Backends over the bundled fixtures: one session, one caller, a clock that stands still."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from mockserver.behaviour.backend import Backend
from mockserver.openapi.document import load
from mockserver.openapi.schema.validators import SchemaCompiler
from mockserver.state.clock import FrozenClock
from mockserver.state.fixtures.fixture_loader import Fixture, load_fixture
from mockserver.state.identities import ANYONE, Identity
from mockserver.state.overlay import Overlay

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@cache
def fixture(api: str) -> Fixture:
    """The bundled fixture of an API, read once: handlers never change the baseline."""
    document = load(ROOT / "specs" / f"{api}.yaml")
    return load_fixture(ROOT / "fixtures" / f"{api}.yaml", document, SchemaCompiler(document.root), 1)


def identity(api: str, name: str) -> Identity:
    """A named identity of an API; `anyone` is the one whom no rule holds."""
    found = ANYONE if name == "anyone" else fixture(api).identities.named(name)
    assert found is not None
    return found


class World:
    """One API with fresh state, called by whoever is named."""

    def __init__(self, api: str) -> None:
        self.api = api
        self.clock = FrozenClock(NOW)
        baseline = {(api, name): found for name, found in fixture(api).collections.items()}
        self.session = Overlay(baseline, 1_000_000)

    def backend(self, caller: str = "anyone") -> Backend:
        """The backend as a handler gets it for a request of this caller."""
        return Backend(self.session, self.api, self.clock, identity(self.api, caller))

    def records(self, collection: str) -> dict[str, Mapping[str, Any]]:
        """All records of a collection, by key, as they are now."""
        return dict(self.session.records((self.api, collection)))

    def put(self, collection: str, key: object, record: Mapping[str, Any]) -> None:
        """Replace a record behind the handlers' backs."""
        self.session.put((self.api, collection), str(key), record)
