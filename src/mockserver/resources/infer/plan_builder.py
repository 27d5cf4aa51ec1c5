"""Build the plan of an operation of a known kind on a known resource."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from mockserver.openapi.names import find_name, normalised
from mockserver.openapi.operation import Operation, Parameter, Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.body_paths import BodyPath
from mockserver.resources.conventions.record_words import IDENTIFYING
from mockserver.resources.infer.completion import names_of
from mockserver.resources.infer.inference import ResourceInference
from mockserver.resources.infer.plan_fields.bulk_selection import ids_sent
from mockserver.resources.infer.plan_fields.filter_parameters import infer_fields, infer_selection
from mockserver.resources.infer.plan_fields.group_counts import infer_groups
from mockserver.resources.infer.plan_fields.page_parameters import infer_pagination
from mockserver.resources.infer.reference_names import ReferenceInference
from mockserver.resources.infer.response_views import success_status
from mockserver.resources.plan import (
    ActionPlan,
    CountPlan,
    CreatePlan,
    DeletePlan,
    ListPlan,
    OperationKind,
    Plan,
    ReadPlan,
    Reason,
    ReplacePlan,
    Resource,
    Selection,
    View,
    WritePlan,
)

_WRITES: Mapping[OperationKind, type[WritePlan]] = {
    OperationKind.CREATE: CreatePlan,
    OperationKind.REPLACE: ReplacePlan,
    OperationKind.DELETE: DeletePlan,
}
RAW_KINDS = {"get": OperationKind.READ, "put": OperationKind.REPLACE, "delete": OperationKind.DELETE}
"""What a method does with a resource without properties."""


class PlanBuilder:
    """Builds plans: where the operation shows records, what it accepts, selects, sorts and pages by."""

    def __init__(self, inference: ResourceInference, references: ReferenceInference) -> None:
        self._inference = inference
        self._schemas = inference.schemas
        self._conventions = inference.conventions
        self._views = inference.views
        self._references = references

    def raw(self, operation: Operation, resource: Resource) -> Plan | None:
        """Plan an operation on a resource without properties."""
        status = success_status(operation, operation.method)
        kind = RAW_KINDS.get(operation.method)
        if resource.is_list and operation.method == "post":
            kind = OperationKind.REPLACE  # a value that the path names is added
        if status is None or kind is None:
            return None
        made: type[Plan] = ReadPlan if kind is OperationKind.READ else _WRITES.get(kind, WritePlan)
        above = self._inference.above(resource)
        name = find_name(resource.word, above.properties) if above is not None and resource.single else None
        outline = self._schemas.outline(above.properties[name]) if above is not None and name else None
        is_list = outline is not None and outline.is_array
        reasons = (Reason("part_of", f"it is the `{name}` of the record above"),) if is_list else ()
        part_of = name if is_list else None
        return made(kind=kind, resource=resource, status=status, view=None, part_of=part_of, reasons=reasons)

    def statistics(self, operation: Operation, resource: Resource, status: int) -> Plan | None:
        """Plan an operation that counts records, in all and by state."""
        content = self._views.content_of(operation.response(status))
        groups = infer_groups(content.schema if content else None, resource, self._schemas)
        if not groups:
            return None
        reasons = tuple(
            Reason("groups", f"`{'.'.join(place)}` counts {' '.join(map(str, group)) or 'all'}")
            for place, group in groups.items()
        )
        plan = self.count(operation, resource, status)
        return replace(plan, groups=groups, reasons=(*plan.reasons, *reasons))

    def each(self, operation: Operation, resource: Resource, status: int, kind: OperationKind) -> Plan | None:
        """Plan a creation, or a change, of every record of a list in the request body."""
        content = operation.request_body.content if operation.request_body else {}
        schema = next((entry.schema for entry in content.values() if entry.schema is not None), None)
        schemas, envelopes = self._schemas, self._views.envelopes
        ids = ids_sent(operation, resource, schemas) if kind is OperationKind.MERGE else None
        if ids and resource.key is not None:
            return self._each_of_ids(operation, resource, status, ids)
        place = envelopes.list(schema, names_of(resource), resource.word) if schema is not None else None
        items = (
            schemas.outline(envelopes.schema_at(schema, place)).items
            if schema and place is not None
            else None
        )
        if place is None or items is None:
            return None
        within = envelopes.element(items)
        accepted = schemas.outline(envelopes.schema_at(items, within)).properties
        if not set(map(normalised, accepted)) & set(map(normalised, resource.properties)):
            return None
        if kind is not OperationKind.CREATE and resource.key not in accepted:
            return None
        listed = self.list_view(operation, resource, status)
        reasons = (Reason("many", f"the request's body has a list{_at(place)}"),)
        made = _WRITES.get(kind, WritePlan)
        return made(
            kind=kind,
            resource=resource,
            status=status,
            view=listed,
            reasons=reasons,
            sent=within,
            accepted=accepted,
            many=place,
        )

    def _each_of_ids(
        self, operation: Operation, resource: Resource, status: int, ids: BodyPath
    ) -> Plan | None:
        """Plan the same change of every record whose id the request body lists: `{ids: […], status: won}`."""
        content = operation.request_body.content.values() if operation.request_body else ()
        sent = {name for one in content for name in self._schemas.outline(one.schema).properties}
        accepted = {name: resource.properties[name] for name in sent & resource.properties.keys()}
        if not accepted:
            return None
        key = str(resource.key)
        return WritePlan(
            kind=OperationKind.MERGE,
            resource=resource,
            status=status,
            view=self.list_view(operation, resource, status),
            reasons=(Reason("many", f"the request's body lists ids{_at(ids)}"),),
            accepted={**accepted, key: resource.properties.get(key, True)},
            many=ids,
        )

    def write(
        self,
        kind: OperationKind,
        operation: Operation,
        resource: Resource,
        status: int,
        view: View | None,
        *,
        listed: bool = False,
    ) -> WritePlan:
        """The plan of a creation, change, replacement or deletion of a record."""
        sent, accepted = self.accepted(operation, resource)
        reasons = self.place_reasons(view)
        if sent:
            reasons += (Reason("sent", f"the request's body has the record{_at(sent)}"),)
        made = _WRITES.get(kind, WritePlan)
        return made(
            kind=kind,
            resource=resource,
            status=status,
            view=view,
            listed=listed,
            reasons=reasons,
            sent=sent,
            accepted=accepted,
        )

    def action(self, operation: Operation, resource: Resource, status: int, action: str) -> ActionPlan:
        """The plan of an action on a record; `action` is the last segment of its path."""
        view = self.record_view(operation, resource, status)
        shown = view if self._views.shows_same(view, resource) else None
        sent, accepted = self.accepted(operation, resource)
        return ActionPlan(
            kind=OperationKind.ACTION,
            resource=resource,
            status=status,
            view=shown,
            reasons=(Reason("action", "the path ends in it, after an item"), *self.place_reasons(shown)),
            sent=sent,
            accepted=accepted,
            action=action,
        )

    def read(
        self,
        operation: Operation,
        resource: Resource,
        status: int,
        view: View | None,
        *,
        listed: bool = False,
    ) -> ReadPlan:
        """The plan of reading a record; with `listed` the response has it as the only element of a list."""
        fields, why = infer_fields(operation.parameters, view, self._schemas, self._conventions)
        return ReadPlan(
            kind=OperationKind.READ,
            resource=resource,
            status=status,
            view=view,
            listed=listed,
            reasons=self.place_reasons(view) + why,
            fields=fields,
        )

    def count(self, operation: Operation, resource: Resource, status: int) -> CountPlan:
        """The plan of counting records."""
        selection, reasons = infer_selection(
            operation.parameters,
            resource.properties,
            self._schemas,
            self._conventions,
        )
        return CountPlan(
            kind=OperationKind.COUNT,
            resource=resource,
            status=status,
            view=None,
            reasons=reasons,
            selection=selection,
        )

    def listing(
        self,
        operation: Operation,
        resource: Resource,
        status: int,
        view: View | None,
        *,
        searched: bool = False,
    ) -> ListPlan:
        """The plan of a list; with `searched` the request body has its parameters, too."""
        schemas, conventions = self._schemas, self._conventions
        parameters = (*operation.parameters, *(_in_body(operation, schemas) if searched else ()))
        shown = schemas.outline(view.shown).properties if view else {}
        selection, selecting = infer_selection(
            parameters, {**resource.properties, **shown}, schemas, conventions
        )
        selection, naming = self._with_names(parameters, selection, resource)
        selecting += naming
        pagination, paging = infer_pagination(parameters, schemas, conventions)
        fields, why = infer_fields(parameters, view, schemas, conventions)
        return ListPlan(
            kind=OperationKind.LIST,
            resource=resource,
            status=status,
            view=view,
            reasons=(*self.place_reasons(view), *selecting, *paging, *why),
            selection=selection,
            pagination=pagination,
            searched=searched,
            fields=fields,
            queries=tuple(entry.name for entry in parameters if entry.location == "query"),
        )

    def _with_names(
        self, parameters: tuple[Parameter, ...], selection: Selection, resource: Resource
    ) -> tuple[Selection, tuple[Reason, ...]]:
        """The selection with the resources whose records a parameter may name other than by id."""
        references = self._references.of(resource.record, resource)
        types = {entry.name: self._schemas.outline(entry.schema).types for entry in parameters}
        filters, reasons = [], []
        for entry in selection.filters:
            reference = references.get(entry.path[0]) if len(entry.path) == 1 else None
            name, found = entry.parameter[1], entry
            is_id = normalised(name) == normalised(entry.path[0])
            if reference is not None and not is_id and reference.embedded is None and "string" in types[name]:
                other = reference.resource
                names = frozenset(one for one in other.properties if normalised(one) in IDENTIFYING)
                found = replace(entry, named=other, named_by=names)
                because = f"`{name}` may be the name of a record of {other.name}"
                reasons.append(Reason("filters", because))
            filters.append(found)
        return (replace(selection, filters=tuple(filters)) if reasons else selection), tuple(reasons)

    def place_reasons(self, view: View | None) -> tuple[Reason, ...]:
        """The reason for the place at which a response has a record; none when it is at the top."""
        if view is None or not view.place:
            return ()
        because = f"the response with {view.status} wraps it{_at(view.place)}"
        return (Reason("record", because, self._conventions.wrapping(view.place)),)

    def record_view(self, operation: Operation, resource: Resource, status: int) -> View | None:
        """How a response shows one record; None when it shows none."""
        content = self._views.content_of(operation.response(status))
        schema = None if content is None else content.schema
        is_whole = resource.single and self._inference.is_same(resource, schema)
        if is_whole and content is not None and schema is not None:
            return self._views.at(status, content, (), is_list=False)
        return self._views.record(status, content, names_of(resource), resource.word, resource.identity)

    def list_view(self, operation: Operation, resource: Resource, status: int) -> View | None:
        """How a response shows a list of records; None when it shows none."""
        return self._views.list(
            status,
            self._views.content_of(operation.response(status)),
            names_of(resource),
            resource.word,
        )

    def shows_ids(self, view: View | None, resource: Resource) -> bool:
        """Whether the elements of a list have the ids of records."""
        names = names_of(resource)
        return view is not None and any(normalised(name) in names for name in view.properties or ())

    def shows_at_most_id(self, operation: Operation, status: int) -> bool:
        """Whether a response without a record is empty, or only an id."""
        content = self._views.content_of(operation.response(status))
        is_id = content is not None and self._schemas.is_scalar(content.schema or {})
        return is_id or not self.has_content(operation, status)

    def several_files(self, operation: Operation) -> str | None:
        """The field of a form that takes several files; None when there is none."""
        content = operation.request_body.content if operation.request_body else {}
        for name, media_type in content.items():
            properties = self._schemas.outline(media_type.schema).properties if "multipart" in name else {}
            for field, schema in properties.items():
                target = self._schemas.target(self._schemas.outline(schema).items)
                if target.get("format") == "binary" or "contentMediaType" in target:
                    return field.removesuffix("[]")
        return None

    @staticmethod
    def has_content(operation: Operation, status: int) -> bool:
        """Whether a response has a body."""
        response = operation.response(status)
        return response is not None and bool(response.content)

    def accepted(self, operation: Operation, resource: Resource) -> tuple[BodyPath, Mapping[str, Schema]]:
        """The path of the record in the request body, and the properties it may have there."""
        content = operation.request_body.content if operation.request_body else {}
        for name, media_type in content.items():
            if "json-patch" in name or not isinstance(media_type.schema, Mapping):
                continue
            schemas, envelopes = self._schemas, self._views.envelopes
            outline = schemas.outline(media_type.schema)
            shared = set(map(normalised, outline.properties)) & set(map(normalised, resource.properties))
            place = (
                () if shared else envelopes.record(media_type.schema, names_of(resource), resource.word) or ()
            )
            return place, schemas.outline(envelopes.schema_at(media_type.schema, place)).properties
        return (), {}


def _at(path: BodyPath) -> str:
    return f" at `{'.'.join(path)}`" if path else ""


def _in_body(operation: Operation, schemas: SchemaReader) -> Iterator[Parameter]:
    """The properties of a search's request body, as parameters."""
    content = operation.request_body.content.values() if operation.request_body else ()
    schema = next((entry.schema for entry in content if entry.schema is not None), None)
    for name, inner in schemas.outline(schema).properties.items():
        yield Parameter(
            name,
            "query",
            required=False,
            style="form",
            explode=True,
            schema=inner,
            media_type=None,
            pointer="",
        )
