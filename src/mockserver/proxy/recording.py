"""Record the implementation's responses: as records for the mock, and as a fixture file."""

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
from mockserver.openapi.operation import Operation, path_parameters
from mockserver.proxy.upstream import UpstreamAnswer
from mockserver.resources.body_paths import value_at
from mockserver.resources.plan import OperationKind, text_of
from mockserver.state.baseline import CollectionId, Record
from mockserver.state.forced_responses import ForcedAnswerError, read_answer
from mockserver.state.overlay import Overlay
from mockserver.state.session_store import Sessions
from mockserver.state.storage import RECORDING_SESSION

_EVERY = 2.0
_BUSY = 10
"""A file that takes a second to write is written at most once in this many seconds."""

SCENARIO = "recorded"

log = logging.getLogger("mockserver")


@dataclass(slots=True)
class Recording:
    """What a run of the proxy has recorded; it survives reloads.

    Attributes:
        folder: folder for fixture files; None keeps everything in memory.
        answers: by API and operation, the responses that contained no records.
        sizes: the sizes of those responses in bytes, by API and operation.
        changed: the APIs whose files are out of date.
        unwritten: why the latest file could not be written, if it could not.
        reported: the kinds of failures that were reported; each is reported once.
        recorder: the latest recorder, that of the application being served.
    """

    folder: Path | None
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    sizes: dict[tuple[str, str], int] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    unwritten: str | None = None
    reported: set[str] = field(default_factory=set)
    recorder: "Recorder | None" = None


def try_folder(folder: Path) -> None:
    """Test that the folder of a recording is writable, by writing and removing a file.

    Raises:
        ConfigurationError: it is not writable.
    """
    try:
        _write_file(folder / ".mockserver", "A test whether files can be written here.")
        (folder / ".mockserver").unlink()
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError(
            f"--record {folder}: no file can be written there: {reason}. Choose another folder."
        ) from None


def _write_file(file: Path, content: str) -> None:
    """Write a file atomically: if that fails, an existing file is unchanged."""
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
    """Records responses with secrets masked: as records if they contain any, else as whole responses.

    The records are stored in the request's session, so that the mock has them at once. If recording fails,
    the response is still passed on.
    """

    def __init__(
        self, services: Mapping[str, Service], sessions: Sessions, recording: Recording, limit: int
    ) -> None:
        """Record into sessions and a recording, up to `limit` bytes of responses.

        The session `recording` gets the records of all sessions, because the implementation has one state.
        """
        self._services = services
        self._sessions = sessions
        self._recording = recording
        self._limit = limit
        self._next = 0.0

    async def learn(self, exchange: Exchange, operation: Operation, answer: UpstreamAnswer) -> None:
        """Record a valid response; failures are reported."""
        if not 200 <= answer.status < 300:
            return
        self._recording.recorder = self
        try:
            await self._learn(exchange, operation, answer)
            if time.monotonic() >= self._next:
                await self.write(exchange)
        except Exception as error:
            # A recording failure must not affect the response, which is valid.
            if "defect" not in self._recording.reported:
                log.exception("Bug in the mock while recording %s", operation.id)
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
        """Store the records of a response in the session; False if it has none with a known key."""
        plan = service.fallback.plan(operation)
        if (
            plan is None
            or plan.resource.single
            or plan.resource.key is None
            or plan.kind is OperationKind.CLEAR
        ):
            return False
        resource = plan.resource
        values = [exchange.path_parameters[name] for name in path_parameters(operation.path)]
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
        """Change each session in its own transaction; True if one was changed, or was full."""
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
        """Report a failure once per kind: in the log, and with the request in the journal."""
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
        # Prefer the candidate with the fewest fields that the response did not contain.
        for candidate in ({**known, **record}, {**there, **record}, {**record, **there, **unmasked}):
            if checker is None or checker.is_valid(candidate):
                session.put(collection, key, candidate)
                return True
        return False

    async def write(self, exchange: Exchange | None = None) -> list[Path]:
        """Write the fixture files of changed APIs; return them.

        Failures are reported, and the files tried again later.

        Args:
            exchange: the request whose response is being recorded, if any.
        """
        recording, folder = self._recording, self._recording.folder
        if folder is None:
            return []
        started, written = time.monotonic(), []
        for name in sorted(recording.changed):
            file = folder / f"{name}.yaml"
            try:
                _write_file(file, await self._content(name))
            except OSError as error:
                recording.unwritten = f"{file} cannot be written: {error.strerror or error}"
                self._report(
                    "file", f"Not recorded: {recording.unwritten}. Writing will be retried.", exchange
                )
                break
            recording.changed.discard(name)
            written.append(file)
        else:
            if recording.unwritten is not None:
                log.info("Files are recorded again")
                recording.unwritten = None
                recording.reported.discard("file")
        self._next = started + max(_EVERY, _BUSY * (time.monotonic() - started))
        return written

    async def _content(self, name: str) -> str:
        """The fixture file with an API's records and recorded responses."""
        description = "Responses recorded from an implementation."
        answers = self._recording.answers.get(name)
        scenarios = {SCENARIO: {"description": description, "answers": answers}} if answers else {}
        collections = await self._sessions.run(
            RECORDING_SESSION, lambda session: {name: session.view(name) for name in session.collections()}
        )
        return write_fixture(self._services[name], collections, scenarios, only_changed=True)


def _json(answer: UpstreamAnswer) -> Any:
    """The body with its secrets masked; None if it is not JSON."""
    if "json" not in answer.media_type or not answer.body:
        return None
    try:
        return mask(json_text.decode(answer.body))
    except ApiError:
        return None


def _kept(service: Service, operation: Operation, answer: UpstreamAnswer) -> dict[str, Any]:
    """The response as a forced answer; without a body if the document does not allow this body."""
    body = _json(answer)
    if body is None:
        body = Masker().body(answer.body)
    kept = {"status": answer.status, "media_type": answer.media_type, "body": body}
    try:
        read_answer(service.document, service.compiler, operation.id, kept, "")
    except ForcedAnswerError:
        return {"status": answer.status}
    return kept
