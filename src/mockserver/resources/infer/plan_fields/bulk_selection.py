"""Infer which records an operation on several selects: a deletion at a collection's path, members by id."""

from mockserver.openapi.names import normalised, singular, words
from mockserver.openapi.operation import Operation, Parameter
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.body_paths import BodyPath
from mockserver.resources.conventions.registry import Conventions
from mockserver.resources.conventions.usual import NAMING
from mockserver.resources.infer.plan_fields.filter_parameters import infer_selection
from mockserver.resources.plan import ClearPlan, MembersPlan, OperationKind, Reason, Resource, View


def infer_clearing(
    operation: Operation,
    resource: Resource,
    status: int,
    view: View | None,
    schemas: SchemaReader,
    conventions: Conventions,
) -> ClearPlan | None:
    """The plan of a deletion; None when a required parameter is not understood."""
    selection, reasons = infer_selection(operation.parameters, resource.properties, schemas, conventions)
    queries = [parameter for parameter in operation.parameters if parameter.location == "query"]
    ids = tuple((entry.location, entry.name) for entry in queries if _lists_ids(entry, resource))
    known = {*ids, *selection.narrowing}
    others = tuple(entry for entry in queries if (entry.location, entry.name) not in known)
    if not all(_is_version(other) for other in others if other.required):
        return None
    reasons += tuple(Reason("ids", f"`{name}` lists ids") for _, name in ids)
    unknown = tuple(other for other in others if not _is_version(other))
    reasons += tuple(Reason("unknown", f"`{other.name}` is not understood") for other in unknown)
    content = operation.request_body.content.values() if operation.request_body else ()
    sent = [name for entry in content for name in schemas.outline(entry.schema).properties]
    return ClearPlan(
        kind=OperationKind.CLEAR,
        resource=resource,
        status=status,
        view=view,
        reasons=reasons,
        selection=selection,
        ids=ids,
        names=frozenset(name for name in resource.properties if normalised(name) in NAMING),
        all=frozenset(name for name in sent if "all" in words(name)) if sent else None,
        unknown=tuple((other.location, other.name) for other in unknown),
        flags=tuple((other.location, other.name) for other in unknown if "dry" not in words(other.name)),
    )


def ids_sent(operation: Operation, resource: Resource, schemas: SchemaReader) -> BodyPath | None:
    """The path of the list of records' ids in a request body, empty for the body itself; None without one."""
    known = {"id", normalised(resource.key or "id"), normalised(singular(resource.word)) + "id"}
    content = operation.request_body.content.values() if operation.request_body else ()
    for outline in (schemas.outline(entry.schema) for entry in content):
        if outline.is_array and not schemas.outline(outline.items).properties:
            return ()
        for name, schema in outline.properties.items():
            if _are_ids(name, known) and schemas.outline(schema).is_array:
                return (name,)
    return None


def infer_members(
    operation: Operation,
    kind: OperationKind,
    resource: Resource,
    origin: Resource | None,
    status: int,
    schemas: SchemaReader,
) -> MembersPlan | None:
    """The plan of adding, or looking for, the records of several ids; None when the request lists none."""
    known = {"id", normalised(resource.key or "id"), normalised(singular(resource.word)) + "id"}
    queries = [parameter for parameter in operation.parameters if parameter.location == "query"]
    found = next((one for one in queries if _are_ids(one.name, known)), None)
    content = operation.request_body.content.values() if operation.request_body else ()
    sent = {name for entry in content for name in schemas.outline(entry.schema).properties}
    in_body = [name for name in sent if _are_ids(name, known)]
    is_list = any(schemas.outline(entry.schema).is_array for entry in content)
    if found is None and (kind is OperationKind.CONTAINS or not (in_body or is_list)):
        return None
    name = found.name if found is not None else next(iter(in_body), "the request's body")
    reasons: tuple[Reason, ...] = (Reason("ids", f"`{name}` lists ids"),)
    if origin is not None:
        reasons += (Reason("origin", f"{origin.name} has the records of these ids"),)
    return MembersPlan(
        kind=kind,
        resource=resource,
        status=status,
        view=None,
        reasons=reasons,
        ids=() if found is None else ((found.location, found.name),),
        origin=origin,
    )


def _are_ids(name: str, known: set[str]) -> bool:
    """Whether a name is the plural of an id's: `ids`, `track_ids`."""
    return normalised(name) not in known and normalised(singular(name)) in known


def _lists_ids(parameter: Parameter, resource: Resource) -> bool:
    """Whether a parameter lists ids: `ids`, `order_ids`, or the property that identifies a record."""
    one = normalised(singular(resource.word))
    return normalised(singular(parameter.name)) in {"id", normalised(resource.key or "id"), one + "id"}


def _is_version(parameter: Parameter) -> bool:
    """Whether a parameter selects the version of the API."""
    return "version" in words(parameter.name)
