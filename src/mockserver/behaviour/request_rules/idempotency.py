"""Idempotency keys: repeat the first response for a key, even if records have changed since."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import orjson

from mockserver.errors import ApiError, BadRequestError, ConflictError, UnprocessableError, Violation
from mockserver.openapi.operation import Operation
from mockserver.state.overlay import Overlay

IDEMPOTENCY_KEY = "Idempotency-Key"
"""The default header, when the document names none."""

ANSWERED = "~answered"
"""The collection of stored responses, by the operation, the caller and the key."""

KEPT = timedelta(days=1)
"""How long a response is stored, by the session's clock."""

MOST_KEYS = 1_000
"""Maximum number of stored responses of one API in a session; the oldest are evicted."""

_SAFE = {"get", "head", "options", "trace", "query"}
_ABOUT_KEYS = re.compile(r"idempoten|same key|key", re.IGNORECASE)

Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
"""Status, response headers, body."""


def key_header(operation: Operation) -> str | None:
    """The documented header for an idempotency key; None when there is none."""
    if operation.method in _SAFE:
        return None
    names = (entry.name for entry in operation.parameters if entry.location == "header")
    return next((name for name in names if is_key_header(name)), None)


def is_key_header(name: str) -> bool:
    """Whether a header holds an idempotency key: `X-Idempotency-Key`, `Idempotent-Id`."""
    plain = name.lower()
    return ("idempoten" in plain and "replay" not in plain) or plain == "paypal-request-id"


def fingerprint(path: str, query: str, content: Any) -> str:
    """A hash that is equal for two requests exactly when they ask for the same."""
    body = content if isinstance(content, bytes) else _as_text(content)
    return hashlib.sha256(b"\n".join((path.encode("latin-1", "replace"), query.encode(), body))).hexdigest()


def _as_text(value: Any) -> bytes:
    try:
        return orjson.dumps(value, default=repr, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    except TypeError:
        # Integers beyond 64 bits, or text with lone surrogates.
        return json.dumps(value, sort_keys=True, default=repr).encode()


class IdempotencyKeys:
    """The stored responses of one operation to requests with a key.

    They are records of the session: if the change is reverted, so is the response. An error that the mock
    raised is not stored, because nothing was done; the same request may be sent again.
    """

    def __init__(self, operation: Operation, header: str, most: int = MOST_KEYS) -> None:
        """`most` is the maximum number of stored responses of the API in a session."""
        self.header = header
        self._most = most
        self._operation = operation
        self._collection = (operation.api, ANSWERED)

    def key(self, sent: str, caller: str) -> str:
        """The key of a stored response, which belongs to its caller."""
        return f"{self._operation.id}/{caller}/{sent}"

    def known(self, session: Overlay, key: str, request: str, now: datetime) -> Answer | None:
        """The stored response to a request; None when there is none.

        Raises:
            ApiError: the key was used with another request.
        """
        found = session.get(self._collection, key)
        if found is None or not _is_kept(found, now):
            return None
        if found["request"] != request:
            raise self._misused()
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in found["headers"]]
        return found["status"], headers, found["body"].encode("latin-1")

    def keep(self, session: Overlay, key: str, request: str, answer: Answer, now: datetime) -> None:
        """Store a response; responses with a status of 500 or more are not stored."""
        status, headers, body = answer
        if status >= 500:
            return
        known = list(session.records(self._collection))
        gone = [name for name, record in known if not _is_kept(record, now)]
        left = len(known) - len(gone)
        gone += [name for name, _ in known if name not in gone][: max(left - self._most + 1, 0)]
        for name in gone:
            session.delete(self._collection, name)
        session.put(
            self._collection,
            key,
            {
                "request": request,
                "status": status,
                "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in headers],
                "body": body.decode("latin-1"),
                "at": now.isoformat(),
            },
        )

    def _misused(self) -> ApiError:
        """The documented error for a key that was used with another request: 422, 409, else 400."""
        responses = self._operation.responses
        errors: dict[int, Callable[..., ApiError]] = {
            422: UnprocessableError,
            409: ConflictError,
            400: BadRequestError,
        }
        documented = [status for status in errors if str(status) in responses]
        about = [status for status in documented if _ABOUT_KEYS.search(responses[str(status)].description)]
        status = next(iter([*about, *documented, 422]))
        detail = f"{self.header} was sent before with another request. Send a new key with a new request."
        return errors[status](detail, violations=[Violation("header", self.header, detail, "idempotency")])


def _is_kept(record: Any, now: datetime) -> bool:
    return now - KEPT < datetime.fromisoformat(record["at"])
