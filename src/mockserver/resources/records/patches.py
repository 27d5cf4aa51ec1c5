"""Patch a record: JSON Merge Patch (RFC 7396) or JSON Patch (RFC 6902)."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import jsonpatch
import jsonpointer

from mockserver.errors import BadRequestError, ConflictError, Violation

_MOST_OPERATIONS = 10_000
_MOST_COPIED = 2_000_000
_BYTES_A_VALUE = 20
_DEEPEST = 200
_SCALARS = frozenset((str, int, float, bool, type(None), list))
"""Types of values that are no objects; asking for the type is faster than `isinstance`."""
_MISFITS = (jsonpatch.JsonPatchConflict, jsonpointer.JsonPointerException)


def merge(record: Any, patch: Any) -> Any:
    """Apply a merge patch: null removes a member, objects are merged, anything else replaces."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(record) if isinstance(record, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


def overlay(record: Mapping[str, Any], sent: Mapping[str, Any]) -> dict[str, Any]:
    """Merge the sent properties into a record; unlike in a merge patch, null is a value."""
    result = {**record, **sent}
    for name, value in sent.items():
        if type(value) not in _SCALARS and isinstance(value, Mapping):
            old = record.get(name)
            if isinstance(old, Mapping):
                result[name] = overlay(old, value)
    return result


def patch(record: Mapping[str, Any], operations: list[Any]) -> Any:
    """Apply a JSON Patch.

    Raises:
        ConflictError: a `test` in it failed, or a path does not exist (RFC 5789 section 2.2).
        BadRequestError: it is not a JSON Patch, or the result exceeds a limit.
    """
    if len(operations) > _MOST_OPERATIONS:
        raise _refusal(f"A JSON Patch may have at most {_MOST_OPERATIONS:,} operations.")
    try:
        patched = _applied(deepcopy(dict(record)), operations)
        too_deep = _measure(patched)[1] > _DEEPEST
    except RecursionError:
        too_deep = True
    if too_deep:
        raise _refusal(f"The patch nests the record more than {_DEEPEST} levels deep.")
    return patched


def _applied(patched: Any, operations: list[Any]) -> Any:
    room = _MOST_COPIED
    for number, operation in enumerate(operations):
        try:
            source = operation.get("from") if isinstance(operation, Mapping) else None
            if isinstance(source, str) and operation.get("op") == "copy":
                # 30 operations that copy a list into itself would make gigabytes.
                room -= _measure(jsonpointer.resolve_pointer(patched, source))[0]
                if room < 0:
                    raise _refusal(f"The `copy` operations copy more than {_MOST_COPIED:,} bytes.")
            patched = jsonpatch.JsonPatch([operation]).apply(patched, in_place=True)
        except jsonpatch.JsonPatchTestFailed:
            raise ConflictError(f"{_named(number, operation)}: the record has another value there.") from None
        except _MISFITS:
            raise ConflictError(f"{_named(number, operation)}: the record has no such path.") from None
        except (jsonpatch.JsonPatchException, TypeError, KeyError):
            raise _refusal(f"{_named(number, operation)} is not a valid operation (RFC 6902).") from None
    return patched


def _named(number: int, operation: Any) -> str:
    """The name of a patch's operation in messages: its number, `op` and `path`."""
    said = operation if isinstance(operation, Mapping) else {}
    words = [str(said[name])[:80] for name in ("op", "path") if isinstance(said.get(name), str)]
    what = " ".join(words)
    return f"Operation {number} of the patch ({what})" if words else f"Operation {number} of the patch"


def _measure(value: Any) -> tuple[int, int]:
    """The approximate size of a value in bytes, and its depth."""
    size, depth, level = 0, 0, [value]
    while level:
        depth += 1
        below: list[Any] = []
        for node in level:
            size += _BYTES_A_VALUE + (len(node) if isinstance(node, str) else 0)
            if isinstance(node, dict):
                size += sum(map(len, node))
                below.extend(node.values())
            elif isinstance(node, list):
                below.extend(node)
        level = below
    return size, depth


def _refusal(detail: str) -> BadRequestError:
    return BadRequestError(detail, violations=[Violation("body", "", detail, "patch")])
