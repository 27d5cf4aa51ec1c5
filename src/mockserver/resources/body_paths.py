"""Paths of properties into a body: read, write, and walk what they lead to."""

from collections.abc import Iterator
from typing import Any

BodyPath = tuple[str, ...]
"""The properties that lead to something inside a body; empty for the body itself."""


def value_at(body: Any, place: BodyPath) -> Any:
    """Return the value at a path in a body; None when there is none."""
    for name in place:
        body = body.get(name) if isinstance(body, dict) else None
    return body


def put_at(body: Any, place: BodyPath, value: Any) -> Any:
    """Return a copy of the body with another value at a path; the argument is not changed."""
    if not place:
        return value
    outer = body if isinstance(body, dict) else {}
    return {**outer, place[0]: put_at(outer.get(place[0]), place[1:], value)}


def scalars(body: Any, above: BodyPath = ()) -> Iterator[tuple[BodyPath, Any]]:
    """Yield every scalar in a body with its path; lists are skipped, unless the body is a list of one."""
    if isinstance(body, dict):
        for name, value in body.items():
            yield from scalars(value, (*above, name))
    elif isinstance(body, list):
        if not above and len(body) == 1:
            yield from scalars(body[0])
    else:
        yield above, body
