"""Say for each operation of a document how it will be answered."""

from collections.abc import Iterator
from typing import NamedTuple

from mockserver.behaviour.backend import Handlers
from mockserver.behaviour.choosing import choose
from mockserver.behaviour.fallback import Fallback
from mockserver.behaviour.resources.clearing import Choosing
from mockserver.behaviour.resources.listing import as_asked, list_parameters
from mockserver.behaviour.resources.model import Kind, Role
from mockserver.behaviour.resources.projecting import Projection
from mockserver.errors import ApiError, MockserverError
from mockserver.openapi.document import Document
from mockserver.openapi.model import Operation
from mockserver.openapi.schema.reader import SchemaReader


class Explanation(NamedTuple):
    """How one operation is answered."""

    method: str
    path: str
    operation_id: str
    answer: str


def explain(document: Document, handlers: Handlers, fallback: Fallback) -> Iterator[Explanation]:
    """Explain every operation, in the document's order."""
    for operation_id, key in document.index.items():
        path = document.full_path(operation_id)
        try:
            answer = _answer(document.operation(operation_id), handlers, fallback)
        except MockserverError as error:
            answer = f"cannot be served: {error}"
        yield Explanation(key.method.upper(), path, operation_id, answer)


def _answer(operation: Operation, handlers: Handlers, fallback: Fallback) -> str:
    handler = handlers.get(operation.overrides or operation.id)
    if handler is not None:
        return f"handler {handler.__name__}"
    role = fallback.role(operation)
    return _of(role, operation, fallback.schemas) if role is not None else _documented(operation)


def _of(role: Role, operation: Operation, schemas: SchemaReader) -> str:
    resource = role.resource
    world = "" if resource.fixture is None else f", those of fixture {resource.fixture}"
    if role.kind is Kind.LIST:
        return f"list of {resource.name}{world}{_parameters(role, operation, schemas)}"
    if role.kind is Kind.CLEAR:
        names = Choosing(operation, resource, schemas).names
        return f"clear {resource.name}{world}" + (f", chosen by {', '.join(names)}" if names else "")
    if role.kind is Kind.COUNT:
        return f"count of {resource.name}{world}"
    if role.many is not None:
        return f"create {resource.name}{world}, each in the list"
    what = f"action {role.action} on" if role.kind is Kind.ACTION else role.kind.value
    by = f" by {resource.key}" if resource.key and not resource.single else ""
    return f"{what} {resource.name}{by}{world}"


def _parameters(role: Role, operation: Operation, schemas: SchemaReader) -> str:
    """Which of the parameters of a list do something, and which do nothing."""
    operation = as_asked(operation, role, schemas)
    selection, paging = list_parameters(operation, role, schemas)
    queries = [entry.name for entry in operation.parameters if entry.location == "query"]
    said = {
        "filtered by": {name for _, name in selection.narrowing},
        "sorted by": {name for _, name in selection.ordering},
        "paged by": paging.names,
    }
    fields = Projection(operation, role.view, schemas).name
    said["fields by"] = {fields} if fields else set()
    told = set().union(*said.values())
    said["ignores"] = {name for name in queries if name not in told}
    parts = ((verb, [name for name in queries if name in names]) for verb, names in said.items())
    return "".join(f"; {verb} {', '.join(names)}" for verb, names in parts if names)


def _documented(operation: Operation) -> str:
    try:
        choice = choose(operation)
    except ApiError as error:
        return f"nothing: {error.detail}"
    if choice.media_type is None:
        return f"{choice.status} without a body"
    return f"{choice.status} {'example' if choice.media_type.examples else 'generated'}"
