"""Change a record as a request's body says: JSON Merge Patch (RFC 7396) or JSON Patch (RFC 6902)."""

from collections.abc import Mapping
from typing import Any

import jsonpatch
import jsonpointer

from mockserver.errors import BadRequestError, ConflictError, Violation

_MISFITS = (jsonpatch.JsonPatchConflict, jsonpatch.JsonPatchTestFailed, jsonpointer.JsonPointerException)


def merge(record: Any, patch: Any) -> Any:
    """Apply a merge patch: null takes a member away, objects are merged, anything else replaces."""
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
    """Put in what was sent, objects merged; null is a value here."""
    return {
        **record,
        **{
            name: overlay(record[name], value)
            if isinstance(value, Mapping) and isinstance(record.get(name), Mapping)
            else value
            for name, value in sent.items()
        },
    }


def patch(record: Mapping[str, Any], operations: list[Any]) -> Any:
    """Apply a JSON Patch.

    Raises:
        ConflictError: a `test` in it failed, or it leads to what is not there (RFC 5789 section 2.2).
        BadRequestError: it is not a JSON Patch.
    """
    try:
        return jsonpatch.JsonPatch(list(operations)).apply(record)
    except _MISFITS as error:
        raise ConflictError(f"The patch does not fit the record: {error}") from None
    except (jsonpatch.JsonPatchException, TypeError, KeyError) as error:
        detail = f"This is no JSON Patch: {error}"
        raise BadRequestError(detail, violations=[Violation("body", "", detail, "patch")]) from None
