"""Conditional requests (RFC 9110 section 13), for operations that document their headers."""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

import orjson

from mockserver.behaviour.backend import Response
from mockserver.behaviour.handler_request import Request
from mockserver.errors import PreconditionFailedError
from mockserver.openapi.operation import Operation
from mockserver.resources.infer.plan_fields.entity_tags import declares
from mockserver.state.baseline import Record

_TAG = re.compile(r'(?:W/)?"[^"]*"|[^,\s"]+')
_OWN = ("etag", "eTag", "ETag", "_etag")
_UNSAFE = frozenset({"put", "patch", "post", "delete"})


class Preconditions:
    """Evaluates `If-Match` and `If-None-Match` for one operation."""

    def __init__(self, operation: Operation) -> None:
        self._changes = operation.method in _UNSAFE
        refused = operation.response(412)
        #: Whether the operation answers 412 when a precondition fails.
        self._refuses = refused is not None and (refused.status != "default" or declares(operation))
        self._saves = operation.method == "get" and bool({"304", "3XX"} & set(operation.responses))

    def require(self, request: Request, record: Record | None) -> None:
        """Refuse a change when `If-Match` or `If-None-Match` does not match the record.

        Raises:
            PreconditionFailedError: the record has another entity tag, or does not exist.
        """
        if not (self._changes and self._refuses):
            return
        wanted, unwanted = _field(request, b"if-match"), _field(request, b"if-none-match")
        if wanted and not _matches(wanted, record):
            raise PreconditionFailedError(
                "If-Match failed: the record has changed since you read it, or does not exist."
            )
        if unwanted and _matches(unwanted, record):
            raise PreconditionFailedError(
                "If-None-Match failed: a record with this entity tag exists already."
            )

    def saved(self, request: Request, response: Response) -> Response:
        """The response, or 304 when `If-None-Match` has its entity tag."""
        unwanted = _field(request, b"if-none-match") if self._saves else ()
        tag = next((value for name, value in response.fields if name == "ETag"), None)
        if not unwanted or tag is None or response.status != 200:
            return response
        known = {_opaque(entry) for entry in unwanted}
        if not known & {"*", _opaque(tag)}:
            return response
        return Response(304, headers=(("ETag", tag),), checked=True)


def tag_of(value: Any) -> str:
    """The strong entity tag of a record: a hash of its content."""
    try:
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    except TypeError:
        # Integers beyond 64 bits, or text with lone surrogates.
        text = json.dumps(value, sort_keys=True).encode()
    return f'"{hashlib.blake2b(text, digest_size=8).hexdigest()}"'


def _field(request: Request, name: bytes) -> tuple[str, ...]:
    """The entity tags in a request header; none when it was not sent."""
    return tuple(_TAG.findall(request.headers.get(name, b"").decode("latin-1")))


def _matches(tags: Iterable[str], record: Record | None) -> bool:
    """Whether one of the tags is the record's: that of its `ETag` header, or of a property such as `etag`."""
    if record is None:
        return False
    own = {_opaque(record[name]) for name in _OWN if isinstance(record.get(name), str)}
    return not own.isdisjoint(known := {_opaque(tag) for tag in tags}) or bool(
        known & {"*", _opaque(tag_of(record))}
    )


def _opaque(tag: str) -> str:
    """A tag without quotes and without the `W/` prefix: clients write them in many ways."""
    return tag.removeprefix("W/").strip('"')
