"""Rules of operations: what a request has to be like for an answer that a user wrote down."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from mockserver.openapi import pointers
from mockserver.state.session_overrides import ForcedAnswer

MEMBERS = ("body", "query", "path", "headers", "record", "identity")
"""What `when` may have a schema for."""

Facts = Mapping[str, Callable[[], Any]]
"""What is known of a request: a function for each of `MEMBERS`, which returns None where there is nothing."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One member of `when`: a JSON Schema (2020-12) of a part of the request.

    Attributes:
        member: one of `MEMBERS`.
    """

    member: str
    schema: Any
    validator: jsonschema_rs.Draft202012Validator

    def mismatch(self, value: Any) -> str | None:
        """Why a value does not match, in a few words; None when it does."""
        if value is None:
            return f"there is no {self.member}"
        if self.validator.is_valid(value):
            return None
        error = next(iter(self.validator.iter_errors(value)))
        place = pointers.join(map(str, error.instance_path))
        return f"{self.member}{f' {place}' if place else ''}: {error.message}"


@dataclass(frozen=True, slots=True)
class AnswerRule:
    """An answer of one operation, and when it is given.

    Attributes:
        name: the operation and the number of the rule, from 1: `createOrder 1`.
        conditions: all of them have to match.
    """

    name: str
    conditions: tuple[Condition, ...]
    answer: ForcedAnswer

    def mismatch(self, facts: Facts) -> str | None:
        """Why the rule does not match a request; None when it does."""
        reasons = (one.mismatch(facts[one.member]()) for one in self.conditions)
        return next((reason for reason in reasons if reason is not None), None)


def condition(member: str, schema: Any) -> Condition:
    """Compile one member of `when`.

    Raises:
        ValueError: it is no JSON Schema.
    """
    try:
        return Condition(member, schema, jsonschema_rs.Draft202012Validator(schema, validate_formats=True))
    except (jsonschema_rs.ValidationError, ValueError) as error:
        message = getattr(error, "message", None) or str(error)
        raise ValueError(f"is no JSON Schema: {message}") from None
