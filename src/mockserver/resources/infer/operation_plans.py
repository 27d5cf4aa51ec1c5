"""Infer the plan of each operation: what it does with a resource."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from mockserver.openapi import media_types, streams
from mockserver.openapi.document import Document
from mockserver.openapi.names import find_name, normalised, words
from mockserver.openapi.operation import Operation, Schema
from mockserver.resources.conventions import usual
from mockserver.resources.conventions.record_words import IDENTIFYING
from mockserver.resources.infer.accepted_inference import AcceptedInference
from mockserver.resources.infer.accounts.login_plans import LoginInference
from mockserver.resources.infer.completion import PlanCompletion, names_of
from mockserver.resources.infer.inference import ResourceInference
from mockserver.resources.infer.path_templates import Segments
from mockserver.resources.infer.plan_builder import RAW_KINDS, PlanBuilder
from mockserver.resources.infer.plan_corrections import Correction, NoEffectError, corrected, corrections_of
from mockserver.resources.infer.plan_fields.bulk_selection import ids_sent, infer_clearing, infer_members
from mockserver.resources.infer.plan_fields.count_operations import tells_number
from mockserver.resources.infer.plan_fields.echoes import infer_echo
from mockserver.resources.infer.plan_fields.filter_parameters import infer_selection
from mockserver.resources.infer.plan_fields.watching import event_content, infer_watch, line_content
from mockserver.resources.infer.reference_names import ReferenceInference
from mockserver.resources.infer.response_views import success_status
from mockserver.resources.plan import (
    ActionPlan,
    CreatePlan,
    EchoPlan,
    OperationKind,
    Plan,
    Reason,
    ReplacePlan,
    Resource,
    View,
    WatchPlan,
)

_ITEM_KINDS = {
    "put": OperationKind.REPLACE,
    "patch": OperationKind.MERGE,
    "post": OperationKind.MERGE,
    "delete": OperationKind.DELETE,
}
_CREATED, _ACCEPTED = 201, 202


log = logging.getLogger("mockserver")
NO_CORRECTIONS: Mapping[str, tuple[Correction, ...]] = MappingProxyType({})


class PlanInference:
    """Infers the plans of the operations of one document."""

    def __init__(
        self,
        document: Document,
        inference: ResourceInference,
        corrections: Mapping[str, tuple[Correction, ...]] = NO_CORRECTIONS,
    ) -> None:
        """`corrections` are the plan corrections of the fixture file, by operationId."""
        self._document = document
        self._from_fixture = corrections
        self.inference = inference
        references = ReferenceInference(inference)
        self.completion = PlanCompletion(inference, references)
        self._views = inference.views
        self._build = PlanBuilder(inference, references)
        self.logins = LoginInference(document, inference)
        self._accepted_work = AcceptedInference(document, inference, self.completion, self._inferred)

    def of(self, operation: Operation) -> Plan | None:
        """The operation's plan; None when none is inferred."""
        plan = self.inferred(operation)
        for correction in self.corrections(operation):
            try:
                plan = corrected(plan, correction, operation, self)
            except NoEffectError as error:
                log.warning("%s: %s", operation.id, error)
        return plan

    def corrections(self, operation: Operation) -> tuple[Correction, ...]:
        """The corrections of an operation's plan, the document's before the fixture file's, `kind` first."""
        written = self.inference.extension(operation).get("plan")
        found = (*corrections_of(written), *self._from_fixture.get(operation.id, ()))
        return tuple(sorted(found, key=lambda one: one.field != "kind"))

    def no_effects(self, operation: Operation) -> Iterator[tuple[Correction, str]]:
        """The corrections that have no effect, each with the reason."""
        corrections = self.corrections(operation)
        plan = self.inferred(operation) if corrections else None
        for correction in corrections:
            try:
                plan = corrected(plan, correction, operation, self)
            except NoEffectError as error:
                yield correction, str(error)

    def inferred(self, operation: Operation) -> Plan | None:
        """The plan without corrections."""
        return self._accepted_work.completed(operation, self._inferred(operation))

    def _inferred(self, operation: Operation) -> Plan | None:
        """The plan without corrections and without the progress of requests accepted with 202."""
        segments = self.inference.paths.segments(operation.path) or (operation.path,)
        if self._is_stateless(operation) or self.inference.is_stateless(segments):
            return self.without_users(operation)
        login = self.logins.login(operation)
        if login is not None:
            return login
        return self._callers(operation) or self._registering(operation) or self.without_users(operation)

    def _callers(self, operation: Operation, *, is_corrected: bool = False) -> Plan | None:
        """The plan of an operation on the caller's own record."""
        found = self.logins.caller_kind(operation, is_corrected=is_corrected)
        status = success_status(operation, operation.method)
        resource = self.logins.users if found is not None else None
        if found is None or resource is None or status is None:
            return None
        kind, reason = found
        content = self._views.content_of(operation.response(status))
        view = self.logins.user_view(status, content) or self._build.record_view(operation, resource, status)
        if kind is OperationKind.READ:
            if view is None:
                return None
            plan: Plan = self._build.read(operation, resource, status, view)
        else:
            plan = self._build.write(kind, operation, resource, status, view)
        plan = self.completion.completed(operation, plan)
        if isinstance(plan, ReplacePlan):
            plan = replace(plan, creates=False)
        reasons = (reason, *(one for one in plan.reasons if one.field not in {"creates", "key_in"}))
        return replace(plan, caller=True, otherwise=self.without_users(operation), reasons=reasons)

    def _registering(self, operation: Operation) -> Plan | None:
        """The plan of an operation that registers a user."""
        found, resource = self.logins.registration(operation), self.logins.users
        if found is None or resource is None:
            return None
        plan = self.without_users(operation)
        other = plan.resource if isinstance(plan, CreatePlan) and plan.resource != resource else None
        if other is not None and (other.item_path is not None or other.several is not None):
            return None  # a user of another collection
        if not isinstance(plan, CreatePlan) or other is not None:
            made = self._build.write(OperationKind.CREATE, operation, resource, found.status, found.view)
            plan = self.completion.completed(operation, made)
        if not isinstance(plan, CreatePlan):
            return None
        return replace(plan, tokens=found.tokens, reasons=(*found.reasons, *plan.reasons))

    def without_users(self, operation: Operation) -> Plan | None:
        """The plan of an operation without regard to logins and users."""
        plan = self._found(operation) or self._echo(operation)
        if isinstance(plan, EchoPlan):
            return plan
        if plan is None or (plan.resource.raw and plan.kind not in RAW_KINDS.values()):
            return None
        return plan if isinstance(plan, WatchPlan) else self.completion.completed(operation, plan)

    def _echo(self, operation: Operation) -> Plan | None:
        """The plan of an operation without state whose response repeats values of its request."""
        status, segments = success_status(operation), self.inference.paths.segments(operation.path)
        template = segments or tuple(operation.path.strip("/").split("/"))
        if status is None or self._is_stateless(operation) or self.inference.is_stateless(template):
            return None
        content = self._views.content_of(operation.response(status))
        view = self._views.record(status, content, frozenset(("id",)), str(template[-1] or "item"))
        return infer_echo(
            operation,
            template,
            view,
            self.inference.schemas,
            collections=self.inference.collections,
            is_accepting=operation.method == "post" and status in {_CREATED, _ACCEPTED},
            is_started=self._accepted_work.tells_of_accepted(operation),
        )

    def of_caller(self, operation: Operation) -> Plan | None:
        """The plan of an operation as one on the caller's own record; None when it cannot be."""
        return self._callers(operation, is_corrected=True)

    def of_kind(self, operation: Operation, kind: OperationKind) -> Plan | None:
        """The plan of an operation as one of this kind; None when it cannot be."""
        if kind is OperationKind.ECHO:
            return self._echo(operation)
        if kind is OperationKind.LOGIN:
            return self.logins.login(operation, is_corrected=True)
        plan = self._of_kind(operation, kind)
        return None if plan is None else self.completion.completed(operation, plan)

    def _of_kind(self, operation: Operation, kind: OperationKind) -> Plan | None:
        segments = self.inference.paths.segments(operation.path) or ()
        ends = [segments[: len(segments) - number] for number in range(3) if len(segments) > number]
        found = (self.inference.resource(end) for end in ends if end[-1] is not None)
        resource = next((one for one in found if one is not None and not one.raw), None)
        status = success_status(operation, "create" if kind is OperationKind.CREATE else operation.method)
        if resource is None or status is None:
            return None
        if kind in {OperationKind.ADD, OperationKind.CONTAINS}:
            origin, schemas = self.inference.origin(resource), self.inference.schemas
            return infer_members(operation, kind, resource, origin, status, schemas)
        if kind in {OperationKind.LIST, OperationKind.CLEAR}:
            view = self._build.list_view(operation, resource, status)
            if kind is OperationKind.LIST:
                return self._build.listing(operation, resource, status, view)
            return infer_clearing(
                operation, resource, status, view, self.inference.schemas, self.inference.conventions
            )
        if kind is OperationKind.COUNT:
            return self._build.count(operation, resource, status)
        if kind is OperationKind.DOWNLOAD:
            return self._download(operation, resource, status)
        view = self._build.record_view(operation, resource, status)
        if kind is OperationKind.READ:
            return self._build.read(operation, resource, status, view)
        if kind is OperationKind.ACTION:
            return self._build.action(operation, resource, status, str(segments[-1] or ""))
        return self._build.write(kind, operation, resource, status, view)

    def _found(self, operation: Operation) -> Plan | None:
        segments = self.inference.paths.segments(operation.path)
        if segments is None or self._is_stateless(operation):
            return None
        other = (
            self._members(operation, segments)
            or self._watching(operation, segments)
            or self._exporting(operation, segments)
            or self._shown_below(operation, segments)
            or self._below(operation, segments)
            or self._search(operation, segments)
            or self._element(operation, segments)
        )
        if other is not None:
            return other
        if segments and segments[-1] is None:
            return self._at_parameter(operation, segments)
        resource = self.inference.resource(segments)
        if resource is None:
            return self._below_resource(operation, segments)
        if resource.raw:
            return self._build.raw(operation, resource) if resource.single else None
        if resource.item_path is None and not resource.single and len(segments) > 1:
            other = self._other_list(operation, segments)
            if other is not None:
                return other
        return self._single(operation, resource) if resource.single else self._collection(operation, resource)

    def _members(self, operation: Operation, segments: Segments) -> Plan | None:
        """Plan an operation on a list whose records are added and removed by id: `PUT /me/tracks?ids=`."""
        is_asking = normalised(str(segments[-1] or "")) in usual.CONTAINING if segments else False
        template = segments[:-1] if is_asking else segments
        if not self.inference.has_members(template):
            return None
        resource = self.inference.resource(template)
        status = success_status(operation, operation.method)
        if resource is None or resource.key is None or status is None:
            return None
        if not is_asking and operation.method in {"get", "delete"}:
            return self._collection(operation, resource)
        response = operation.response(status)
        content = self._views.content_of(response)
        if is_asking:
            items = self.inference.schemas.outline(content.schema if content is not None else None).items
            if operation.method != "get" or "boolean" not in self.inference.schemas.outline(items).types:
                return None
        kind = OperationKind.CONTAINS if is_asking else OperationKind.ADD
        origin = self.inference.origin(resource)
        return infer_members(operation, kind, resource, origin, status, self.inference.schemas)

    def _shown_below(self, operation: Operation, segments: Segments) -> Plan | None:
        """Plan a list of the records of a path below this one: `/cart` shows what `/cart/items` lists."""
        resource = self.inference.resource(segments) if operation.method == "get" else None
        status = success_status(operation)
        if resource is None or resource.single or resource.raw or status is None or not any(segments[-1:]):
            return None
        if set(self.inference.paths.methods(segments)) != {"get"} or resource.item_path is not None:
            return None
        view = self._build.list_view(operation, resource, status)
        if view is None or len(view.place) != 1:
            return None
        below = self.inference.resource((*segments, view.place[0]))
        if below is None or below.single or below.raw or not self._views.shows_same(view, below):
            return None
        reason = Reason("record", f"{below.name} has the same records, at a path below this one")
        plan = self._build.listing(operation, below, status, self._build.list_view(operation, below, status))
        return replace(plan, reasons=(reason, *plan.reasons))

    def _watching(self, operation: Operation, segments: Segments) -> Plan | None:
        """Plan a stream of a collection's or a record's changes: `/orders/stream`, `/orders/{id}/events`."""
        status = success_status(operation)
        if operation.method != "get" or status is None or not segments or segments[-1] is None:
            return None
        content = event_content(operation, status)
        if content is None and normalised(segments[-1]) in usual.FOLLOWING:
            content = line_content(operation, status)
        if content is None or _offers_json(operation, status):
            return None
        schemas = self.inference.schemas
        outer = segments[:-1]
        resource = self.inference.resource(outer[:-1] if outer and outer[-1] is None else outer)
        if resource is None or resource.raw or infer_watch(content, resource, schemas) is None:
            if None in segments:
                return None
            resource = self.inference.collection_of(
                lambda one: infer_watch(content, one, schemas) is not None, segments
            )
        watch = None if resource is None or resource.raw else infer_watch(content, resource, schemas)
        if resource is None or watch is None:
            return None
        selection, why = infer_selection(
            operation.parameters, resource.properties, schemas, self.inference.conventions
        )
        reason = Reason("watch", f"its events show {resource.name}: the stream stays open and sends changes")
        return WatchPlan(
            kind=OperationKind.WATCH,
            resource=resource,
            status=status,
            view=None,
            selection=selection,
            watch=watch,
            content=content,
            queries=tuple(entry.name for entry in operation.parameters if entry.location == "query"),
            reasons=(reason, *why),
        )

    def _exporting(self, operation: Operation, segments: Segments) -> Plan | None:
        """Plan an operation that answers a collection's records in lines: `/readings/export`."""
        status = success_status(operation)
        if operation.method != "get" or status is None or not segments or segments[-1] is None:
            return None
        content = line_content(operation, status)
        if content is None or _offers_json(operation, status):
            return None
        schemas = self.inference.schemas
        item = streams.item_schema(content, schemas)
        for length in range(len(segments), 0, -1):
            resource = self.inference.resource(segments[:length])
            if resource is not None and not resource.raw and self.inference.is_same(resource, item):
                break
        else:
            resource = self.inference.collection_of(lambda one: self.inference.is_same(one, item), segments)
        if resource is None or resource.single or item is None or segments.count(None) != resource.depth:
            return None
        values = replace(content, name="application/json", schema={"type": "array", "items": item})
        view = self._views.list(status, values, names_of(resource), resource.word)
        plan = self._build.listing(operation, resource, status, view)
        reason = Reason("kind", f"its values show {resource.name}: it ends after the records")
        return replace(plan, reasons=(reason, *plan.reasons))

    def _search(self, operation: Operation, segments: Segments) -> Plan | None:
        """Plan a search through the records of a collection at a separate path, `/search`."""
        status = success_status(operation)
        is_search = any(normalised(one or "") in usual.SEARCHING for one in segments[-2:])
        if not is_search or None in segments or status is None or operation.method not in {"get", "post"}:
            return None
        resource = self.inference.collection_of(
            lambda one: self._views.shows_same(self._build.list_view(operation, one, status), one), segments
        )
        if resource is None:
            return None
        view = self._build.list_view(operation, resource, status)
        plan = self._build.listing(operation, resource, status, view, searched=operation.method == "post")
        texts = [
            ("query", entry.name)
            for entry in operation.parameters
            if entry.location == "query" and "string" in self.inference.schemas.outline(entry.schema).types
        ]
        free = [key for key in texts if key not in plan.selection.narrowing | plan.selection.ordering]
        if plan.selection.search is not None or len(free) != 1:
            return plan
        reason = Reason("search", f"`{free[0][1]}` is the only text parameter of a search")
        selection = replace(plan.selection, search=free[0])
        return replace(plan, selection=selection, reasons=(*plan.reasons, reason))

    def _below(self, operation: Operation, segments: Segments) -> Plan | None:
        """Plan an operation below a parent, on the records of a top-level collection."""
        is_item = bool(segments) and segments[-1] is None
        template = segments[:-1] if is_item else segments
        shared = self.inference.shared(template)
        own = self.inference.resource(template) if shared is not None else None
        if shared is None or own is None:
            return None
        plan = self._item(operation, shared) if is_item else self._collection(operation, shared)
        if plan is None:
            return None
        below = tuple(own.parents.get(number) for number in range(own.depth))
        reason = Reason("below", f"its records are those of {shared.name}")
        return replace(plan, below=below, reasons=(*plan.reasons, reason))

    def _at_parameter(self, operation: Operation, segments: Segments) -> Plan | None:
        """Plan an operation at a path that ends in a parameter: on an item, or on what belongs to it."""
        below = bool(self.inference.paths.methods((*segments, None)))
        inner = self.inference.resource(segments) if below else None
        if inner is not None and self.inference.is_listed(segments, inner.word):
            return self._collection(operation, inner)
        if inner is not None and set(self.inference.paths.methods(segments)) == {"post"}:
            # No operation reads this path: what is posted is read below it.
            plan = self._collection(operation, inner)
            if plan is not None:
                return plan
        resource = self.inference.resource(segments[:-1])
        if resource is not None and resource.raw:
            return self._build.raw(operation, resource)
        plan = self._item(operation, resource) if resource is not None and resource.item_path else None
        return plan or (self._collection(operation, inner) if inner is not None else None)

    def _is_stateless(self, operation: Operation) -> bool:
        return bool(self.inference.extension(operation).get("stateless"))

    def _item(self, operation: Operation, resource: Resource) -> Plan | None:
        """Plan an operation at an item's path."""
        status = success_status(operation, operation.method)
        if status is None:
            return None
        view = self._build.record_view(operation, resource, status)
        if operation.method == "get":
            listed = self._build.list_view(operation, resource, status) if view is None else None
            if listed is not None and self._views.shows_same(listed, resource):
                return self._build.read(operation, resource, status, listed, listed=True)
            shows = view is not None or not self._build.has_content(operation, status)
            # A deletion needs no view of the record: reading may show a file, or one of several schemas.
            is_deleted = "delete" in self.inference.paths.methods(
                self.inference.paths.segments(operation.path) or ()
            )
            return self._build.read(operation, resource, status, view) if shows or is_deleted else None
        kind = _ITEM_KINDS.get(operation.method)
        if kind is None:
            return None
        if kind is OperationKind.REPLACE and self._is_partial(operation, resource):
            reason = Reason(
                "kind",
                "its body requires no property that creation requires: it changes only the properties sent",
            )
            plan = self._build.write(OperationKind.MERGE, operation, resource, status, view)
            return replace(plan, reasons=(reason, *plan.reasons))
        if operation.method == "post" and not self._views.shows_same(view, resource):
            return (
                self._build.write(kind, operation, resource, status, None)
                if self._updates(operation, resource)
                else None
            )
        return self._build.write(kind, operation, resource, status, view)

    def _is_partial(self, operation: Operation, resource: Resource) -> bool:
        """Whether a PUT accepts a part of a record: it requires no property that a creation requires."""
        methods = self.inference.paths.methods(self.inference.paths.segments(operation.path) or ())
        if "patch" in methods or "201" in operation.responses:
            return False
        taken, required = self._taken(operation)
        if required or not taken or resource.template[-1:] == (None,):
            return False
        creations = (
            creation
            for segments in self.inference.paths.ending_in(resource.template[-1])
            for creation in self.inference.operations(segments)
            if creation.method == "post"
        )
        return any(not taken.isdisjoint(self._taken(creation)[1]) for creation in creations)

    def _taken(self, operation: Operation) -> tuple[frozenset[str], frozenset[str]]:
        """The properties of an operation's request body, and the required ones."""
        content = operation.request_body.content.values() if operation.request_body else ()
        schema = next((entry.schema for entry in content if entry.schema is not None), None)
        outline = self.inference.schemas.outline(schema)
        return frozenset(outline.properties), frozenset(outline.required)

    def _updates(self, operation: Operation, resource: Resource) -> bool:
        """Whether a POST at an item takes only properties of its record, and nothing else updates it."""
        methods = self.inference.paths.methods(self.inference.paths.segments(operation.path) or ())
        sent, known = (
            set(map(normalised, names))
            for names in (self._build.accepted(operation, resource)[1], resource.properties)
        )
        return bool(sent) and sent <= known and not {"put", "patch"} & set(methods)

    def _collection(self, operation: Operation, resource: Resource) -> Plan | None:
        """Plan an operation at a collection's path."""
        kind = "create" if operation.method == "post" else operation.method
        status = success_status(operation, kind)
        if status is None:
            return None
        if operation.method in {"get", "query"}:
            shown = self._build.list_view(operation, resource, status)
            searched = operation.method == "query"  # OpenAPI 3.2: its body has the parameters
            return (
                self._build.listing(operation, resource, status, shown, searched=searched)
                if shown is not None
                else None
            )
        if operation.method == "delete":
            return self._clear(operation, resource, status)
        if operation.method == "patch" and self._takes_many(operation):
            return self._build.each(operation, resource, status, OperationKind.MERGE)
        view = self._build.record_view(operation, resource, status)
        if operation.method == "post" and view is None:
            several = self._creation_in_list(operation, resource, status)
            if several is not None:
                return several
        if operation.method == "post" and (
            view is not None or self._build.shows_at_most_id(operation, status)
        ):
            return self._build.write(OperationKind.CREATE, operation, resource, status, view)
        if (
            operation.method in {"put", "patch"}
            and resource.key in self._build.accepted(operation, resource)[1]
        ):
            return self._build.write(_ITEM_KINDS[operation.method], operation, resource, status, view)
        return None

    def _creation_in_list(self, operation: Operation, resource: Resource, status: int) -> Plan | None:
        """Plan a creation of several records, or of one that the response shows in a list."""
        many = (
            self._build.each(operation, resource, status, OperationKind.CREATE)
            if self._takes_many(operation)
            else None
        )
        if many is not None:
            return many
        listed = self._build.list_view(operation, resource, status)
        made = self._build.write(OperationKind.CREATE, operation, resource, status, listed, listed=True)
        is_list = self._views.shows_same(listed, resource)
        uploads = self._build.several_files(operation) if is_list else None
        if uploads is not None and isinstance(made, CreatePlan):
            reason = Reason("uploads", f"each file of `{uploads}` becomes a record of the answer's list")
            return replace(made, uploads=uploads, reasons=(*made.reasons, reason))
        is_one = is_list or (status == 201 and self._build.shows_ids(listed, resource))
        shared = set(map(normalised, made.accepted)) & set(map(normalised, resource.properties))
        return made if is_one and shared else None

    def _takes_many(self, operation: Operation) -> bool:
        """Whether the request body is a list."""
        content = operation.request_body.content.values() if operation.request_body else ()
        return any(self.inference.schemas.outline(entry.schema).is_array for entry in content)

    def _clear(self, operation: Operation, resource: Resource, status: int) -> Plan | None:
        """Plan a deletion of the records listed at a collection's path."""
        segments = self.inference.paths.segments(operation.path)
        if segments is None or not self.inference.is_listed(segments, resource.word):
            return None
        view = self._build.list_view(operation, resource, status)
        return infer_clearing(
            operation, resource, status, view, self.inference.schemas, self.inference.conventions
        )

    def _single(self, operation: Operation, resource: Resource) -> Plan | None:
        """Plan an operation at the path of a single record."""
        status = success_status(operation, operation.method)
        if status is None:
            return None
        view = self._build.record_view(operation, resource, status)
        if operation.method == "get":
            return self._build.read(operation, resource, status, view)
        if operation.method == "post" and not self._views.shows_same(view, resource):
            return None
        kind = _ITEM_KINDS.get(operation.method)
        return self._build.write(kind, operation, resource, status, view) if kind else None

    def _below_resource(self, operation: Operation, segments: Segments) -> Plan | None:
        """Plan an operation at the path of no resource: an action, or another way to list."""
        if len(segments) < 2:
            return None
        if segments[-2] is not None:
            return self._other_list(operation, segments) or self._of_all(operation, segments)
        resource = self.inference.resource(segments[:-2])
        status = success_status(operation, operation.method)
        has_items = resource is not None and (resource.item_path is not None or resource.key is not None)
        if resource is None or not has_items or status is None:
            return None
        if operation.method == "get" and not resource.raw:
            return self._download(operation, resource, status)
        if operation.method not in _ITEM_KINDS:
            return None
        return self._build.action(operation, resource, status, segments[-1] or "")

    def _download(self, operation: Operation, resource: Resource, status: int) -> Plan | None:
        """Plan a download of the file uploaded with a record, when the response is a file."""
        response = operation.response(status)
        names = list(response.content) if response is not None else []
        if not names or any(map(media_types.is_data, names)) or not self._is_uploaded(resource):
            return None
        reason = Reason("kind", "the response is a file, and requests upload one with the record")
        return Plan(
            kind=OperationKind.DOWNLOAD, resource=resource, status=status, view=None, reasons=(reason,)
        )

    def _is_uploaded(self, resource: Resource) -> bool:
        """Whether an operation on a resource accepts files."""
        template = resource.template
        for segments in (template, (*template, None)):
            for operation in self.inference.operations(segments):
                body = operation.request_body if operation.method in {"post", "put", "patch"} else None
                if body is not None and not all(map(media_types.is_data, body.content)):
                    return True
        return False

    def _other_list(self, operation: Operation, segments: Segments) -> Plan | None:
        resource = self.inference.resource(segments[:-1])
        status = success_status(operation)
        if resource is None or operation.method != "get" or status is None:
            return None
        view = self._build.list_view(operation, resource, status)
        return (
            self._build.listing(operation, resource, status, view)
            if self._views.shows_same(view, resource)
            else None
        )

    def _of_all(self, operation: Operation, segments: Segments) -> Plan | None:
        """Plan an operation on many records: `GET /x/count`, `POST /x/search`, `POST /x/bulk`."""
        resource, word = self.inference.resource(segments[:-1]), segments[-1] or ""
        kind = "create" if operation.method == "post" else operation.method
        status = success_status(operation, kind)
        if resource is None or resource.single or status is None:
            return None
        if operation.method == "get":
            return self._read_of_all(operation, resource, status, normalised(word))
        if normalised(word) in usual.CHANGING_MANY and operation.method in {"post", "put", "patch"}:
            return self._build.each(operation, resource, status, OperationKind.MERGE)
        return self._posted_to_all(operation, resource, status, word) if operation.method == "post" else None

    def _read_of_all(self, operation: Operation, resource: Resource, status: int, word: str) -> Plan | None:
        """Plan a GET after a collection's path: a count, statistics, or the newest record."""
        if word in usual.COUNTING:
            content = operation.response(status)
            tells = content is not None and any(
                tells_number(self.inference.schemas, entry) for entry in content.content.values()
            )
            return self._build.count(operation, resource, status) if tells else None
        if word in usual.LATEST:
            return self._newest(operation, resource, status)
        return self._build.statistics(operation, resource, status) if word in usual.STATISTICS else None

    def _posted_to_all(self, operation: Operation, resource: Resource, status: int, said: str) -> Plan | None:
        """Plan a POST after a collection's path: `/create`, `/search`, `/bulk-delete`, `/read-all`."""
        word = normalised(said)
        if word in usual.CREATING:
            return self._collection(operation, resource)
        listed = self._build.list_view(operation, resource, status)
        if word in usual.SEARCHING and self._views.shows_same(listed, resource):
            return self._build.listing(operation, resource, status, listed, searched=True)
        is_by_ids = ids_sent(operation, resource, self.inference.schemas) is not None
        if word in usual.DELETING_MANY and is_by_ids:
            return infer_clearing(
                operation, resource, status, listed, self.inference.schemas, self.inference.conventions
            )
        if word in usual.CREATING_MANY:
            return self._build.each(operation, resource, status, OperationKind.CREATE)
        return self._on_every(operation, resource, status, said) if "all" in words(said) else None

    def _on_every(self, operation: Operation, resource: Resource, status: int, said: str) -> Plan | None:
        """Plan an action on every record of a collection: `/notifications/read-all`."""
        action = "-".join(one for one in words(said) if one not in {"all", "as"})
        plan = self._build.action(operation, resource, status, action)
        effect = self.completion.with_effect(operation, plan)
        if operation.request_body is not None or not isinstance(effect, ActionPlan):
            return None
        reason = Reason("every", "the path says `all`, after the collection")
        is_known = bool(effect.sets or effect.moments)
        return replace(plan, view=None, every=True, reasons=(*plan.reasons, reason)) if is_known else None

    def _newest(self, operation: Operation, resource: Resource, status: int) -> Plan | None:
        """Plan a read of the newest record: `/releases/latest`."""
        view = self._build.record_view(operation, resource, status)
        if not self._views.shows_same(view, resource):
            return None
        known = resource.properties
        created = (name for name in known if usual.is_moment_of(name, usual.CREATED))
        required = (
            name for name in known if name in resource.required and set(words(name)[-1:]) & usual.MOMENTS
        )
        moment = next(created, None) or next(required, None)
        reason = Reason(
            "newest_by",
            f"the path names the newest record, {f'by `{moment}`' if moment else 'the last listed'}",
        )
        plan = self._build.read(operation, resource, status, view)
        return replace(plan, newest_by=() if moment is None else (moment,), reasons=(*plan.reasons, reason))

    def _element(self, operation: Operation, segments: Segments) -> Plan | None:
        """Plan an operation on the elements of a record's list: `POST /cart/items` answers the cart."""
        is_item = bool(segments) and segments[-1] is None
        template = segments[:-1] if is_item else segments
        status = success_status(operation, "create" if operation.method == "post" else operation.method)
        if len(template) < 2 or template[-1] is None or status is None or operation.method == "get":
            return None
        outer = template[:-1]
        resource = self.inference.resource(outer[:-1] if outer[-1] is None else outer)
        if resource is None or resource.raw or resource.single is (outer[-1] is None):
            return None
        name = find_name(template[-1], resource.properties)
        if name is None or not self.inference.schemas.outline(resource.properties[name]).is_array:
            return None
        methods = self.inference.paths.methods
        if "get" in methods(template) or "get" in methods((*template, None)):
            return None
        view = self._build.record_view(operation, resource, status)
        items = self.inference.schemas.outline(resource.properties[name]).items
        element = view if view is not None and self._is_element(view, items) else None
        view = None if element is not None else view
        if not self._views.shows_same(view, resource) and (
            view is not None or (element is None and self._build.has_content(operation, status))
        ):
            return None
        reason = Reason("elements", f"the path ends in `{name}`, a list of {resource.name}")
        return ActionPlan(
            kind=OperationKind.ACTION,
            resource=resource,
            status=status,
            view=view,
            reasons=(reason, *self._build.place_reasons(view)),
            action=operation.method,
            elements=name,
            element_ids=self._element_ids(items),
            element=element,
        )

    def _element_ids(self, items: Schema | None) -> frozenset[str]:
        """The properties by which a path names an element of a list with these items."""
        known = {} if items is None else self.inference.schemas.outline(items).properties
        ids = (name for name in known if normalised(name).endswith("id") or normalised(name) in IDENTIFYING)
        return frozenset(ids) if known else IDENTIFYING

    def _is_element(self, view: View, items: Schema | None) -> bool:
        """Whether a view shows an element of a list with these items."""
        schemas = self.inference.schemas
        if items is None or not schemas.outline(items).properties:
            return False
        is_equal = schemas.target(view.shown) == schemas.target(items)
        return is_equal or schemas.identity(view.shown) == schemas.identity(items)


def _offers_json(operation: Operation, status: int) -> bool:
    """Whether a response is offered as one JSON value, and not only as a stream of values."""
    response = operation.response(status)
    return any(map(media_types.is_json, response.content if response is not None else ()))
