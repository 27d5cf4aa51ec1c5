"""Read one operation of a document into values, whatever version the document is written in."""

from collections.abc import Mapping
from typing import Any

from mockserver.openapi import pointer as pointers
from mockserver.openapi.model import Operation
from mockserver.openapi.parts import Reader, mapping
from mockserver.openapi.swagger import SwaggerReader


def read_operation(api: str, root: Mapping[str, Any], operation_id: str, path: str, method: str) -> Operation:
    """Read one operation.

    Raises:
        KeyError: a reference leads nowhere; its argument is the reference.
    """
    reader = SwaggerReader(root) if "swagger" in root else Reader(root)
    paths, paths_pointer = reader.follow(root["paths"], "/paths")
    item, item_pointer = reader.follow(paths[path], pointers.join([path], paths_pointer))
    value, pointer = reader.follow(item[method], pointers.join([method], item_pointer))
    entries = [*reader.entries(item, item_pointer), *reader.entries(value, pointer)]
    roles = mapping(value.get("x-access")).get("roles")
    return Operation(
        api=api,
        id=operation_id,
        method=method,
        path=path,
        parameters=tuple(reader.parameters(entries, path).values()),
        request_body=reader.request_body(value, pointer, entries),
        responses=reader.responses(value, pointer),
        security=_security(value.get("security", root.get("security"))),
        roles=frozenset(roles) if roles else None,
        overrides=mapping(value.get("x-method-override")).get("operationId"),
        deprecated=value.get("deprecated") is True,
        pointer=pointer,
    )


def _security(written: Any) -> tuple[Mapping[str, tuple[str, ...]], ...]:
    """The alternatives of a `security` list, each its scheme names and scopes."""
    listed = written if isinstance(written, list) else []
    alternatives = [entry for entry in listed if isinstance(entry, Mapping)]
    return tuple({name: tuple(scopes or ()) for name, scopes in entry.items()} for entry in alternatives)
