"""Requests for an operation of a document: a valid one, and the same with one thing changed."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import partial
from typing import Any

from bench.corpus.requests import Request, preferred, request_for

from mockserver.generation import ValueGenerator
from mockserver.openapi import media_types
from mockserver.openapi.document import Document
from mockserver.openapi.operation import Operation, Parameter
from mockserver.openapi.schema.schema_reader import SchemaReader

CALLER = "caller"
"""The name of the one identity that both servers know."""
TOKEN = "caller-token"
"""Its token, which is its API key too."""

_PROPERTIES = 3
"""So many required properties of a body are left out, one at a time."""
_OTHER_TYPES: Mapping[str, Any] = {"object": ["text"], "array": {}, "string": {}}


class Change(Enum):
    """What is changed in a valid request."""

    NOTHING = auto()
    EVERY_PARAMETER = auto()
    "The optional parameters are given too."
    PARAMETER_LEFT_OUT = auto()
    PARAMETER_OF_OTHER_TYPE = auto()
    PARAMETER_OUT_OF_ENUM = auto()
    ENCODED_SPACE = auto()
    "A path parameter's value has a space, percent-encoded."
    ENCODED_LETTER = auto()
    "It has a letter beyond ASCII."
    ENCODED_SLASH = auto()
    "It has a slash."
    ENCODED_PERCENT = auto()
    "It has a percent sign."
    BODY_OF_OTHER_TYPE = auto()
    BODY_NULL = auto()
    BODY_BROKEN = auto()
    "The body is not JSON."
    BODY_LEFT_OUT = auto()
    BODY_EMPTY = auto()
    "The body has a media type and no bytes."
    PROPERTY_LEFT_OUT = auto()
    UNKNOWN_MEDIA_TYPE = auto()
    NO_MEDIA_TYPE = auto()
    NO_CREDENTIAL = auto()
    UNKNOWN_CREDENTIAL = auto()
    UNKNOWN_METHOD = auto()
    HEAD = auto()
    OPTIONS = auto()
    UNKNOWN_PATH = auto()
    TRAILING_SLASH = auto()
    UNRESERVED_ENCODED = auto()
    "A letter in the fixed part of the path is percent-encoded."


_IN_PATH = {
    Change.ENCODED_SPACE: "a b",
    Change.ENCODED_LETTER: "é",
    Change.ENCODED_SLASH: "a/b",
    Change.ENCODED_PERCENT: "100%",
}


@dataclass(frozen=True, slots=True)
class Variation:
    """One request to both servers.

    Attributes:
        parameter: what was changed, where it is a parameter.
        property: the property that was left out of the body.
    """

    document: Document
    operation: Operation
    change: Change
    request: Request
    parameter: Parameter | None = None
    property: str | None = None

    def __str__(self) -> str:
        """The variation as a failure shows it."""
        where = self.parameter.name if self.parameter is not None else self.property
        return f"{self.operation.method} {self.operation.path}: {self.change.name} {where or ''}".rstrip()


Make = partial[Variation]
"""Makes a variation of one operation."""


class Variations:
    """The variations of the requests of a document's operations."""

    def __init__(self, document: Document, generator: ValueGenerator) -> None:
        self._document = document
        self._generator = generator

    def of(self, operation: Operation) -> Iterator[Variation]:
        """All variations for one operation, the valid request first."""
        valid = self._request(operation)
        make = partial(Variation, self._document, operation)
        yield make(Change.NOTHING, valid)
        yield from self._of_parameters(operation, make)
        yield from self._of_body(operation, valid, make)
        yield from _of_credentials(self._document, operation, valid, make)
        yield from _of_address(self._document, operation, valid, make)

    def _request(
        self,
        operation: Operation,
        given: Mapping[tuple[str, str], Any] | None = None,
        body: Callable[[Any], Any] = lambda value: value,
    ) -> Request:
        request = request_for(operation, self._document, self._generator, given, body)
        _add_credentials(request, self._document, operation, CALLER, TOKEN)
        return request

    def _of_parameters(self, operation: Operation, make: Make) -> Iterator[Variation]:
        every = replace(
            operation, parameters=tuple(replace(entry, required=True) for entry in operation.parameters)
        )
        if every != operation:
            yield make(Change.EVERY_PARAMETER, self._request(every))
        for parameter in operation.parameters:
            key = (parameter.location, parameter.name)
            if parameter.required and parameter.location != "path":
                others = tuple(entry for entry in operation.parameters if entry is not parameter)
                without = replace(operation, parameters=others)
                yield make(Change.PARAMETER_LEFT_OUT, self._request(without), parameter)
            for change, value in _changed_values(self._document.schemas, parameter):
                yield make(change, self._request(operation, {key: value}), parameter)

    def _of_body(self, operation: Operation, valid: Request, make: Make) -> Iterator[Variation]:
        body = operation.request_body
        if body is None or not body.content:
            return
        typeless = {name: value for name, value in valid.headers.items() if name != "content-type"}
        yield make(Change.BODY_LEFT_OUT, replace(valid, headers=typeless, body=b""))
        yield make(Change.BODY_EMPTY, replace(valid, body=b""))
        yield make(Change.NO_MEDIA_TYPE, replace(valid, headers=typeless))
        unknown = {**valid.headers, "content-type": "application/x-unknown"}
        yield make(Change.UNKNOWN_MEDIA_TYPE, replace(valid, headers=unknown))
        media_type = preferred(body.content)
        schema = True if media_type.schema is None else media_type.schema
        if media_types.is_json(media_type.name):
            yield make(Change.BODY_BROKEN, replace(valid, body=b'{"a": '))
            yield make(Change.BODY_NULL, replace(valid, body=b"null"))
            for kind in sorted(self._document.schemas.types(schema) & _OTHER_TYPES.keys())[:1]:
                other = self._request(operation, body=lambda _: _OTHER_TYPES[kind])  # noqa: B023  called at once
                yield make(Change.BODY_OF_OTHER_TYPE, other)
        for name in self._required_of(schema, valid.value):
            without = self._request(operation, body=lambda value: _without(value, name))  # noqa: B023  called at once
            yield make(Change.PROPERTY_LEFT_OUT, without, property=name)

    def _required_of(self, schema: Any, value: Any) -> list[str]:
        required = self._document.schemas.target(schema).get("required")
        if not isinstance(required, list) or not isinstance(value, dict):
            return []
        return [name for name in required if name in value][:_PROPERTIES]


def _without(value: Any, name: str) -> Any:
    return {key: entry for key, entry in value.items() if key != name}


def _changed_values(schemas: SchemaReader, parameter: Parameter) -> Iterator[tuple[Change, Any]]:
    """The values of a parameter that are tried, each with what is changed."""
    is_list = schemas.types(parameter.schema) == {"array"}
    schema = schemas.items(parameter.schema) if is_list else parameter.schema
    types = schemas.types(schema)
    if types and types <= {"integer", "number", "boolean"}:
        yield Change.PARAMETER_OF_OTHER_TYPE, ["no-number"] if is_list else "no-number"
    if isinstance(schemas.target(schema).get("enum"), list):
        other = 987_654 if types <= {"integer", "number"} else "out-of-enum"
        yield Change.PARAMETER_OUT_OF_ENUM, [other] if is_list else other
    if parameter.location == "path" and types == {"string"} and not is_list:
        yield from _IN_PATH.items()


def _of_credentials(
    document: Document, operation: Operation, valid: Request, make: Make
) -> Iterator[Variation]:
    if not operation.security:
        return
    names = {"authorization", *(name for location, name in _keys(document, operation) if location != "query")}
    bare = replace(
        valid,
        headers={name: value for name, value in valid.headers.items() if name not in names},
        query=[pair for pair in valid.query if ("query", pair[0]) not in _keys(document, operation)],
    )
    yield make(Change.NO_CREDENTIAL, bare)
    unknown = replace(bare, headers=dict(bare.headers), query=list(bare.query))
    _add_credentials(unknown, document, operation, "stranger", "stranger-token")
    yield make(Change.UNKNOWN_CREDENTIAL, unknown)


def _keys(document: Document, operation: Operation) -> set[tuple[str, str]]:
    """Where the API keys of an operation are, cookies as the header that they are."""
    schemes = [document.security_schemes.get(name, {}) for names in operation.security for name in names]
    return {
        ("header", "cookie") if scheme["in"] == "cookie" else (scheme["in"], _written(scheme))
        for scheme in schemes
        if scheme.get("type") == "apiKey"
    }


def _written(scheme: Mapping[str, Any]) -> str:
    name: str = scheme["name"]
    return name.lower() if scheme["in"] == "header" else name


def _add_credentials(
    request: Request, document: Document, operation: Operation, name: str, token: str
) -> None:
    """Put the credentials of the first documented alternative into a request."""
    for scheme_name in next(iter(operation.security), {}):
        scheme = document.security_schemes.get(scheme_name, {})
        if scheme.get("type") == "apiKey" and scheme["in"] == "query":
            others = [pair for pair in request.query if pair[0] != scheme["name"]]
            request.query = [*others, (scheme["name"], token)]
        elif scheme.get("type") == "apiKey" and scheme["in"] == "cookie":
            request.headers["cookie"] = f"{scheme['name']}={token}"
        elif scheme.get("type") == "apiKey":
            request.headers[_written(scheme)] = token
        elif str(scheme.get("scheme", "")).lower() == "basic":
            text = base64.b64encode(f"{name}:password".encode()).decode()
            request.headers["authorization"] = f"Basic {text}"
        else:
            request.headers["authorization"] = f"Bearer {token}"


def _of_address(document: Document, operation: Operation, valid: Request, make: Make) -> Iterator[Variation]:
    documented = {key.method for key in document.index.values() if key.path == operation.path}
    unknown = next(
        method for method in ("delete", "patch", "put", "post", "trace") if method not in documented
    )
    yield make(Change.UNKNOWN_METHOD, replace(valid, method=unknown.upper()))
    if operation.method == "get" and "head" not in documented:
        yield make(Change.HEAD, replace(valid, method="HEAD"))
    if "options" not in documented:
        yield make(Change.OPTIONS, replace(valid, method="OPTIONS"))
    yield make(Change.UNKNOWN_PATH, replace(valid, path=valid.path.rstrip("/") + "/no-such/path"))
    slashed = valid.path.removesuffix("/") if valid.path.endswith("/") else valid.path + "/"
    yield make(Change.TRAILING_SLASH, replace(valid, path=slashed or "/"))
    first = operation.path[1:2]
    if first.isalpha():
        base = document.base_path
        rest = valid.path.removeprefix(base)[2:]
        yield make(Change.UNRESERVED_ENCODED, replace(valid, path=f"{base}/%{ord(first):02X}{rest}"))
