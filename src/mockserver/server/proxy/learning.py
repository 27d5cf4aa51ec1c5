"""Learn from the implementation's answers: records for the mock, and a fixture file that has them."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mockserver.behaviour.resources.model import Kind, Role, text_of
from mockserver.data.sessions import SessionStore
from mockserver.errors import ApiError
from mockserver.openapi.model import Operation
from mockserver.server import json_text
from mockserver.server.admin.fixture_file import write_fixture
from mockserver.server.admin.masking import mask
from mockserver.server.exchange import Exchange
from mockserver.server.proxy.forwarding import UpstreamAnswer
from mockserver.server.service import Service

_EVERY = 2.0
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
        self._written = 0.0
        self._changed: dict[str, str] = {}

    def learn(self, exchange: Exchange, operation: Operation, answer: UpstreamAnswer) -> None:
        """Take over what an answer without violations tells."""
        if not 200 <= answer.status < 300:
            return
        service = self._services[operation.api]
        body = _read(answer)
        role = service.fallback.role(operation)
        known = role is not None and self._take_over(exchange, service, role, body)
        if not known and answer.body:
            kept = {"status": answer.status, "body": body}
            self._answers.setdefault(service.name, {})[operation.id] = kept
        self._changed[service.name] = exchange.session
        if time.monotonic() - self._written >= _EVERY:
            self.write()

    def _take_over(self, exchange: Exchange, service: Service, role: Role, body: Any) -> bool:
        """Put the records of an answer into the session; False when it tells of none that can be named."""
        resource = role.resource
        if resource.depth or resource.single or resource.key is None:
            return False
        collection = (service.name, resource.collection(()))
        if role.kind is Kind.DELETE:
            keys = list(exchange.path_parameters.values())
            return bool(keys) and self._store.delete(exchange.session, collection, keys[-1])
        shown = _at(body, role.view.place) if role.view is not None else None
        records = shown if isinstance(shown, list) else [shown]
        taken = [self._put(exchange.session, collection, resource.key, record) for record in records]
        return any(taken)

    def _put(self, session: str, collection: tuple[str, str], name: str, record: Any) -> bool:
        if not isinstance(record, dict) or name not in record:
            return False
        key = text_of(record[name])
        merged = {**(self._store.get(session, collection, key) or {}), **record}
        checker = self._services[collection[0]].checker_of(collection[1])
        if checker is not None and not checker.is_valid(merged):
            return False
        self._store.put(session, collection, key, merged)
        return True

    def write(self) -> list[Path]:
        """Write the fixture files of what has changed; return them."""
        self._written = time.monotonic()
        if self._folder is None:
            return []
        self._folder.mkdir(parents=True, exist_ok=True)
        files = []
        for name, session in self._changed.items():
            file = self._folder / f"{name}.yaml"
            scenario = self._scenario(name)
            file.write_text(write_fixture(self._services[name], self._store, session, scenario), "utf-8")
            files.append(file)
        self._changed.clear()
        return files

    def _scenario(self, name: str) -> dict[str, Any]:
        answers = self._answers.get(name)
        if not answers:
            return {}
        return {SCENARIO: {"description": "The answers that an implementation gave.", "answers": answers}}


def _read(answer: UpstreamAnswer) -> Any:
    """The body with its secrets masked; None when there is none that can be read."""
    if "json" not in (answer.header(b"content-type") or "") or not answer.body:
        return None
    try:
        return mask(json_text.decode(answer.body))
    except ApiError:
        return None


def _at(value: Any, place: tuple[str, ...]) -> Any:
    for name in place:
        value = value.get(name) if isinstance(value, dict) else None
    return value
