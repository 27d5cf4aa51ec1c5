"""Read one operation of a document into values, from any version of OpenAPI or Swagger."""

from collections.abc import Collection, Mapping
from typing import Any

from mockserver.openapi import pointers
from mockserver.openapi.extensions import read_override, read_roles, read_settings
from mockserver.openapi.operation import Operation
from mockserver.openapi.operation_index import OperationKey
from mockserver.openapi.versions.openapi_3 import OpenAPI3Reader, is_field_name, mapping
from mockserver.openapi.versions.swagger_2 import SwaggerReader


def read_operation(
    api: str, root: Mapping[str, Any], operation_id: str, key: OperationKey, known: Collection[str]
) -> Operation:
    """Read one operation; `known` are the ids of all.

    Raises:
        KeyError: a reference leads nowhere; its argument is the reference.
        ValueError: an extension of mockserver is invalid.
    """
    reader = SwaggerReader(root) if "swagger" in root else OpenAPI3Reader(root)
    paths, paths_pointer = reader.follow(root["paths"], "/paths")
    item, item_pointer = reader.follow(paths[key.path], pointers.join([key.path], paths_pointer))
    value, pointer = reader.follow(key.find(item), pointers.join(key.way, item_pointer))
    entries = [*reader.entries(item, item_pointer), *reader.entries(value, pointer)]
    return Operation(
        api=api,
        id=operation_id,
        method=key.method,
        path=key.path,
        parameters=tuple(reader.parameters(entries, key.path).values()),
        request_body=reader.request_body(value, pointer, entries),
        responses=reader.responses(value, pointer),
        security=_security(value.get("security", root.get("security")), reader),
        roles=read_roles(value),
        overrides=read_override(value, known),
        deprecated=value.get("deprecated") is True,
        pointer=pointer,
        settings=read_settings(root, item, value),
    )


def _security(written: Any, reader: OpenAPI3Reader) -> tuple[Mapping[str, tuple[str, ...]], ...]:
    """The alternatives of a `security` list, each its scheme names and scopes.

    Raises:
        ValueError: a scheme asks for an API key in a header whose name is invalid.
    """
    listed = written if isinstance(written, list) else []
    alternatives = [entry for entry in listed if isinstance(entry, Mapping)]
    for name in {name for entry in alternatives for name in entry}:
        _check_scheme(name, reader)
    return tuple({name: tuple(scopes or ()) for name, scopes in entry.items()} for entry in alternatives)


def _check_scheme(name: str, reader: OpenAPI3Reader) -> None:
    for place in (["components", "securitySchemes"], ["securityDefinitions"]):
        schemes: Any = reader.root
        for key in place:
            schemes = mapping(schemes).get(key)
        scheme = mapping(reader.follow(mapping(schemes).get(name), "")[0])
        key_name = str(scheme.get("name", ""))
        in_field = scheme.get("type") == "apiKey" and scheme.get("in") in {"header", "cookie"}
        if in_field and not is_field_name(key_name):
            where, kind = pointers.join([*place, name]), scheme["in"]
            raise ValueError(f"{where}: {key_name!r} cannot be the name of a {kind} field")
