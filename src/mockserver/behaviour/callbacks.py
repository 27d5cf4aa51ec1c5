"""The requests that an operation promises to send: its callbacks (OpenAPI 4.7.18)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.behaviour.backend import Response
from mockserver.behaviour.requests import Request
from mockserver.data.values import UnsatisfiableSchemaError, ValueGenerator
from mockserver.openapi import pointer as pointers
from mockserver.openapi.model import METHODS, Operation, Schema
from mockserver.openapi.schemas import SchemaCompiler

_EXPRESSION = re.compile(r"\{(\$[^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request to be sent; `body` is a JSON value, None for no body."""

    method: str
    url: str
    body: Any


@dataclass(frozen=True, slots=True)
class _Callback:
    """A documented callback: an expression for its URL, and what it sends."""

    name: str
    expression: str
    method: str
    schema: Schema | None


class Callbacks:
    """The callbacks of one operation."""

    def __init__(
        self,
        operation: Operation,
        root: Mapping[str, Any],
        generator: ValueGenerator,
        compiler: SchemaCompiler,
    ) -> None:
        self._operation = operation
        self._root = root
        self._generator = generator
        self._compiler = compiler
        try:
            self._callbacks = list(self._read())
        except (KeyError, TypeError, AttributeError):  # a callback that cannot be read is none
            self._callbacks = []

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._callbacks)

    def _follow(self, value: Any) -> Mapping[str, Any]:
        target, _ = pointers.follow(self._root, value)
        return target if isinstance(target, Mapping) else {}

    def _read(self) -> Iterator[_Callback]:
        written = pointers.resolve(self._root, self._operation.pointer).get("callbacks") or {}
        for name, callback in written.items():
            for expression, item in self._follow(callback).items():
                if expression.startswith("x-"):
                    continue
                for method, operation in self._follow(item).items():
                    if method in METHODS:
                        yield _Callback(name, expression, method.upper(), self._schema(operation))

    def _schema(self, operation: Mapping[str, Any]) -> Schema | None:
        content = self._follow(operation.get("requestBody") or {}).get("content") or {}
        found = (value.get("schema") for name, value in content.items() if "json" in name)
        return next(found, None)

    def outgoing(self, request: Request, response: Response, method: str) -> Iterator[Outgoing]:
        """The requests that follow from one request and its answer; those without a URL are left out."""
        for callback in self._callbacks:
            url = _filled(callback.expression, request, response, method)
            if url is not None:
                yield Outgoing(callback.method, url, self._body(callback, url, response.body))

    def _body(self, callback: _Callback, url: str, answered: Any) -> Any:
        """A generated body; what the answer has too is as in the answer."""
        schema = callback.schema
        if schema is None:
            return None
        try:
            key = (self._operation.api, self._operation.id, callback.name, url)
            value = self._generator.value(schema, key=key, direction="request")
        except (UnsatisfiableSchemaError, KeyError, ValueError):
            return None
        if isinstance(value, dict) and isinstance(answered, Mapping):
            fits = self._compiler.compile(schema, "request").is_valid
            for name in value.keys() & answered.keys():
                told = {**value, name: answered[name]}
                value = told if fits(told) else value
        return value


def _filled(expression: str, request: Request, response: Response, method: str) -> str | None:
    """A URL with its runtime expressions (OpenAPI 4.7.20.1) put in; None when one has no value."""
    text = expression if "{" in expression else f"{{{expression}}}" if expression[:1] == "$" else expression
    values = {found: _evaluated(found, request, response, method) for found in set(_EXPRESSION.findall(text))}
    if None in values.values():
        return None
    return _EXPRESSION.sub(lambda match: str(values[match[1]]), text)


def _evaluated(expression: str, request: Request, response: Response, method: str) -> str | None:
    plain = {"$url": request.origin + request.path, "$method": method, "$statusCode": str(response.status)}
    if expression in plain:
        return plain[expression]
    source, _, name = expression.partition(".")
    place, hash_, pointer = name.partition("#")
    if place == "body":
        body = request.body if source == "$request" else response.body
        return _text_at(body, pointer) if hash_ else None
    kind, _, parameter = name.partition(".")
    if source == "$response":
        fields = {field.lower(): value for field, value in response.headers}
        return fields.get(parameter.lower()) if kind == "header" else None
    value = request.arguments.get((kind, parameter))
    return None if value is None else str(value)


def _text_at(body: Any, pointer: str) -> str | None:
    try:
        value = pointers.resolve(body, pointer)
    except KeyError:
        return None
    return str(value) if isinstance(value, str | int | float) else None
