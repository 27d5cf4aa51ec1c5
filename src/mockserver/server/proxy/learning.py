"""Learn from the implementation's answers: records for the mock, and a fixture file that has them."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mockserver.behaviour.resources.model import Kind, text_of
from mockserver.behaviour.resources.paths import parameters_of
from mockserver.data.forced import ForcedAnswerError, read_answer
from mockserver.data.sessions import SessionStore
from mockserver.data.store import CollectionId, Record
from mockserver.errors import ApiError
from mockserver.openapi.model import Operation
from mockserver.server import json_text
from mockserver.server.admin.fixture_file import write_fixture
from mockserver.server.admin.masking import MASK, mask, masked_body
from mockserver.server.exchange import Exchange
from mockserver.server.proxy.forwarding import UpstreamAnswer
from mockserver.server.service import Service

_EVERY = 2.0
_BUSY = 10
"""A file that takes a second to write is not written again for so many."""

RECORDING = "recording"
"""The session that sees what every session was shown: the implementation has one world."""
SCENARIO = "recorded"


class Recorder:
    """Keeps what was answered, secrets masked: records where they are known for one, else the answer itself.

    The records go into the session of the request, so that the mock knows them at once.
    """

    def __init__(self, services: Mapping[str, Service], store: SessionStore, folder: Path | None) -> None:
        """`folder` gets a fixture file for each API; None keeps everything in memory."""
        self._services = services
        self._store = store
        self._folder = folder
        self._answers: dict[str, dict[str, Any]] = {}
        self._next = 0.0
        self._changed: set[str] = set()

    def learn(self, exchange: Exchange, operation: Operation, answer: UpstreamAnswer) -> None:
        """Take over what an answer without violations tells."""
        if not 200 <= answer.status < 300:
            return
        service = self._services[operation.api]
        if not self._take_over(exchange, service, operation, _json(answer)) and answer.body:
            self._answers.setdefault(service.name, {})[operation.id] = _kept(service, operation, answer)
        self._changed.add(service.name)
        if time.monotonic() >= self._next:
            self.write()

    def _take_over(self, exchange: Exchange, service: Service, operation: Operation, body: Any) -> bool:
        """Put the records of an answer into the session; False when it tells of none that can be named."""
        role = service.fallback.role(operation)
        if role is None or role.resource.single or role.resource.key is None or role.kind is Kind.CLEAR:
            return False
        resource = role.resource
        values = [exchange.path_parameters[name] for name in parameters_of(operation.path)]
        collection = (service.name, resource.collection(tuple(values[: resource.depth])))
        sessions = {exchange.session} if self._folder is None else {exchange.session, RECORDING}
        if role.kind is Kind.DELETE:
            for session in sessions:
                self._store.delete(session, collection, values[-1])
            return True
        shown = _at(body, role.view.place) if role.view is not None else None
        records = [
            record
            for record in (shown if isinstance(shown, list) else [shown])
            if isinstance(record, dict) and resource.key in record
        ]
        taken = [
            self._put(session, collection, text_of(record[resource.key]), record)
            for session in sessions
            for record in records
        ]
        return any(taken)

    def _put(self, session: str, collection: CollectionId, key: str, record: Record) -> bool:
        checker = self._services[collection[0]].checker_of(collection[1])
        there = self._store.get(session, collection, key) or {}
        known = self._store.changes(session).get(collection, {}).get(key) or {}
        unmasked = {name: value for name, value in record.items() if value != MASK or name not in there}
        # The less is filled in of what was not shown, the better.
        for candidate in ({**known, **record}, {**there, **record}, {**record, **there, **unmasked}):
            if checker is None or checker.is_valid(candidate):
                self._store.put(session, collection, key, candidate)
                return True
        return False

    def write(self) -> list[Path]:
        """Write the fixture files of what has changed; return them."""
        begun = time.monotonic()
        files = [] if self._folder is None else [self._write(self._folder, name) for name in self._changed]
        self._changed.clear()
        self._next = begun + max(_EVERY, _BUSY * (time.monotonic() - begun))
        return sorted(files)

    def _write(self, folder: Path, name: str) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{name}.yaml"
        told = "The answers that an implementation gave."
        answers = self._answers.get(name)
        scenarios = {SCENARIO: {"description": told, "answers": answers}} if answers else {}
        content = write_fixture(self._services[name], self._store, RECORDING, scenarios, only_changed=True)
        file.write_text(content, "utf-8")
        return file


def _json(answer: UpstreamAnswer) -> Any:
    """The body with its secrets masked; None when there is none that can be read."""
    if "json" not in answer.media_type or not answer.body:
        return None
    try:
        return mask(json_text.decode(answer.body))
    except ApiError:
        return None


def _kept(service: Service, operation: Operation, answer: UpstreamAnswer) -> dict[str, Any]:
    """The answer as one that is forced; without a body where the document would not have it."""
    body = _json(answer)
    if body is None:
        body = masked_body(answer.body, whole=True)
    kept = {"status": answer.status, "media_type": answer.media_type, "body": body}
    try:
        read_answer(service.document, service.compiler, operation.id, kept, "")
    except ForcedAnswerError:
        return {"status": answer.status}
    return kept


def _at(value: Any, place: tuple[str, ...]) -> Any:
    for name in place:
        value = value.get(name) if isinstance(value, dict) else None
    return value
