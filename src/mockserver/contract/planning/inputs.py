"""Try what may be sent: each field alone, with what is allowed and what is not, and bodies as a whole."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mockserver.contract import samples
from mockserver.contract.cases import JSON, Case, Scenario, dotted
from mockserver.contract.planning.ground import Ground, Place
from mockserver.contract.samples import Sample
from mockserver.data.store import Record
from mockserver.openapi import media_types
from mockserver.openapi.model import Operation
from mockserver.openapi.names import is_same_noun, reference_stem
from mockserver.openapi.schema.fields import Field, fields_of
from mockserver.openapi.schema.reader import SchemaReader


def plan(ground: Ground, operation: Operation) -> Iterator[Scenario]:
    """Scenarios for the body and the query of an operation."""
    places = ground.places(operation)
    if not places:
        return
    place = places[0]
    plain = ground.cases.plain(operation, place.address, place.caller, topic="input")
    seen: set[tuple[bytes | None, str]] = set()
    for case in _cases(ground, operation, place, plain):
        mark = (case.request.body, case.request.query + str(case.request.headers))
        if mark not in seen:
            seen.add(mark)
            yield ground.followed(operation, place, case, group=case.topic)


def _cases(ground: Ground, operation: Operation, place: Place, plain: Case) -> Iterator[Case]:
    yield from _queries(ground, operation, plain)
    content = ground.cases.content(operation)
    if content is None:
        yield from _unasked(ground, operation, plain)
        return
    yield from _bodies(ground, operation, plain, is_json=media_types.is_json(content.name))
    if content.schema is not None:
        yield from _fields(ground, operation, place, plain, is_form=not media_types.is_json(content.name))
        if media_types.is_json(content.name):
            yield from _unknown_fields(ground, operation, place, plain)


def _fields(
    ground: Ground, operation: Operation, place: Place, plain: Case, *, is_form: bool
) -> Iterator[Case]:
    content = ground.cases.content(operation)
    base = ground.cases.minimal_body(operation)
    base = base if isinstance(base, Mapping) else {}
    record = ground.record(place.address)
    for field in fields_of(ground.schemas, content.schema if content else None):
        for sample, is_allowed in _samples(ground, field, record):
            if is_form and (sample.value in (None, "") or isinstance(sample.value, (list, dict))):
                continue
            body = with_value(base, field.tokens, sample.value)
            promised = is_allowed and (is_form or not field.is_inferred)
            names = [".".join(map(dotted, field.tokens))]
            if isinstance(sample.value, (list, dict)):
                names = []
            title = f"{operation.id} with {field.name}: {sample.what}"
            yield ground.cases.with_body(plain, body, title, sent=names, promised=promised)


def _samples(ground: Ground, field: Field, record: Record) -> Iterator[tuple[Sample, bool]]:
    if field.view.get("type") == "array":
        yield from ((sample, True) for sample in _list_changes(ground.schemas, field, record))
    elif field.view.get("format") == "uuid" and (known := _referenced(ground, field)):
        yield from ((Sample(key, "one that exists"), True) for key in known[:3])
        yield from ((sample, False) for sample in samples.valid(ground.service.compiler, field))
    elif field.view.get("type") != "object":
        yield from ((sample, not sample.is_edge) for sample in samples.valid(ground.service.compiler, field))
    yield from ((sample, False) for sample in samples.invalid(ground.service.compiler, field))


def _list_changes(schemas: SchemaReader, field: Field, record: Record) -> Iterator[Sample]:
    """Give one known item of a list another value; the others are not sent."""
    current: Any = record
    for name in field.tokens:
        current = current.get(name) if isinstance(current, Mapping) else None
    properties = schemas.merged(field.view.get("items", {})).get("properties", {})
    views = {name: schemas.merged(schema) for name, schema in properties.items()}
    names = [name for name, view in views.items() if name != "id" and view.get("type") == "string"]
    for item in current or []:
        if names and isinstance(item, Mapping) and "id" in item:
            yield Sample(
                [{"id": item["id"], names[0]: "Changed by the check"}], f"the item {item['id']} changed"
            )


def _referenced(ground: Ground, field: Field) -> list[str]:
    """Keys of the collection that a field such as `department_id` refers to."""
    stem = reference_stem(dotted(field.tokens[-1]).split(".")[-1])
    for (api, name), records in ground.records().items():
        if api == ground.service.name and stem and is_same_noun(name, stem):
            return list(records)[::-1]
    return []


def with_value(base: Mapping[str, Any], tokens: tuple[str, ...], value: Any) -> dict[str, Any]:
    """A body with one value put in, however deep."""
    first, *rest = tokens
    if not rest:
        return {**base, first: value}
    below = base.get(first)
    return {**base, first: with_value(below if isinstance(below, Mapping) else {}, tuple(rest), value)}


def _unknown_fields(ground: Ground, operation: Operation, place: Place, plain: Case) -> Iterator[Case]:
    """Send fields that only answers have: whoever takes them must not let them change anything."""
    content, base = ground.cases.content(operation), ground.cases.minimal_body(operation)
    known = {field.tokens[0] for field in fields_of(ground.schemas, content.schema if content else None)}
    for name, value in ground.record(place.address).items():
        if (
            name in known
            or isinstance(value, (Mapping, list))
            or any(known_name in name for known_name in known)
        ):
            continue
        changed = _other(value)
        body = {**(base if isinstance(base, Mapping) else {}), name: changed}
        title = f"{operation.id} with {name}, which is not among its fields"
        case = ground.cases.with_body(plain, body, title, sent=["-"], promised=False)
        yield replace(case, sent=frozenset())


def _other(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    return (
        "5f0c2b1e-7a44-4c1d-9b8e-2f6d3a9c1e07" if value and len(str(value)) == 36 else "Changed by the check"
    )


def _bodies(ground: Ground, operation: Operation, plain: Case, *, is_json: bool) -> Iterator[Case]:
    make, name = ground.cases.with_bytes, operation.id
    required = operation.request_body is not None and operation.request_body.required
    if required:
        yield make(plain, None, (), f"{name} without a body")
    if not is_json:
        return
    header = (("Content-Type", JSON),)
    yield make(plain, b"{", header, f"{name} with a body that is not JSON")
    yield make(plain, b'{"a": 1,}', header, f"{name} with a comma too many in its JSON")
    yield make(plain, b"[]", header, f"{name} with a list as its body")
    yield make(plain, b'"text"', header, f"{name} with text as its body")
    yield make(plain, b"null", header, f"{name} with null as its body")
    sent = ground.filled(operation, Place(plain.address, plain.request.caller)).request.body or b"{}"
    for media_type in ("text/plain", "application/xml"):
        case = make(plain, sent, (("Content-Type", media_type),), f"{name} with JSON sent as {media_type}")
        yield replace(case, topic="media-type")


def _unasked(ground: Ground, operation: Operation, plain: Case) -> Iterator[Case]:
    """A body that nobody asked for may be refused or ignored, but must not break anything."""
    if operation.method in {"get", "head"}:
        return
    for body in (b"{}", b"{"):
        yield ground.cases.with_bytes(
            plain,
            body,
            (("Content-Type", JSON),),
            f"{operation.id} with a body it does not ask for",
            promised=False,
        )


def _queries(ground: Ground, operation: Operation, plain: Case) -> Iterator[Case]:
    for parameter in operation.parameters:
        if parameter.location != "query":
            continue
        field = _as_field(ground, parameter.name, parameter.schema, required=parameter.required)
        if parameter.required:
            query = ground.cases.query(operation, {parameter.name: None})
            yield _with_query(plain, query, f"{operation.id} without {parameter.name}")
        for sample in samples.valid(ground.service.compiler, field):
            if sample.value not in (None, ""):
                query = ground.cases.query(operation, {parameter.name: sample.value})
                case = _with_query(plain, query, f"{operation.id} with {parameter.name}: {sample.what}")
                yield replace(case, is_promised=not sample.is_edge)
        for text in _wrong_texts(field.view):
            query = ground.cases.query(operation, {parameter.name: text})
            yield _with_query(plain, query, f"{operation.id} with {parameter.name}={text}")


def _as_field(ground: Ground, name: str, schema: Any, *, required: bool) -> Field:
    view = ground.schemas.merged(schema)
    return Field((name,), schema, view, required, view.get("x-inferred") is True)


def _wrong_texts(view: Mapping[str, Any]) -> list[str]:
    if view.get("enum") == ["PATCH"]:
        return ["DELETE", "PUT", "mockserver-check"]
    if "enum" in view or view.get("type") in {"integer", "number", "boolean"}:
        return ["mockserver-check"]
    return []


def _with_query(case: Case, query: str, title: str) -> Case:
    return replace(case, title=title, topic="input", request=replace(case.request, query=query))
