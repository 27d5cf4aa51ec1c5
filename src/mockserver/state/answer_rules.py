"""Answer rules: conditions on a request of an operation, and the configured response when they match."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

import jsonschema_rs

from mockserver.openapi import pointers
from mockserver.state.session_overrides import ForcedAnswer

_SHOWN = 80
"""Maximum length of a schema shown in the reason for a mismatch."""

MEMBERS = ("body", "query", "path", "headers", "record", "identity")
"""The members that `when` can have; each holds a schema."""

RuleSource = Literal["session", "scenario", "file", "document"]

Facts = Callable[[str], Any]
"""Looks up one of `MEMBERS` of a request; None when the request has no such part."""


@dataclass(frozen=True, slots=True)
class _Property:
    """A property that a condition tests, with prepared texts for when it is missing or does not match."""

    name: str
    validator: jsonschema_rs.Draft202012Validator | None
    is_required: bool
    missing: str
    other: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One member of `when`: a JSON Schema (2020-12) of a part of the request.

    Attributes:
        member: one of `MEMBERS`.
        properties: those of the schema. Their mismatch texts are built once, so that a request that matches
            none of twenty rules does not wait for twenty texts to be built.
    """

    member: str
    schema: Any
    validator: jsonschema_rs.Draft202012Validator
    properties: tuple[_Property, ...] = ()

    def mismatch(self, value: Any) -> str | None:
        """Return a short reason why a value does not match; None when it matches."""
        if value is None:
            return f"there is no {self.member}"
        if self.validator.is_valid(value):
            return None
        for part in self.properties if isinstance(value, Mapping) else ():
            if part.name not in value:
                if part.is_required:
                    return part.missing
            elif part.validator is not None and not part.validator.is_valid(value[part.name]):
                return part.other
        return f"{self.member} does not fit"


@dataclass(frozen=True, slots=True)
class AnswerRule:
    """A configured response of one operation, and the conditions under which it is returned.

    Attributes:
        name: the operation and the number of the rule, from 1: `createOrder 1`.
        conditions: all of them have to match.
        source: where the rule was defined: a fixture file, a scenario, the document, or the session.
    """

    name: str
    conditions: tuple[Condition, ...]
    answer: ForcedAnswer
    source: RuleSource = "file"

    def mismatch(self, facts: Facts) -> str | None:
        """Return why the rule does not match a request; None when it matches."""
        reasons = (one.mismatch(facts(one.member)) for one in self.conditions)
        return next((reason for reason in reasons if reason is not None), None)


def condition(member: str, schema: Any) -> Condition:
    """Compile one member of `when`.

    Raises:
        ValueError: `schema` is not a valid JSON Schema.
    """
    try:
        validator = _validator(schema)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        message = getattr(error, "message", None) or str(error)
        raise ValueError(f"is not a valid JSON Schema: {message}") from None
    return Condition(member, schema, validator, tuple(_properties(member, schema)))


def _validator(schema: Any) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, retriever=_not_retrieved)


def _not_retrieved(uri: str) -> NoReturn:
    """Refuse to load an external `$ref` from the network or the disk."""
    raise ValueError(f"{uri} is not loaded; copy what it refers to into the schema, under #/$defs")


def _properties(member: str, schema: Any) -> Iterator[_Property]:
    if not isinstance(schema, Mapping):
        return
    written, required = schema.get("properties") or {}, schema.get("required") or ()
    for name in dict.fromkeys([*written, *required]):
        validator = None
        with suppress(jsonschema_rs.ValidationError, ValueError):  # its `$ref` needs the rest of the schema
            validator = _validator(written.get(name, True))
        place = f"{member} {pointers.join([name])}"
        yield _Property(
            name, validator, name in required, f"{place} is missing", f"{place}: {_wanted(written.get(name))}"
        )


def _wanted(schema: Any) -> str:
    """Describe the expected value of a property."""
    if isinstance(schema, Mapping) and "const" in schema:
        return f"{json.dumps(schema['const'], ensure_ascii=False)} was expected"
    text = json.dumps(schema, ensure_ascii=False, default=str)
    return f"it does not fit {text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}"
