"""Rules about operations: clashing paths, path parameters, security schemes, names that HTTP cannot carry."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.openapi import pointers
from mockserver.openapi.defects import Defect
from mockserver.openapi.document import Document
from mockserver.openapi.extensions import MOCK, misread_switches, read_locale, read_override, read_roles
from mockserver.openapi.lint.document_walk import DocumentNode
from mockserver.openapi.operation import path_parameters
from mockserver.openapi.operation_index import OperationKey
from mockserver.openapi.versions.openapi_3 import OpenAPI3Reader, is_field_name, mapping

_TEMPLATED = re.compile(r"\{[^{}]*\}")


def check_operations(document: Document) -> Iterator[Defect]:
    """Check every operation of a document, and its paths against each other."""
    yield from _check_paths(document)
    try:
        read_locale(document.root)
    except ValueError as error:
        yield Defect("unreadable-extension", "error", pointers.join([MOCK, "locale"]), str(error))
    reader = OpenAPI3Reader(document.root)
    for key in document.index.values():
        yield from _check_parameters(reader, key)
        yield from _check_security(document, reader, key)
        yield from _check_extensions(document, reader, key)


def _check_paths(document: Document) -> Iterator[Defect]:
    seen: dict[tuple[str, str], OperationKey] = {}
    for key in document.index.values():
        shape = (_TEMPLATED.sub("{}", key.path.rstrip("/") or "/"), key.method)
        first = seen.setdefault(shape, key)
        if first is not key:
            message = f"has the same shape as {first.path}, which is served instead"
            yield Defect("ambiguous-path", "error", key.pointer, message)
    for path in dict.fromkeys(key.path for key in document.index.values()):
        if "?" in path or "#" in path:
            message = "a path has no query or fragment (OpenAPI, path templating)"
            yield Defect("path-with-query", "warning", pointers.join(["paths", path]), message)


def _operation(reader: OpenAPI3Reader, key: OperationKey) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    item, _ = reader.follow(mapping(reader.root["paths"])[key.path], "")
    value, _ = reader.follow(key.find(item), key.pointer)
    return item, value


def _check_parameters(reader: OpenAPI3Reader, key: OperationKey) -> Iterator[Defect]:
    item, value = _operation(reader, key)
    try:
        entries = [*reader.entries(item, ""), *reader.entries(value, "")]
    except KeyError:  # the rule of references reports it
        return
    declared = {entry["name"] for entry, _ in entries if entry.get("in") == "path"}
    names = path_parameters(key.path)
    for name in names:
        if name not in declared:
            message = f"no parameter declares {{{name}}} of the path"
            yield Defect("undeclared-path-parameter", "error", key.pointer, message)
        if names.count(name) > 1:
            message = f"{{{name}}} appears twice in the path"
            yield Defect("ambiguous-path", "error", key.pointer, message)
            break
    for name in sorted(declared - set(names)):
        message = f"the path parameter {name!r} is not in the path {key.path}"
        yield Defect("unused-path-parameter", "error", key.pointer, message)


def _check_security(document: Document, reader: OpenAPI3Reader, key: OperationKey) -> Iterator[Defect]:
    _, value = _operation(reader, key)
    written = value.get("security", document.root.get("security"))
    known = document.security_schemes
    for entry in written if isinstance(written, list) else ():
        for name in entry if isinstance(entry, Mapping) else ():
            if name not in known:
                message = f"the security scheme {name!r} is not among the documented ones"
                yield Defect("undefined-security-scheme", "error", key.pointer, message)


def _check_extensions(document: Document, reader: OpenAPI3Reader, key: OperationKey) -> Iterator[Defect]:
    _, value = _operation(reader, key)
    try:
        read_roles(value)
        read_override(value, document.index)
    except ValueError as error:
        yield Defect("unreadable-extension", "error", key.pointer, str(error))
    path = pointers.join(["paths", key.path])
    item = mapping(mapping(document.root["paths"])[key.path])
    for holder, pointer in ((document.root, ""), (item, path), (value, key.pointer)):
        reason = misread_switches(holder)
        if reason is not None:
            yield Defect("misread-extension", "warning", pointers.join([MOCK], pointer), reason)


def check_fields(node: DocumentNode) -> Iterator[Defect]:
    """Report header names that cannot be sent; those in media types and API keys break their operations."""
    if not isinstance(node.value, Mapping):
        return
    if node.kind == "response":
        for header in mapping(node.value.get("headers")):
            if not is_field_name(header):
                yield _impossible_name(header, pointers.join(["headers", header], node.pointer))
    name = node.value.get("name")
    is_field = node.kind == "parameter" and node.value.get("in") in {"header", "cookie"}
    if is_field and isinstance(name, str) and not is_field_name(name):
        yield _impossible_name(name, node.pointer)


def _impossible_name(name: str, pointer: str) -> Defect:
    return Defect("impossible-name", "error", pointer, f"{name!r} cannot be the name of a header field")
