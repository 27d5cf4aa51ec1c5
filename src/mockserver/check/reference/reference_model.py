"""The mock as reference model: an instance in this process that gets the same requests."""

import asyncio
import tempfile
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson

from mockserver.app import Application, build
from mockserver.behaviour.outgoing_requests import OutgoingRequest
from mockserver.check.target.credentials import Credentials
from mockserver.check.target.http_messages import HttpRequest, HttpResponse
from mockserver.config import Settings
from mockserver.errors import FixtureError, Violation
from mockserver.http.endpoint import is_informed
from mockserver.http.exchange import EXCHANGE, Exchange
from mockserver.http.outgoing.outbox import Outbox
from mockserver.http.request.operation_behaviour import handler_of
from mockserver.http.served_api import Service
from mockserver.openapi.reading import document_files
from mockserver.openapi.reading.document_search import find_documents
from mockserver.state.baseline import CollectionId, Record
from mockserver.state.fixtures.fixture_loader import find_fixture
from mockserver.state.overlay import Overlay
from mockserver.state.session_store import Result, Work
from mockserver.state.storage import completed

MAIN = "check"
_SESSION = b"x-mock-session"

RecordsByCollection = Mapping[CollectionId, Mapping[str, Record]]


@dataclass(frozen=True, slots=True)
class ModelResponse:
    """The model's response to a request, and how it came about.

    Attributes:
        operation_id: the operation that matched the request; None without one.
        violations: how the request violates the document; empty when it was refused for another reason.
        is_informed: whether the model knows how this operation behaves, beyond its document.
        rule: the rule of the fixture file that answered; empty when none did.
        decided: the fields that the handler chose freely because the document is silent.
    """

    answer: HttpResponse
    operation_id: str | None
    violations: tuple[Violation, ...]
    is_informed: bool
    rule: str = ""
    decided: tuple[str, ...] = ()


class _Nowhere(Outbox):
    """An outbox that discards callbacks: the model must not send requests to other servers."""

    async def send(self, requests: Iterable[OutgoingRequest], cause: Exchange | None = None) -> None:
        """Discard the requests."""


class ReferenceModel:
    """The mock of some documents in this process, with only the fixtures' written records."""

    def __init__(
        self, specs: Iterable[Path], fixtures: Path | None, settings: Settings | None = None
    ) -> None:
        self.application = _build(list(specs), fixtures, replace(settings or Settings(), journal_limit=1))
        self._loop = asyncio.new_event_loop()
        self._forks = 0

    @property
    def services(self) -> Mapping[str, Service]:
        """The services by document name."""
        return self.application.services

    def ask(
        self, service: Service, request: HttpRequest, credentials: Credentials, session: str = MAIN
    ) -> ModelResponse:
        """Send a request to the model, in one of its sessions."""
        query, headers = credentials.apply(request)
        raw = [(name.lower().encode(), value.encode("utf-8", "surrogateescape")) for name, value in headers]
        scope = _scope(request.method, service.document.base_path + request.path, query, raw, session)
        if request.body is not None:
            scope["headers"].append((b"content-length", str(len(request.body)).encode()))
        answer = self._loop.run_until_complete(self._run(scope, request.body or b""))
        exchange: Exchange = scope[EXCHANGE]
        operation_id = None if exchange.operation_id is None else str(exchange.operation_id)
        return ModelResponse(
            answer,
            operation_id,
            exchange.violations,
            _is_informed(service, operation_id, answer, exchange),
            exchange.rule,
            tuple(exchange.decided),
        )

    async def _run(self, scope: MutableMapping[str, Any], body: bytes) -> HttpResponse:
        start: dict[str, Any] = {}
        chunks: list[bytes] = []

        # A stream that stays open ends when its client is gone.
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return messages.pop() if messages else {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                chunks.append(message.get("body", b""))

        await self.application.asgi(scope, receive, send)
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in start["headers"]
        }
        return HttpResponse(start["status"], headers, b"".join(chunks))

    def reset(self, session: str = MAIN) -> None:
        """Reset a session to the records of the fixtures."""
        self._run_unit(session, self.application.sessions.reset_overlay)

    def fork(self, session: str = MAIN) -> str:
        """Copy a session, to try requests without side effects; drop it with `reset`."""
        self._forks += 1
        name = f"fork-{self._forks}"
        self.restore(self.records(session), name)
        return name

    def records(self, session: str = MAIN) -> RecordsByCollection:
        """Every record that a session has now."""
        return self._run_unit(session, _records)

    def restore(self, records: RecordsByCollection, session: str) -> None:
        """Give a session exactly these records."""

        def restore(overlay: Overlay) -> None:
            overlay.reset()
            for collection, wanted in records.items():
                present = dict(overlay.records(collection))
                for key in present.keys() - wanted.keys():
                    overlay.delete(collection, key)
                for key, record in wanted.items():
                    if present.get(key) is not record:
                        overlay.put(collection, key, record)

        self._run_unit(session, restore)

    def _run_unit(self, session: str, work: Work[Result]) -> Result:
        return completed(self.application.sessions.run(session, work))

    def close(self) -> None:
        """Close the event loop."""
        self._loop.close()


def _records(session: Overlay) -> RecordsByCollection:
    return {name: dict(session.records(name)) for name in session.collections()}


def _is_informed(
    service: Service, operation_id: str | None, answer: HttpResponse, exchange: Exchange
) -> bool:
    if operation_id is None or answer.status == 501:
        return False
    if exchange.rule or any(violation.keyword == "unique" for violation in exchange.violations):
        return True
    operation = service.document.operation(operation_id)
    if handler_of(operation, service) is not None:
        return True
    # A response without a rule is inferred: reliable if the fixture file has the records.
    plan = service.fallback.plan(operation) if is_informed(operation, service) else None
    return plan is not None and plan.resource.fixture is not None


def _scope(
    method: str, path: str, query: str, headers: list[tuple[bytes, bytes]], session: str
) -> MutableMapping[str, Any]:
    from urllib.parse import unquote

    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": unquote(path),
        "raw_path": path.encode("utf-8", "surrogateescape"),
        "root_path": "",
        "query_string": query.encode("utf-8", "surrogateescape"),
        "headers": [(b"host", b"model"), *headers, (_SESSION, session.encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }


def _build(specs: list[Path], fixtures: Path | None, settings: Settings) -> Application:
    """Build the mock with only the fixtures' written records.

    Raises:
        FixtureError: a fixture does not fit; the message has the path of the user's file.
    """
    documents = find_documents(specs)
    names = [document.name.split(".")[0] for document in documents]
    files = {name: file for name in names if (file := find_fixture(name, fixtures)) is not None}
    with tempfile.TemporaryDirectory(prefix="mockserver-check-") as folder:
        copies = {Path(folder) / f"{name}.json": file for name, file in files.items()}
        for copy, file in copies.items():
            copy.write_bytes(_without_generated(file))
        try:
            settings = replace(settings, specs=tuple(documents), fixtures=Path(folder))
            return build(settings, outbox=_Nowhere())
        except FixtureError as error:
            original = copies.get(error.place.file, error.place.file)
            place = document_files.place(original, error.place.pointer)
            raise FixtureError(error.reason, place, error.remedy) from None


def _without_generated(file: Path) -> bytes:
    content = document_files.read_file(file)
    if isinstance(content, dict) and isinstance(content.get("collections"), dict):
        # Only written records: `generate` is removed, and a collection without records is empty.
        collections = {
            name: {"records": [], **{key: value for key, value in entry.items() if key != "generate"}}
            if isinstance(entry, dict) and "generate" in entry
            else entry
            for name, entry in content["collections"].items()
        }
        content = {**content, "collections": collections}
    if isinstance(content, dict) and isinstance(content.get("operations"), dict):
        # The implementation's rate limits may differ.
        content["operations"] = {
            name: {key: value for key, value in entry.items() if key != "limit"}
            if isinstance(entry, dict)
            else entry
            for name, entry in content["operations"].items()
        }
    return orjson.dumps(content)
