"""Infer which values of a request its response repeats: the currency of the path, a registered address."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from mockserver.openapi.names import find_name, normalised, words
from mockserver.openapi.operation import Operation, Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.infer.path_templates import Segments, full_name
from mockserver.resources.infer.plan_fields.progress import infer_progress
from mockserver.resources.plan import EchoPlan, Key, OperationKind, Reason, Resource, View

_LOCATIONS = ("path", "query")


def infer_echo(
    operation: Operation,
    template: Segments,
    view: View | None,
    schemas: SchemaReader,
    *,
    collections: Collection[str] = (),
    is_started: bool = False,
    is_accepting: bool = False,
) -> EchoPlan | None:
    """The plan of an operation without state; None when its response repeats nothing of the request.

    Args:
        operation: the operation.
        template: its path.
        view: the view of an object in its response.
        schemas: the reader of the document's schemas.
        collections: the normalised names of the document's collections.
        is_started: it shows the progress of a request that another operation accepts with 202.
        is_accepting: it creates or accepts something, and its response has the id of that.
    """
    if view is None:
        return None
    properties = schemas.outline(view.shown).properties
    shown = dict(_shown(operation, properties, schemas))
    echoed = frozenset(_echoed(operation, properties, schemas))
    resource = _resource(template, view, properties, schemas)
    progress, why = infer_progress(resource, schemas, collections) if is_started else (None, ())
    fresh = is_accepting and any(words(name)[-1:] == ("id",) for name in properties)
    if not (shown or echoed or progress or fresh):
        return None
    reasons = [
        Reason("shown", f"`{name}` is a parameter of the {key[0]}, too") for name, key in shown.items()
    ]
    reasons += [Reason("echoed", f"`{name}` is in the request's body, too") for name in sorted(echoed)]
    if fresh:
        reasons.append(Reason("fresh", f"it is answered with {view.status}: each request gets a new one"))
    return EchoPlan(
        kind=OperationKind.ECHO,
        resource=resource,
        status=view.status,
        view=view,
        reasons=(*reasons, *why),
        progress=None if progress is None else replace(progress, lazily=True),
        fresh=fresh,
        shown=shown,
        echoed=echoed,
    )


def _shown(
    operation: Operation, properties: Mapping[str, Schema], schemas: SchemaReader
) -> Iterator[tuple[str, Key]]:
    for parameter in operation.parameters:
        name = find_name(parameter.name, properties)
        if name is not None and parameter.location in _LOCATIONS:
            types = schemas.outline(properties[name]).types
            if types and types <= {"string", "integer", "number", "boolean", "null"}:
                yield name, (parameter.location, parameter.name)


def _echoed(operation: Operation, properties: Mapping[str, Schema], schemas: SchemaReader) -> Iterator[str]:
    content = operation.request_body.content.values() if operation.request_body else ()
    known = {normalised(name): name for name in properties}
    for media_type in content:
        for sent, schema in schemas.outline(media_type.schema).properties.items():
            name = known.get(normalised(sent))
            if name is None or schemas.flag(properties[name], "writeOnly"):
                continue
            types = schemas.outline(schema).types
            if not types or types & schemas.outline(properties[name]).types:
                yield name


def _resource(
    template: Segments, view: View, properties: Mapping[str, Schema], schemas: SchemaReader
) -> Resource:
    """The resource of a response without state."""
    return Resource(
        name=full_name(template),
        word=next((segment for segment in reversed(template) if segment), "item"),
        template=template,
        item_path=None,
        single=True,
        key=None,
        key_schema=True,
        record=view.shown,
        identity=schemas.identity(view.shown),
        properties=properties,
        required=schemas.outline(view.shown).required,
    )
