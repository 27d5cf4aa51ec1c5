"""Units of work: in turn, whole or not at all, and again when another process was first."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from tests.state.json_storage import JsonStorage

from mockserver.errors import ConflictError, HandlerFailedError, SessionBusyError, SessionFullError
from mockserver.state.baseline import BaselineCollection
from mockserver.state.clock import FrozenClock
from mockserver.state.fault_model import Delay, Fault
from mockserver.state.overlay import Overlay
from mockserver.state.session_fields import conditions_of, conditions_value
from mockserver.state.session_overrides import (
    UNCHANGED,
    ClockSetting,
    ForcedAnswer,
    Playing,
    SessionOverrides,
)
from mockserver.state.session_store import TRIES, Sessions
from mockserver.state.storage import SessionStorage
from mockserver.state.storages.memory import MemoryStorage

ITEMS = ("shop", "items")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
STORAGES: list[Callable[[], SessionStorage]] = [MemoryStorage, JsonStorage, lambda: JsonStorage(conflicts=2)]


def _sessions(storage: SessionStorage, limit: int = 1_000_000) -> Sessions:
    items = BaselineCollection("id", {"a": {"id": "a"}, "b": {"id": "b"}})
    return Sessions(storage, {ITEMS: items}, FrozenClock(NOW), session_bytes=limit)


def _keys(session: Overlay) -> list[str]:
    return [key for key, _ in session.records(ITEMS)]


@pytest.fixture(params=STORAGES, ids=["memory", "json", "conflicts"])
def storage(request: pytest.FixtureRequest) -> SessionStorage:
    """A storage of each kind."""
    made: SessionStorage = request.param()
    return made


def test_fifty_units_of_one_session_in_two_processes_lose_no_update(storage: SessionStorage) -> None:
    """Each reads a number and writes the next one; a counter counts all of them once."""
    processes = [_sessions(storage), _sessions(storage)]

    def work(session: Overlay) -> int:
        number = (session.get(ITEMS, "a") or {}).get("number", 0) + 1
        session.put(ITEMS, "a", {"number": number})
        return session.count("calls")

    async def run() -> list[int]:
        return await asyncio.gather(*(processes[turn % 2].run("s", work) for turn in range(50)))

    assert sorted(asyncio.run(run())) == list(range(1, 51))
    seen = asyncio.run(_sessions(storage).run("s", lambda session: session.get(ITEMS, "a")))
    assert seen == {"number": 50}


def test_a_unit_that_changes_nothing_commits_nothing() -> None:
    """Reading makes no version, and keeps no session."""
    storage = JsonStorage()
    sessions = _sessions(storage)

    assert asyncio.run(sessions.run("s", _keys)) == ["a", "b"]
    assert storage.commits == 0
    asyncio.run(sessions.run("s", lambda session: session.put(ITEMS, "c", {})))
    asyncio.run(sessions.run("s", _keys))
    assert storage.commits == 1


def test_units_that_never_get_their_turn_say_so() -> None:
    """After so many tries; the session is not changed."""
    storage = JsonStorage(conflicts=1)
    tries = 0

    def work(session: Overlay) -> None:
        nonlocal tries
        tries += 1
        session.put(ITEMS, "c", {})

    with pytest.raises(SessionBusyError):
        asyncio.run(_sessions(storage).run("s", work))
    assert tries == TRIES
    assert asyncio.run(_sessions(storage).summaries()) == []


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (ConflictError("no"), True),
        (HandlerFailedError("broken"), False),
        (KeyError("broken"), False),
        (SessionFullError("full"), False),
    ],
)
def test_a_failure_takes_its_changes_back_and_an_answer_keeps_them(
    storage: SessionStorage, error: Exception, kept: bool
) -> None:
    """What a handler wrote before it refused a request stays; of a defect nothing does."""
    sessions = _sessions(storage)

    def work(session: Overlay) -> None:
        session.put(ITEMS, "c", {})
        session.delete(ITEMS, "a")
        raise error

    with pytest.raises(type(error)):
        asyncio.run(sessions.run("s", work))

    assert asyncio.run(sessions.run("s", _keys)) == (["b", "c"] if kept else ["a", "b"])
    assert len(asyncio.run(sessions.summaries())) == kept


def test_another_process_sees_everything_that_a_session_has(storage: SessionStorage) -> None:
    """Records, numbers, counters, undo steps, snapshots; and it counts the same size."""
    one, two = _sessions(storage), _sessions(storage)

    async def steps() -> None:
        await storage.watch("s")
        await one.run("s", lambda session: session.put(ITEMS, "c", {"id": "c", "text": "x" * 500}))
        await one.run("s", lambda session: session.snapshot("before"))
        assert await two.run("s", _keys) == ["a", "b", "c"]
        await one.run("s", lambda session: session.delete(ITEMS, "a"))
        assert await one.run("s", lambda session: session.next_number(ITEMS)) == 1
        sizes = [await process.run("s", lambda session: session.size) for process in (one, two)]
        assert sizes[0] == sizes[1]
        assert await two.run("s", lambda session: session.undoable) == 2
        assert await two.run("s", lambda session: session.next_number(ITEMS)) == 2
        assert await two.run("s", Overlay.undo) is not None
        assert await one.run("s", _keys) == ["a", "b", "c"]
        assert await one.run("s", Overlay.undo) is not None
        assert await two.run("s", _keys) == ["a", "b"]
        assert await two.run("s", lambda session: session.restore("before"))
        assert await one.run("s", _keys) == ["a", "b", "c"]
        await two.reset("s")
        assert await one.run("s", lambda session: (_keys(session), session.snapshots)) == (
            ["a", "b"],
            ["before"],
        )
        assert await one.run("s", lambda session: session.forget_snapshot("before"))
        await one.reset("s")
        assert await two.summaries() == []

    asyncio.run(steps())


def test_a_session_is_created_once_and_copied_whole(storage: SessionStorage) -> None:
    """Of two processes that create it, one does."""
    one, two = _sessions(storage), _sessions(storage)

    async def steps() -> tuple[list[bool], Any]:
        await one.run("source", lambda session: session.put(ITEMS, "c", {"id": "c"}))
        await one.run("source", lambda session: session.count("calls"))
        created = list(await asyncio.gather(one.create("copy", "source"), two.create("copy", "source")))
        seen = await two.run("copy", lambda session: (_keys(session), dict(session.counts)))
        return created, seen

    created, seen = asyncio.run(steps())
    assert sorted(created) == [False, True]
    assert seen == (["a", "b", "c"], {"calls": 1})


def test_a_unit_that_is_cancelled_while_it_waits_lets_the_next_one_begin() -> None:
    """A client that goes away stops nobody else."""
    sessions = _sessions(JsonStorage())

    async def steps() -> list[str]:
        units = [
            asyncio.create_task(
                sessions.run("s", partial(Overlay.put, collection=ITEMS, key=str(n), record={}))
            )
            for n in range(4)
        ]
        await asyncio.sleep(0)
        units[1].cancel()
        await asyncio.gather(*units, return_exceptions=True)
        return await sessions.run("s", _keys)

    assert asyncio.run(steps()) == ["a", "b", "0", "2", "3"]


def test_units_that_wait_are_done_together_and_each_learns_of_its_own(storage: SessionStorage) -> None:
    """One commit for all that waited behind the first; a failure takes back its own changes alone."""
    sessions = _sessions(storage)
    commits = 0

    def work(number: int, session: Overlay) -> int:
        session.put(ITEMS, str(number), {"number": number})
        if number % 3 == 1:
            raise HandlerFailedError(f"{number} fails")
        if number % 3 == 2:
            raise ConflictError(f"{number} refuses")
        return number

    async def steps() -> list[Any]:
        nonlocal commits
        commit = storage.commit

        async def counted(*arguments: Any) -> Any:
            nonlocal commits
            commits += 1
            return await commit(*arguments)

        storage.commit = counted  # type: ignore[method-assign, assignment]  # counted for this test
        units = (sessions.run("s", partial(work, number)) for number in range(12))
        return await asyncio.gather(*units, return_exceptions=True)

    outcomes = asyncio.run(steps())
    seen = asyncio.run(_sessions(storage).run("s", _keys))

    assert [type(one) for one in outcomes] == [int, HandlerFailedError, ConflictError] * 4
    assert [str(getattr(one, "detail", one)).split()[0] for one in outcomes] == list(map(str, range(12)))
    assert seen == ["a", "b", *(str(number) for number in range(12) if number % 3 != 1)]
    if isinstance(storage, JsonStorage):
        assert commits <= 2 * 3, "a commit for the first and one for the others, and two conflicts for each"


def test_what_is_done_together_is_one_step_to_undo_each(storage: SessionStorage) -> None:
    """The session is watched; steps are taken back one by one, a record that was made anew is the latest."""

    async def steps() -> list[list[str]]:
        sessions = _sessions(storage)
        await storage.watch("s")
        await sessions.run("s", lambda session: session.put(ITEMS, "c", {"id": "c"}))
        await asyncio.gather(
            sessions.run("s", lambda session: session.put(ITEMS, "d", {"id": "d"})),
            sessions.run("s", lambda session: session.delete(ITEMS, "c")),
            sessions.run("s", lambda session: session.put(ITEMS, "c", {"id": "c", "again": True})),
            sessions.run("s", lambda session: session.delete(ITEMS, "a")),
        )
        seen = []
        for _ in range(5):
            seen.append(await _sessions(storage).run("s", _keys))
            await sessions.run("s", Overlay.undo)
        return [*seen, await _sessions(storage).run("s", _keys)]

    assert asyncio.run(steps()) == [
        ["b", "d", "c"],
        ["a", "b", "d", "c"],
        ["a", "b", "d"],
        ["a", "b", "d", "c"],
        ["a", "b", "c"],
        ["a", "b"],
    ]


def test_a_reset_among_units_that_are_done_together_ends_what_was_before_it(storage: SessionStorage) -> None:
    """What comes after it is there."""

    async def steps() -> list[str]:
        sessions = _sessions(storage)
        await sessions.run("s", lambda session: session.put(ITEMS, "c", {}))
        await asyncio.gather(
            *(
                sessions.run("s", partial(Overlay.put, collection=ITEMS, key=name, record={}))
                for name in "de"
            ),
            sessions.run("s", Overlay.reset),
            *(
                sessions.run("s", partial(Overlay.put, collection=ITEMS, key=name, record={}))
                for name in "fg"
            ),
        )
        return await _sessions(storage).run("s", _keys)

    assert asyncio.run(steps()) == ["a", "b", "f", "g"]


def test_what_is_made_and_removed_by_units_that_are_done_together_is_gone(storage: SessionStorage) -> None:
    """For other processes, too; what is made anew after that is the latest of all."""

    async def steps() -> list[str]:
        sessions = _sessions(storage)
        await asyncio.gather(
            *(
                sessions.run("s", partial(Overlay.put, collection=ITEMS, key=name, record={}))
                for name in "cde"
            ),
            sessions.run("s", lambda session: session.delete(ITEMS, "d")),
            sessions.run("s", lambda session: session.put(ITEMS, "f", {})),
            sessions.run("s", lambda session: session.delete(ITEMS, "e")),
            sessions.run("s", lambda session: session.put(ITEMS, "e", {})),
        )
        return await _sessions(storage).run("s", _keys)

    assert asyncio.run(steps()) == ["a", "b", "c", "f", "e"]


def test_one_that_is_cancelled_ends_none_that_are_done_with_it() -> None:
    """Neither who is first among them, nor another; each change is made once or not at all."""
    sessions = _sessions(JsonStorage())

    async def steps(cancelled: int, turns: int) -> tuple[list[str], list[int]]:
        await sessions.reset("s")
        units = [
            asyncio.create_task(
                sessions.run("s", partial(Overlay.put, collection=ITEMS, key=str(n), record={}))
            )
            for n in range(6)
        ]
        for _ in range(turns):
            await asyncio.sleep(0)
        units[cancelled].cancel()
        outcomes = await asyncio.gather(*units, return_exceptions=True)
        failed = [number for number, one in enumerate(outcomes) if isinstance(one, BaseException)]
        return await sessions.run("s", _keys), failed

    ways = set()
    for cancelled, turns in itertools.product((1, 3), range(25)):
        keys, failed = asyncio.run(steps(cancelled, turns))
        others = [str(n) for n in range(6) if n != cancelled]
        assert [key for key in keys if key not in {"a", "b", str(cancelled)}] == others
        assert failed in ([cancelled], [])
        assert failed or str(cancelled) in keys
        ways.add((cancelled, bool(failed), str(cancelled) in keys))
    # Cancelled before it was made, after it was made and before it was told, and too late.
    assert ways >= {(n, failed, kept) for n in (1, 3) for failed, kept in ((True, False), (False, True))}


def test_hidden_records_stay_hidden_in_every_process(storage: SessionStorage) -> None:
    """And come back when they fit again."""

    async def steps() -> list[Any]:
        await _sessions(storage).run("s", lambda session: session.put(ITEMS, "c", {"id": "c"}))
        strict = await _sessions(storage).rebase(lambda _, record: record is None)
        hidden = await _sessions(storage).run("s", _keys)
        free = await _sessions(storage).rebase(lambda *_: True)
        return [strict, hidden, free, await _sessions(storage).run("s", _keys)]

    assert asyncio.run(steps()) == [(1, 0), ["a", "b"], (0, 1), ["a", "b", "c"]]


def test_conditions_are_the_same_after_a_storage_kept_them() -> None:
    """With everything that can be in them."""
    before = {(ITEMS, "a"): {"id": "a"}, (ITEMS, "b"): None, (ITEMS, "c"): UNCHANGED}
    conditions = SessionOverrides(
        ClockSetting(NOW, timedelta(seconds=-1.5)),
        (Fault("1", "delay", "shop", share=0.5, count=1, delay=Delay("uniform", 0.1, 0.2)),),
        (ForcedAnswer("2", "shop", "get", 404, {"title": "x"}, own_words=True, count=3),),
        (Playing("shop", "sale", NOW, 2, {1: NOW, 0: NOW}), Playing("shop", "closed", NOW, 3)),
        before,
    )

    assert conditions_of(conditions_value(conditions)) == conditions
