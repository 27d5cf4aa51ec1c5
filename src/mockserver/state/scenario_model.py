"""Scenarios: named situations of an API, to be switched on in a session."""

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
    """What a scenario does to records.

    Attributes:
        fields: by collection and key, the fields that get another value; a record that is not there
            is made of them.
        removed: by collection, the keys of the records that are not there.
    """

    fields: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    removed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScenarioStep:
    """Something that happens while a scenario is on.

    Attributes:
        calls: after so many calls that passed every check; 0 when time decides.
        of: of this operation; `*` is any of the API's.
        seconds: after so many seconds of the session's clock.
    """

    calls: int = 0
    of: str = ANY_OPERATION
    seconds: float = 0.0
    changes: Changes = Changes()
    answers: tuple[ForcedAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A situation that can be switched on: records, answers, and what happens then.

    Attributes:
        rules: answers to requests of some kind, by operationId; they come before those of the file.
    """

    name: str
    description: str
    changes: Changes = Changes()
    answers: tuple[ForcedAnswer, ...] = ()
    steps: tuple[ScenarioStep, ...] = ()
    rules: Mapping[str, tuple[AnswerRule, ...]] = field(default_factory=dict)


def is_moment(value: Any) -> bool:
    """Whether a value is written as a moment: `{now: {minutes: -5}}`, or `{now: {}}`."""
    return (
        isinstance(value, Mapping)
        and list(value) == ["now"]
        and isinstance(value["now"], Mapping)
        and set(value["now"]) <= _UNITS
        and all(isinstance(amount, int | float) for amount in value["now"].values())
    )


def put_in_moments(value: Any, now: datetime) -> Any:
    """Put the session's moment where `{now: …}` stands."""
    if is_moment(value):
        return timestamp(now + timedelta(**value["now"]))
    if isinstance(value, Mapping):
        return {name: put_in_moments(entry, now) for name, entry in value.items()}
    if isinstance(value, list):
        return [put_in_moments(entry, now) for entry in value]
    return value
