"""Validate a document against the official schema of its OpenAPI version."""

import difflib
import importlib.resources
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema_rs
import orjson

from mockserver.openapi import pointers
from mockserver.openapi.defects import Defect
from mockserver.openapi.operation import METHODS

_MOST = 500
_LONGEST = 200


def check_structure(root: Mapping[str, Any], version: tuple[int, int]) -> Iterator[Defect]:
    """Report where a document violates the schema of its OpenAPI version."""
    validator = _validator(version)
    for number, error in enumerate(validator.iter_errors(dict(root))):
        if number == _MOST:
            return
        telling = _telling(error)
        place = list(telling.instance_path)
        unexpected: list[str] = getattr(telling.kind, "unexpected", [])
        if place == ["paths"] and len(unexpected) == 1:
            continue  # a path without a slash, which another rule reports
        message = _in_words(unexpected[0], place) if len(unexpected) == 1 else telling.message
        if len(message) > _LONGEST:
            message = message[: _LONGEST // 2] + " … " + message[-_LONGEST // 2 :]
        yield Defect("structure", "error", pointers.join(telling.instance_path), message)


def _in_words(name: str, place: list[Any]) -> str:
    """The message for an unexpected key, with the method that may have been meant."""
    close = difflib.get_close_matches(name.lower(), METHODS, 1) if place[:1] == ["paths"] else []
    hint = f"; did you mean {close[0]!r}?" if close and len(place) == 2 else ""
    return f"{name!r} has no meaning here{hint}"


def _validator(version: tuple[int, int]) -> Any:
    name = f"{version[0]}.{version[1]}.json"
    file = importlib.resources.files("mockserver.openapi") / "metaschemas" / name
    schema = orjson.loads(file.read_bytes())
    if version == (2, 0):
        # It refers to the metaschema of draft 4 by a URL, which the validator knows.
        return jsonschema_rs.Draft4Validator(schema, offline=True)
    kind = jsonschema_rs.Draft4Validator if version == (3, 0) else jsonschema_rs.Draft202012Validator
    return kind(schema, offline=True)


def _telling(error: Any) -> Any:
    """If all alternatives failed, the error of the one that matched furthest."""
    for _ in range(20):
        branches = getattr(error.kind, "context", None)
        candidates = [branch for branch in branches or () if branch and not _is_reference(branch)]
        if not candidates:
            return error
        best = max(candidates, key=lambda branch: (not _is_other(branch), _depth(branch), -len(branch)))
        error = max(best, key=lambda entry: len(entry.instance_path))
    return error


def _is_other(branch: list[Any]) -> bool:
    """Whether a branch is for another kind of parameter than this one."""
    return any(entry.instance_path[-1:] in (["in"], ["style"]) for entry in branch)


def _depth(branch: list[Any]) -> int:
    return max(len(entry.instance_path) for entry in branch)


def _is_reference(branch: list[Any]) -> bool:
    """Whether a branch failed only because the value is not a reference."""
    return any(getattr(entry.kind, "property", None) == "$ref" for entry in branch)
