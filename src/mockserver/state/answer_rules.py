"""Answer rules: conditions on a request of an operation, and the configured response when they match."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
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

ABSENT = object()
"""Marks a property that a request does not have."""
UNTOLD = object()
"""Marks a property of a value that is not an object, to which schemas of properties do not apply."""
_ALL = object()

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

    def matches(self, facts: Facts) -> bool:
        """Whether the rule matches a request."""
        for one in self.conditions:
            value = facts(one.member)
            if value is None or not one.validator.is_valid(value):
                return False
        return True

    def mismatch(self, facts: Facts, members: Collection[str]) -> str | None:
        """Return why the rule does not match a request, by conditions on `members`; None when these match."""
        reasons = (one.mismatch(facts(one.member)) for one in self.conditions if one.member in members)
        return next((reason for reason in reasons if reason is not None), None)


ReadProperty = Callable[[Any], Any]
"""Reads a property of a request: its value, `ABSENT`, or `UNTOLD` when schemas do not apply to it."""


class RuleSet:
    """Rules that are tried together.

    Rules that require one of some values of a property are indexed by that value, so that twenty of them cost
    little more than one.
    """

    def __init__(self, rules: Sequence[AnswerRule], reader: Callable[[str, str], ReadProperty]) -> None:
        """`reader` returns the function that reads a property of a member of `when`."""
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
        #: For each property: its reader, the rules without a condition on it, the others by required value.
        self._groups = [(reader(*key), ~group.pop(_ALL), group) for key, group in groups.items()]

    def candidates(self, request: Any) -> int:
        """The rules that may match a request, as a bit set of their positions."""
        left = self._all
        for read, others, by_value in self._groups:
            value = read(request)
            if value is not UNTOLD:
                left &= others | by_value.get(value if type(value) is str else _key(value), 0)
        return left


def _distinction(one: Condition) -> tuple[str, str, list[Any], bool] | None:
    """A property of a member that must have one of some scalar values, and whether it is optional."""
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
    """The index key of a value; no rule is indexed by an object or a list."""
    return _ALL if isinstance(value, dict | list) else value


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
