"""Rules of operations: what a request has to be like for an answer that a user wrote down."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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

ABSENT = object()
"""In place of the value of a property that a request does not have."""
UNTOLD = object()
"""In place of a property of what is no object: schemas of properties have nothing to say of it."""
_ALL = object()

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

    def matches(self, facts: Facts) -> bool:
        """Whether a request is as the rule wants it."""
        for one in self.conditions:
            value = facts(one.member)
            if value is None or not one.validator.is_valid(value):
                return False
        return True

    def mismatch(self, facts: Facts, members: Collection[str]) -> str | None:
        """Why the rule does not match a request, by some of the facts; None when these do not say."""
        reasons = (one.mismatch(facts(one.member)) for one in self.conditions if one.member in members)
        return next((reason for reason in reasons if reason is not None), None)


ReadProperty = Callable[[Any], Any]
"""Reads a property of a request: its value, `ABSENT`, or `UNTOLD` where schemas say nothing of it."""


class RuleSet:
    """Rules that are tried together.

    Rules that want a property to have one of some values are found by that value: twenty of them cost little
    more than one.
    """

    def __init__(self, rules: Sequence[AnswerRule], reader: Callable[[str, str], ReadProperty]) -> None:
        """`reader` makes what reads a property of a member of `when`."""
        self.rules = tuple(rules)
        groups: dict[tuple[str, str], dict[Any, int]] = {}
        for place, rule in enumerate(self.rules):
            found = next(filter(None, map(_distinction, rule.conditions)), None)
            if found is not None:
                member, name, values, may_lack = found
                group = groups.setdefault((member, name), {})
                for key in (*map(_key, values), *[ABSENT] * may_lack, _ALL):
                    group[key] = group.get(key, 0) | 1 << place
        self._all = (1 << len(self.rules)) - 1
        #: For each property: what reads it, the rules that do not look at it, the others by what they want.
        self._groups = [(reader(*key), ~group.pop(_ALL), group) for key, group in groups.items()]

    def candidates(self, request: Any) -> int:
        """The places of the rules that may match a request, as bits."""
        left = self._all
        for read, others, by_value in self._groups:
            value = read(request)
            if value is not UNTOLD:
                left &= others | by_value.get(value if type(value) is str else _key(value), 0)
        return left


def _distinction(one: Condition) -> tuple[str, str, list[Any], bool] | None:
    """A property of a member that has to have one of some plain values, and whether it may be left out."""
    schema = one.schema
    if one.member == "record" or not isinstance(schema, Mapping):
        return None
    for name, wanted in (schema.get("properties") or {}).items():
        if isinstance(wanted, Mapping) and ("const" in wanted or "enum" in wanted):
            values = [wanted["const"]] if "const" in wanted else wanted["enum"]
            if all(value is None or isinstance(value, str | int | float) for value in values):
                return one.member, name, values, name not in schema.get("required", ())
    return None


def _key(value: Any) -> Any:
    """A value by which rules are found: `true` is not 1, and 1.0 is."""
    kind = type(value)
    if kind is bool:
        return bool, value
    return _ALL if kind is dict or kind is list else value


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
