"""Infer what a documented 409 is for: states in which an action is refused, unique values."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.openapi.names import normalised, singular, words
from mockserver.openapi.operation import Operation, Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.resources.plan import Reason

_TAKEN = re.compile(
    r"\b(exists?|taken|already|in use|used|duplicates?|unique|registered|claimed|not available)\b"
)
_UNIQUE = re.compile(r"\b(unique|no two|only once|at most once)\b")
_NOT_UNIQUE = re.compile(r"\b(not|non|need not be)[ -]+(necessarily )?unique\b|unique(ly)? identif")
_ALLOWED = re.compile(r"\b(only|not|unless|must be|has to be|isn't|aren't|other than)\b")
_KEPT = re.compile(
    r"\b(has|have|having|contains?|still|not empty|in use|used|referenced|refers?|depends?|linked|assigned)\b"
)
_IN_USE = re.compile(r"\b(not empty|in use|being used|referenced|depends? on)\b")
_SINGLE = ("email", "emailaddress", "username", "login", "handle", "slug", "sku", "isbn")
"""Unique properties when a 409 only states that the record exists already, the likeliest first."""


def infer_conflicts(
    operation: Operation, sets: Mapping[str, Any], properties: Mapping[str, Schema], schemas: SchemaReader
) -> tuple[Mapping[str, tuple[Any, ...]], tuple[Reason, ...]]:
    """The values of properties for which an action answers 409; empty when 409 is not documented."""
    response = operation.responses.get("409")
    if response is None:
        return {}, ()
    said = _plain(response.description)
    found: dict[str, tuple[Any, ...]] = {}
    for name, value in sets.items():
        if isinstance(value, Mapping):
            continue
        values = schemas.target(properties.get(name, True)).get("enum")
        states = [entry for entry in values if isinstance(entry, str)] if isinstance(values, list) else []
        mentioned = [entry for entry in states if entry != value and _plain(entry) in said]
        if mentioned and _ALLOWED.search(said):
            found[name] = tuple(entry for entry in states if entry not in mentioned)
        else:
            found[name] = (value, *mentioned)
    found |= {
        name: (refused,)
        for name, schema in properties.items()
        if name not in found and "boolean" in schemas.outline(schema).types
        if (refused := _named_flag(name, said)) is not None
    }
    reasons = (
        Reason("conflicts", f"409 is documented: `{name}` is {' or '.join(map(json.dumps, refused))} already")
        for name, refused in found.items()
    )
    return found, tuple(reasons)


def _named_flag(name: str, said: str) -> bool | None:
    """The value of a flag that a text names: `the room is occupied`; None when it names none."""
    parts = words(name)
    flag = " ".join(map(re.escape, parts[1:] if parts[:1] == ("is",) else parts))
    match = (
        re.search(rf"\b(?:is|was|are|were) (not |no longer )?(?:already )?{flag}\b", said) if flag else None
    )
    return None if match is None else match[1] is None


def infer_kept_by(description: str | None, words_by_name: Mapping[str, str]) -> frozenset[str]:
    """The resources whose records keep another from being deleted, by the description of its 409.

    `words_by_name` are the resources whose records belong to it, each with the word for its records.
    """
    said = _plain(description)
    if not _KEPT.search(said):
        return frozenset()
    named = {
        name
        for name, word in words_by_name.items()
        if any(re.search(rf"\b{re.escape(one)}\b", said) for one in (_plain(word), _plain(singular(word))))
    }
    return frozenset(named or (words_by_name if _IN_USE.search(said) else ()))


def infer_unique(
    operation: Operation,
    accepted: Mapping[str, Schema],
    properties: Mapping[str, Schema],
    schemas: SchemaReader,
) -> tuple[frozenset[str], tuple[Reason, ...]]:
    """The properties whose values have to be unique, when a 409 is documented for that."""
    response = operation.responses.get("409")
    if response is None:
        return frozenset(), ()
    said = _plain(response.description)
    because = dict(_described(accepted, properties, schemas))
    if _TAKEN.search(said):
        names = [name for name in accepted if name in properties and schemas.is_scalar(properties[name])]
        mentioned = [name for name in names if _is_said(name, said)]
        known = {normalised(name): name for name in names}
        usual = [known[name] for name in _SINGLE if name in known][:1]
        for name in mentioned or ([] if because else usual):
            because.setdefault(name, "stated in the description of 409")
    reasons = tuple(Reason("unique", f"`{name}` is unique: {why}") for name, why in because.items())
    return frozenset(because), reasons


def _described(
    accepted: Mapping[str, Schema], properties: Mapping[str, Schema], schemas: SchemaReader
) -> Iterator[tuple[str, str]]:
    for name, schema in accepted.items():
        texts = (schemas.target(one).get("description") for one in (properties.get(name, True), schema))
        found = " ".join(text for text in texts if isinstance(text, str)).lower()
        if name in properties and _UNIQUE.search(found) and not _NOT_UNIQUE.search(found):
            yield name, "stated in its description"


def _is_said(name: str, said: str) -> bool:
    """Whether a text mentions a property: `email`, `e-mail address`, `user name`."""
    parts = words(name)
    return bool(parts) and re.search(rf"\b{' ?'.join(map(re.escape, parts))}s?\b", said) is not None


def _plain(text: str | None) -> str:
    """A text in lower case, with single spaces between words; `e-mail` is one word."""
    joined = (text or "").lower().replace("e-mail", "email").replace("_", " ").replace("-", " ")
    return " ".join(joined.split())
