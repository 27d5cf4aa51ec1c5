"""What counts as a difference between two answers, and what no side can know."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mockserver.check.rules.body_comparison import KnownValues, canonical, clock_of, differences, find, moment
from mockserver.check.target.http_messages import MISSING, HttpResponse
from mockserver.state.clock import FrozenClock

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
KNOWN = KnownValues(frozenset({canonical("a"), canonical(1)}), frozenset(), NOW, NOW)


@pytest.mark.parametrize(
    ("expected", "got"),
    [
        ({"a": 1}, {"a": 1.0}),
        ({"a": 1}, {"a": 1, "more": True}),
        ({"a": None}, {}),
        ({"a": {"b": None, "c": []}}, {"a": None}),
        ({"at": "2026-03-01T10:00:00.000Z"}, {"at": "2026-03-01T11:00:00+01:00"}),
        ({"at": "2026-03-01T10:00:00.123Z"}, {"at": "2026-03-01T10:00:00Z"}),
        ({"at": "2026-03-02T09:30:00.000Z"}, {"at": "2026-03-02T09:30:07.000Z"}),
        ({"id": "9A0F170E-0AA0-47DB-AB14-4DDCDCBAD061"}, {"id": "9a0f170e-0aa0-47db-ab14-4ddcdcbad061"}),
        ([1, 2], [2, 1]),
        ([{"id": "a"}, {"id": "made"}], [{"id": "a"}]),
        ([{"id": "a"}], [{"id": "other"}, {"id": "a"}]),
    ],
)
def test_these_mean_the_same(expected: Any, got: Any) -> None:
    """Numbers, moments, order, what is empty, and items that only one side has made."""
    assert list(differences(expected, got, KNOWN)) == []


@pytest.mark.parametrize(
    ("expected", "got", "name"),
    [
        ({"a": 1}, {"a": True}, "a"),
        ({"a": 1}, {"a": "1"}, "a"),
        ({"a": "x"}, {}, "a"),
        ({"a": {"b": "x"}}, {"a": None}, "a"),
        ({"at": "2026-03-01T10:00:00.000Z"}, {"at": "2026-03-01T11:00:00.000Z"}, "at"),
        ({"at": "2026-03-02T09:30:00.000Z"}, {"at": "2026-03-02T11:30:00.000Z"}, "at"),
        ({"day": "2026-03-01"}, {"day": "2026-02-28"}, "day"),
        ([1, 2], [1], ""),
        ({"l": [{"id": "a", "v": "x"}]}, {"l": [{"id": "a", "v": "y"}]}, "l.[a].v"),
        ({"l": [{"id": "a"}]}, {"l": [{"id": "b"}]}, "l.[a]"),
    ],
)
def test_these_differ(expected: Any, got: Any, name: str) -> None:
    """Types, shifted moments, what is gone."""
    assert [difference.name for difference in differences(expected, got, KNOWN)] == [name]


def test_a_place_in_a_list_is_found_by_index_and_by_id() -> None:
    """Either way of naming it leads there."""
    value = {"l": [{"id": "a", "v": 1}, {"id": "b", "v": 2}]}

    assert (find(value, ("l", "[b]", "v")), find(value, ("l", "0", "v"))) == (2, 1)
    assert find(value, ("l", "7")) is MISSING


@pytest.mark.parametrize(
    "text", ["", "2026", "10:00", "2026-03-01T10:00:00", "2026-13-01T10:00:00Z", None, 5]
)
def test_what_names_no_moment(text: object) -> None:
    """A day, a time without a zone, a month that there is not."""
    assert moment(text) is None


def test_the_clock_is_the_implementations_own() -> None:
    """By the header Date; a machine whose clock is wrong is not blamed for its timestamps."""
    told = clock_of(HttpResponse(200, {"date": "Mon, 02 Mar 2026 09:30:00 GMT"}), FrozenClock(LATER))

    assert told == NOW
    assert clock_of(HttpResponse(200, {"date": "x"}), FrozenClock(LATER)) == LATER
