"""Complete plans: other responses, entity tags, list metadata, paths of ids, effects of actions."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from mockserver.openapi import media_types, streams
from mockserver.openapi.names import find_name, normalised, singular
from mockserver.openapi.names import words as words_of
from mockserver.openapi.operation import DocumentedResponse, MediaType, Operation, Schema, path_parameters
from mockserver.resources.body_paths import BodyPath
from mockserver.resources.conventions import formats, frameworks, usual, vendors
from mockserver.resources.infer.identifiers import candidates, identifying, telling
from mockserver.resources.infer.inference import ResourceInference
from mockserver.resources.infer.plan_fields.actions import infer_effect
from mockserver.resources.infer.plan_fields.assigned_fields import infer_assigned
from mockserver.resources.infer.plan_fields.conflicts import infer_conflicts, infer_kept_by, infer_unique
from mockserver.resources.infer.plan_fields.count_operations import number_names
from mockserver.resources.infer.plan_fields.entity_tags import declares
from mockserver.resources.infer.plan_fields.list_metadata import PageMetadataInference
from mockserver.resources.infer.plan_fields.watching import event_content, infer_watch
from mockserver.resources.infer.reference_names import ReferenceInference
from mockserver.resources.plan import (
    ActionPlan,
    ClearPlan,
    CountPlan,
    CreatePlan,
    DeletePlan,
    Key,
    ListPlan,
    Pagination,
    Plan,
    ReadPlan,
    Reason,
    ReplacePlan,
    Resource,
    View,
    WritePlan,
)

_SUCCESSES = (200, 201)
_PARTS = 3
"""Minimum number of properties only an object has, for a body to be taken as that object unwrapped."""
_PlanT = TypeVar("_PlanT", bound=Plan)


class PlanCompletion:
    """Completes the plans of one document."""

    def __init__(self, inference: ResourceInference, references: ReferenceInference) -> None:
        self._inference = inference
        self._schemas = inference.schemas
        self.page_metadata = PageMetadataInference(inference.schemas, inference.conventions)
        self._references = references

    def completed(self, operation: Operation, plan: Plan) -> Plan:
        """Complete a plan with every field that can be inferred."""
        segments = self._inference.paths.segments(operation.path) or ()
        plan = _with(plan, plan.resource.reasons)
        if any(map(declares, self._inference.operations(segments))):
            reason = Reason(
                "entity_tags", "an operation at this path documents ETag, If-Match or If-None-Match"
            )
            plan = _with(plan, (reason,), entity_tags=True)
        if plan.resource.raw:
            return plan
        plan = self._with_list(self._with_counter(self._with_responses(operation, plan)))
        if isinstance(plan, ReadPlan | ListPlan):
            plan = self._with_fields_in(plan)
        if isinstance(plan, WritePlan):
            plan = self.accepting(operation, plan)
        if isinstance(plan, CreatePlan):
            return self._counting(operation, self._create(operation, plan))
        if isinstance(plan, ReplacePlan):
            return self._replace(operation, plan)
        if isinstance(plan, DeletePlan):
            return self._delete(operation, plan)
        if isinstance(plan, ActionPlan):
            return self.with_effect(operation, plan)
        if isinstance(plan, ListPlan):
            return self._list(operation, plan)
        return self._counting(operation, plan)

    def view(self, view: View, plan: Plan) -> View:
        """Complete a view with its id property and its list metadata."""
        view = self._keyed(view, plan.resource)
        return self.refreshed(view, plan.pagination) if isinstance(plan, ListPlan) else view

    def view_of(self, view: View, resource: Resource) -> View:
        """Complete a view of a single record with its id property."""
        return self._keyed(view, resource)

    def refreshed(self, view: View, pagination: Pagination) -> View:
        """Infer the list metadata of a view again, for this pagination."""
        return replace(view, metadata=self.page_metadata.fields(view, pagination)[0])

    def _with_responses(self, operation: Operation, plan: Plan) -> Plan:
        """The plan with the views of every documented successful response."""
        responses = dict(self._responses(operation, plan))
        view = None if plan.view is None else self._keyed(plan.view, plan.resource)
        reasons = [
            Reason("responses", f"the response with {status} wraps the record at `{'.'.join(found.place)}`")
            for (status, _), found in responses.items()
            if status != plan.status and found.place
        ]
        return _with(plan, tuple(dict.fromkeys(reasons)), view=view, responses=responses)

    def _with_counter(self, plan: Plan) -> Plan:
        """The plan with the property of the record above that counts these records."""
        if isinstance(plan, WritePlan | ClearPlan):
            counted_by = dict(self._counts_of(plan.resource))
            why = tuple(
                Reason("counted_by", f"`{count}` of the record in `{name}` counts them")
                for name, count in counted_by.items()
            )
            plan = _with(plan, why, counted_by=counted_by)
        above = self._inference.above(plan.resource)
        if above is None or above.single or not isinstance(plan, CreatePlan | DeletePlan | ClearPlan):
            return plan
        counters = self._inference.counters(above)
        found = next((name for name, other in counters.items() if other.name == plan.resource.name), None)
        if found is None:
            return plan
        reason = Reason("counted", f"`{found}` of {above.name} counts them")
        return _with(plan, (reason,), counted=found)

    def _counts_of(self, resource: Resource) -> Iterator[tuple[str, str]]:
        """The references of a record to others that count it, each with the property that counts."""
        if resource.depth or resource.single or resource.raw:
            return
        for name, reference in self._references.of(resource.record, resource).items():
            for count, (other, refers) in self._references.counted(reference.resource).items():
                if (other.name, refers) == (resource.name, name):
                    yield name, count

    def _with_list(self, plan: Plan) -> Plan:
        """The plan with the property of the record above that lists these records."""
        name = None if plan.below else self._inference.list_above(plan.resource)
        if name is None:
            return plan
        return _with(plan, (Reason("part_of", f"they are the `{name}` of the record above"),), part_of=name)

    def _responses(self, operation: Operation, plan: Plan) -> Iterator[tuple[tuple[int, str], View]]:
        views, resource, names = self._inference.views, plan.resource, names_of(plan.resource)
        lists = isinstance(plan, ListPlan | ClearPlan) or (
            isinstance(plan, WritePlan) and plan.many is not None
        )
        for status, response in _successes(operation, plan.status):
            is_list = lists or (plan.listed and status == plan.status)
            if plan.view is None and status == plan.status and not is_list:
                continue
            for name, documented in response.content.items():
                content = views.implied_content(response, documented)
                if is_list and media_types.is_stream(name):
                    content = self._of_values(content, resource)
                found = (
                    views.list(status, content, names, resource.word)
                    if is_list
                    else views.record(status, content, names, resource.word, resource.identity)
                )
                if found is not None:
                    yield (status, name), self._keyed(found, resource)

    def _of_values(self, stream: MediaType, resource: Resource) -> MediaType:
        """The content of a stream as the list of its values, when these are records."""
        item = streams.item_schema(stream, self._schemas)
        if item is None or self._schemas.identity(item) != resource.identity:
            return stream
        return replace(stream, name="application/json", schema={"type": "array", "items": item})

    def _keyed(self, view: View, resource: Resource) -> View:
        """The view with the property that has the record's id, if it shows another schema."""
        properties = self._schemas.outline(view.shown).properties
        parameter = path_parameters(resource.item_path)[-1] if resource.item_path else "id"
        found = identifying(self._schemas, properties, candidates(parameter, resource.word))
        if found is None:
            ids = [name for name in properties if words_of(name)[-1:] == ("id",)]
            found = ids[0] if len(ids) == 1 else None
        return replace(view, key=found, sources=dict(self._sources(properties, resource)))

    def _sources(self, shown: Mapping[str, Schema], resource: Resource) -> Iterator[tuple[str, BodyPath]]:
        """The paths in a record of the properties that a summary shows under other names.

        `labels` are `config.labels`, `names` are a list of its `name`, `state` is its `state.status`.
        """
        owners: dict[str, list[str]] = {}
        for owner, schema in resource.properties.items():
            outline = self._schemas.outline(schema)
            for name in outline.properties if outline.is_object else ():
                owners.setdefault(name, []).append(owner)
        for name, schema in shown.items():
            outline = self._schemas.outline(schema)
            own = self._schemas.outline(resource.properties.get(name, False))
            if name in resource.properties:
                is_scalar = bool(outline.types) and not outline.is_array and not outline.is_object
                inner = [one for one in own.properties if usual.STATES & set(words_of(one)[-1:])]
                if is_scalar and own.is_object and usual.STATES & set(words_of(name)[-1:]) and inner:
                    yield name, (name, inner[0])
            elif len(owners.get(name, ())) == 1:
                yield name, (owners[name][0], name)
            elif outline.is_array and singular(name) in resource.properties:
                yield name, (singular(name),)

    def _with_fields_in(self, plan: ReadPlan | ListPlan) -> Plan:
        """The plan with the object whose properties a request chooses: `attributes` of JSON:API."""
        properties = self._schemas.outline(plan.view.shown if plan.view is not None else None).properties
        is_inside = plan.fields is not None and "attributes" in properties
        if not is_inside or self._inference.conventions.is_off(formats.JSON_API):
            return plan
        reason = Reason("fields_in", "records keep their properties in `attributes`", formats.JSON_API.name)
        return _with(plan, (reason,), fields_in=("attributes",))

    def accepting(self, operation: Operation, plan: WritePlan) -> WritePlan:
        """The plan with a mapping of the request body's properties to those of the record."""
        spelled = dict(_spelled(plan.accepted, plan.resource.properties))
        accepted = {spelled.get(name, name): schema for name, schema in plan.accepted.items()}
        placed: dict[str, BodyPath] = {name: (known,) for name, known in spelled.items()}
        placed |= {name: (owner, name) for name, owner in self._owners(accepted, plan.resource)}
        reasons = tuple(
            Reason("placed", f"`{name}` is the record's `{'.'.join(path)}`") for name, path in placed.items()
        )
        plan = _with(plan, reasons, accepted=accepted, placed=placed)
        asked = dict(self._asked(operation, plan))
        reasons = tuple(Reason("asked", f"`{name}` sets the record's `{own}`") for name, own in asked.items())
        plan = _with(plan, reasons, asked=asked)
        key_in, why = self._key_in(operation, plan)
        plan = _with(plan, why, key_in=key_in, location=not self._shows_key(plan))
        if isinstance(plan, DeletePlan):
            return plan
        words = self._inference.collections
        assigned, why = infer_assigned(plan.resource, plan.accepted, words, self._schemas)
        if not isinstance(plan, CreatePlan | ReplacePlan):  # these make no new records
            why = tuple(one for one in why if one.field in {"updated", "reached"})
        plan = _with(plan, why, assigned=assigned)
        if isinstance(plan, ActionPlan):
            return plan
        unique, why = infer_unique(operation, plan.accepted, plan.resource.properties, self._schemas)
        return _with(plan, why, unique=unique - {plan.resource.key})

    def _owners(self, accepted: Mapping[str, Schema], resource: Resource) -> Iterator[tuple[str, str]]:
        """By property that the record's top lacks: the only object of the record that has it."""
        owners: dict[str, list[str]] = {}
        for owner, schema in resource.properties.items():
            outline = self._schemas.outline(schema)
            for name in outline.properties:
                owners.setdefault(name, []).append(owner)
        alone = {
            name: found[0]
            for name, found in owners.items()
            if len(found) == 1 and self._schemas.outline(resource.properties[found[0]]).is_object
        }
        several = Counter(alone[name] for name in accepted.keys() & alone.keys() - resource.properties.keys())
        for name in accepted:
            # The body is that object, unwrapped: properties that the record has, too, are the object's.
            is_part = name not in resource.properties or several[alone.get(name, "")] >= _PARTS
            if name in alone and is_part:
                yield name, alone[name]

    def _asked(self, operation: Operation, plan: WritePlan) -> Iterator[tuple[str, str]]:
        """The query parameters of a creation or an action that set properties of the record."""
        known = plan.resource.properties
        if not isinstance(plan, CreatePlan | ActionPlan):
            return
        for parameter in operation.parameters:
            name = find_name(parameter.name, known) if parameter.location == "query" else None
            if name is None or name == plan.resource.key or name in plan.accepted:
                continue
            if self._schemas.is_scalar(known[name]) and self._schemas.is_scalar(parameter.schema):
                yield parameter.name, name

    def _key_in(self, operation: Operation, plan: WritePlan) -> tuple[BodyPath | None, tuple[Reason, ...]]:
        """The path of the record's id in the request body."""
        resource, segments = plan.resource, self._inference.paths.segments(operation.path) or ()
        inside = resource.inside.get(resource.depth)
        if resource.single or segments.count(None) > resource.depth + len(plan.below):
            return None, ()
        if inside is not None:
            because = f"clients choose a record's name in `{'.'.join(inside)}`"
            return inside, (Reason("key_in", because, vendors.KUBERNETES.name),)
        key = resource.key
        if key is None or key not in plan.accepted:
            return None, ()
        if isinstance(plan, CreatePlan) and self._schemas.flag(
            resource.properties.get(key, True), "readOnly"
        ):
            return None, ()
        return (key,), (Reason("key_in", f"the request's body has `{key}`, which identifies a record"),)

    def _shows_key(self, plan: WritePlan) -> bool:
        """Whether the response body has the id where a client looks for it."""
        if plan.listed or plan.view is None:
            return plan.listed
        known = plan.view.properties
        return known is None or plan.resource.key in known or plan.view.key is not None

    def _create(self, operation: Operation, plan: CreatePlan) -> Plan:
        inherited = self._inference.inherited(operation, plan.resource) - {*plan.below}
        inherited -= {*plan.resource.parents.values(), plan.resource.key}
        reasons = [Reason("inherited", f"`{name}` is that of the record above") for name in sorted(inherited)]
        names = tuple(entry.name for entry in operation.parameters if entry.location == "query")
        naming = None
        if not self._inference.conventions.is_off(vendors.GOOGLE):
            naming = vendors.GOOGLE.naming(plan.resource.word, names)
        if naming is not None:
            because = f"`{naming}` has the new record's id"
            reasons.append(Reason("naming", because, vendors.GOOGLE.name))
        content = self._success(operation, plan)
        bare = content is not None and content.schema is not None and self._schemas.is_scalar(content.schema)
        if bare:
            reasons.append(Reason("bare", "the answer is one value: the new record's id"))
        member = self._inference.added_by(operation, plan.resource)
        origin = self._inference.origin(plan.resource) if member is not None else None
        if member is not None and origin is not None:
            reasons.append(Reason("origin", f"`{member}` is the id of a record of {origin.name}"))
            plan = replace(plan, key_in=(member,), origin=origin)
        return _with(
            plan,
            tuple(reasons),
            naming=None if naming is None else ("query", naming),
            bare=bare,
            inherited=inherited,
            location=plan.location and not bare,
        )

    def _success(self, operation: Operation, plan: Plan) -> MediaType | None:
        response = operation.response(plan.status)
        return next(iter(response.content.values()), None) if response is not None else None

    def _replace(self, operation: Operation, plan: ReplacePlan) -> Plan:
        resource, responses = plan.resource, operation.responses
        is_created_elsewhere = bool(self._inference.paths.methods(resource.template).get("post"))
        closed = resource.fixture is not None and "404" in responses
        because = (
            "it documents 201"
            if "201" in responses
            else "it is a single record, not a collection"
            if resource.single
            else ""
            if closed or is_created_elsewhere
            else "no other operation creates these records"
        )
        plan = _with(plan, (Reason("creates", because),) if because else (), creates=bool(because))
        origin = self._inference.origin(resource) if operation.request_body is None else None
        if origin is None:
            return plan
        reason = Reason("origin", f"it takes no body, and {origin.name} has the same records")
        return _with(plan, (reason,), origin=origin)

    def _delete(self, operation: Operation, plan: DeletePlan) -> Plan:
        plan = self._marked(self._kept(operation, plan))
        flag = self._deleted_flag(operation, plan.status)
        if flag is not None:
            reason = Reason("confirmed", f"`{'.'.join(flag)}` says that the record is deleted")
            plan = replace(plan, confirmed=flag, reasons=(*plan.reasons, reason))
        methods, item = self._inference.paths.methods, (*plan.resource.template, None)
        verb = next((verb for verb in sorted(usual.RESTORING) if "post" in methods((*item, verb))), None)
        if verb is not None:
            return _with(plan, (Reason("restorable", f"`{verb}` restores a record"),), restorable=True)
        lists = self._inference.operations(plan.resource.template)
        shows = next((key for one in lists if one.method == "get" and (key := _with_deleted(one))), None)
        if shows is None:
            return plan
        return _with(plan, (Reason("restorable", f"`{shows[1]}` shows deleted records"),), restorable=True)

    def _marked(self, plan: DeletePlan) -> DeletePlan:
        """The plan with the properties that say that a record is deleted."""
        known = usual.DELETED_MOMENTS | usual.DELETED_FLAGS
        marks = frozenset(name for name in plan.resource.properties if normalised(name) in known)
        reasons = tuple(Reason("marks", f"`{name}` says that a record is deleted") for name in sorted(marks))
        return _with(plan, reasons, marks=marks)

    def _kept(self, operation: Operation, plan: DeletePlan) -> DeletePlan:
        """The plan with the resources whose records keep a record from being deleted, as its 409 says."""
        response = operation.responses.get("409")
        if response is None or plan.resource.single:
            return plan
        item = (*plan.resource.template, None)
        nested = (self._inference.resource(one) for one in self._inference.paths.below(item) if one[-1])
        depth = plan.resource.depth + 1
        found = [one for one in nested if one is not None and one.depth == depth and one.key]
        if not plan.resource.depth:
            found += [one for one, _ in self._references.referring(plan.resource)]
        kept_by = infer_kept_by(response.description, {one.name: one.word for one in found})
        reasons = tuple(Reason("kept_by", f"409 says so of a record with {name}") for name in sorted(kept_by))
        return _with(plan, reasons, kept_by=kept_by)

    def _deleted_flag(self, operation: Operation, status: int) -> BodyPath | None:
        """The path of the flag in a response that says that a record is deleted; None when it has none."""
        response = operation.response(status)
        content = next(media_types.with_json_values(response.content), None) if response else None
        properties = self._schemas.outline(content.schema if content else None).properties
        inside: dict[BodyPath, Schema] = {(name,): schema for name, schema in properties.items()}
        for name, schema in properties.items():
            inside |= {(name, one): part for one, part in self._schemas.outline(schema).properties.items()}
        flags = (path for path in inside if normalised(path[-1]) in usual.DELETED_FLAGS)
        return next((path for path in flags if "boolean" in self._schemas.outline(inside[path]).types), None)

    def with_effect(self, operation: Operation, plan: ActionPlan) -> Plan:
        """The plan of an action with what the action changes."""
        if plan.elements is not None:
            return plan
        action = ("un" if operation.method == "delete" else "") + plan.action
        effect = infer_effect(self._schemas, plan.resource.properties, action)
        known = tuple(one for one in plan.reasons if one.field not in {*effect._fields, "conflicts"})
        plan = replace(plan, reasons=known)
        conflicts, why = infer_conflicts(operation, effect.sets, plan.resource.properties, self._schemas)
        return _with(plan, (*effect.reasons(action), *why), **effect._asdict(), conflicts=conflicts)

    def _list(self, operation: Operation, plan: ListPlan) -> Plan:
        content = event_content(operation, plan.status) if operation.method == "get" else None
        shown = content is not None and (plan.status, content.name) in plan.responses
        watch = infer_watch(content, plan.resource, self._schemas) if content is not None and shown else None
        if watch is not None:
            reason = Reason("watch", f"the list is also served as a stream ({watch.media_type})")
            plan = replace(plan, watch=watch, reasons=(*plan.reasons, reason))
        deleted = _with_deleted(operation)
        if deleted is not None:
            plan = _with(
                plan, (Reason("deleted", f"`{deleted[1]}` is a usual name for it"),), deleted=deleted
            )
        headers, why = self.page_metadata.headers(operation.response(plan.status))
        plan = replace(plan, headers=headers, reasons=(*plan.reasons, *why))
        responses = {place: self.refreshed(view, plan.pagination) for place, view in plan.responses.items()}
        if plan.view is None:
            return replace(plan, responses=responses)
        view = plan.view
        metadata, why = self.page_metadata.fields(view, plan.pagination)
        if any(one.convention == frameworks.SPRING.name for one in why) and _numbers_pages(operation, plan):
            plan = replace(plan, pagination=replace(plan.pagination, base=0))
            responses = {place: self.refreshed(view, plan.pagination) for place, view in responses.items()}
            metadata, why = self.page_metadata.fields(view, plan.pagination)
            why = (*why, Reason("base", "pages are counted from 0", frameworks.SPRING.name))
        return _with(plan, why, view=replace(view, metadata=metadata), responses=responses)

    def _counting(self, operation: Operation, plan: Plan) -> Plan:
        """The plan with the properties of the response that hold a number of records."""
        names = _NUMBERS.get(type(plan), usual.WRITTEN_NUMBERS)
        is_counting = isinstance(plan, CountPlan | ClearPlan)
        if not is_counting and not (isinstance(plan, WritePlan) and plan.many is not None):
            return plan
        found = number_names(self._schemas, operation.response(plan.status), names)
        reasons = tuple(Reason("numbers", f"`{name}` is a usual name for it") for name in sorted(found))
        return _with(plan, reasons, numbers=found)


_NUMBERS = {CountPlan: usual.NUMBERS, ClearPlan: usual.DELETED_NUMBERS}


def _with_deleted(operation: Operation) -> Key | None:
    """The parameter of a list that asks for deleted records; None when there is none."""
    queries = ((one.location, one.name) for one in operation.parameters if one.location == "query")
    return next((key for key in queries if normalised(key[1]) in usual.WITH_DELETED), None)


def _numbers_pages(operation: Operation, plan: ListPlan) -> bool:
    """Whether a list has page numbers, and the document does not say which is the first."""
    schemas = [one.schema for one in operation.parameters if (one.location, one.name) == plan.pagination.page]
    return bool(schemas) and not any(
        isinstance(one, Mapping) and one.keys() & {"default", "minimum", "exclusiveMinimum", "example"}
        for one in schemas
    )


def names_of(resource: Resource) -> frozenset[str]:
    """The property names, normalised, that distinguish a record of this resource from its envelope."""
    parameter = path_parameters(resource.item_path)[-1] if resource.item_path else "id"
    return telling(parameter, resource.word)


def _successes(operation: Operation, status: int) -> Iterator[tuple[int, DocumentedResponse]]:
    """The documented successful responses by status; ranges as the statuses that executors use."""
    exact = {int(text) for text in operation.responses if text.isdigit() and text[0] == "2"}
    for code in sorted({status, *_SUCCESSES, *exact}):
        response = operation.response(code)
        if response is not None:
            yield code, response


def _spelled(accepted: Mapping[str, Schema], properties: Mapping[str, Schema]) -> Iterator[tuple[str, str]]:
    """The record's names of the properties that requests spell differently."""
    known: dict[str, str] = {}
    for name in properties:
        if name not in accepted:
            known.setdefault(normalised(name), name)
    for name in accepted:
        if name not in properties and normalised(name) in known:
            yield name, known[normalised(name)]


def _with(plan: _PlanT, reasons: tuple[Reason, ...], **fields: Any) -> _PlanT:
    """A plan with these fields replaced and these reasons added."""
    return replace(plan, reasons=(*plan.reasons, *reasons), **fields)
