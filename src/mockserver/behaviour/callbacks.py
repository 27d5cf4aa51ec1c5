"""Callbacks: requests that an operation sends to URLs from its own request (OpenAPI 4.7.18)."""

import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

from mockserver.behaviour.backend import Response
from mockserver.behaviour.handler_request import Request
from mockserver.behaviour.outgoing_requests import DocumentedRequest, OutgoingRequest, OutgoingRequests
from mockserver.openapi import pointers
from mockserver.openapi.operation import Operation

log = logging.getLogger("mockserver")

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_EXPRESSION = re.compile(r"\{(\$[^{}]+)\}")


class Callbacks:
    """The callbacks of one operation."""

    def __init__(self, operation: Operation, root: Mapping[str, Any], promises: OutgoingRequests) -> None:
        self._operation = operation
        self._root = root
        self._promises = promises
        try:
            self._callbacks = list(self._read())
        except (KeyError, TypeError, AttributeError):  # an invalid callback is ignored
            self._callbacks = []

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._callbacks)

    def _read(self) -> Iterator[tuple[str, DocumentedRequest]]:
        """Read the callbacks, each with the expression of its URL."""
        pointer = self._operation.pointer
        written = pointers.resolve(self._root, pointer).get("callbacks") or {}
        for name, callback in written.items():
            for expression, item in self._promises.follow(callback).items():
                if not expression.startswith("x-"):
                    place = pointers.join(["callbacks", name, expression], pointer)
                    for promise in self._promises.of(name, item, place):
                        yield expression, promise

    def outgoing(self, request: Request, response: Response, method: str) -> Iterator[OutgoingRequest]:
        """Build the requests that follow from a request and its response; skip those without a URL."""
        for expression, promise in self._callbacks:
            url = _filled(expression, request, response, method)
            if url is None:
                log.info("No callback %s: %s has no value", promise.name, expression)
                continue
            key = (self._operation.api, self._operation.id, promise.name, url)
            query, headers, body = self._promises.fill(promise, key, response.body)
            target = _absolute(request.origin + request.path, url)
            yield OutgoingRequest(
                promise.method,
                target + (("&" if "?" in target else "?") + query if query else ""),
                body,
                headers,
                promise.name,
                "callback",
                self._operation.api,
                self._operation.id,
            )


def _absolute(base: str, url: str) -> str:
    """Resolve a URL relative to that of the request; the sender reports invalid ones."""
    try:
        return url if _SCHEME.match(url) else urljoin(base, url)
    except ValueError:
        return url


def _filled(expression: str, request: Request, response: Response, method: str) -> str | None:
    """Evaluate the runtime expressions (OpenAPI 4.7.20.1) of a URL; None when one has no value."""
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
        fields = {field.lower(): value for field, value in response.fields}
        return fields.get(parameter.lower()) if kind == "header" else None
    return _sent(request, kind, parameter)


def _sent(request: Request, kind: str, name: str) -> str | None:
    """The value of a request's header, query or path parameter, documented or not."""
    if kind == "header":
        field = request.headers.get(name.lower().encode("latin-1", "replace"))
        return None if field is None else field.decode("latin-1")
    value = request.arguments.get((kind, name))
    if value is None and kind == "query" and name in request.query:
        return request.query[name][-1]
    return None if value is None else str(value)


def _text_at(body: Any, pointer: str) -> str | None:
    try:
        value = pointers.resolve(body, pointer)
    except KeyError:
        return None
    return str(value) if isinstance(value, str | int | float) else None
