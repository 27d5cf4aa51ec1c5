"""Say how many schemas one value may have to be held to, before a validator tries.

A few lines of `allOf` can double that number with each level, until no answer ever comes.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.openapi import pointer as pointers

MAXIMUM = 1_000_000
_ONE = ("not", "if", "then", "else")
_SEVERAL = ("allOf", "anyOf", "oneOf")


def is_exorbitant(schema: Any) -> bool:
    """Whether a compiled schema's own form asks for more than a million looks at one value."""
    known: dict[int, int] = {}
    return any(_looks(schema, part, known) > MAXIMUM for part in _parts(schema))


def _parts(schema: Any) -> Iterator[Any]:
    """The schema, and the definitions gathered with it."""
    if isinstance(schema, Mapping):
        yield schema
        for key in ("definitions", "$defs"):
            yield from schema.get(key, {}).values()


def _looks(root: Any, schema: Any, known: dict[int, int]) -> int:
    """How many schemas a value at this place is held to; what comes round to itself counts once."""
    stack: list[tuple[Any, list[Any] | None]] = [(schema, None)]
    while stack:
        one, parts = stack.pop()
        if not isinstance(one, Mapping):
            continue
        if parts is not None:
            looks = 1 + sum(known.get(id(part), 1) for part in parts)
            known[id(one)] = min(looks, 2 * MAXIMUM)
        elif id(one) not in known:
            known[id(one)] = 1
            parts = list(_in_place(root, one))
            stack += [(one, parts), *((part, None) for part in parts)]
    return known.get(id(schema), 1)


def _in_place(root: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
    reference = schema.get("$ref")
    if isinstance(reference, str):
        # What is elsewhere, in a document that the validator knows as a whole, is not counted.
        with contextlib.suppress(KeyError):
            yield pointers.resolve(root, reference)
    for name in _ONE:
        if name in schema:
            yield schema[name]
    for name in _SEVERAL:
        yield from schema.get(name, ())
