"""One served API: its document and everything that was made of it."""

import contextlib
from dataclasses import dataclass
from datetime import datetime

from mockserver.behaviour.backend import Backend
from mockserver.behaviour.handler_files import ApiHandlers
from mockserver.config import Settings
from mockserver.openapi.document import Document
from mockserver.openapi.extensions import read_limit
from mockserver.openapi.operation import Operation
from mockserver.openapi.schema.validators import Checker, SchemaCompiler
from mockserver.resources.fallback import Fallback
from mockserver.state.baseline import Record
from mockserver.state.clock import Clock
from mockserver.state.fixtures.fixture_loader import Fixture
from mockserver.state.identities import Access, Identity
from mockserver.state.overlay import Overlay
from mockserver.state.session_overrides import RequestLimit
from mockserver.state.session_store import Sessions

_SEPARATOR = "."


@dataclass(frozen=True, slots=True)
class Service:
    """An API as the server's layers need it."""

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
        """The validator of a collection's records, where there is one."""
        return self.fixture.checkers.get(collection) or self.fallback.checker_of(collection)

    def access_of(self, operation: Operation) -> Access | None:
        """What the fixture file says of who may call an operation; None where it says nothing."""
        return self.fixture.access.get(operation.overrides or operation.id)

    def roles_of(self, operation: Operation) -> frozenset[str] | None:
        """The roles of which a caller has one; None where every caller may, as far as roles say."""
        said = self.access_of(operation)
        return operation.roles if said is None or said.roles is None else said.roles or None

    def limit_of(self, operation: Operation) -> tuple[RequestLimit | None, str]:
        """The limit of an operation where a session says nothing else, and who says so.

        It is `fixtures` or `document`; only an operation that documents 429 has a limit.
        """
        said = self.fixture.limits.get(operation.overrides or operation.id)
        if said is not None:
            return said, "fixtures"
        if operation.response(429) is not None:
            with contextlib.suppress(KeyError, ValueError):  # lint says what is wrong with it
                return RequestLimit(*read_limit(operation.settings["limit"])), "document"
        return None, ""

    def backend(self, session: Overlay, clock: Clock, identity: Identity) -> Backend:
        """What handlers and plans see of a session."""
        seed, locale, rules = self.settings.seed, self.fixture.locale, self.fallback.rules
        return Backend(session, self.name, clock, identity, seed, locale, rules)

    def complete(self, collection: str, key: str, record: Record, now: datetime) -> Record:
        """A record with its computed fields."""
        rules = None if self.fallback.rules is None else self.fallback.rules(collection)
        return record if rules is None else rules.complete(record, key, now)

    def full_id(self, operation_id: str) -> str:
        """An id that no other document has: Connexion looks operations up by it."""
        return f"{self.name}{_SEPARATOR}{operation_id}"


def split_id(full_id: str) -> tuple[str, str]:
    """Take an id made by `Service.full_id` apart: the API's name and the operationId."""
    name, _, operation_id = full_id.partition(_SEPARATOR)
    return name, operation_id
