"""Learn from the implementation's answers: records for the mock, and a fixture file that has them."""

import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mockserver.admin.fixture_file import write_fixture
from mockserver.errors import ApiError, ConfigurationError, SessionFullError
from mockserver.http import json_text
from mockserver.http.exchange import Exchange
from mockserver.http.journal.masking import MASK, Masker, mask
from mockserver.http.served_api import Service
from mockserver.openapi.operation import Operation
from mockserver.proxy.upstream import UpstreamAnswer
from mockserver.resources.body_paths import value_at
from mockserver.resources.infer.path_templates import parameters_of
from mockserver.resources.plan import OperationKind, text_of
from mockserver.state.baseline import CollectionId, Record
from mockserver.state.forced_responses import ForcedAnswerError, read_answer
from mockserver.state.overlay import Overlay
from mockserver.state.session_store import Sessions
from mockserver.state.storage import RECORDING_SESSION

_EVERY = 2.0
_BUSY = 10
"""A file that takes a second to write is not written again for so many."""

SCENARIO = "recorded"

log = logging.getLogger("mockserver")


@dataclass(slots=True)
class Recording:
    """What a run of the proxy records, whatever is reloaded meanwhile.

    Attributes:
        folder: where fixture files are written; None keeps everything in memory.
        answers: by API and operation, the answers that no record was found in.
        sizes: the bytes of those answers, by API and operation.
        changed: the APIs whose files are not up to date.
        unwritten: why the latest file could not be written, if it could not.
        reported: the kinds of failures that were reported; each is reported once.
        recorder: what learned last: it belongs to the application that is served.
    """

    folder: Path | None
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    sizes: dict[tuple[str, str], int] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    unwritten: str | None = None
    reported: set[str] = field(default_factory=set)
    recorder: "Recorder | None" = None


def try_folder(folder: Path) -> None:
    """Write a file into the folder of a recording, and remove it.

    Raises:
        ConfigurationError: that cannot be done.
    """
    try:
        _write_file(folder / ".mockserver", "Whether files can be written here.")
        (folder / ".mockserver").unlink()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError(
            f"--record {folder}: no file can be written there: {reason}. Choose another folder."
        ) from None


def _write_file(file: Path, content: str) -> None:
    """Write a whole file, or leave the one that is there as it is."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    try:
        part.write_text(content, "utf-8")
        part.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise


class Recorder:
    """Keeps what was answered, secrets masked: records where they are known for one, else the answer itself.

    The records go into the session of the request, so that the mock knows them at once. An answer that cannot
    be recorded is passed on all the same.
    """

    def __init__(
        self, services: Mapping[str, Service], sessions: Sessions, recording: Recording, limit: int
    ) -> None:
        """Record into sessions and a recording; `limit` is how many bytes of answers are kept at most.

        The session `recording` sees what every session was shown: the implementation has one world.
        """
        self._services = services
        self._sessions = sessions
        self._recording = recording
        self._limit = limit
        self._next = 0.0

    async def learn(self, exchange: Exchange, operation: Operation, answer: UpstreamAnswer) -> None:
        """Take over what an answer without violations tells; a failure is reported."""
        if not 200 <= answer.status < 300:
            return
        self._recording.recorder = self
        try:
            await self._learn(exchange, operation, answer)
            if time.monotonic() >= self._next:
                await self.write(exchange)
        except Exception as error:
            # What is recorded matters less than the answer, which is good.
            if "defect" not in self._recording.reported:
                log.exception("A defect of the mock, while it recorded %s", operation.id)
            self._report("defect", f"The answer was not recorded: {type(error).__name__}.", exchange)

    async def _learn(self, exchange: Exchange, operation: Operation, answer: UpstreamAnswer) -> None:
        service = self._services[operation.api]
        taken = await self._take_over(exchange, service, operation, _json(answer))
        if not taken and answer.body:
            self._keep_answer(exchange, service, operation, answer)
        self._recording.changed.add(service.name)

    def _keep_answer(
        self, exchange: Exchange, service: Service, operation: Operation, answer: UpstreamAnswer
    ) -> None:
        recording, key = self._recording, (service.name, operation.id)
        sizes = {**recording.sizes, key: len(answer.body)}
        if sum(sizes.values()) > self._limit:
            reason = f"The answer was not recorded: more than {self._limit} bytes of answers (session_bytes)."
            self._report("answers", reason, exchange)
            return
        recording.sizes = sizes
        recording.answers.setdefault(service.name, {})[operation.id] = _kept(service, operation, answer)

    async def _take_over(self, exchange: Exchange, service: Service, operation: Operation, body: Any) -> bool:
        """Put the records of an answer into the session; False when it tells of none that can be named."""
        plan = service.fallback.plan(operation)
        if (
            plan is None
            or plan.resource.single
            or plan.resource.key is None
            or plan.kind is OperationKind.CLEAR
        ):
            return False
        resource = plan.resource
        values = [exchange.path_parameters[name] for name in parameters_of(operation.path)]
        collection = (service.name, resource.collection(tuple(values[: resource.depth])))
        sessions = (
            {exchange.session} if self._recording.folder is None else {exchange.session, RECORDING_SESSION}
        )
        if plan.kind is OperationKind.DELETE:

            def delete(session: Overlay) -> bool:
                return session.delete(collection, values[-1])

            await self._change(sessions, exchange, delete)
            return True
        shown = value_at(body, plan.view.place) if plan.view is not None else None
        records = [
            record
            for record in (shown if isinstance(shown, list) else [shown])
            if isinstance(record, dict) and resource.key in record
        ]
        keyed = [(text_of(record[resource.key]), record) for record in records]

        def put(session: Overlay) -> bool:
            taken = [self._put(session, collection, key, record) for key, record in keyed]
            return any(taken)

        return await self._change(sessions, exchange, put)

    async def _change(
        self, sessions: set[str], exchange: Exchange, change: Callable[[Overlay], bool]
    ) -> bool:
        """Change sessions as one write each; whether one took the change, or had no room for it."""
        taken = False
        for session in sessions:
            try:
                taken |= await self._sessions.run(session, change)
            except SessionFullError as error:
                reason = f"The answer was not recorded in the session {session}. {error.detail}"
                self._report(f"session {session}", reason, exchange)
                taken = True
        return taken

    def _report(self, kind: str, reason: str, exchange: Exchange | None) -> None:
        """Report a failure in the log, and in the journal with the request that met it, once for its kind."""
        if kind in self._recording.reported:
            return
        self._recording.reported.add(kind)
        log.error("%s", reason)
        if exchange is not None:
            exchange.notes = (*exchange.notes, reason)

    def _put(self, session: Overlay, collection: CollectionId, key: str, record: Record) -> bool:
        checker = self._services[collection[0]].checker_of(collection[1])
        there = session.get(collection, key) or {}
        known = session.records_changed.get(collection, {}).get(key) or {}
        unmasked = {name: value for name, value in record.items() if value != MASK or name not in there}
        # The less is filled in of what was not shown, the better.
        for candidate in ({**known, **record}, {**there, **record}, {**record, **there, **unmasked}):
            if checker is None or checker.is_valid(candidate):
                session.put(collection, key, candidate)
                return True
        return False

    async def write(self, exchange: Exchange | None = None) -> list[Path]:
        """Write the fixture files of what has changed; return them.

        What cannot be written is reported, and tried again later.

        Args:
            exchange: the request whose answer is being recorded, if there is one.
        """
        recording, folder = self._recording, self._recording.folder
        if folder is None:
            return []
        begun, written = time.monotonic(), []
        for name in sorted(recording.changed):
            file = folder / f"{name}.yaml"
            try:
                _write_file(file, await self._content(name))
            except OSError as error:
                recording.unwritten = f"{file} cannot be written: {error.strerror or error}"
                self._report("file", f"Not recorded: {recording.unwritten}. It is tried again.", exchange)
                break
            recording.changed.discard(name)
            written.append(file)
        else:
            if recording.unwritten is not None:
                log.info("Files are recorded again")
                recording.unwritten = None
                recording.reported.discard("file")
        self._next = begun + max(_EVERY, _BUSY * (time.monotonic() - begun))
        return written

    async def _content(self, name: str) -> str:
        """A fixture file with the records and answers of an API."""
        told = "The answers that an implementation gave."
        answers = self._recording.answers.get(name)
        scenarios = {SCENARIO: {"description": told, "answers": answers}} if answers else {}
        collections = await self._sessions.run(
            RECORDING_SESSION, lambda session: {name: session.view(name) for name in session.collections()}
        )
        return write_fixture(self._services[name], collections, scenarios, only_changed=True)


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
        body = Masker().body(answer.body)
    kept = {"status": answer.status, "media_type": answer.media_type, "body": body}
    try:
        read_answer(service.document, service.compiler, operation.id, kept, "")
    except ForcedAnswerError:
        return {"status": answer.status}
    return kept
