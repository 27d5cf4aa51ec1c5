"""Take out of a value what breaks its schema, as long as something is left."""

from typing import Any

from mockserver.openapi import pointers
from mockserver.openapi.schema.validators import Checker

_ROUNDS = 12


def prune(value: Any, checker: Checker) -> Any:
    """Remove members and elements that break the schema, the innermost first; the value may stay invalid."""
    for _ in range(_ROUNDS):
        violations = checker.violations(value, "response")
        if not violations:
            break
        # From the last: removing an element moves those after it.
        removed = [_remove(value, violation.pointer) for violation in reversed(violations)]
        if not any(removed):
            break
    return value


def _remove(value: Any, pointer: str) -> bool:
    tokens = pointers.split(pointer)
    if not tokens:
        return False
    parent = value
    try:
        for token in tokens[:-1]:
            parent = parent[int(token)] if isinstance(parent, list) else parent[token]
        if isinstance(parent, list):
            del parent[int(tokens[-1])]
        else:
            del parent[tokens[-1]]
    except (KeyError, IndexError, ValueError, TypeError):  # something above it was removed before
        return False
    return True
