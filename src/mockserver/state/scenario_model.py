"""Scenarios: named sets of records, responses and rules that a session can activate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mockserver.state.answer_rules import AnswerRule
from mockserver.state.clock import timestamp
from mockserver.state.session_overrides import ForcedAnswer

ANY_OPERATION = "*"
_UNITS = {"days", "hours", "minutes", "seconds"}


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes of records by a scenario.

    Attributes:
        fields: by collection and key, the fields that are set; a missing record is created from them.
        removed: by collection, the keys of the records that are deleted.
    """

    fields: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    removed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScenarioStep:
    """A change that happens while a scenario is active.

    Attributes:
        calls: the number of calls that passed every check after which it happens; 0 when time decides.
        of: the operation whose calls are counted; `*` for any operation of the API.
        seconds: the seconds of the session's clock after which it happens.
    """

    calls: int = 0
    of: str = ANY_OPERATION
    seconds: float = 0.0
    changes: Changes = Changes()
    answers: tuple[ForcedAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario that can be activated: records, forced responses, rules and later steps.

    Attributes:
        rules: answer rules by operationId; they take precedence over the fixture file's.
    """

    name: str
    description: str
    changes: Changes = Changes()
    answers: tuple[ForcedAnswer, ...] = ()
    steps: tuple[ScenarioStep, ...] = ()
    rules: Mapping[str, tuple[AnswerRule, ...]] = field(default_factory=dict)


def is_moment(value: Any) -> bool:
    """Whether a value is a relative time: `{now: {minutes: -5}}`, or `{now: {}}`."""
    return (
        isinstance(value, Mapping)
        and list(value) == ["now"]
        and isinstance(value["now"], Mapping)
        and set(value["now"]) <= _UNITS
        and all(isinstance(amount, int | float) for amount in value["now"].values())
    )


def put_in_moments(value: Any, now: datetime) -> Any:
    """Replace each `{now: …}` in a value by a timestamp relative to the session's time."""
    if is_moment(value):
        return timestamp(now + timedelta(**value["now"]))
    if isinstance(value, Mapping):
        return {name: put_in_moments(entry, now) for name, entry in value.items()}
    if isinstance(value, list):
        return [put_in_moments(entry, now) for entry in value]
    return value
