"""Outgoing requests of a document: the common part of callbacks and webhooks."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import orjson

from mockserver.generation import UnsatisfiableSchemaError, ValueGenerator
from mockserver.openapi import media_types, pointers
from mockserver.openapi.operation import METHODS, MediaType, Parameter, RequestBody
from mockserver.openapi.schema.validators import SchemaCompiler
from mockserver.openapi.versions.openapi_3 import OpenAPI3Reader

log = logging.getLogger("mockserver")

PointerKey = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """A request to send.

    Attributes:
        url: absolute.
        headers: including the body's media type, if there is a body.
        name: name of the callback or webhook in the document.
        kind: `callback` or `webhook`.
        api: the document's name.
        operation: the operation that the callback belongs to; None for webhooks.
    """

    method: str
    url: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    name: str = ""
    kind: str = "callback"
    api: str = ""
    operation: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentedRequest:
    """One documented outgoing request, without its URL."""

    name: str
    method: str
    parameters: tuple[Parameter, ...]
    body: RequestBody | None
    summary: str


class RequestContent(NamedTuple):
    """The content of an outgoing request, without its URL."""

    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


class OutgoingRequests:
    """Reads the outgoing requests of one document, and generates their content."""

    def __init__(self, root: Mapping[str, Any], generator: ValueGenerator, compiler: SchemaCompiler) -> None:
        self._reader = OpenAPI3Reader(root)
        self._generator = generator
        self._compiler = compiler

    def follow(self, value: Any) -> Mapping[str, Any]:
        """Follow a reference; an empty mapping when the target is not an object."""
        target, _ = self._reader.follow(value, "")
        return target if isinstance(target, Mapping) else {}

    def of(self, name: str, item: Any, pointer: str) -> Iterator[DocumentedRequest]:
        """Read the requests of a path item."""
        written, pointer = self._reader.follow(item, pointer)
        if not isinstance(written, Mapping):
            return
        for method in (*METHODS, "query"):
            operation, place = self._reader.follow(written.get(method), pointers.join([method], pointer))
            if isinstance(operation, Mapping):
                entries = [*self._reader.entries(written, pointer), *self._reader.entries(operation, place)]
                parameters = self._reader.parameters(entries, "").values()
                body = self._reader.request_body(operation, place, entries)
                summary = str(operation.get("summary") or operation.get("description") or "")
                yield DocumentedRequest(name, method.upper(), tuple(parameters), body, summary)

    def fill(
        self,
        promise: DocumentedRequest,
        key: PointerKey,
        known: Any = None,
        seed: int | None = None,
        body: Any = None,
    ) -> RequestContent:
        """Generate the required parameters and a body.

        Args:
            promise: the documented request.
            key: key of the generated values.
            known: an object whose values replace those of the same properties in the body, if they match.
            seed: seed for other values.
            body: used in place of a generated body.
        """
        query: list[tuple[str, str]] = []
        headers: list[tuple[str, str]] = []
        for parameter in promise.parameters:
            if parameter.required and parameter.location in {"query", "header"}:
                value = self._value(parameter.schema, (*key, parameter.name), seed, parameter.name)
                target = query if parameter.location == "query" else headers
                target.append((parameter.name, _text(value)))
        media_type = _preferred(promise.body)
        if media_type is None:
            return RequestContent(urlencode(query), tuple(headers), b"")
        if body is None:
            body = self._body(media_type, key, known, seed)
        headers.append(
            ("content-type", media_type.name if "*" not in media_type.name else "application/json")
        )
        return RequestContent(urlencode(query), tuple(headers), _written(body, media_type.name))

    def violations(self, promise: DocumentedRequest, body: Any) -> list[Any]:
        """Contract violations of a body that the user supplied."""
        media_type = _preferred(promise.body)
        if media_type is None or media_type.schema is None:
            return []
        return self._compiler.compile(media_type.schema, "request").violations(body, "body")

    def _value(self, schema: Any, key: PointerKey, seed: int | None, name: str = "") -> Any:
        try:
            return self._generator.value(schema, key=key, direction="request", name=name, seed=seed)
        except (UnsatisfiableSchemaError, KeyError, ValueError) as error:
            log.warning("No value for %s: %s", "/".join(map(str, key)), error)
            return None

    def _body(self, media_type: MediaType, key: PointerKey, known: Any, seed: int | None) -> Any:
        """The first example that matches, else a generated value; known values replace generated ones."""
        schema = True if media_type.schema is None else media_type.schema
        fits = self._compiler.compile(schema, "request").is_valid
        examples = media_type.examples.values() if seed is None else ()
        value = next((example for example in examples if fits(example)), None)
        if value is None:
            value = self._value(schema, key, seed)
        if isinstance(value, dict) and isinstance(known, Mapping):
            for name in value.keys() & known.keys():
                completed = {**value, name: known[name]}
                value = completed if fits(completed) else value
        return value


def _preferred(body: RequestBody | None) -> MediaType | None:
    """The media type of the body: JSON if documented, else a form, else the first."""
    content = body.content if body is not None else {}
    json = (entry for name, entry in content.items() if media_types.is_json(name))
    forms = (entry for name, entry in content.items() if media_types.is_urlencoded(name))
    return next(json, None) or next(forms, None) or next(iter(content.values()), None)


def _written(body: Any, media_type: str) -> bytes:
    name = media_type.lower()
    if media_types.is_urlencoded(name) and isinstance(body, dict):
        return urlencode({key: _text(value) for key, value in body.items()}).encode()
    if isinstance(body, str) and not media_types.is_json(name) and "*" not in name:
        return body.encode()
    return orjson.dumps(body)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value if value.isascii() else quote(value)
    return orjson.dumps(value).decode()
