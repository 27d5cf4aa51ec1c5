"""Add details to a violation: what was expected, what was found, and the line of the document."""

import contextlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from mockserver.errors import ApiError, Violation
from mockserver.http import json_text
from mockserver.http.exchange import Exchange
from mockserver.http.journal.masking import Masker
from mockserver.http.served_api import Service
from mockserver.openapi import media_types, pointers
from mockserver.openapi.operation import Operation, Schema
from mockserver.openapi.reading import source_lines

_BRANCHES = ("allOf", "anyOf", "oneOf")


@lru_cache(maxsize=2_000)
def document_line(file: Path, pointer: str) -> int | None:
    """The line of a pointer in a document, cached."""
    return source_lines.line_of(file, pointer)


def explain(service: Service | None, exchange: Exchange, violation: Violation) -> dict[str, Any]:
    """A violation with its pointer and, as far as known, the expected and the actual value."""
    in_body = violation.location in {"body", "response"}
    detail: dict[str, Any] = {
        "in": violation.location,
        "pointer": violation.pointer if in_body else "",
        "parameter": "" if in_body else violation.pointer.partition("/")[0],
        "detail": violation.message,
        "rule": violation.keyword,
    }
    found = _schema(service, exchange, violation)
    if service is not None and found is not None:
        schema, place = found
        if violation.keyword in schema:
            detail["expected"] = {violation.keyword: schema[violation.keyword]}
            place = pointers.join([violation.keyword], place)
        detail["document"] = place
    with contextlib.suppress(ApiError, KeyError):
        detail["got"] = _got(exchange, violation)
    return detail


def _got(exchange: Exchange, violation: Violation) -> Any:
    """The value that was sent at the violation's position.

    Raises:
        KeyError: it is no longer stored, or was not sent.
        ApiError: the body cannot be parsed.
    """
    if violation.location in {"body", "response"}:
        body, is_cut = exchange.body, exchange.is_cut
        if violation.location == "response":
            body, is_cut = exchange.reply_body, exchange.is_reply_cut
        if is_cut or violation.keyword == "syntax":
            raise KeyError
        return pointers.resolve(Masker(exchange.api_keys).value(json_text.decode(body)), violation.pointer)
    name = violation.pointer.partition("/")[0]
    if violation.location == "path":
        return exchange.path_parameters[name]
    if violation.location == "query":
        return Masker(exchange.api_keys).parameter(name, exchange.query[name][-1])
    raise KeyError


def _schema(
    service: Service | None, exchange: Exchange, violation: Violation
) -> tuple[Mapping[str, Any], str] | None:
    """The violated schema and its pointer in the document; None if it cannot be determined."""
    if service is None or exchange.operation_id not in service.document.index:
        return None
    operation = service.document.operation(str(exchange.operation_id))
    if operation.overrides:
        operation = service.document.operation(operation.overrides)
    start = _start(operation, exchange, violation)
    if start is None:
        return None
    schema, place, path = start
    found = _walk(service.document.root, schema, place, path)
    return found if found is None or isinstance(found[0], Mapping) else None


def _start(
    operation: Operation, exchange: Exchange, violation: Violation
) -> tuple[Schema, str, list[str]] | None:
    """The schema of the parameter or body, its pointer, and the path from there to the violation."""
    if violation.location == "body":
        content = operation.request_body.content if operation.request_body else {}
    elif violation.location == "response":
        response = operation.response(exchange.status)
        content = response.content if response else {}
    else:
        name, _, rest = violation.pointer.partition("/")
        for parameter in operation.parameters:
            if (parameter.location, parameter.name) == (violation.location, name):
                place = parameter.pointer + "/schema"
                return parameter.schema, place, pointers.split("/" + rest) if rest else []
        return None
    sent = exchange.header("content-type") or ""
    media_type = media_types.find(content, sent) or next(iter(content.values()), None)
    if media_type is None or media_type.schema is None:
        return None
    return media_type.schema, media_type.pointer + "/schema", pointers.split(violation.pointer)


def _walk(root: Mapping[str, Any], schema: Any, place: str, path: list[str]) -> tuple[Any, str] | None:
    """Follow a path into a value along the schemas that describe it."""
    try:
        schema, followed = pointers.follow(root, schema)
    except KeyError:
        return None
    place = place if followed is None else followed
    if not path:
        return schema, place
    if not isinstance(schema, Mapping):
        return None
    token, rest = path[0], path[1:]
    if token in schema.get("properties", {}):
        deeper = pointers.join(["properties", token], place)
        return _walk(root, schema["properties"][token], deeper, rest)
    for name in ("items", "additionalProperties"):
        if isinstance(schema.get(name), Mapping) and (name != "items" or token.isdigit()):
            return _walk(root, schema[name], f"{place}/{name}", rest)
    for name in _BRANCHES:
        for number, branch in enumerate(schema.get(name, ())):
            found = _walk(root, branch, pointers.join([name, number], place), path)
            if found is not None:
                return found
    return None
