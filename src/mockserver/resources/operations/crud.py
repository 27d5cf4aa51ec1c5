"""Create, read, replace, merge and delete the records of a resource, and act on them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any, cast

from mockserver.behaviour.backend import Backend, Response
from mockserver.behaviour.handler_request import Request
from mockserver.behaviour.response_choice import ResponseChoice
from mockserver.errors import (
    BadRequestError,
    ConflictError,
    ResourceNotFoundError,
    UnprocessableError,
)
from mockserver.openapi import media_types
from mockserver.openapi.names import normalised
from mockserver.openapi.operation import Operation, Schema
from mockserver.resources.body_paths import BodyPath, put_at, value_at
from mockserver.resources.operations.accepted_work import advanced
from mockserver.resources.operations.downloads import Download, content
from mockserver.resources.operations.echo import Echo
from mockserver.resources.operations.executor import (
    Executor,
    ExecutorContext,
    RecordRef,
    session_records,
)
from mockserver.resources.operations.list_records import ListRecords
from mockserver.resources.operations.record_counts import Count
from mockserver.resources.operations.rendering import Renderer, shown_bodies, unwrapped
from mockserver.resources.operations.several_records import AddMembers, BulkDelete, ContainsMembers
from mockserver.resources.operations.watch_records import WatchRecords
from mockserver.resources.operations.write_executor import Write, require_few
from mockserver.resources.plan import (
    BORN,
    GONE,
    ActionPlan,
    CreatePlan,
    DeletePlan,
    OperationKind,
    ReadPlan,
    ReplacePlan,
    Resource,
    StartPlan,
    text_of,
)
from mockserver.resources.querying.projection import Projection
from mockserver.resources.querying.value_matching import text as plain
from mockserver.resources.records import patches, uploads
from mockserver.resources.records.compiled_writes import CompiledWrite
from mockserver.resources.records.parents import Parents, missing
from mockserver.resources.records.server_fields import TimeField, at_moment
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
        if self.plan.newest_by is not None:
            ref = ref._replace(key=self._newest(ref, self.plan.newest_by))
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

    def _newest(self, ref: RecordRef, moment: BodyPath) -> str | None:
        """The key of the newest record, by a moment or the last of the list; None when there is none."""
        rows = [(key, record) for key, record in ref.collection.items() if self.belongs(record, ref)]
        if moment:
            rows.sort(key=lambda row: str(value_at(row[1], moment) or ""))
        return rows[-1][0] if rows else None

    def _advanced(self, backend: Backend, ref: RecordRef, record: Record) -> Record:
        """The record in its current state, if it was accepted with 202."""
        records, progress, key = self.context.records, self.plan.progress, str(ref.key)
        if progress is None:
            return record
        new = advanced(backend, records, self.resource, progress, (ref.name, key), record)
        return record if new is record else ref.collection.change(ref.key, record, new)


class Create(Write):
    """Put a new record into the collection."""

    plan: CreatePlan

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        if self.plan.many is not None:
            return self._create_many(backend, request, ref, self.parts(request, self.plan.many))
        if self.plan.uploads is not None:
            files = [file for name, file in request.uploads if name == self.plan.uploads]
            require_few(len(files))
            ones = [replace(request, files={self.plan.uploads: file}) for file in files]
            return self._create_many(backend, request, ref, ones)
        sent = self.sent(request)
        return self.create(backend, request, self._new(backend, request, ref, sent), self.plan.status, sent)

    def _new(self, backend: Backend, request: Request, ref: RecordRef, sent: Mapping[str, Any]) -> RecordRef:
        """The reference of the new record."""
        named = self._named(backend, request, ref, sent)
        if named is not None:
            return named
        said = sent.get(self.write.slug_source) if self.write.slug_source is not None else None
        key = self.context.records.new_key(self.resource, ref.name, ref.collection, said)
        return ref._replace(key=key)

    def _create_many(
        self, backend: Backend, request: Request, ref: RecordRef, ones: list[Request]
    ) -> Response:
        """Create a record for each of these requests, which are parts of one."""
        rows = []
        for one in ones:
            sent = self.sent(one)
            new = self._new(backend, one, ref, sent)
            path = self.location(one, new.parents, str(new.key))
            record = self.make(backend, one, new, path, sent)
            if record is not None:
                rows.append((str(new.key), record))
        return self.show_several(request, ref, rows)

    def inherited(self, backend: Backend, ref: RecordRef, sent: Mapping[str, Any]) -> dict[str, Any]:
        """See `Write.inherited`."""
        above = self.item_above(backend, ref) if self.plan.inherited else None
        record = None if above is None else backend.collection(above[0]).get(above[1])
        names = self.plan.inherited - sent.keys() if record is not None else ()
        return {name: record[name] for name in names if record is not None and name in record}

    def _named(
        self, backend: Backend, request: Request, ref: RecordRef, sent: Mapping[str, Any]
    ) -> RecordRef | None:
        """The reference with the id that the request names; None when the server assigns ids.

        Raises:
            ConflictError: the id is taken, and the document has a response for that.
        """
        given = request.arguments.get(self.plan.naming) if self.plan.naming else None
        if isinstance(given, str) and given:
            return self._free(backend, ref._replace(key=given))
        named = self.with_sent_key(ref, sent)
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
        """See `Write.sent`; the body describes another resource, whose state is not the job's."""
        known = self.resource.properties.keys() - {self.resource.key, *self.plan.assigned.states}
        sent = unwrapped(request.body, ())
        return {name: value for name, value in sent.items() if name in known}


class Replace(Write):
    """Replace a record, or create it."""

    plan: ReplacePlan

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        sent = self.sent(request)
        ref = self.with_sent_key(ref, sent)
        old = self.find(ref)
        # Without fixture records any id can be read; a PUT to an id not listed or created before creates it.
        if old is None or (
            self.plan.creates and not ref.collection.shows(ref.key) and not self.resource.single
        ):
            if not self.plan.creates:
                raise missing(self.resource, str(ref.key))
            status = 201 if "201" in self.operation.responses else self.plan.status
            return self.create(backend, request, ref, status, sent)
        new = self.context.records.replaced(self.write, old, sent, backend.moment, session_records(backend))
        if new is None:
            return self.generated(request, self.plan.status)
        self.require_unique(backend, ref, new, sent)
        status = 200 if "200" in self.operation.responses else self.plan.status
        return self.show(request, ref, self._put(backend, request, ref, new, old), status)


class Merge(Write):
    """Merge the fields that were sent into a record; the others keep their value."""

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        if self.plan.many is not None:
            return self._change_many(backend, request, ref, self.parts(request, self.plan.many))
        sent = self.sent(request)
        ref = self.with_sent_key(ref, sent)
        if self.resource.single and self.find(ref) is None:
            return self.create(backend, request, ref, self.plan.status, sent)
        record = self._change(backend, request, ref, sent)
        return (
            self.generated(request, self.plan.status) if record is None else self.show(request, ref, record)
        )

    def _change_many(
        self, backend: Backend, request: Request, ref: RecordRef, ones: list[Request]
    ) -> Response:
        """Change the record that each of these requests names, which are parts of one."""
        rows = []
        for one in ones:
            sent = self.sent(one)
            named = self.with_sent_key(ref, sent)
            record = self._change(backend, one, named, sent)
            if record is not None:
                rows.append((str(named.key), record))
        return self.show_several(request, ref, rows)

    def _change(
        self, backend: Backend, request: Request, ref: RecordRef, sent: Mapping[str, Any]
    ) -> Record | None:
        """Store the changed record; None when no valid one can be made."""
        old = self.existing(ref)
        wanted = self._patched(old, request, sent)
        new = self.context.records.changed(
            self.write, old, wanted, backend.moment, sent, look=session_records(backend)
        )
        if new is None:
            return None
        self.require_unique(backend, ref, new, sent)
        return self._put(backend, request, ref, new, old)

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


class Delete(Write):
    """Delete a record; one that an action may restore is kept."""

    plan: DeletePlan

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        record = self.existing(ref)
        self._require_unused(backend, ref)
        if ref.collection.shows(ref.key):
            self.count_anew(backend, record, None)
        ref.collection.delete(ref.key)
        self.count(backend, ref, -1)
        if self.plan.restorable:
            marked = {**record, **self._marks(backend.moment)}
            record = marked if self.context.records.fits(self.resource.record, marked) else record
            backend.collection(GONE).put(f"{ref.name}/{ref.key}", record)
        answer = self.show(request, ref, record)
        return (
            answer if self.plan.confirmed is None else self._confirmed(request, answer, self.plan.confirmed)
        )

    def _marks(self, now: datetime) -> dict[str, Any]:
        """The properties that say that a record is deleted, as they are from now on."""
        known = self.resource.properties
        moments = self.context.records.server_fields.times(known, self.plan.marks)
        flags = {name: True for name in self.plan.marks if self.context.records.fits(known[name], True)}
        return {**flags, **at_moment(moments, now)}

    @cached_property
    def _kept_by(self) -> tuple[tuple[Resource, str | None], ...]:
        """The resources whose records keep one, with the property that refers to it, None if below it."""
        inference, references = self.context.inference, self.context.records.references
        found: list[tuple[Resource, str | None]] = []
        for name in sorted(self.plan.kept_by):
            below = inference.named(name, self.resource.depth + 1)
            if below is not None:
                found.append((below, None))
            found += [entry for entry in references.referring(self.resource) if entry[0].name == name]
        return tuple(found)

    def _require_unused(self, backend: Backend, ref: RecordRef) -> None:
        """Refuse to delete a record that others keep.

        Raises:
            ConflictError: there are such records.
        """
        for resource, name in self._kept_by if self.plan.kept_by else ():
            if name is None:
                parents = Parents(resource, self.context.inference)
                below = parents.collection(backend, (*ref.parents, str(ref.key)))
                is_kept = any(True for _ in backend.collection(below))
            else:
                others = backend.collection(resource.collection(()))
                is_kept = any(text_of(other.get(name)) == ref.key for other in others)
            if is_kept:
                raise ConflictError(f"{self.resource.word} {ref.key!r} still has {resource.word}.")

    def _confirmed(self, request: Request, answer: Response, flag: BodyPath) -> Response:
        """The answer with the flag that says that the record is deleted."""
        media_type = self.choice(request, answer.status).media_type
        if media_type is None or not isinstance(answer.body, dict):
            return answer
        body = put_at(answer.body, flag, True)
        return (
            answer._replace(body=body)
            if self.context.records.fits(media_type.schema or True, body)
            else answer
        )


class Act(Write):
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
    def write(self) -> CompiledWrite:
        """See `Write.write`: a copy has all properties of its original."""
        accepted = self.resource.properties if self.plan.copies else self.accepted
        return self.context.records.compiled(self.resource, accepted, self.plan.assigned)

    @cached_property
    def _moments(self) -> tuple[TimeField, ...]:
        """The properties that the action sets to the time."""
        return self.context.records.server_fields.times(self.resource.properties, self.plan.moments)

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
            self.count_anew(backend, None, record)
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
        if key is None and isinstance(sent, Mapping) and self.operation.method == "post":
            number = backend.collection(BORN).next_number()  # a new element gets a new id
            looking = session_records(backend)
            sent = self.context.records.element(self.resource, name, sent, number, backend.moment, looking)
        elements = old if isinstance(old, list) else []
        new = self._with_element(elements, name, sent, key)
        if new is None and self.operation.method == "delete" and self._is_open(ref):
            new = elements
        if new is None:
            raise ResourceNotFoundError(f"No element {key!r} in {name} of {self.resource.word}.")
        changed = self.context.records.changed(
            self._element_write,
            record,
            {**record, name: new},
            backend.moment,
            {name: new},
            look=session_records(backend),
        )
        before, record = record, record if changed is None else ref.collection.put(ref.key, changed)
        view = self.plan.element
        if view is None:
            return self.show(request, ref, record)
        shown = (before if self.operation.method == "delete" else record).get(name)
        elements = shown if isinstance(shown, list) else []
        found = elements[-1:] if key is None else [one for one in elements if self._is_element(one, key)]
        choice = self.choice(request, self.plan.status)
        body = put_at(self._template(choice, view), view.place, found[0]) if found else None
        if body is None or not self.context.records.fits(view.schema, body):
            return self.generated(request, self.plan.status)
        return self.answer(body, choice, ())

    def _with_element(
        self, elements: list[Any], name: str, sent: Mapping[str, Any] | Any, key: str | None
    ) -> list[Any] | None:
        """A list after the operation on one of its elements, or on all; None when it has no such element."""
        method = self.operation.method
        if key is None:
            if method == "delete":
                return []
            if method in {"put", "patch"}:
                return sent if isinstance(sent, list) else elements
            return [*elements, *(sent if isinstance(sent, list) else [sent])]
        known = [number for number, element in enumerate(elements) if self._is_element(element, key)]
        if not known and method in {"delete", "patch"}:
            return None
        if method == "delete":
            return [element for number, element in enumerate(elements) if number not in known]
        new = sent if isinstance(sent, Mapping) and sent else key
        if not known:
            return [*elements, new]
        old = elements[known[0]]
        changed = new
        if isinstance(old, dict) and isinstance(new, Mapping):
            changed = self.context.records.changed_element(self.resource, name, old, new)
        return [changed if number == known[0] else element for number, element in enumerate(elements)]

    def _is_element(self, element: Any, key: str) -> bool:
        """Whether an element of a list is the one that a path names."""
        if not isinstance(element, dict):
            return text_of(element) == key
        values = (element[name] for name in self.plan.element_ids if name in element)
        return any(text_of(value) == key for value in values if not isinstance(value, dict | list))

    def _is_open(self, ref: RecordRef) -> bool:
        """Whether any element may be removed from the lists of a record, as any id can be read.

        They were generated, and the session has not written the record yet.
        """
        return self.resource.fixture is None and not ref.collection.is_written(ref.key)

    def _effect(self, record: Record, now: datetime) -> dict[str, Any]:
        """The fields that the action changes."""
        found = {
            name: {**record[name], **value}
            if isinstance(value, Mapping) and isinstance(record.get(name), Mapping)
            else value
            for name, value in self.plan.sets.items()
        }
        if self.plan.restores:  # a record without the deletion mark does not get the property
            found = {name: value for name, value in found.items() if value is None or name in record}
        flags = {name: record.get(name) for name in self.plan.flips}
        found |= {name: not flag for name, flag in flags.items() if flag is None or isinstance(flag, bool)}
        # An action that sets flags counts only what changes them: a second like is none.
        is_done = found != {} and all(record.get(name) == value for name, value in found.items())
        for name, step in () if is_done else self.plan.counts.items():
            if type(record.get(name)) is int:
                found[name] = max(0, record[name] + step)
        return found | at_moment(self._moments, now)

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """See `Executor.run`."""
        if self.plan.every:
            return self._act_on_all(backend, request, ref)
        record = self._restored(backend, ref) or self.existing(ref)
        uploads.keep(backend, ref.name, str(ref.key), self.files(request))
        if self.plan.elements is not None:
            return self._change_elements(backend, request, ref, record, self.plan.elements)
        for name, values in self.plan.conflicts.items():
            if record.get(name) in values:
                reason = f"{name} of {self.resource.word} {ref.key!r} is {plain(record[name])}."
                raise ConflictError(reason)
        sent = {name: value for name, value in self.sent(request).items() if name in self._settable}
        if self.plan.copies:
            return self._copied(backend, request, ref, record, sent)
        self._clear_others(ref)
        fields = self._effect(record, backend.moment)
        if sent or fields:
            merged = {
                name: patches.overlay(old, sent[name])
                for name in self._owners & sent.keys()
                if isinstance(old := record.get(name), Mapping)
            }
            new = self.context.records.changed(
                self.write, record, {**record, **sent, **merged}, backend.moment, sent, fields
            )
            if new is not None:
                self.count_anew(backend, record, new)
                record = ref.collection.change(ref.key, record, new)
        return self._echoed(request, self.show(request, ref, record))

    def _act_on_all(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """Apply the action to every record of the list."""
        for key, record in list(ref.collection.items()):
            fields = self._effect(record, backend.moment) if self.belongs(record, ref) else {}
            new = self.context.records.changed(self.write, record, {**record}, backend.moment, {}, fields)
            if new is not None and fields:
                ref.collection.change(key, record, new)
        return self.generated(request, self.plan.status)

    @cached_property
    def _own(self) -> frozenset[str]:
        """The properties that a copy does not take over: ids, and what the server assigns to each record."""
        assigned = self.plan.assigned
        mine = assigned.created | assigned.updated | assigned.generated | assigned.revisions
        return mine | {name for name in (self.resource.key,) if name is not None}

    def _copied(
        self, backend: Backend, request: Request, ref: RecordRef, record: Record, sent: Mapping[str, Any]
    ) -> Response:
        """Create a copy of a record, with the sent changes."""
        content = {**{name: value for name, value in record.items() if name not in self._own}, **sent}
        said = content.get(self.write.slug_source) if self.write.slug_source is not None else None
        key = self.context.records.new_key(self.resource, ref.name, ref.collection, said)
        return self.create(backend, request, ref._replace(key=key), self.plan.status, content)

    def _clear_others(self, ref: RecordRef) -> None:
        """Take the flags that one record alone has from the other records of the list."""
        for flag in self.plan.singled_out:
            others = [(key, other) for key, other in ref.collection.items() if other.get(flag) is True]
            for key, other in others:
                if key != ref.key and self.belongs(other, ref):
                    ref.collection.change(key, other, {**other, flag: False})

    def _echoed(self, request: Request, answer: Response) -> Response:
        """The answer with values of the request of the same name, when it does not show the record."""
        media_type, body = self.choice(request, answer.status).media_type, answer.body
        if self.plan.view is not None or media_type is None or not isinstance(body, dict):
            return answer
        schema, records = media_type.schema or True, self.context.records
        known = records.properties_of(schema)
        sent = {normalised(name): value for name, value in unwrapped(request.body, ()).items()}
        said = uploads.described(known, self.files(request), self.context.inference.schemas)
        said |= {name: sent[normalised(name)] for name in known if normalised(name) in sent}
        new = {**body, **{name: value for name, value in said.items() if records.fits(known[name], value)}}
        return answer._replace(body=new) if records.fits(schema, new) else answer


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
