"""Create, read, replace, merge and delete the records of a resource, and act on them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import Any, cast

from mockserver.behaviour.backend import Backend, Response
from mockserver.behaviour.handler_request import Request, UploadedFile
from mockserver.behaviour.response_choice import ResponseChoice
from mockserver.errors import (
    ApiError,
    BadRequestError,
    ConflictError,
    ForbiddenError,
    ResourceNotFoundError,
    UnprocessableError,
)
from mockserver.openapi import media_types
from mockserver.openapi.names import normalised
from mockserver.openapi.operation import Operation, Schema
from mockserver.resources.body_paths import BodyPath, put_at, value_at
from mockserver.resources.operations.accepted_work import advanced, begin, in_first_state
from mockserver.resources.operations.bulk_delete import BulkDelete, ContainsMembers, member_ids
from mockserver.resources.operations.downloads import Download, content
from mockserver.resources.operations.echo import Echo
from mockserver.resources.operations.executor import (
    Executor,
    ExecutorContext,
    Headers,
    RecordRef,
    below_key,
    combined,
)
from mockserver.resources.operations.list_records import ListRecords
from mockserver.resources.operations.record_counts import Count
from mockserver.resources.operations.rendering import Renderer, shown_bodies, unwrapped
from mockserver.resources.operations.watch_records import WatchRecords
from mockserver.resources.plan import (
    BELOW,
    BORN,
    GONE,
    ActionPlan,
    CreatePlan,
    DeletePlan,
    MembersPlan,
    OperationKind,
    ReadPlan,
    ReplacePlan,
    Resource,
    StartPlan,
    WritePlan,
    text_of,
)
from mockserver.resources.querying.projection import Projection
from mockserver.resources.querying.value_matching import NAMES
from mockserver.resources.querying.value_matching import text as plain
from mockserver.resources.records import patches, uploads
from mockserver.resources.records.compiled_writes import CompiledWrite
from mockserver.resources.records.foreign_keys import Look
from mockserver.resources.records.parents import Parents, missing
from mockserver.resources.records.users import is_password
from mockserver.state.baseline import Record


class Read(Executor):
    """Answer with one record."""

    plan: ReadPlan

    def __init__(self, operation: Operation, plan: ReadPlan, context: ExecutorContext) -> None:
        super().__init__(operation, plan, context)
        self._projection = Projection(plan.fields, plan.fields_in, plan.view, context.inference.schemas)
        response = operation.response(plan.status)
        self._shows_files = not all(map(media_types.is_data, response.content if response else ()))

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        record = self.existing(ref)
        if self.plan.progress is not None:
            record = self._advanced(backend, ref, record)
        file = content(self, backend, request, ref) if self._shows_files else None
        if file is not None:
            return file
        if self._projection.key is not None and self._conditions is None:
            record = self._projection.of(record, self._projection.names(request), self.context.records)
        return self.show(request, ref, record)

    def body(self, showing: Renderer, ref: RecordRef, record: Record) -> Any:
        """See `Executor.body`; cached until a record of the collection changes."""
        bodies = shown_bodies(ref.collection)
        place = (showing, ref.key)
        known = bodies.get(place)
        if known is not None and known[0] is record:
            return known[1]
        body = super().body(showing, ref, record)
        if body is not None:
            bodies.keep(place, (record, body), 1)
        return body

    def _advanced(self, backend: Backend, ref: RecordRef, record: Record) -> Record:
        """The record in its current state, if it was accepted with 202."""
        records, progress, key = self.context.records, self.plan.progress, str(ref.key)
        if progress is None:
            return record
        new = advanced(backend, records, self.resource, progress, (ref.name, key), record)
        return record if new is record else ref.collection.change(ref.key, record, new)


class _Write(Executor):
    """Base of the operations with a request body."""

    plan: WritePlan

    def __init__(self, operation: Operation, plan: WritePlan, context: ExecutorContext) -> None:
        super().__init__(operation, plan, context)
        body = operation.request_body
        self._takes_files = body is not None and not all(map(media_types.is_data, body.content))
        #: Finds the record that is linked to another; None when requests have records.
        self._origin: Callable[[Backend, RecordRef], Record] | None = None
        self.accepted = plan.accepted
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

    def find(self, ref: RecordRef) -> Record | None:
        """See `Executor.find`.

        Raises:
            ForbiddenError: it belongs to another user, and the document has a response for that.
            ResourceNotFoundError: the document has none.
        """
        record = ref.collection.get(ref.key)
        if record is None or not self._is_below(record, ref):
            return None
        if not ref.collection.is_for_caller(record):
            raise self._refusal(ref)
        return record

    def _refusal(self, ref: RecordRef) -> ApiError:
        """The error for a record of another user."""
        if {"403", "4XX"} & set(self.operation.responses):
            return ForbiddenError(f"{self.resource.word} {ref.key!r} belongs to another user.")
        return missing(self.resource, str(ref.key))

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
        if not ref.collection.is_for_caller(sent) and {"403", "4XX"} & set(self.operation.responses):
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
            return {**self._asked(request), **self._placed(sent)}
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
            return ref.collection.change(ref.key, old, record)
        return ref.collection.put(ref.key, record)

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

    def from_body(self, request: Request, ref: RecordRef) -> RecordRef:
        """The record's reference, with the key from the body when the path has none: `PUT /pet`."""
        if ref.key is not None or self.plan.key_in is None:
            return ref
        value = value_at(self.sent(request), self.plan.key_in)
        if value is None or value == "" or isinstance(value, dict | list):
            return ref
        return ref._replace(key=text_of(value))

    def create(self, backend: Backend, request: Request, ref: RecordRef, status: int) -> Response:
        """Store a new record under a reference and answer with it."""
        path = self.location(request, ref.parents, str(ref.key))
        record = self.make(backend, request, ref, path)
        if record is None:
            return self._located(self.generated(request, status), request, path)
        return self._located(self.show(request, ref, record, status), request, path)

    def make(self, backend: Backend, request: Request, ref: RecordRef, path: str | None) -> Record | None:
        """Store a new record under a reference, at a path; None when no valid record can be made."""
        records, key, sent = self.context.records, str(ref.key), self.sent(request)
        ids = records.ids(self.resource, ref.parents, key) | self._ids_below(ref)
        ids |= self._owned(backend, ref, sent)
        if self._origin is not None and not sent:
            sent = self._origin(backend, ref)
        record = records.created(
            self.write,
            ref.name,
            key,
            ids,
            sent,
            backend.moment,
            _looking(backend),
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
            self.count(backend, ref, 1)
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
        for name in self.plan.unique & sent.keys():
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

    def _ids_below(self, ref: RecordRef) -> dict[str, Any]:
        """The properties of a record of a top-level collection that hold the path's parent ids."""
        found = {}
        for name, value in zip(self.plan.below, ref.outer, strict=True) if self.plan.below else ():
            if name is not None:
                schema = self.resource.properties.get(name, True)
                found[name] = self.context.records.server_fields.fitting(schema, value)
        return {name: value for name, value in found.items() if value is not None}

    def _located(self, response: Response, request: Request, path: str | None) -> Response:
        """The response with the `Location` of the record created at a path (RFC 9110 section 10.2.2)."""
        documented = self.operation.response(response.status)
        header = documented.headers.get("location") if documented else None
        is_led_to = response.status == 201 or self.plan.progress is not None
        is_needed = is_led_to or header is not None or self.plan.location
        own: Headers
        if path is None or self.resource.single or not is_needed:
            # The document's example of `Location` leads to another record, so the header is left out.
            own = (("Location", ""),) if header is not None and not header.required else ()
        elif header is None or header.schema is None or self.context.records.fits(header.schema, path):
            own = (("Location", path),)
        else:
            own = (("Location", request.origin + path),)
        status, body, media_type, _, checked = response
        return Response(status, body, media_type, combined(own, response.fields), checked)


class Create(_Write):
    """Put a new record into the collection."""

    plan: CreatePlan

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        if self.plan.many is not None:
            return self._create_many(backend, request, ref, self.plan.many)
        return self.create(backend, request, self._new(backend, request, ref), self.plan.status)

    def _new(self, backend: Backend, request: Request, ref: RecordRef) -> RecordRef:
        """The reference of the new record."""
        named = self._named(backend, request, ref)
        if named is not None:
            return named
        return ref._replace(key=self.context.records.new_key(self.resource, ref.name, ref.collection))

    def _create_many(self, backend: Backend, request: Request, ref: RecordRef, place: BodyPath) -> Response:
        """Create every record of the list in the request body."""
        sent, rows = value_at(request.body, place), []
        for entry in sent if isinstance(sent, list) else ():
            one = replace(request, body=entry)
            new = self._new(backend, one, ref)
            path = self.location(one, new.parents, str(new.key))
            record = self.make(backend, one, new, path)
            if record is not None:
                rows.append((str(new.key), record))
        choice = self.choice(request, self.plan.status)
        showing = self.showing(choice)
        body = showing.list(rows, ref.name, lambda plain: plain) if showing else None
        return self.generated(request, self.plan.status) if body is None else self.answer(body, choice, ())

    def _named(self, backend: Backend, request: Request, ref: RecordRef) -> RecordRef | None:
        """The reference with the id that the request names; None when the server assigns ids.

        Raises:
            ConflictError: the id is taken, and the document has a response for that.
        """
        given = request.arguments.get(self.plan.naming) if self.plan.naming else None
        if isinstance(given, str) and given:
            return self._free(backend, ref._replace(key=given))
        named = self.from_body(request, ref)
        return None if named.key is None else self._free(backend, named)

    def _free(self, backend: Backend, ref: RecordRef) -> RecordRef:
        """The reference, if its id is free; a request may take the id of a documented example."""
        born = backend.collection(BORN).has(f"{ref.name}/{ref.key}")
        is_example = not born and self.context.records.is_example(self.resource, str(ref.key))
        if ref.collection.shows(ref.key) and "409" in self.operation.responses and not is_example:
            raise ConflictError(f"{self.resource.word} already has a record with id {ref.key!r}.")
        return ref

    def bare(self, choice: ResponseChoice, ref: RecordRef) -> Any:
        """See `Executor.bare`: the new record's id."""
        schema = choice.media_type.schema if choice.media_type else None
        if not self.plan.bare or schema is None:
            return None
        return self.context.records.server_fields.fitting(schema, str(ref.key))


class Start(Create):
    """Create the job record that shows the progress, after the operation's own change."""

    plan: StartPlan

    def __init__(
        self,
        operation: Operation,
        plan: StartPlan,
        context: ExecutorContext,
        first: Callable[[Backend, Request], Response] | None = None,
    ) -> None:
        super().__init__(operation, plan, context)
        self._first = first

    def __call__(self, backend: Backend, request: Request) -> Response:
        """See `Executor.__call__`."""
        if self._first is not None:
            answer = self._first(backend, request)
            if answer.status != self.plan.status:
                return answer
        return super().__call__(backend, request)

    def about(self, backend: Backend, request: Request) -> Record | None:
        """See `Executor.about`: the record does not exist yet."""
        return None

    def _ref(self, backend: Backend, request: Request) -> RecordRef:
        values = tuple(text_of(request.arguments.get(("path", name), "")) for name in self.plan.parents)
        self._parents.require(backend, values)
        name = self._parents.collection(backend, values)
        return RecordRef(backend.collection(name), name, values, None)

    def sent(self, request: Request) -> Mapping[str, Any]:
        """See `_Write.sent`; the body describes another resource, whose state is not the job's."""
        known = self.resource.properties.keys() - {self.resource.key, *self.plan.assigned.states}
        sent = unwrapped(request.body, ())
        return {name: value for name, value in sent.items() if name in known}


class Replace(_Write):
    """Replace a record, or create it."""

    plan: ReplacePlan

    def __init__(self, operation: Operation, plan: ReplacePlan, context: ExecutorContext) -> None:
        super().__init__(operation, plan, context)
        if plan.origin is not None:
            self._origin = partial(self.known, plan.origin, Parents(plan.origin, context.inference))

    @staticmethod
    def known(origin: Resource, parents: Parents, backend: Backend, ref: RecordRef) -> Record:
        """The linked record, from the resource that owns it.

        Raises:
            ResourceNotFoundError: there is none.
        """
        name = parents.collection(backend, ref.parents[: origin.depth])
        record = backend.collection(name).get(ref.key)
        if record is None:
            raise missing(origin, str(ref.key))
        return record

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        ref = self.from_body(request, ref)
        old = self.find(ref)
        # Without fixture records any id can be read; a PUT to an id not listed or created before creates it.
        if old is None or (
            self.plan.creates and not ref.collection.shows(ref.key) and not self.resource.single
        ):
            if not self.plan.creates:
                raise missing(self.resource, str(ref.key))
            return self.create(
                backend, request, ref, 201 if "201" in self.operation.responses else self.plan.status
            )
        sent = self.sent(request)
        new = self.context.records.replaced(self.write, old, sent, backend.moment, _looking(backend))
        if new is None:
            return self.generated(request, self.plan.status)
        self.require_unique(backend, ref, new, sent)
        status = 200 if "200" in self.operation.responses else self.plan.status
        return self.show(request, ref, self._put(backend, request, ref, new, old), status)


class AddMembers(_Write):
    """Put the records of the request's ids into a list."""

    plan: MembersPlan

    def __init__(self, operation: Operation, plan: MembersPlan, context: ExecutorContext) -> None:
        super().__init__(operation, plan, context)
        if plan.origin is not None:
            self._origin = partial(Replace.known, plan.origin, Parents(plan.origin, context.inference))

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        asked = replace(request, body=None)
        for key in dict.fromkeys(member_ids(request, self.plan)):
            if not ref.collection.shows(key):
                self.make(backend, asked, ref._replace(key=key), self.location(asked, ref.parents, key))
        return self.generated(request, self.plan.status)


class Merge(_Write):
    """Merge the fields that were sent into a record; the others keep their value."""

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        ref = self.from_body(request, ref)
        if self.resource.single and self.find(ref) is None:
            return self.create(backend, request, ref, self.plan.status)
        old = self.existing(ref)
        sent = self.sent(request)
        wanted = self._patched(old, request, sent)
        new = self.context.records.changed(
            self.write, old, wanted, backend.moment, sent, look=_looking(backend)
        )
        if new is None:
            return self.generated(request, self.plan.status)
        self.require_unique(backend, ref, new, sent)
        return self.show(request, ref, self._put(backend, request, ref, new, old))

    def _patched(self, old: Record, request: Request, sent: Mapping[str, Any]) -> Mapping[str, Any]:
        """The whole record after the change."""
        if request.body_type is not None and "json-patch" in request.body_type:
            operations = request.body if isinstance(request.body, list) else [request.body]
            return self._held(patches.patch(old, operations))
        if request.body_type == "application/merge-patch+json":
            return self._held(self._merged(old, sent))
        return self.context.records.without_nulls(self.write, patches.overlay(old, sent))

    def _merged(self, old: Record, sent: Mapping[str, Any]) -> Mapping[str, Any]:
        """The record after a merge patch (RFC 7396).

        A required property that allows null is null where the patch removes it. Properties of the record that
        the request's schema does not have are ignored, as in other bodies.
        """
        ignored = self.resource.properties.keys() - self.accepted.keys() if self.accepted else set()
        taken = {name: value for name, value in sent.items() if name not in ignored}
        emptied = {
            name: None
            for name, value in taken.items()
            if value is None
            and name in self.resource.required
            and self.context.records.fits(self.resource.properties.get(name, True), None)
        }
        return {**patches.merge(old, taken), **emptied}

    def _held(self, patched: Any) -> Mapping[str, Any]:
        """Validate the result of a patch against the record's schema (RFC 5789 section 2.2).

        Raises:
            ApiError: it violates the schema: 422 if documented, else 400.
        """
        violations = self.context.records.violations(self.resource, patched)
        if not violations:
            return cast("Mapping[str, Any]", patched)
        kind = UnprocessableError if "422" in self.operation.responses else BadRequestError
        raise kind("The patched record does not match the document's schema.", violations=violations)


class Delete(_Write):
    """Delete a record; one that an action may restore is kept."""

    plan: DeletePlan

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        record = self.existing(ref)
        ref.collection.delete(ref.key)
        self.count(backend, ref, -1)
        if self.plan.restorable:
            backend.collection(GONE).put(f"{ref.name}/{ref.key}", record)
        return self.show(request, ref, record)


class Act(_Write):
    """Apply an action, named by the path's last segment, to a record."""

    plan: ActionPlan

    def __init__(self, operation: Operation, plan: ActionPlan, context: ExecutorContext) -> None:
        super().__init__(operation, plan, context)
        #: The objects of the record in which sent properties are placed.
        self._owners = {path[0] for path in plan.placed.values() if len(path) > 1}
        #: The properties that requests may set.
        self._settable = {
            *plan.accepted,
            *plan.asked.values(),
            *self._owners,
        } & plan.resource.properties.keys()

    @cached_property
    def _element_write(self) -> CompiledWrite:
        """What the plan decides about records whose list of elements is changed."""
        accepted: Mapping[str, Schema] = {str(self.plan.elements): True}
        return self.context.records.compiled(self.resource, accepted, self.plan.assigned)

    def _restored(self, backend: Backend, ref: RecordRef) -> Record | None:
        """Restore the deleted record; None when there is none."""
        gone, name = backend.collection(GONE), f"{ref.name}/{ref.key}"
        record = gone.get(name) if self.plan.restores and self.find(ref) is None else None
        if record is not None:
            gone.delete(name)
            ref.collection.put(ref.key, record)
            self.count(backend, ref, 1)
        return record

    def _change_elements(
        self, backend: Backend, request: Request, ref: RecordRef, record: Record, name: str
    ) -> Response:
        """Add, change or remove an element of a list in the record.

        Raises:
            ResourceNotFoundError: the list has no such element.
        """
        count = self.resource.depth + (not self.resource.single)
        values = [text_of(request.arguments.get(("path", part), "")) for part in self._names[count:]]
        key = values[0] if values else None
        old = record.get(name)
        sent: Any = request.body if request.body is not None else {}
        new = _with_element(old if isinstance(old, list) else [], self.operation.method, sent, key)
        if new is None:
            raise ResourceNotFoundError(f"No element {key!r} in {name} of {self.resource.word}.")
        changed = self.context.records.changed(
            self._element_write,
            record,
            {**record, name: new},
            backend.moment,
            {name: new},
            look=_looking(backend),
        )
        record = record if changed is None else ref.collection.put(ref.key, changed)
        return self.show(request, ref, record)

    def _effect(self, record: Record) -> dict[str, Any]:
        """The fields that the action changes."""
        found = {
            name: {**record[name], **value}
            if isinstance(value, Mapping) and isinstance(record.get(name), Mapping)
            else value
            for name, value in self.plan.sets.items()
        }
        if self.plan.restores:  # a record without the deletion mark does not get the property
            found = {name: value for name, value in found.items() if value is None or name in record}
        for name, step in self.plan.counts.items():
            if type(record.get(name)) is int:
                found[name] = max(0, record[name] + step)
        return found

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        record = self._restored(backend, ref) or self.existing(ref)
        uploads.keep(backend, ref.name, str(ref.key), self.files(request))
        if self.plan.elements is not None:
            return self._change_elements(backend, request, ref, record, self.plan.elements)
        for name, values in self.plan.conflicts.items():
            if record.get(name) in values:
                reason = f"{name} of {self.resource.word} {ref.key!r} is {plain(record[name])}."
                raise ConflictError(reason)
        sent = {name: value for name, value in self.sent(request).items() if name in self._settable}
        fields = self._effect(record)
        if sent or fields:
            merged = {
                name: patches.overlay(old, sent[name])
                for name in self._owners & sent.keys()
                if isinstance(old := record.get(name), Mapping)
            }
            new = self.context.records.changed(
                self.write, record, {**record, **sent, **merged}, backend.moment, sent, fields
            )
            record = record if new is None else ref.collection.change(ref.key, record, new)
        return self.show(request, ref, record)


def _with_element(
    elements: list[Any], method: str, sent: Mapping[str, Any] | Any, key: str | None
) -> list[Any] | None:
    """A list after an operation on one of its elements, or on all; None when it has no such element."""
    if key is None:
        if method == "delete":
            return []
        if method in {"put", "patch"}:
            return sent if isinstance(sent, list) else elements
        return [*elements, *(sent if isinstance(sent, list) else [sent])]
    known = [number for number, element in enumerate(elements) if _is_element(element, key)]
    if not known and method in {"delete", "patch"}:
        return None
    if method == "delete":
        return [element for number, element in enumerate(elements) if number not in known]
    new = sent if isinstance(sent, Mapping) and sent else key
    if not known:
        return [*elements, new]
    old = elements[known[0]]
    changed = {**old, **new} if isinstance(old, dict) and isinstance(new, Mapping) else new
    return [changed if number == known[0] else element for number, element in enumerate(elements)]


def _is_element(element: Any, key: str) -> bool:
    """Whether an element of a list is the one that a path names."""
    if not isinstance(element, dict):
        return text_of(element) == key
    return any(
        text_of(value) == key
        for name, value in element.items()
        if not isinstance(value, dict | list)
        and (normalised(name).endswith("id") or normalised(name) in NAMES)
    )


def _looking(backend: Backend) -> Look:
    """The function that finds a record of the session by collection and key."""
    return lambda name, key: backend.collection(name).get(key)


EXECUTORS: Mapping[OperationKind, type[Executor]] = {
    OperationKind.LIST: ListRecords,
    OperationKind.CREATE: Create,
    OperationKind.START: Start,
    OperationKind.WATCH: WatchRecords,
    OperationKind.READ: Read,
    OperationKind.REPLACE: Replace,
    OperationKind.MERGE: Merge,
    OperationKind.DELETE: Delete,
    OperationKind.CLEAR: BulkDelete,
    OperationKind.ACTION: Act,
    OperationKind.COUNT: Count,
    OperationKind.DOWNLOAD: Download,
    OperationKind.ECHO: Echo,
    OperationKind.ADD: AddMembers,
    OperationKind.CONTAINS: ContainsMembers,
}
"""The executor of each kind of operation."""
