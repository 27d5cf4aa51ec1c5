"""Scenarios for input: valid and invalid values of each field and parameter, and of whole bodies."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mockserver.check.planning import sample_values
from mockserver.check.planning.cases import JSON, Case, CaseSequence, dotted
from mockserver.check.planning.planning_context import PlanningContext, RecordAndCaller
from mockserver.check.planning.sample_values import Sample
from mockserver.check.planning.situations import SampleKind, Situation, SituationKind
from mockserver.openapi import media_types
from mockserver.openapi.names import is_same_noun, reference_stem
from mockserver.openapi.operation import Operation
from mockserver.openapi.schema.schema_locations import BodyField, fields_of
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.state.baseline import Record

_BODIES = {
    SampleKind.NOT_JSON: b"{",
    SampleKind.TRAILING_COMMA: b'{"a": 1,}',
    SampleKind.LIST_BODY: b"[]",
    SampleKind.TEXT_BODY: b'"text"',
    SampleKind.NULL_BODY: b"null",
}


def plan(context: PlanningContext, operation: Operation) -> Iterator[CaseSequence]:
    """Scenarios for the body and the query of an operation."""
    places = context.places(operation)
    if not places:
        return
    place = places[0]
    plain = context.cases.plain(operation, place.address, place.caller, topic="input")
    seen: set[tuple[bytes | None, str]] = set()
    for case in _cases(context, operation, place, plain):
        mark = (case.request.body, case.request.query + str(case.request.headers))
        if mark not in seen:
            seen.add(mark)
            yield context.followed(operation, place, case, group=case.topic)


def _cases(
    context: PlanningContext, operation: Operation, place: RecordAndCaller, plain: Case
) -> Iterator[Case]:
    yield from _queries(context, operation, plain)
    content = context.cases.content(operation)
    if content is None:
        yield from _unasked(context, operation, plain)
        return
    yield from _bodies(context, operation, plain, is_json=media_types.is_json(content.name))
    if content.schema is not None:
        if media_types.is_json(content.name):
            for sample in sample_values.alternatives(
                context.schemas, context.service.compiler, content.schema
            ):
                situation = _with(SituationKind.BODY, "", sample)
                yield context.cases.with_body(plain, sample.value, situation, promised=False)
        yield from _fields(context, operation, place, plain, is_form=not media_types.is_json(content.name))
        if media_types.is_json(content.name):
            yield from _unknown_fields(context, operation, place, plain)


def _fields(
    context: PlanningContext, operation: Operation, place: RecordAndCaller, plain: Case, *, is_form: bool
) -> Iterator[Case]:
    content = context.cases.content(operation)
    base = context.cases.minimal_body(operation)
    base = base if isinstance(base, Mapping) else {}
    record = context.record(place.address)
    schema = sample_values.object_in(context.schemas, content.schema) if content else None
    for field in fields_of(context.schemas, schema):
        if field.tokens[0] in base and len(field.tokens) == 1:
            yield _left_out(context, plain, base, field)
        for sample, is_allowed in _samples(context, field, record):
            if is_form and (sample.value in (None, "") or isinstance(sample.value, (list, dict))):
                continue
            body = with_value(base, field.tokens, sample.value)
            promised = is_allowed and (is_form or not field.is_inferred)
            names = [".".join(map(dotted, field.tokens))]
            if isinstance(sample.value, (list, dict)):
                names = []
            situation = _with(SituationKind.FIELD, field.name, sample)
            yield context.cases.with_body(plain, body, situation, sent=names, promised=promised)


def _left_out(context: PlanningContext, plain: Case, base: Mapping[str, Any], field: BodyField) -> Case:
    """A case whose body lacks one field."""
    body = {name: value for name, value in base.items() if name != field.name}
    kind = SampleKind.REQUIRED_LEFT_OUT if field.is_required else SampleKind.LEFT_OUT
    situation = Situation(SituationKind.FIELD, field.name, sample=kind)
    promised = not field.is_required and not field.is_inferred
    return context.cases.with_body(plain, body, situation, promised=promised)


def _with(kind: SituationKind, name: str, sample: Sample) -> Situation:
    return Situation(kind, name, sample=sample.kind, about=sample.about, number=sample.number)


def _samples(context: PlanningContext, field: BodyField, record: Record) -> Iterator[tuple[Sample, bool]]:
    if field.view.get("type") == "array":
        yield from ((sample, True) for sample in _list_changes(context.schemas, field, record))
        compiler = context.service.compiler
        yield from ((sample, False) for sample in sample_values.lists(context.schemas, compiler, field))
        yield from ((sample, False) for sample in sample_values.wrong_lists(context.schemas, compiler, field))
    elif field.view.get("format") == "uuid" and (known := _referenced(context, field)):
        yield from (
            (Sample(key, SampleKind.REFERENCE, number=number), True) for number, key in enumerate(known[:3])
        )
        yield from ((sample, False) for sample in sample_values.valid(context.service.compiler, field))
    elif field.view.get("type") != "object":
        yield from (
            (sample, not sample.is_edge) for sample in sample_values.valid(context.service.compiler, field)
        )
    yield from ((sample, False) for sample in sample_values.invalid(context.service.compiler, field))


def _list_changes(schemas: SchemaReader, field: BodyField, record: Record) -> Iterator[Sample]:
    """Lists with only one existing item, of which one value is changed."""
    current: Any = record
    for name in field.tokens:
        current = current.get(name) if isinstance(current, Mapping) else None
    properties = schemas.merged(field.view.get("items", {})).get("properties", {})
    views = {name: schemas.merged(schema) for name, schema in properties.items()}
    names = [name for name, view in views.items() if name != "id" and view.get("type") == "string"]
    for item in current or []:
        if names and isinstance(item, Mapping) and "id" in item:
            changed = [{"id": item["id"], names[0]: "Changed by the check"}]
            yield Sample(changed, SampleKind.CHANGED_ITEM, str(item["id"]))


def _referenced(context: PlanningContext, field: BodyField) -> list[str]:
    """Keys of the collection that a field such as `department_id` refers to."""
    stem = reference_stem(dotted(field.tokens[-1]).split(".")[-1])
    for (api, name), records in context.records().items():
        if api == context.service.name and stem and is_same_noun(name, stem):
            return list(records)[::-1]
    return []


def with_value(base: Mapping[str, Any], tokens: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A copy of a body with one value set, nested or not."""
    first, *rest = tokens
    if not rest:
        return {**base, first: value}
    below = base.get(first)
    return {**base, first: with_value(below if isinstance(below, Mapping) else {}, tuple(rest), value)}


def _unknown_fields(
    context: PlanningContext, operation: Operation, place: RecordAndCaller, plain: Case
) -> Iterator[Case]:
    """Send fields that only responses have: the server may refuse or ignore them, but must not store them."""
    content, base = context.cases.content(operation), context.cases.minimal_body(operation)
    known = {field.tokens[0] for field in fields_of(context.schemas, content.schema if content else None)}
    for name, value in context.record(place.address).items():
        if (
            name in known
            or isinstance(value, (Mapping, list))
            or any(known_name in name for known_name in known)
        ):
            continue
        changed = _other(value)
        body = {**(base if isinstance(base, Mapping) else {}), name: changed}
        situation = Situation(SituationKind.UNDOCUMENTED_FIELD, name)
        case = context.cases.with_body(plain, body, situation, sent=["-"], promised=False)
        yield replace(case, sent=frozenset())


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    return (
        "5f0c2b1e-7a44-4c1d-9b8e-2f6d3a9c1e07" if value and len(str(value)) == 36 else "Changed by the check"
    )


def _bodies(context: PlanningContext, operation: Operation, plain: Case, *, is_json: bool) -> Iterator[Case]:
    make = context.cases.with_bytes
    required = operation.request_body is not None and operation.request_body.required
    if required:
        yield make(plain, None, (), Situation(SituationKind.BODY_MISSING))
    if not is_json:
        return
    header = (("Content-Type", JSON),)
    for kind, data in _BODIES.items():
        yield make(plain, data, header, Situation(SituationKind.BODY, sample=kind))
    sent = (
        context.filled(operation, RecordAndCaller(plain.address, plain.request.caller)).request.body or b"{}"
    )
    for media_type in ("text/plain", "application/xml"):
        situation = Situation(SituationKind.MEDIA_TYPE, media_type)
        case = make(plain, sent, (("Content-Type", media_type),), situation)
        yield replace(case, topic="media-type")


def _unasked(context: PlanningContext, operation: Operation, plain: Case) -> Iterator[Case]:
    """A body that is not documented may be refused or ignored, but must not break anything."""
    if operation.method in {"get", "head"}:
        return
    for kind, body in ((SampleKind.OBJECT_BODY, b"{}"), (SampleKind.NOT_JSON, b"{")):
        situation = Situation(SituationKind.BODY_UNASKED, sample=kind)
        yield context.cases.with_bytes(plain, body, (("Content-Type", JSON),), situation, promised=False)


def _queries(context: PlanningContext, operation: Operation, plain: Case) -> Iterator[Case]:
    for parameter in operation.parameters:
        if parameter.location != "query":
            continue
        field = _as_field(context, parameter.name, parameter.schema, required=parameter.required)
        if parameter.required:
            query = context.cases.query(operation, {parameter.name: None})
            yield _with_query(plain, query, Situation(SituationKind.PARAMETER_MISSING, parameter.name))
        for sample in sample_values.valid(context.service.compiler, field):
            if sample.value not in (None, ""):
                query = context.cases.query(operation, {parameter.name: sample.value})
                case = _with_query(plain, query, _with(SituationKind.PARAMETER, parameter.name, sample))
                yield replace(case, is_promised=not sample.is_edge)
        for text in _wrong_texts(field.view):
            query = context.cases.query(operation, {parameter.name: text})
            situation = Situation(SituationKind.PARAMETER_INVALID, parameter.name, about=text)
            yield _with_query(plain, query, situation)


def _as_field(context: PlanningContext, name: str, schema: Any, *, required: bool) -> BodyField:
    view = context.schemas.merged(schema)
    return BodyField((name,), schema, view, required, view.get("x-inferred") is True)


def _wrong_texts(view: Mapping[str, Any]) -> list[str]:
    if view.get("enum") == ["PATCH"]:
        return ["DELETE", "PUT", "mockserver-check"]
    if view.get("type") in {"integer", "number"} and "enum" not in view:
        return ["mockserver-check", "0x1F", "5abc"]
    if "enum" in view or view.get("type") == "boolean":
        return ["mockserver-check"]
    return []


def _with_query(case: Case, query: str, situation: Situation) -> Case:
    return replace(case, situation=situation, topic="input", request=replace(case.request, query=query))
