"""A session holds so much and no more: what is counted, what is refused, what a refusal leaves."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.errors import SessionFullError
from mockserver.state.baseline import BaselineCollection, WorkedOut
from mockserver.state.clock import FrozenClock
from mockserver.state.overlay import Overlay
from mockserver.state.session_overrides import UNCHANGED, ForcedAnswer, SessionOverrides
from mockserver.state.session_store import Sessions
from mockserver.state.storage import Limits, completed
from mockserver.state.storages.memory import MemoryStorage

ITEMS = ("shop", "items")
LIMIT = 10_000
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def _overlay(limit: int = LIMIT, *, watched: bool = False) -> Overlay:
    items = BaselineCollection("id", {"a": {"id": "a"}, "b": {"id": "b"}})
    return Overlay({ITEMS: items}, limit, watched=watched)


def _sessions(session_bytes: int = LIMIT, total: int = 100 * LIMIT) -> Sessions:
    items = BaselineCollection("id", {"a": {"id": "a"}, "b": {"id": "b"}})
    storage = MemoryStorage(Limits(bytes=total))
    return Sessions(storage, {ITEMS: items}, FrozenClock(NOW), session_bytes=session_bytes)


def _text(length: int) -> dict[str, Any]:
    return {"text": "x" * length}


def _seen(overlay: Overlay) -> Any:
    return dict(overlay.records(ITEMS)), overlay.size, overlay.undoable, overlay.snapshots


def test_a_write_beyond_the_limit_is_refused_and_changes_nothing() -> None:
    """The one before stays; there is room again once something is deleted."""
    overlay = _overlay()
    overlay.put(ITEMS, "a", _text(6_000))
    overlay.commit()
    before = _seen(overlay)

    for key in ("a", "c"):
        with pytest.raises(SessionFullError, match="session_bytes"):
            overlay.put(ITEMS, key, _text(20_000))

    assert _seen(overlay) == before
    overlay.delete(ITEMS, "a")
    overlay.put(ITEMS, "c", _text(6_000))
    assert overlay.get(ITEMS, "c") == _text(6_000)


def test_what_makes_a_full_session_smaller_is_never_refused() -> None:
    """Or nobody could make room."""
    overlay = _overlay()
    overlay.put(ITEMS, "c", _text(9_500))
    overlay.commit()

    overlay.put(ITEMS, "c", _text(9_000))
    assert overlay.delete(ITEMS, "c")

    assert overlay.get(ITEMS, "c") is None


@pytest.mark.parametrize("record", [{}, {"n": 1}])
def test_many_small_records_count_more_than_their_text(record: dict[str, Any]) -> None:
    """So do deletions: what takes memory is bounded, though its text is short."""
    overlay = _overlay()

    def fill() -> None:
        for number in range(200):
            overlay.put(ITEMS, str(number), dict(record))

    with pytest.raises(SessionFullError):
        fill()
    assert 0 < overlay.changed < 200


def test_a_file_counts_its_characters_whatever_they_are() -> None:
    """JSON would write some of them with six."""
    overlay = _overlay(1_000_000)

    overlay.put(ITEMS, "a", {"content": "\x00\x01\xff" * 100_000, "media_type": "image/png"})

    assert 300_000 < overlay.size < 301_000


@pytest.mark.parametrize("value", [2**70, "\ud800", "ä" * 100, [1.5, None, True], {"deep": [{}]}])
def test_every_value_that_a_record_can_have_is_counted(value: Any) -> None:
    """Integers of any size and lone surrogates too."""
    overlay = _overlay()

    overlay.put(ITEMS, "a", {"value": value})

    assert overlay.size > 100 + len("a")


def test_snapshots_share_the_records_that_they_have_in_common() -> None:
    """Twenty snapshots of one large record are not twenty records, but they keep it when it is gone."""
    overlay = _overlay()
    overlay.put(ITEMS, "c", _text(4_000))
    for number in range(20):
        overlay.snapshot(str(number))
    overlay.delete(ITEMS, "c")
    overlay.commit()

    assert 4_000 < overlay.size < 8_000
    with pytest.raises(SessionFullError):
        overlay.put(ITEMS, "c", _text(8_000))
    for number in range(20):
        overlay.forget_snapshot(str(number))
    assert overlay.size == 0


def test_a_snapshot_beyond_the_limit_is_refused_and_changes_nothing() -> None:
    """The snapshot of that name stays."""
    overlay = _overlay()
    overlay.snapshot("s")
    for number in range(70):
        overlay.put(ITEMS, str(number), {})
    before = _seen(overlay)

    with pytest.raises(SessionFullError):
        overlay.snapshot("s")

    assert _seen(overlay) == before
    overlay.restore("s")
    assert overlay.changed == 0


def test_undo_steps_give_way_before_a_write_is_refused() -> None:
    """A file can be replaced as often as one likes while somebody looks."""
    overlay = _overlay(watched=True)

    for number in range(10):
        overlay.put(ITEMS, "c", {"number": number, **_text(4_000)})
        overlay.commit()

    assert overlay.size <= LIMIT
    assert overlay.undoable == 1
    overlay.undo()
    assert overlay.get(ITEMS, "c") == {"number": 8, **_text(4_000)}


def test_several_entries_are_applied_all_or_none() -> None:
    """Though the first of them would have fitted."""
    overlay = _overlay()
    before = _seen(overlay)

    with pytest.raises(SessionFullError):
        overlay.apply({(ITEMS, "a"): _text(4_000), (ITEMS, "b"): None, (ITEMS, "c"): _text(8_000)})

    assert _seen(overlay) == before


def test_forced_answers_are_counted() -> None:
    """A refused one leaves those that there were."""
    overlay = _overlay()
    small = SessionOverrides(answers=(ForcedAnswer("1", "shop", "op", 200, _text(4_000)),))
    large = SessionOverrides(answers=(*small.answers, ForcedAnswer("2", "shop", "op", 200, _text(8_000))))
    overlay.set_conditions(small)
    overlay.commit()

    with pytest.raises(SessionFullError):
        overlay.set_conditions(large)

    assert overlay.conditions == small
    overlay.set_conditions(None)
    overlay.commit()
    assert overlay.size == 0


def test_a_unit_is_taken_back_when_its_second_write_is_refused() -> None:
    """A request changes all that it changes, or nothing."""
    sessions = _sessions()

    def write(session: Overlay) -> None:
        session.put(ITEMS, "a", _text(4_000))
        session.delete(ITEMS, "b")
        session.set_conditions(SessionOverrides(answers=(ForcedAnswer("1", "shop", "op", 200),)))
        session.put(ITEMS, "c", _text(8_000))

    with pytest.raises(SessionFullError):
        completed(sessions.run("s", write))

    def seen(session: Overlay) -> Any:
        return dict(session.records(ITEMS)), session.conditions, session.undoable

    assert completed(sessions.run("s", seen)) == ({"a": {"id": "a"}, "b": {"id": "b"}}, None, 0)
    assert completed(sessions.summaries()) == []


def test_a_unit_is_one_step_to_undo() -> None:
    """Whatever it wrote."""
    overlay = _overlay(watched=True)
    overlay.put(ITEMS, "c", {"id": "c"})
    overlay.delete(ITEMS, "a")
    overlay.put(ITEMS, "c", {"id": "c", "more": 1})
    overlay.commit()

    assert overlay.undoable == 1
    overlay.undo()

    assert dict(overlay.records(ITEMS)) == {"a": {"id": "a"}, "b": {"id": "b"}}


def _fill(sessions: Sessions, name: str, length: int) -> None:
    completed(sessions.run(name, lambda session: session.put(ITEMS, "c", _text(length))))


def test_sessions_that_hold_too_much_together_push_out_the_longest_idle_ones() -> None:
    """Never the default one, nor the one that is written to."""
    sessions = _sessions(total=3 * LIMIT)
    for name in ("default", "one", "two", "three", "four"):
        _fill(sessions, name, 8_000)

    assert [summary.name for summary in completed(sessions.summaries())] == ["default", "three", "four"]
    assert completed(sessions.storage.dropped()) == {"size": 2}


def test_a_copy_of_a_session_is_counted_for_itself() -> None:
    """And counts nothing any more once both are dropped."""
    sessions = _sessions(total=3 * LIMIT)
    _fill(sessions, "one", 9_000)
    completed(sessions.create("two", "one"))
    completed(sessions.drop("one"))
    _fill(sessions, "two", 10)
    for name in ("three", "four"):
        _fill(sessions, name, 9_000)

    assert len(completed(sessions.summaries())) == 3
    assert completed(sessions.storage.dropped()) == {}


KEYS = st.sampled_from(["a", "b", "c", "d"])
STEPS = st.one_of(
    st.tuples(st.just("put"), KEYS, st.integers(0, 4_000)),
    st.tuples(st.just("delete"), KEYS),
    st.tuples(st.sampled_from(["snapshot", "restore", "forget"]), st.sampled_from(["s", "t"])),
    st.tuples(st.sampled_from(["undo", "reset", "clear"])),
)


def _step(overlay: Overlay, step: tuple[Any, ...]) -> None:
    match step:
        case "put", key, length:
            overlay.put(ITEMS, key, _text(length))
        case "delete", key:
            overlay.delete(ITEMS, key)
        case "snapshot", name:
            overlay.snapshot(name)
        case "restore", name:
            overlay.restore(name)
        case "forget", name:
            overlay.forget_snapshot(name)
        case ("undo",):
            overlay.undo()
        case ("clear",):
            overlay.apply({(ITEMS, key): UNCHANGED for key in overlay.records_changed.get(ITEMS, {})})
        case _:
            overlay.reset()


@given(st.lists(STEPS, max_size=30), st.booleans())
def test_a_session_never_holds_more_than_its_limit_and_nothing_when_all_is_gone(
    steps: list[tuple[Any, ...]], watched: bool
) -> None:
    """Whatever was done to it, and a refusal changes nothing that can be seen."""
    overlay = _overlay(watched=watched)

    for step in steps:
        before = _seen(overlay)
        try:
            _step(overlay, step)
        except SessionFullError:
            assert _seen(overlay) == before
        overlay.commit()
        assert 0 <= overlay.size <= LIMIT

    for name in overlay.snapshots:
        overlay.forget_snapshot(name)
    overlay.reset()
    assert overlay.size == 0


def test_counters_are_counted_too() -> None:
    """A number for each of very many collections takes memory; a copy has them, a reset forgets them."""
    overlay = _overlay()

    def fill() -> None:
        for number in range(200):
            overlay.next_number(("shop", f"items/{number}"))

    with pytest.raises(SessionFullError):
        fill()
    assert overlay.count("calls") == 1
    copy = _overlay()
    copy.take_copy(overlay)
    assert copy.size == overlay.size > LIMIT - 200
    for session in (overlay, copy):
        session.reset()
        assert session.size == 0


def test_what_is_worked_out_of_collections_is_bounded_for_all_sessions_together() -> None:
    """The longest unused goes; a write forgets what was worked out of its collection."""
    worked_out = WorkedOut(rows=1_000)
    baseline = {ITEMS: BaselineCollection("id", {str(n): {"id": str(n)} for n in range(90)})}
    sessions = [Overlay(baseline, 1_000_000, worked_out=worked_out) for _ in range(50)]
    made = 0

    def work_out() -> tuple[list[int], list[int]]:
        nonlocal made
        made += 1
        return list(range(90)), list(range(90))

    for session in sessions:
        for place in range(9):
            session.derived(ITEMS, place, work_out)
        assert 0 < worked_out.rows <= 1_000
    assert made == 50 * 9
    sessions[-1].derived(ITEMS, 8, work_out)
    assert made == 50 * 9, "it is still known"
    sessions[-1].put(ITEMS, "new", {"id": "new"})
    sessions[-1].derived(ITEMS, 8, work_out)
    assert made == 50 * 9 + 1
    assert sessions[0].derived(ITEMS, "many", lambda: ([0] * 5_000,)) == ([0] * 5_000,)
    assert worked_out.rows <= 1_000
