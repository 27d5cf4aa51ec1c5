"""What the executors of all writes share: what a request sends, and how a record is made and stored."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from mockserver.behaviour.backend import Backend, Response
from mockserver.behaviour.handler_request import Request, UploadedFile
from mockserver.errors import (
    ConflictError,
    ForbiddenError,
    PayloadTooLargeError,
)
from mockserver.openapi import media_types
from mockserver.openapi.operation import Operation
from mockserver.resources.body_paths import BodyPath, put_at, value_at
from mockserver.resources.operations.accepted_work import begin, in_first_state
from mockserver.resources.operations.executor import (
    Executor,
    ExecutorContext,
    Headers,
    RecordRef,
    below_key,
    session_records,
)
from mockserver.resources.operations.record_counts import counted
from mockserver.resources.operations.rendering import unwrapped
from mockserver.resources.plan import (
    BELOW,
    BORN,
    Resource,
    WritePlan,
    text_of,
)
from mockserver.resources.querying.sorting import Row
from mockserver.resources.querying.value_matching import text as plain
from mockserver.resources.records import uploads
from mockserver.resources.records.compiled_writes import CompiledWrite
from mockserver.resources.records.parents import Parents, missing
from mockserver.resources.records.users import is_password
from mockserver.state.baseline import Record

MOST_RECORDS = 10_000
"""Maximum number of records that one request may write. Each takes about 0.1 ms; other requests wait."""


def require_few(number: int) -> None:
    """Require that a request writes no more records than can be made in a reasonable time.

    Raises:
        PayloadTooLargeError: there are more.
    """
    if number > MOST_RECORDS:
        raise PayloadTooLargeError(
            f"The request writes {number:,} records; the limit is {MOST_RECORDS:,}: send several requests."
        )


def linked_records(
    origin: Resource | None, context: ExecutorContext
) -> Callable[[Backend, RecordRef], Record] | None:
    """A function that finds the linked record in the resource that owns it; None when no resource does.

    It raises `ResourceNotFoundError` when there is no such record.
    """
    if origin is None:
        return None
    parents = Parents(origin, context.inference)

    def find(backend: Backend, ref: RecordRef) -> Record:
        name = parents.collection(backend, ref.parents[: origin.depth])
        record = backend.collection(name).get(ref.key)
        if record is None:
            raise missing(origin, str(ref.key))
        return record

    return find


class Write(Executor):
    """Base of the operations with a request body."""

    plan: WritePlan

    def __init__(self, operation: Operation, plan: WritePlan, context: ExecutorContext) -> None:
        super().__init__(operation, plan, context)
        body = operation.request_body
        self._takes_files = body is not None and not all(map(media_types.is_data, body.content))
        #: Finds the record that is linked to another; None when requests have records.
        self.origin = linked_records(plan.origin, context)
        self.accepted = plan.accepted
        self._may_forbid = bool({"403", "4XX"} & operation.responses.keys())
        #: The users whose passwords are stored; None when requests have no password.
        self._users = context.logins.users(plan.resource) if any(map(is_password, plan.accepted)) else None

    @cached_property
    def write(self) -> CompiledWrite:
        """What the plan decides about the records that are written."""
        return self.context.records.compiled(self.resource, self.accepted, self.plan.assigned)

    @property
    def sent_in(self) -> BodyPath:
        """See `Executor.sent_in`."""
        return self.plan.sent

    def refuse_other(self, ref: RecordRef) -> None:
        """See `Executor.refuse_other`.

        Raises:
            ForbiddenError: the document has a response for that.
            ResourceNotFoundError: the document has none.
        """
        if self._may_forbid:
            raise ForbiddenError(f"{self.resource.word} {ref.key!r} belongs to another user.")
        raise missing(self.resource, str(ref.key))

    def _owned(self, backend: Backend, ref: RecordRef, sent: Mapping[str, Any]) -> dict[str, Any]:
        """The owner field of a new record, set to the caller unless the request sets it.

        Raises:
            ForbiddenError: the request names another user, and the document has a response for that.
        """
        name = ref.collection.owner
        if name is None or "." in name:
            return {}
        given = sent.get(name)
        if given is None:
            schema = self.resource.properties.get(name, True)
            value = self.context.records.server_fields.fitting(schema, backend.identity.subject)
            return {} if value is None else {name: value}
        if self._may_forbid and not ref.collection.is_for_caller(sent):
            raise ForbiddenError(
                f"{backend.identity.name} may not create {self.resource.word} for another user."
            )
        return {}

    def sent(self, request: Request) -> Mapping[str, Any]:
        """The record in the request body, or in the query if the operation has no body; it may be empty."""
        if self.operation.request_body is not None:
            files = self.files(request)
            sent = unwrapped(request.body, self.plan.sent)
            if files:
                fields = {name: value for name, value in sent.items() if name not in files}
                sent = {**self._described(files), **fields}
            sent = self._placed(sent)
            return {**self._asked(request), **sent} if self.plan.asked else sent
        known = self.resource.properties
        arguments = request.arguments.items()
        found = {name: value for (place, name), value in arguments if place == "query" and name in known}
        return {**self._asked(request), **found}

    def _asked(self, request: Request) -> dict[str, Any]:
        """The properties of the record that query parameters set."""
        found = {}
        for parameter, name in self.plan.asked.items():
            value = request.arguments.get(("query", parameter))
            if value is not None and self.context.records.fits(self.resource.properties[name], value):
                found[name] = value
        return found

    def _described(self, files: Mapping[str, UploadedFile]) -> Mapping[str, Any]:
        """The properties of the record that describe the uploaded files."""
        known = self.resource.properties
        found = uploads.described(known, files, self.context.inference.schemas)
        return {name: value for name, value in found.items() if self.context.records.fits(known[name], value)}

    def _put(
        self, backend: Backend, request: Request, ref: RecordRef, record: Record, old: Record | None = None
    ) -> Record:
        """Store a record together with the uploaded files."""
        files = self.files(request)
        if self._users is not None:
            self._users.keep_password(backend, str(ref.key), self.sent(request))
        if files:
            uploads.keep(backend, ref.name, str(ref.key), files)
            sent = self.sent(request)
            record = {**record, **{name: sent[name] for name in self._described(files) if name in sent}}
        if old is not None:
            if self.plan.counted_by:
                self.count_anew(backend, old, record)
            return ref.collection.change(ref.key, old, record)
        return ref.collection.put(ref.key, record)

    def parts(self, request: Request, place: BodyPath) -> list[Request]:
        """A request for each record of the list at a path of the body, or for each id in it.

        Raises:
            PayloadTooLargeError: there are more than one request may write.
        """
        sent = value_at(request.body, place)
        bodies = sent if isinstance(sent, list) else []
        require_few(len(bodies))
        key = self.plan.key_in[-1] if self.plan.key_in else None
        if (
            key is None
            or not isinstance(request.body, Mapping)
            or any(isinstance(one, dict) for one in bodies)
        ):
            return [replace(request, body=one) for one in bodies]
        same = {name: value for name, value in request.body.items() if name not in place}
        return [replace(request, body={**same, key: one}) for one in bodies]

    def show_several(self, request: Request, ref: RecordRef, rows: list[Row]) -> Response:
        """The response with the written records in a list."""
        choice = self.choice(request, self.plan.status)
        showing = self.showing(choice)
        body = showing.list(rows, ref.name, lambda plain: plain) if showing else None
        if body is not None:
            return self.answer(body, choice, ())
        answer = self.generated(request, self.plan.status)
        if not isinstance(answer.body, dict):
            return answer
        number = counted(self.context.records, choice.media_type, answer.body, len(rows), self.plan.numbers)
        return answer._replace(body=number)

    def files(self, request: Request) -> Mapping[str, UploadedFile]:
        """The uploaded files."""
        return uploads.files_of(request) if self._takes_files else {}

    def _placed(self, sent: Mapping[str, Any]) -> Mapping[str, Any]:
        """The sent properties at the record's paths and under the record's names."""
        if not self.plan.placed:
            return sent
        known = self.resource.properties
        placed = {
            name: value for name, value in sent.items() if name not in self.plan.placed or name in known
        }
        for name, path in self.plan.placed.items():
            if name not in sent:
                continue
            if len(path) > 1 and path[0] in sent:
                placed[name] = sent[name]  # the whole object was sent, too
            else:
                placed.update(put_at(placed, path, sent[name]))
        return placed

    def with_sent_key(self, ref: RecordRef, sent: Mapping[str, Any]) -> RecordRef:
        """The record's reference, with the sent key when the path has none: `PUT /pet`."""
        if ref.key is not None or self.plan.key_in is None:
            return ref
        value = value_at(sent, self.plan.key_in)
        if value is None or value == "" or isinstance(value, dict | list):
            return ref
        return ref._replace(key=text_of(value))

    def create(
        self,
        backend: Backend,
        request: Request,
        ref: RecordRef,
        status: int,
        sent: Mapping[str, Any] | None = None,
    ) -> Response:
        """Store a new record under a reference and answer with it; `sent` replaces what the request sends."""
        path = self.location(request, ref.parents, str(ref.key))
        headers = self._located(status, request, path)
        record = self.make(backend, request, ref, path, sent)
        if record is None:
            return self.generated(request, status, headers)
        return self.show(request, ref, record, status, headers)

    def make(
        self,
        backend: Backend,
        request: Request,
        ref: RecordRef,
        path: str | None,
        sent: Mapping[str, Any] | None = None,
    ) -> Record | None:
        """Store a new record under a reference, at a path; None when no valid record can be made."""
        records, key = self.context.records, str(ref.key)
        sent = self.sent(request) if sent is None else sent
        ids = records.ids(self.resource, ref.parents, key) | self._ids_below(ref)
        ids |= self._owned(backend, ref, sent) | self.inherited(backend, ref, sent)
        if self.origin is not None and sent.keys().isdisjoint(self.resource.properties):
            sent = self.origin(backend, ref)
        record = records.created(
            self.write,
            ref.name,
            key,
            ids,
            sent,
            backend.moment,
            session_records(backend),
            None if path is None else request.origin + path,
        )
        if record is not None:
            self.require_unique(backend, ref, record, sent)
            if self.plan.progress is not None:
                record = in_first_state(records, self.resource, self.plan.progress, record)
                begin(backend, ref.name, key)
            record = self._put(backend, request, ref, record)
            backend.collection(BORN).put(f"{ref.name}/{key}", {})
            if ref.is_below is not None:
                backend.collection(BELOW).put(below_key(ref.name, ref.outer, key), {})
            if self.plan.counted is not None:
                self.count(backend, ref, 1)
            if self.plan.counted_by:
                self.count_anew(backend, None, record)
        return record

    def require_unique(
        self, backend: Backend, ref: RecordRef, record: Record, sent: Mapping[str, Any]
    ) -> None:
        """Refuse a value of a unique property that another record has.

        A generated record may have the document's example: a request that sends the example is accepted.

        Raises:
            ConflictError: another record has it.
        """
        example = self.context.inference.schemas.example
        for name in self.plan.unique & sent.keys() if self.plan.unique else ():
            value = record.get(name)
            if value is None:
                continue
            known = (self.resource.properties.get(name, True), self.accepted.get(name, True))
            is_example = self.resource.fixture is None and value in [example(one, None) for one in known]
            for key, other in ref.collection.items():
                if key == ref.key or plain(other.get(name)) != plain(value):
                    continue
                if not is_example or backend.collection(BORN).has(f"{ref.name}/{key}"):
                    raise ConflictError(f"{self.resource.word} already has a record with {name} {value!r}.")

    def inherited(self, backend: Backend, ref: RecordRef, sent: Mapping[str, Any]) -> dict[str, Any]:
        """The properties that a new record has from the record above it, without those that were sent."""
        return {}

    def _ids_below(self, ref: RecordRef) -> dict[str, Any]:
        """The properties of a record of a top-level collection that hold the path's parent ids."""
        found = {}
        for name, value in zip(self.plan.below, ref.outer, strict=True) if self.plan.below else ():
            if name is not None:
                schema = self.resource.properties.get(name, True)
                found[name] = self.context.records.server_fields.fitting(schema, value)
        return {name: value for name, value in found.items() if value is not None}

    def _located(self, status: int, request: Request, path: str | None) -> Headers:
        """The `Location` of the record that is created at a path (RFC 9110 section 10.2.2)."""
        documented = self.operation.response(status)
        header = documented.headers.get("location") if documented else None
        is_led_to = status == 201 or self.plan.progress is not None
        is_needed = is_led_to or header is not None or self.plan.location
        if path is None or self.resource.single or not is_needed:
            # The document's example of `Location` leads to another record, so the header is left out.
            return (("Location", ""),) if header is not None and not header.required else ()
        if header is None or header.schema is None or self.context.records.fits(header.schema, path):
            return (("Location", path),)
        return (("Location", request.origin + path),)
