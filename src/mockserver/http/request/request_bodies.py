"""Receive a request body, decode it by its media type, validate it against its schema."""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Mapping
from typing import Any

from mockserver.errors import (
    BadRequestError,
    PayloadTooLargeError,
    UnsupportedMediaTypeError,
    Violation,
)
from mockserver.http import json_text
from mockserver.http.exchange import Exchange, Message, Receive, Send
from mockserver.http.request import form_bodies, xml_values
from mockserver.http.request.bracketed_names import Pairs, nest
from mockserver.http.served_api import Service
from mockserver.openapi import media_types
from mockserver.openapi.operation import MediaType, Operation, RequestBody
from mockserver.openapi.schema.coercion import Coercion
from mockserver.openapi.schema.validators import Checker

_CHARSET = re.compile(r';\s*charset="?([^\s;"]+)', re.IGNORECASE)
_SECONDS = 1.0
_LONGEST_REMEMBERED = 200
_UTF8 = {"utf-8", "utf8", "us-ascii", "ascii"}


class ClientDisconnectedError(Exception):
    """The client disconnected before its body was complete; no answer is sent."""


async def receive_body(exchange: Exchange, receive: Receive, limit: int) -> bytes:
    """Receive a whole body, with Content-Length or chunked; if it is refused, the exchange keeps a part.

    Raises:
        PayloadTooLargeError: the body exceeds the limit in bytes.
        ClientDisconnectedError: the client disconnected.
    """
    announced = exchange.headers.get(b"content-length", b"")
    if len(announced) >= len(str(limit)) and announced.isdigit() and int(announced) > limit:
        raise _too_large(limit)
    message = await receive()
    body: bytes = message.get("body", b"")
    size = len(body)
    if not message.get("more_body") and message["type"] == "http.request" and size <= limit:
        exchange.unread = False
        return body  # the usual case: all in one piece
    pieces = [body]
    while message.get("more_body", False) and size <= limit:
        message = await receive()
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
    body = exchange.body = b"".join(pieces)
    if size > limit:
        raise _too_large(limit)
    if message["type"] == "http.disconnect":
        raise ClientDisconnectedError
    exchange.unread = False
    return body


def has_body(headers: Mapping[bytes, bytes]) -> bool:
    """Whether the client sends a body without waiting for 100 Continue (RFC 9110 section 10.1.1)."""
    return (
        headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers
    ) and b"expect" not in headers


class UnreadBody:
    """Receives, for the journal, the body of a request that was answered without reading it.

    The answer is sent at once, except for its last message, which frees the connection for the next request:
    it waits for the body, or enough of it, for a second at most.
    """

    def __init__(self, exchange: Exchange, receive: Receive, send: Send, limit: int) -> None:
        """`limit` is the number of bytes to receive."""
        self._exchange = exchange
        self._receive = receive
        self._send = send
        self._limit = limit

    def send(self, message: Message) -> Awaitable[None]:
        """Pass on a message of the answer."""
        if (
            not self._exchange.unread
            or message["type"] != "http.response.body"
            or message.get("more_body", False)
        ):
            return self._send(message)
        return self._finish(message)

    async def _finish(self, message: Message) -> None:
        await self._send({**message, "more_body": True})
        await self.take()
        await self._send({"type": "http.response.body", "body": b""})

    async def take(self) -> None:
        """Receive the body until the timeout, the limit or the end."""
        exchange = self._exchange
        pieces = [exchange.body]
        size, more = len(exchange.body), True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SECONDS):
                while more and size <= self._limit:
                    message = await self._receive()
                    if message["type"] == "http.disconnect":
                        break
                    pieces.append(message.get("body", b""))
                    size += len(pieces[-1])
                    more = message.get("more_body", False)
        exchange.body = b"".join(pieces)
        exchange.unread = more


def _too_large(limit: int) -> PayloadTooLargeError:
    return PayloadTooLargeError(f"The body has more than {limit:,} bytes, the limit here.")


class BodyReader:
    """The compiled request body of one operation."""

    def __init__(self, operation: Operation, service: Service) -> None:
        self._schemas = service.document.schemas
        self._values = service.settings.body_values
        self._body = operation.request_body or RequestBody(False, {}, "")
        self._override = _Override(operation.overrides, service) if operation.overrides else None
        self._checkers = {
            media_type.name: self._override.checker
            if self._override is not None
            else service.compiler.compile(media_type.schema, "request")
            for media_type in self._body.content.values()
            if media_type.schema is not None
        }
        self._only_json = self._body.content.get("application/json")
        self._matched: dict[bytes | None, MediaType] = {}
        documents_415 = bool({"415", "4XX"} & operation.responses.keys())
        self._refusal_of_part = UnsupportedMediaTypeError if documents_415 else BadRequestError

    def take(self, exchange: Exchange, content: bytes) -> MediaType | None:
        """Store the body's bytes in `exchange.body`; return its documented media type, None without a body.

        Raises:
            UnsupportedMediaTypeError: its media type, charset or encoding is not documented.
        """
        exchange.body = content
        if not content:
            return None
        content_type = exchange.headers.get(b"content-type")
        if b"content-encoding" in exchange.headers:
            return self._match(content_type, exchange)
        return self._matched.get(content_type) or self._match(content_type, exchange)

    def check(self, exchange: Exchange, media_type: MediaType | None) -> None:
        """Decode and validate the body into `exchange.body_value`; None if an optional body is missing.

        Raises:
            BadRequestError: it is missing, malformed, or does not match its schema.
        """
        if media_type is None:
            if self._body.required:
                raise _refusal("A body is required.", "required")
            return
        if media_type is self._only_json:
            value = json_text.decode(exchange.body, self._values)
        else:
            value = self._decode_other(exchange.body, media_type, exchange)
        exchange.body_value = value
        checker = self._checkers.get(media_type.name)
        if (
            checker is not None
            and not checker.is_valid(value)
            and not self._is_unread(exchange, media_type, value)
        ):
            violations = checker.violations(value, "body")
            raise BadRequestError("The body does not fit the document.", violations=violations)

    def _is_text(self, media_type: MediaType) -> bool:
        """Whether the schema describes the body as plain text."""
        return media_type.schema is not None and self._schemas.types(media_type.schema) == {"string"}

    def _is_unread(self, exchange: Exchange, media_type: MediaType, value: Any) -> bool:
        """Whether a text body encodes another type in a format unknown here, such as a vendor's.

        Such a body is not decoded, so it cannot be validated.
        """
        name = media_types.plain(exchange.header("content-type") or media_type.name)
        if not isinstance(value, str) or media_types.is_json(name) or media_types.is_xml(name):
            return False
        types = self._schemas.types(media_type.schema if media_type.schema is not None else True)
        kept = {"string"} if name != "text/plain" else {"string", "integer", "number", "boolean"}
        return bool(types) and types.isdisjoint(kept)

    def _match(self, content_type: bytes | None, exchange: Exchange) -> MediaType:
        """Find the documented media type, or range, that matches a Content-Type."""
        content = self._body.content
        if content_type is None:
            # RFC 9110 section 8.3 lets the recipient guess; we take the first documented media type.
            return next(iter(content.values()))
        text = content_type.decode("latin-1")
        name = media_types.plain(text)
        found = media_types.find(content, text)
        charset = _CHARSET.search(text)
        if found is None:
            expected = ", ".join(content)
            raise UnsupportedMediaTypeError(
                f"The body is {name or 'of no media type'}; expected is {expected}."
            )
        if charset is not None and charset[1].lower() not in _UTF8 and media_types.has_charset(name):
            raise UnsupportedMediaTypeError(f"The charset is {charset[1]}; expected is UTF-8.")
        if exchange.headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise UnsupportedMediaTypeError("Unsupported Content-Encoding; send the body uncompressed.")
        is_usual = len(content_type) <= _LONGEST_REMEMBERED and not name.startswith("multipart/")
        if is_usual and b"content-encoding" not in exchange.headers:
            if len(self._matched) > 100:
                self._matched.clear()
            self._matched[content_type] = found
        return found

    def _decode_other(self, content: bytes, media_type: MediaType, exchange: Exchange) -> Any:
        content_type = exchange.header("content-type") or media_type.name
        name = media_types.plain(content_type)
        if media_types.is_urlencoded(name):
            pairs = form_bodies.read_urlencoded(content)
        elif media_types.is_multipart_form(name):
            pairs = form_bodies.read_multipart(content, content_type)
            form_bodies.hold_to_encoding(pairs, media_type, self._refusal_of_part)
        elif media_types.is_json(name):
            return json_text.decode(content, self._values)
        elif media_types.is_xml(name) and not self._is_text(media_type):
            return xml_values.read(self._schemas, media_type.schema, content, self._values)
        else:
            text = content.decode("utf-8" if name.startswith("text/") else "latin-1", "replace")
            schema = media_type.schema if media_type.schema is not None else True
            return Coercion(self._schemas, schema)(text) if name == "text/plain" else text
        if self._override is not None:
            return self._override.decode(pairs)
        return form_bodies.flat(pairs, media_type, self._schemas)


def _refusal(reason: str, keyword: str) -> BadRequestError:
    return BadRequestError(reason, violations=[Violation("body", "", reason, keyword)])


class _Override:
    """A form sent instead of the JSON body of another operation (`x-method-override`)."""

    def __init__(self, operation_id: str, service: Service) -> None:
        body = service.document.operation(operation_id).request_body
        schema = body.content["application/json"].schema if body else None
        self._schema = True if schema is None else schema
        self._coerce = Coercion(service.document.schemas, self._schema, form=True)
        self.checker: Checker = service.compiler.compile(self._schema, "request")

    def decode(self, pairs: Pairs) -> Any:
        return self._coerce(nest(pairs))
