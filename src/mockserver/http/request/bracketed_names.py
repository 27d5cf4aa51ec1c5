"""Convert fields with bracketed names to objects and arrays: forms and `deepObject` parameters."""

from collections.abc import Iterable
from typing import Any

from mockserver.errors import BadRequestError, Location, Violation

Pairs = list[tuple[str, Any]]
_MAXIMUM_LEVELS = 32


class _Branch(dict[str, Any]):
    """An object that knows the next free index, for appended values."""

    next = 0

    def __setitem__(self, name: str, value: Any) -> None:
        if name.isdecimal() and len(name) < 10:
            self.next = max(self.next, int(name) + 1)
        super().__setitem__(name, value)


class _NestingError(ValueError):
    """Field names that contradict each other, with pointer and violated keyword."""

    def __init__(self, reason: str, pointer: str = "", keyword: str = "syntax") -> None:
        super().__init__(reason)
        self.pointer = pointer
        self.keyword = keyword


def nest(pairs: Pairs, location: Location = "body") -> dict[str, Any]:
    """Convert fields with bracketed names to objects and arrays, as PHP does.

    `claimant[data][0][id]=x` becomes `{"claimant": {"data": [{"id": "x"}]}}`, `tags[]=x` appends, and the
    last of several fields with one name wins.

    Raises:
        BadRequestError: a name is used both for a value and for a nested field, is nested too deeply, or a
            file was sent for a text field.
    """
    try:
        return _nested(pairs)
    except _NestingError as error:
        violation = Violation(location, error.pointer, str(error), error.keyword)
        raise BadRequestError(str(error), violations=[violation]) from None


def _nested(pairs: Pairs) -> dict[str, Any]:
    nested = _Branch()
    for name, value in pairs:
        if isinstance(value, bytes):
            raise _NestingError(f"The field {name!r} is a file; text is expected.", f"/{name}", "type")
        tokens = tokens_of(name)
        if len(tokens) > _MAXIMUM_LEVELS:
            reason = f"The field {name[:40]!r}… is nested more than {_MAXIMUM_LEVELS} levels deep."
            raise _NestingError(reason)
        target: _Branch = nested
        for token in tokens[:-1]:
            target = _child(target, token, name)
        if isinstance(target.get(tokens[-1]), dict):
            raise _NestingError(
                f"The field {name!r} is a value here and an object elsewhere.", f"/{tokens[0]}"
            )
        target[tokens[-1] or str(target.next)] = value
    return {name: _listed(value) for name, value in nested.items()}


def tokens_of(name: str) -> list[str]:
    """Split a name into its parts: `a[b][]` becomes `a`, `b` and an empty string."""
    head, bracket, rest = name.partition("[")
    if not bracket or not rest.endswith("]") or not head:
        return [name]
    return [head, *rest[:-1].split("][")]


def _child(target: _Branch, token: str, name: str) -> _Branch:
    token = token or str(target.next)
    child = target.get(token)
    if child is None:
        child = target[token] = _Branch()
    if not isinstance(child, _Branch):
        raise _NestingError(f"The field {name!r} is nested here and a value elsewhere.", f"/{token}")
    return child


def _listed(value: Any) -> Any:
    """Convert objects whose names are all numbers to arrays, in the order of the numbers."""
    if not isinstance(value, dict):
        return value
    children = {name: _listed(child) for name, child in value.items()}
    if children and all(name.isdecimal() for name in children):
        return [children[name] for name in _in_order(children)]
    return children


def _in_order(names: Iterable[str]) -> list[str]:
    return sorted(names, key=lambda name: (len(name.lstrip("0")), name.lstrip("0")))
