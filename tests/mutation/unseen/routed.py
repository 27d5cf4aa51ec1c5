"""What the small servers of held-out faults share: routes, refusals, and the reading of JSON bodies."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs

from tests.check.serving import Asked, Told

Accepts = Callable[[Any], bool]


class RefusedError(Exception):
    """A request that is refused with a status."""

    def __init__(self, status: int) -> None:
        self.status = status


class Routed:
    """Answers requests one at a time; `routes` are patterns of paths, with the method of each HTTP method."""

    routes: ClassVar[Mapping[str, Mapping[str, str]]] = {}

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.lock = threading.RLock()

    def __call__(self, asked: Asked) -> Told:
        """Answer a request."""
        with self.lock:
            try:
                return self._answer(asked)
            except RefusedError as refused:
                return self.refusal(refused.status, asked)

    def refusal(self, status: int, asked: Asked) -> Told:
        """The answer to what is refused."""
        return Told(status, {"error": "refused"}, {"WWW-Authenticate": "Bearer"} if status == 401 else {})

    def _answer(self, asked: Asked) -> Told:
        for pattern, methods in self.routes.items():
            match = re.fullmatch(pattern, asked.path)
            if match is None:
                continue
            if asked.method not in methods:
                return Told(405, {"error": "refused"}, {"Allow": ", ".join(methods)})
            told: Told = getattr(self, methods[asked.method])(asked, *match.groups())
            return told
        raise RefusedError(404)


def query_of(asked: Asked) -> dict[str, str]:
    """The last value of each parameter."""
    return {name: values[-1] for name, values in parse_qs(asked.query, keep_blank_values=True).items()}


def whole_number(query: Mapping[str, str], name: str, least: int, most: int, default: int) -> int:
    """A parameter that is an integer."""
    value = query.get(name, str(default))
    if not re.fullmatch("[0-9]{1,9}", value, re.ASCII) or not least <= int(value) <= most:
        raise RefusedError(400)
    return int(value)


def body_of(asked: Asked, checks: Mapping[str, Accepts], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """The fields of a JSON body that are known; refuses what is invalid."""
    fields = raw_body(asked)
    if any(name not in fields for name in required):
        raise RefusedError(400)
    fields = {name: value for name, value in fields.items() if name in checks}
    if not all(checks[name](value) for name, value in fields.items()):
        raise RefusedError(400)
    return fields


def raw_body(asked: Asked) -> dict[str, Any]:
    """A JSON object as it was sent."""
    if asked.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusedError(415)
    try:
        sent = json.loads(asked.body)
    except (ValueError, RecursionError):
        raise RefusedError(400) from None
    if not isinstance(sent, dict):
        raise RefusedError(400)
    return sent


def text(least: int, most: int, pattern: str = "") -> Accepts:
    """A text of such a length."""
    return lambda value: (
        isinstance(value, str)
        and least <= len(value) <= most
        and (not pattern or re.fullmatch(pattern, value, re.ASCII) is not None)
    )


def number(least: float, most: float, *, whole: bool = False) -> Accepts:
    """A number in such bounds."""
    return lambda value: (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and least <= value <= most
        and (not whole or float(value).is_integer())
    )


def one_of(*values: str) -> Accepts:
    """One of some texts."""
    return lambda value: isinstance(value, str) and value in values


def or_null(accepts: Accepts) -> Accepts:
    """Null, too."""
    return lambda value: value is None or accepts(value)


def is_moment(value: Any) -> bool:
    """A date-time with an offset."""
    try:
        return (
            isinstance(value, str)
            and "T" in value.upper()
            and datetime.fromisoformat(value.upper()).tzinfo is not None
        )
    except ValueError:
        return False


def is_day(value: Any) -> bool:
    """A date."""
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False
