"""Look into bodies: which objects and lists stand in them, and whether two say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

IDS = ("id", "uuid", "guid", "uid", "sid", "gid", "identifier")
DEEPEST = 3


def alone(body: Any) -> Any:
    """The only thing in the only list of a body; the body where it has no such list."""
    lists = [body] if isinstance(body, list) else []
    if isinstance(body, dict) and not any(isinstance(value, dict) for value in body.values()):
        lists = [value for value in body.values() if isinstance(value, list)]
    return lists[0][0] if len(lists) == 1 and len(lists[0]) == 1 and isinstance(lists[0][0], dict) else body


def objects(value: Any, depth: int = DEEPEST) -> Iterator[dict[str, Any]]:
    """An object and those in it, the outer ones first."""
    level = [value] if isinstance(value, dict) else []
    for _ in range(depth + 1):
        yield from level
        level = [inner for outer in level for inner in outer.values() if isinstance(inner, dict)]


def entries(value: Any, depth: int = DEEPEST) -> Iterator[Any]:
    """What is in the lists of a body."""
    if isinstance(value, list):
        yield from value
    elif isinstance(value, dict) and depth:
        for inner in value.values():
            yield from entries(inner, depth - 1)


def has_list(value: Any) -> bool:
    """Whether a body is a list, or has one."""
    return isinstance(value, list) or any(
        isinstance(inner, list) for found in objects(value) for inner in found.values()
    )


def nearest(shown: Any, sent: Any) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The record in each of two bodies: the outermost objects with fields in common, envelopes left aside."""
    for other in objects(sent, 1):
        best: tuple[Mapping[str, Any], int] = ({}, 0)
        for one in objects(shown):
            shared = len(one.keys() & other.keys())
            if shared > 2 * best[1]:
                best = (one, shared)
        if best[1]:
            return best[0], other
    return {}, {}


def replaced(body: Any, part: Any, other: Any) -> Any:
    """A body with another object in the place of one in it."""
    if body is part:
        return other
    if isinstance(body, dict):
        return {name: replaced(value, part, other) for name, value in body.items()}
    return body


def same(shown: Any, sent: Any) -> bool:
    """Whether what is shown is what was sent, as far as both say it."""
    if isinstance(shown, dict) and isinstance(sent, dict):
        return all(same(shown[name], sent[name]) for name in shown.keys() & sent.keys())
    if isinstance(shown, list) and isinstance(sent, list):
        return len(shown) == len(sent) and all(map(same, shown, sent))
    if is_scalar(shown) and is_scalar(sent):
        return shown == sent or str(shown).lower() == str(sent).lower()
    return bool(shown == sent)


def typed(text: Any, before: Any) -> Any:
    """An id of the path in the type that it has in the body: of a number the digits are no text."""
    is_number = type(before) is int and isinstance(text, str) and text.isdecimal()
    return int(text) if is_number else text


def id_of(value: Any) -> Any:
    """The id of an object, by which a query names it; any other value itself."""
    inner = value if isinstance(value, dict) else {}
    return next((inner[name] for name in inner if flat(name) in IDS), value)


def is_scalar(value: Any) -> bool:
    """Whether a value is text, a number or a flag."""
    return isinstance(value, str | int | float | bool)


def singulars(word: str) -> tuple[str, ...]:
    """What one of them may be called."""
    one = flat(word)
    return one, one.removesuffix("s"), one.removesuffix("es"), one.removesuffix("ies") + "y"


def flat(name: str) -> str:
    """A name without its spelling."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
