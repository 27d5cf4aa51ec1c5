"""Base of all operations on resources: find the record, render it, add the response headers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import quote

from mockserver.behaviour.backend import Backend, Collection, Response
from mockserver.behaviour.handler_request import Request
from mockserver.behaviour.negotiation import NegotiatedResponse, Negotiator
from mockserver.behaviour.preferences import Preferences
from mockserver.behaviour.response_choice import ResponseChoice
from mockserver.errors import DuplicateError
from mockserver.generation.seeds import derive
from mockserver.openapi.operation import Operation, path_parameters
from mockserver.resources.body_paths import BodyPath
from mockserver.resources.infer.inference import ResourceInference
from mockserver.resources.operations.preconditions import Preconditions, tag_of
from mockserver.resources.operations.rendering import Renderer
from mockserver.resources.plan import (
    BELOW,
    BORN,
    SINGLE,
    AssignedFields,
    OperationKind,
    Plan,
    Resource,
    View,
    text_of,
)
from mockserver.resources.records.compiled_writes import CompiledWrite
from mockserver.resources.records.foreign_keys import Look
from mockserver.resources.records.logins import Logins
from mockserver.resources.records.parents import ElementCollection, Holder, Parents, missing
from mockserver.resources.records.record_writer import RecordWriter
from mockserver.state.baseline import Record

Headers = tuple[tuple[str, str], ...]

_LONGEST_NUMBER = 10


class RecordRef(NamedTuple):
    """The collection and key of a request's record.

    Attributes:
        name: the collection's name.
        key: the record's key; None when the path names none.
        outer: the values of the path's parent parameters, when the collection is a top-level one.
        is_below: whether a record, by its key, was created below these; None when records hold their parents.
    """

    collection: Collection
    name: str
    parents: tuple[str, ...]
    key: str | None
    outer: tuple[str, ...] = ()
    is_below: Callable[[str], bool] | None = None


@dataclass(frozen=True, slots=True)
class ExecutorContext:
    """The collaborators of executors, shared by all operations of a document."""

    inference: ResourceInference
    records: RecordWriter
    negotiator: Negotiator
    logins: Logins


class Executor:
    """Answers one operation by its plan."""

    def __init__(self, operation: Operation, plan: Plan, context: ExecutorContext) -> None:
        self.operation = operation
        self.plan = plan
        self.resource = plan.resource
        self.context = context
        self._parents = Parents(plan.resource, context.inference)
        self._depth = plan.resource.depth
        self._top_level = plan.resource.collection(())
        #: Whether records of the collection may be below other parents than those in the path.
        self.is_scoped = bool(plan.below) or (
            plan.resource.fixture is not None and bool(plan.resource.parents)
        )
        self._names = path_parameters(operation.path)
        self._arguments = [("path", name) for name in self._names]
        self._item_names = path_parameters(plan.resource.item_path or "")
        self._preferences: dict[int, Preferences] = {}
        above = context.inference.item_above(operation.path) if plan.below else None
        self._above = None if above is None else Parents(above, context.inference)
        self._renderers: dict[tuple[int, str], Renderer | None] = {}
        self._headers: dict[int, Headers] = {}
        self._conditions = Preconditions(operation) if plan.entity_tags else None
        self._list = None if plan.part_of is None else self._list_above(plan.part_of)

    def __call__(self, backend: Backend, request: Request) -> Response:
        """Answer one request.

        Raises:
            ResourceNotFoundError: there is no such record.
            NotAcceptableError: no documented media type matches `Accept`; nothing was changed.
        """
        self.choice(request, self.plan.status)
        ref = self._ref(backend, request)
        try:
            return self._run(backend, request, ref)
        except DuplicateError as error:
            raise error.below(self.sent_in) from None

    def _run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        if self._conditions is None:
            return self.run(backend, request, ref)
        self._conditions.require(request, self.find(ref) if ref.key is not None else None)
        return self._conditions.saved(request, self.run(backend, request, ref))

    @property
    def sent_in(self) -> BodyPath:
        """The path of the record in a request body."""
        return ()

    def run(self, backend: Backend, request: Request, ref: RecordRef) -> Response:
        """Carry out the operation, and answer."""
        raise NotImplementedError

    def choice(self, request: Request, status: int) -> ResponseChoice:
        """The documented response of a status in the media type that the request accepts."""
        preferences = self._preferences.get(status)
        if preferences is None:
            preferences = self._preferences[status] = Preferences(code=status)
        return self.context.negotiator.choose(self.operation, preferences, request.accept)

    def _ref(self, backend: Backend, request: Request) -> RecordRef:
        resource = self.resource
        if self.plan.caller:
            collection, name = self.context.logins.users(resource).collection_of(backend, backend.identity)
            return RecordRef(collection, name, (), backend.identity.subject)
        arguments = request.arguments
        values = [text_of(arguments.get(argument, "")) for argument in self._arguments]
        if self.plan.below:
            return self._ref_below(backend, values)
        depth = self._depth
        parents, own = tuple(values[:depth]), values[depth:]
        name = self._top_level
        if depth:
            self._parents.require(backend, parents)
            name = self._parents.collection(backend, parents)
        key = SINGLE if resource.single else own[0] if own else None
        collection = backend.collection(name)
        if self._list is not None:
            collection = self._elements(backend, parents, collection, self._list)
        return RecordRef(collection, name, parents, key)

    def _list_above(self, name: str) -> CompiledWrite | None:
        """What a change of the list in the record above needs; None when there is no such record."""
        above = self.context.inference.above(self.resource)
        return None if above is None else self.context.records.compiled(above, {name: True}, AssignedFields())

    def _elements(
        self, backend: Backend, parents: tuple[str, ...], others: Collection, write: CompiledWrite
    ) -> Collection:
        """The collection of the elements of the list in the record above."""
        above, name, key = self._parents.above(backend, parents), self.plan.part_of, self.resource.key
        if above is None or name is None or key is None:
            return others

        def changed(record: Record, elements: list[Any]) -> Record:
            new, look = {name: elements}, session_records(backend)
            made = self.context.records.changed(
                write, record, {**record, **new}, backend.moment, new, new, look
            )
            return made if made is not None else {**record, **new}

        holder = Holder(backend.collection(above[0]), above[1], name, changed)
        return ElementCollection(holder, key, others)

    def _ref_below(self, backend: Backend, values: list[str]) -> RecordRef:
        """The reference of a record of a top-level collection that the path shows below parents."""
        count, name = len(self.plan.below), self.resource.name
        outer, own = tuple(values[:count]), values[count:]
        is_new = False
        if self._above is not None:
            self._above.require_item(backend, outer)
            is_new = self._above.is_new(backend, outer)
        is_below = None
        if not any(self.plan.below):
            born, below = backend.collection(BORN), backend.collection(BELOW)
            records = backend.collection(name)

            def is_below(key: str) -> bool:
                if below.has(below_key(name, outer, key)):
                    return True
                if is_new or born.has(f"{name}/{key}"):
                    return False
                # Any id can be read, below any parents; of those that a list shows, half are below these.
                return not records.shows(key) or derive(name, *outer, key) % 2 == 0

        return RecordRef(
            backend.collection(name), name, (), own[0] if own else None, outer=outer, is_below=is_below
        )

    def item_above(self, backend: Backend, ref: RecordRef) -> tuple[str, str] | None:
        """The collection and the key of the record above those of the path; None when there is none."""
        if self._above is not None:
            return self._above.item(backend, ref.outer)
        return self._parents.above(backend, ref.parents)

    def belongs(self, record: Record, ref: RecordRef) -> bool:
        """Whether a record is below the parents in the path, and visible to the caller."""
        is_below = not self.is_scoped or self._is_below(record, ref)
        return is_below and ref.collection.is_for_caller(record)

    def _is_below(self, record: Record, ref: RecordRef) -> bool:
        """Whether a record is below the parents in the path; a nested collection has no others."""
        if self.plan.below:
            if ref.is_below is not None:
                return ref.is_below(text_of(record.get(self.resource.key or "", "")))
            values = zip(self.plan.below, ref.outer, strict=True)
            return all(name is None or text_of(record.get(name)) == value for name, value in values)
        return all(
            field not in record or text_of(record[field]) == ref.parents[number]
            for number, field in self.resource.parents.items()
        )

    def count(self, backend: Backend, ref: RecordRef, step: int) -> None:
        """Add to the parent record's count of these records, if it has one."""
        name = self.plan.counted
        above = self._parents.above(backend, ref.parents) if name is not None else None
        if name is None or above is None:
            return
        collection = backend.collection(above[0])
        record = collection.get(above[1])
        if record is not None and type(record.get(name)) is int:
            collection.put(above[1], {**record, name: max(0, record[name] + step)})

    @cached_property
    def _counters(self) -> tuple[tuple[str, str, Resource], ...]:
        """The properties that refer to records which count these: property, count, the resource of those."""
        references = self.context.records.references.of(self.resource.record, self.resource)
        return tuple(
            (name, count, references[name].resource)
            for name, count in self.plan.counted_by.items()
            if name in references
        )

    def count_anew(self, backend: Backend, old: Record | None, new: Record | None) -> None:
        """Adapt the counts of these records in others, when this one refers to another record than before."""
        for name, count, resource in self._counters:
            before, after = (None if one is None else one.get(name) for one in (old, new))
            for value, step in ((before, -1), (after, 1)) if before != after else ():
                collection = backend.collection(resource.collection(()))
                record = None if value is None else collection.get(text_of(value))
                if record is not None and type(record.get(count)) is int:
                    collection.put(text_of(value), {**record, count: max(0, record[count] + step)})

    def find(self, ref: RecordRef) -> Record | None:
        """The record that the request names, or None.

        Raises:
            ApiError: it belongs to another user, and the operation says so; see `refuse_other`.
        """
        record = self.named(ref)
        if record is None or (self.is_scoped and not self._is_below(record, ref)):
            return None
        if not ref.collection.is_for_caller(record):
            self.refuse_other(ref)
            return None
        return record

    def refuse_other(self, ref: RecordRef) -> None:
        """Called for a record of another user: returns to treat it as missing, or raises an error."""

    def named(self, ref: RecordRef) -> Record | None:
        """The record with the id that the request names, whosever it is.

        One that no list shows has in its fields the parents that the path names.
        """
        record = ref.collection.get(ref.key)
        if record is None or not any(self.plan.below) or ref.collection.shows(ref.key):
            return record
        fitting, properties = self.context.records.server_fields.fitting, self.resource.properties
        named = zip(self.plan.below, ref.outer, strict=True)
        found = {
            name: fitting(properties.get(name, True), value) for name, value in named if name is not None
        }
        return {**record, **{name: value for name, value in found.items() if value is not None}}

    def about(self, backend: Backend, request: Request) -> Record | None:
        """The record that a request names; None when it does not exist, or the request names none.

        Raises:
            ResourceNotFoundError: there is no such parent.
        """
        ref = self._ref(backend, request)
        return None if ref.key is None else self.find(ref)

    def existing(self, ref: RecordRef) -> Record:
        """The record that the request names.

        Raises:
            ResourceNotFoundError: there is none.
        """
        record = self.find(ref)
        if record is None:
            raise missing(self.resource, str(ref.key))
        return record

    def show(
        self, request: Request, ref: RecordRef, record: Record, status: int = 0, headers: Headers = ()
    ) -> Response:
        """The response with a record; without a view of records, the document's example."""
        status = status or self.plan.status
        choice = self.choice(request, status)
        if self._conditions is not None and self.plan.kind is not OperationKind.DELETE:
            headers = (*headers, ("ETag", tag_of(record)))
        if self.plan.listed and status == self.plan.status:
            return self._show_listed(request, choice, ref, record, headers)
        showing = self.showing(choice)
        body = self.body(showing, ref, record) if showing else self.bare(choice, ref)
        if body is None:
            return self.generated(request, status, headers)
        return self.answer(body, choice, headers)

    def body(self, showing: Renderer, ref: RecordRef, record: Record) -> Any:
        """The body that shows a record; None when no valid one can be made."""
        return showing.body(record, ref.name, str(ref.key))

    def _show_listed(
        self, request: Request, choice: ResponseChoice, ref: RecordRef, record: Record, headers: Headers
    ) -> Response:
        """The response with a record in a list of one."""
        showing = self.showing(choice)
        body = showing.list([(str(ref.key), record)], ref.name, lambda plain: plain) if showing else None
        if body is None:
            return self.generated(request, choice.status, headers)
        return self.answer(body, choice, headers)

    def bare(self, choice: ResponseChoice, ref: RecordRef) -> Any:
        """The body of a response without a record; None for the document's example."""
        return None

    def _view(self, choice: ResponseChoice) -> View | None:
        """The plan's view of a response; None when it has none."""
        view, media_type = self.plan.view, choice.media_type
        if media_type is None:
            return None
        if view is not None and (view.status, view.media_type.name) == (choice.status, media_type.name):
            return view
        return self.plan.responses.get((choice.status, media_type.name))

    def showing(self, choice: ResponseChoice) -> Renderer | None:
        """The renderer of a response, cached; None when the response shows no records."""
        if choice.media_type is None:
            return None
        key = (choice.status, choice.media_type.name)
        if key not in self._renderers:
            view = self._view(choice)
            self._renderers[key] = (
                Renderer(view, self.resource, self.context.records, lambda: self._template(choice, view))
                if view is not None
                else None
            )
        return self._renderers[key]

    def _template(self, choice: ResponseChoice, view: View) -> Any:
        """A body to put records in: with an empty list or record if possible, else an example."""
        if not view.media_type.examples:
            body = self.context.records.around(view.schema, view.place, self.operation.id, choice.status)
            if body is not None:
                return body
        body = self._documented(choice).body
        return {} if isinstance(body, str | bytes) else body  # such as XML

    def _documented(self, choice: ResponseChoice) -> NegotiatedResponse:
        """An example or a generated value of a response."""
        accept = choice.media_type.name if choice.media_type else None
        return self.context.negotiator.answer(self.operation, Preferences(code=choice.status), accept)

    def answer(self, body: Any, choice: ResponseChoice, headers: Headers) -> Response:
        """The response with a body that is known to be valid, and the documented headers."""
        documented = self._headers.get(choice.status)
        if documented is None:
            documented = self._documented(choice).headers if choice.response.headers else ()
            self._headers[choice.status] = documented
        written = self.context.negotiator.written(choice, body)
        return Response(
            choice.status, written, choice.content_type, combined(headers, documented), checked=True
        )

    def generated(self, request: Request, status: int, headers: Headers = ()) -> Response:
        """The response of a status with an example or a generated value, without regard to stored records."""
        values = [text_of(request.arguments.get(("path", name), "")) for name in self._names]
        return documented_answer(
            self.context.negotiator, self.operation, Preferences(code=status), request, tuple(values), headers
        )

    def location(self, request: Request, parents: tuple[str, ...], key: str) -> str | None:
        """The path of an item; None when items have no path."""
        path = self.resource.item_path
        if path is None:
            return None
        for name, value in zip(self._item_names, (*parents, key), strict=False):
            quoted = value if value.isascii() and value.isalnum() else quote(value, safe="")
            path = path.replace("{" + name + "}", quoted)
        return request.prefix + path.replace("{format}", "json")


def session_records(backend: Backend) -> Look:
    """The function that finds a record of the session by collection and key."""
    return lambda name, key: backend.collection(name).get(key)


def below_key(name: str, outer: tuple[str, ...], key: str) -> str:
    """The key under which it is stored that a record was created below these parents."""
    return "/".join(quote(part, safe="") for part in (name, *outer, key))


def documented_answer(
    negotiator: Negotiator,
    operation: Operation,
    preferences: Preferences,
    request: Request,
    key: tuple[str, ...],
    headers: Headers = (),
) -> Response:
    """The response with an example of the document, or with a generated value."""
    last = request.header("last-event-id") or ""
    after = int(last) if last.isdecimal() and len(last) < _LONGEST_NUMBER else 0
    answer = negotiator.answer(operation, preferences, request.accept, key=key, after=after)
    return Response(
        answer.status, answer.body, answer.content_type, combined(headers, answer.headers), checked=True
    )


def combined(own: Headers, documented: Headers) -> Headers:
    """The executor's headers before the documented ones; an empty value removes the documented header."""
    if not own:
        return documented
    kept = tuple(entry for entry in own if entry[1])
    if not documented:
        return kept
    names = {name.lower() for name, _ in own}
    return kept + tuple(entry for entry in documented if entry[0].lower() not in names)
