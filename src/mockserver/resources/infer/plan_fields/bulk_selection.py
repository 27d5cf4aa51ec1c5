"""Infer which records a deletion at a collection's path selects."""

from mockserver.openapi.names import normalised, singular, words
from mockserver.openapi.operation import Operation, Parameter
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.conventions.registry import Conventions
from mockserver.resources.conventions.usual import NAMING
from mockserver.resources.infer.plan_fields.filter_parameters import infer_selection
from mockserver.resources.plan import ClearPlan, OperationKind, Reason, Resource, View


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


def _lists_ids(parameter: Parameter, resource: Resource) -> bool:
    """Whether a parameter lists ids: `ids`, `order_ids`, or the property that identifies a record."""
    one = normalised(singular(resource.word))
    return normalised(singular(parameter.name)) in {"id", normalised(resource.key or "id"), one + "id"}


def _is_version(parameter: Parameter) -> bool:
    """Whether a parameter selects the version of the API."""
    return "version" in words(parameter.name)
