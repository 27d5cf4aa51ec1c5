"""Rules of operations: what a request has to be like for an answer that a user wrote down."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

import jsonschema_rs

from mockserver.openapi import pointers
from mockserver.state.session_overrides import ForcedAnswer

_SHOWN = 80
"""Characters of a schema that are shown where a request does not fit it."""

MEMBERS = ("body", "query", "path", "headers", "record", "identity")
"""What `when` may have a schema for."""

RuleSource = Literal["session", "scenario", "file", "document"]

Facts = Callable[[str], Any]
"""What is known of a request: one of `MEMBERS`; None where the request has nothing of the kind."""


@dataclass(frozen=True, slots=True)
class _Property:
    """A property that a condition is about, and what is said when it is not as wanted."""

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
        properties: those of the schema. Their sentences are made beforehand: a request that twenty rules do
            not match should not wait for twenty explanations.
    """

    member: str
    schema: Any
    validator: jsonschema_rs.Draft202012Validator
    properties: tuple[_Property, ...] = ()

    def mismatch(self, value: Any) -> str | None:
        """Why a value does not match, in a few words; None when it does."""
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
    """An answer of one operation, and when it is given.

    Attributes:
        name: the operation and the number of the rule, from 1: `createOrder 1`.
        conditions: all of them have to match.
        source: who says so: a fixture file, a scenario, the document, or the session.
    """

    name: str
    conditions: tuple[Condition, ...]
    answer: ForcedAnswer
    source: RuleSource = "file"

    def mismatch(self, facts: Facts) -> str | None:
        """Why the rule does not match a request; None when it does."""
        reasons = (one.mismatch(facts(one.member)) for one in self.conditions)
        return next((reason for reason in reasons if reason is not None), None)


def condition(member: str, schema: Any) -> Condition:
    """Compile one member of `when`.

    Raises:
        ValueError: it is no JSON Schema.
    """
    try:
        validator = _validator(schema)
    except (jsonschema_rs.ValidationError, ValueError) as error:
        message = getattr(error, "message", None) or str(error)
        raise ValueError(f"is no JSON Schema: {message}") from None
    return Condition(member, schema, validator, tuple(_properties(member, schema)))


def _validator(schema: Any) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, retriever=_not_retrieved)


def _not_retrieved(uri: str) -> NoReturn:
    """Refuse what would be read from the network or the disk, because a schema refers to it."""
    raise ValueError(f"{uri} is not read; write what it refers to into the schema, at #/$defs")


def _properties(member: str, schema: Any) -> Iterator[_Property]:
    if not isinstance(schema, Mapping):
        return
    written, required = schema.get("properties") or {}, schema.get("required") or ()
    for name in dict.fromkeys([*written, *required]):
        validator = None
        with suppress(jsonschema_rs.ValidationError, ValueError):  # it refers to other parts of the schema
            validator = _validator(written.get(name, True))
        place = f"{member} {pointers.join([name])}"
        yield _Property(
            name, validator, name in required, f"{place} is missing", f"{place}: {_wanted(written.get(name))}"
        )


def _wanted(schema: Any) -> str:
    """What a property is expected to be."""
    if isinstance(schema, Mapping) and "const" in schema:
        return f"{json.dumps(schema['const'], ensure_ascii=False)} was expected"
    text = json.dumps(schema, ensure_ascii=False, default=str)
    return f"it does not fit {text if len(text) <= _SHOWN else text[:_SHOWN] + '…'}"
