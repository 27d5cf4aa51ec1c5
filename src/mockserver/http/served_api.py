"""One served API: its document and everything that was built from it."""

import contextlib
from dataclasses import dataclass
from datetime import datetime

from mockserver.behaviour.backend import Backend
from mockserver.behaviour.handler_files import NO_HANDLERS, ApiHandlers
from mockserver.config import Settings
from mockserver.generation import ValueGenerator
from mockserver.openapi.document import Document
from mockserver.openapi.extensions import read_limit
from mockserver.openapi.operation import Operation
from mockserver.openapi.schema.validators import Checker, SchemaCompiler
from mockserver.resources.fallback import Fallback
from mockserver.state.baseline import Record
from mockserver.state.clock import Clock
from mockserver.state.fixtures.fixture_loader import NO_FIXTURE, Fixture
from mockserver.state.identities import Access, Identity
from mockserver.state.overlay import Overlay
from mockserver.state.session_overrides import RequestLimit
from mockserver.state.session_store import Sessions

_SEPARATOR = "."


@dataclass(frozen=True, slots=True)
class Service:
    """An API for the layers of the server."""

    document: Document
    compiler: SchemaCompiler
    fixture: Fixture
    handlers: ApiHandlers
    sessions: Sessions
    clock: Clock
    settings: Settings
    fallback: Fallback

    @property
    def name(self) -> str:
        """The document's name."""
        return self.document.name

    def checker_of(self, collection: str) -> Checker | None:
        """The validator of a collection's records, if there is one."""
        return self.fixture.checkers.get(collection) or self.fallback.checker_of(collection)

    def access_of(self, operation: Operation) -> Access | None:
        """The fixture file's access rule for an operation; None if it has none."""
        return self.fixture.access.get(operation.behaviour_id)

    def roles_of(self, operation: Operation) -> frozenset[str] | None:
        """The roles that may call an operation; None if roles do not matter."""
        said = self.access_of(operation)
        return operation.roles if said is None or said.roles is None else said.roles or None

    def limit_of(self, operation: Operation) -> tuple[RequestLimit | None, str]:
        """The default rate limit of an operation, and its source.

        The source is `fixtures` or `document`; by document only operations with a 429 response have a limit.
        """
        said = self.fixture.limits.get(operation.behaviour_id)
        if said is not None:
            return said, "fixtures"
        if operation.response(429) is not None:
            with contextlib.suppress(KeyError, ValueError):  # lint reports the error
                return RequestLimit(*read_limit(operation.settings["limit"])), "document"
        return None, ""

    def backend(self, session: Overlay, clock: Clock, identity: Identity) -> Backend:
        """The interface through which handlers and plans access a session."""
        seed, locale, rules = self.settings.seed, self.fixture.locale, self.fallback.rules
        return Backend(session, self.name, clock, identity, seed, locale, rules)

    def complete(self, collection: str, key: str, record: Record, now: datetime) -> Record:
        """A record with its computed fields added."""
        rules = None if self.fallback.rules is None else self.fallback.rules(collection)
        return record if rules is None else rules.complete(record, key, now)

    def full_id(self, operation_id: str) -> str:
        """A globally unique operation id, by which Connexion looks operations up."""
        return f"{self.name}{_SEPARATOR}{operation_id}"


def plain_service(document: Document, sessions: Sessions, clock: Clock, settings: Settings) -> Service:
    """An API without fixtures and handlers of its own."""
    compiler = SchemaCompiler(document.root, document.schemas)
    generator = ValueGenerator(document.root, compiler, seed=1, now=NO_FIXTURE.clock)
    fallback = Fallback(document, compiler, generator, fixtures={}, seed=1)
    return Service(document, compiler, NO_FIXTURE, NO_HANDLERS, sessions, clock, settings, fallback)


def split_id(full_id: str) -> tuple[str, str]:
    """Split an id made by `Service.full_id` into the API's name and the operationId."""
    name, _, operation_id = full_id.partition(_SEPARATOR)
    return name, operation_id
