"""Convert a session's overrides and entries from and to the JSON values that storages keep."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from mockserver.state.fault_model import Delay, Fault
from mockserver.state.session_overrides import (
    UNCHANGED,
    AddedRule,
    ClockSetting,
    Entry,
    ForcedAnswer,
    Playing,
    RecordId,
    RequestLimit,
    SessionOverrides,
    Unchanged,
)

Row = list[Any]
"""`[API, COLLECTION, KEY, RECORD]`; RECORD is null for a deleted record, absent for the baseline's."""


def row_of(record: RecordId, entry: Entry) -> Row:
    """Convert an entry and its record id to a JSON value."""
    (api, name), key = record
    return [api, name, key] if isinstance(entry, Unchanged) else [api, name, key, entry]


def entry_of(row: Row) -> tuple[RecordId, Entry]:
    """Convert a row to a record id and its entry."""
    api, name, key, *entry = row
    return ((api, name), key), entry[0] if entry else UNCHANGED


def conditions_value(conditions: SessionOverrides) -> dict[str, Any]:
    """Convert overrides to a JSON value.

    `clock` has `frozen` (RFC 3339, or null) and `offset` in microseconds; `faults` and `answers` have the
    properties of `Fault` and `ForcedAnswer`; `revoked` has digests; `scenarios` has for each active one
    `api`, `name`, `since`, `run`, and `done` as pairs of a step and its time; `originals` has rows; `rules`
    have the properties of `AddedRule`, `rules_off` names; `limits` has `requests` and `seconds` for each
    operation, or null.
    """
    clock = conditions.clock
    frozen = None if clock.frozen is None else clock.frozen.isoformat()
    return {
        "clock": {"frozen": frozen, "offset": clock.offset // timedelta(microseconds=1)},
        "faults": [asdict(fault) for fault in conditions.faults],
        "answers": [_answer_value(answer) for answer in conditions.answers],
        "scenarios": [_playing_value(playing) for playing in conditions.playing],
        "originals": [row_of(record, entry) for record, entry in conditions.originals.items()],
        "rules": [
            {
                **{name: getattr(rule, name) for name in AddedRule.__slots__},
                "answer": _answer_value(rule.answer),
            }
            for rule in conditions.rules
        ],
        "rules_off": list(conditions.rules_off),
        "revoked": list(conditions.revoked),
        "limits": {
            name: None if limit is None else asdict(limit) for name, limit in conditions.limits.items()
        },
    }


def _answer_value(answer: ForcedAnswer) -> dict[str, Any]:
    # Not `asdict`, which copies the body.
    return {name: getattr(answer, name) for name in ForcedAnswer.__slots__}


def _playing_value(playing: Playing) -> dict[str, Any]:
    return {
        "api": playing.api,
        "name": playing.name,
        "since": playing.since.isoformat(),
        "run": playing.run,
        "done": [[step, moment.isoformat()] for step, moment in playing.done.items()],
    }


def conditions_of(value: Mapping[str, Any]) -> SessionOverrides:
    """Convert a JSON value to overrides."""
    clock = value["clock"]
    frozen = None if clock["frozen"] is None else datetime.fromisoformat(clock["frozen"])
    return SessionOverrides(
        ClockSetting(frozen, timedelta(microseconds=clock["offset"])),
        tuple(Fault(**{**fault, "delay": Delay(**fault["delay"])}) for fault in value["faults"]),
        tuple(ForcedAnswer(**answer) for answer in value["answers"]),
        tuple(map(_playing_of, value.get("scenarios", ()))),
        dict(map(entry_of, value.get("originals", ()))),
        tuple(
            AddedRule(**{**rule, "answer": ForcedAnswer(**rule["answer"])}) for rule in value.get("rules", ())
        ),
        tuple(value.get("rules_off", ())),
        tuple(value["revoked"]),
        {
            name: None if limit is None else RequestLimit(**limit)
            # Files of earlier versions have no limits, and no scenarios in this form.
            for name, limit in value.get("limits", {}).items()
        },
    )


def _playing_of(value: Mapping[str, Any]) -> Playing:
    done = {step: datetime.fromisoformat(moment) for step, moment in value["done"]}
    since = datetime.fromisoformat(value["since"])
    return Playing(value["api"], value["name"], since, value["run"], done)
