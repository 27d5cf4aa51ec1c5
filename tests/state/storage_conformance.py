"""What every storage of sessions has to do: a test class inherits it and says how a storage is made."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mockserver.state.storage import NO_SESSION, Delta, Field, Limits, SessionStorage, StorageConflictError
from mockserver.state.storages.events import LATEST, EventKind
from mockserver.state.storages.selection import is_shared

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
Steps = Callable[[SessionStorage], Awaitable[None]]


def record(key: str) -> Field:
    """The field of a record."""
    return ("record", "shop", "items", key)


def delta(*keys: str, removed: tuple[Field, ...] = (), size: int = 10, **values: Any) -> Delta:
    """A delta that sets records, each with its key as value, and other fields."""
    fields = {record(key): {"id": key} for key in keys} | {(name,): value for name, value in values.items()}
    return Delta(list(removed), fields, size, len(keys))


async def load(storage: SessionStorage, session: str, known: int = NO_SESSION, now: datetime = NOW) -> Any:
    """What a storage gives of a session."""
    return await storage.load(session, known, now)


async def names(storage: SessionStorage, now: datetime = NOW) -> list[str]:
    """The names of the sessions that are kept."""
    return [summary.name for summary in await storage.sessions(now)]


@dataclass
class Happened:
    """An event of the tests."""

    session: str
    text: str
    number: int = 0


KIND = EventKind(
    "happened", 3, lambda event: [event.session, event.text], lambda value: Happened(value[0], value[1])
)


class StorageConformance:
    """The tests; `make` makes an empty storage."""

    def make(self, limits: Limits) -> SessionStorage:
        """Make a storage of the kind that is tested."""
        raise NotImplementedError

    def run(self, steps: Steps, limits: Limits = Limits()) -> None:  # noqa: B008  a value
        """Take steps with a new storage."""

        async def take() -> None:
            storage = self.make(limits)
            try:
                await steps(storage)
            finally:
                if is_shared(storage):
                    await storage.close()

        asyncio.run(take())

    def test_a_session_that_was_never_committed_has_no_version(self) -> None:
        """Loading alone keeps nothing."""

        async def steps(storage: SessionStorage) -> None:
            loaded = await load(storage, "s")
            assert (loaded.version or NO_SESSION, dict(loaded.fields), loaded.dropped) == (0, {}, None)
            assert await names(storage) == []

        self.run(steps)

    def test_what_is_committed_is_loaded_in_its_order(self) -> None:
        """A field that is set again keeps its place; one that is removed before becomes the latest."""

        async def steps(storage: SessionStorage) -> None:
            first = await storage.commit("s", NO_SESSION, delta("b", "a", "c", conditions=[1, None]), NOW)
            changed = delta("b", removed=(record("c"),))
            second = await storage.commit("s", first.version, changed, NOW)
            moved = delta("b", removed=(record("b"),))
            third = await storage.commit("s", second.version, moved, NOW)
            loaded = await load(storage, "s")
            assert loaded.version == third.version
            assert list(loaded.fields) == [record("a"), ("conditions",), record("b")]
            assert loaded.fields[record("a")] == {"id": "a"}
            assert loaded.fields["conditions",] == [1, None]
            assert len({NO_SESSION, first.version, second.version, third.version}) == 4

        self.run(steps)

    def test_a_known_version_is_not_given_again(self) -> None:
        """And of an older one at least what changed."""

        async def steps(storage: SessionStorage) -> None:
            first = await storage.commit("s", NO_SESSION, delta("a", "b"), NOW)
            second = await storage.commit("s", first.version, delta("c", removed=(record("a"),)), NOW)
            same = await load(storage, "s", second.version)
            assert (same.version, dict(same.fields)) == (None, {})
            news = await load(storage, "s", first.version)
            before = {} if news.whole else {record("a"): {"id": "a"}, record("b"): {"id": "b"}}
            kept = {name: value for name, value in before.items() if name not in set(news.removed)}
            assert kept | dict(news.fields) == {record("b"): {"id": "b"}, record("c"): {"id": "c"}}
            assert news.version == second.version

        self.run(steps)

    def test_a_commit_against_another_version_conflicts_and_changes_nothing(self) -> None:
        """Whether the session is kept, was changed meanwhile, or was dropped."""

        async def steps(storage: SessionStorage) -> None:
            first = await storage.commit("s", NO_SESSION, delta("a"), NOW)
            second = await storage.commit("s", first.version, delta("b"), NOW)
            for expected in (NO_SESSION, first.version, second.version + 1):
                with pytest.raises(StorageConflictError):
                    await storage.commit("s", expected, delta("c"), NOW)
            assert set((await load(storage, "s")).fields) == {record("a"), record("b")}
            assert await storage.drop("s")
            with pytest.raises(StorageConflictError):
                await storage.commit("s", second.version, delta("c"), NOW)
            assert await names(storage) == []

        self.run(steps)

    def test_a_session_that_is_made_again_has_another_version(self) -> None:
        """Whoever knows the old one notices."""

        async def steps(storage: SessionStorage) -> None:
            first = await storage.commit("s", NO_SESSION, delta("a"), NOW)
            await storage.drop("s")
            assert (await load(storage, "s", first.version)).version == NO_SESSION
            again = await storage.commit("s", NO_SESSION, delta("b"), NOW)
            assert again.version != first.version
            assert dict((await load(storage, "s", first.version)).fields) == {record("b"): {"id": "b"}}

        self.run(steps)

    def test_of_fifty_commits_against_one_version_one_succeeds(self) -> None:
        """However they come."""

        async def steps(storage: SessionStorage) -> None:
            first = await storage.commit("s", NO_SESSION, delta("a"), NOW)
            commits = (storage.commit("s", first.version, delta(str(n)), NOW) for n in range(50))
            results = await asyncio.gather(*commits, return_exceptions=True)
            assert sum(isinstance(result, StorageConflictError) for result in results) == 49
            assert len((await load(storage, "s")).fields) == 2

        self.run(steps)

    def test_sessions_do_not_see_each_other(self) -> None:
        """Nor do their versions meet."""

        async def steps(storage: SessionStorage) -> None:
            one = await storage.commit("one", NO_SESSION, delta("a"), NOW)
            two = await storage.commit("two", NO_SESSION, delta("b"), NOW)
            assert one.version != two.version
            assert set((await load(storage, "one")).fields) == {record("a")}

        self.run(steps)

    def test_a_delta_can_drop_its_session(self) -> None:
        """A reset leaves nothing."""

        async def steps(storage: SessionStorage) -> None:
            first = await storage.commit("s", NO_SESSION, delta("a"), NOW)
            gone = await storage.commit("s", first.version, Delta(drop=True), NOW)
            assert gone.version == NO_SESSION
            assert await names(storage) == []

        self.run(steps)

    def test_a_list_shows_changes_use_and_conditions(self) -> None:
        """The longest unused session first."""

        async def steps(storage: SessionStorage) -> None:
            await storage.commit("one", NO_SESSION, delta("a", "b", conditions={"faults": []}), NOW)
            await storage.commit("two", NO_SESSION, delta(), NOW + SECOND)
            await load(storage, "one", now=NOW + 2 * SECOND)
            two, one = await storage.sessions(NOW + 2 * SECOND)
            assert (two.name, two.changes, two.used, two.conditions) == ("two", 0, NOW + SECOND, None)
            assert (one.name, one.changes, one.conditions) == ("one", 2, {"faults": []})
            assert one.used == NOW + 2 * SECOND

        self.run(steps)

    def test_an_idle_session_is_dropped_and_says_so_until_it_is_acknowledged(self) -> None:
        """By the moments that are handed in; the lasting sessions stay."""
        limits = Limits(idle=timedelta(seconds=60))

        async def steps(storage: SessionStorage) -> None:
            for name in ("default", "recording", "idle", "read"):
                await storage.commit(name, NO_SESSION, delta("a"), NOW)
            await load(storage, "read", now=NOW + 30 * SECOND)
            later = NOW + 60 * SECOND
            loaded = await load(storage, "idle", now=later)
            assert loaded.version in {None, NO_SESSION}
            for _ in range(2):
                dropped = (await load(storage, "idle", now=later)).dropped
                assert (dropped.session, dropped.reason, dropped.at) == ("idle", "idle", later)
            await storage.acknowledge("idle")
            assert (await load(storage, "idle", now=later)).dropped is None
            assert sorted(await names(storage, later)) == ["default", "read", "recording"]
            assert await storage.dropped() == {"idle": 1}

        self.run(steps, limits)

    def test_sessions_expire_on_request(self) -> None:
        """Those that were not used since; a drop by name is no expiry."""

        async def steps(storage: SessionStorage) -> None:
            for number, name in enumerate(("default", "one", "two", "three")):
                await storage.commit(name, NO_SESSION, delta("a"), NOW + number * SECOND)
            later = NOW + 10 * SECOND
            assert set(await storage.expire(NOW + 2 * SECOND, later)) == {"one", "two"}
            assert await storage.drop("three")
            assert not await storage.drop("three")
            assert await names(storage, later) == ["default"]
            assert await storage.dropped() == {"request": 2}
            dropped = [(await load(storage, name, now=later)).dropped for name in ("one", "three")]
            assert dropped[0].reason == "request"
            assert dropped[1] is None

        self.run(steps)

    def test_the_longest_unused_session_gives_way_when_there_are_too_many(self) -> None:
        """Not the default one; the commit says which."""

        async def steps(storage: SessionStorage) -> None:
            for number, name in enumerate(("default", "one", "two")):
                await storage.commit(name, NO_SESSION, delta("a"), NOW + number * SECOND)
            await load(storage, "one", now=NOW + 5 * SECOND)
            committed = await storage.commit("three", NO_SESSION, delta("a"), NOW + 6 * SECOND)
            assert committed.gone == ("two",)
            assert await storage.dropped() == {"count": 1}

        self.run(steps, Limits(sessions=3))

    def test_the_longest_unused_session_gives_way_when_all_hold_too_much(self) -> None:
        """The sizes are those that came with the commits."""

        async def steps(storage: SessionStorage) -> None:
            for number, name in enumerate(("default", "one", "two")):
                await storage.commit(name, NO_SESSION, delta("a", size=30), NOW + number * SECOND)
            committed = await storage.commit("three", NO_SESSION, delta("a", size=30), NOW + 5 * SECOND)
            assert committed.gone == ("one",)
            assert await storage.dropped() == {"size": 1}

        self.run(steps, Limits(bytes=100))

    def test_a_watched_session_is_loaded_as_one(self) -> None:
        """Watching alone keeps no session."""

        async def steps(storage: SessionStorage) -> None:
            await storage.watch("s")
            assert (await load(storage, "s")).watched
            assert not (await load(storage, "other")).watched
            assert await names(storage) == []
            committed = await storage.commit("s", NO_SESSION, delta("a"), NOW)
            assert (await load(storage, "s", committed.version)).watched

        self.run(steps)

    def test_events_are_numbered_bounded_and_forgotten(self) -> None:
        """What was dropped is counted; numbers are never given again, and what was forgotten comes back."""

        async def steps(storage: SessionStorage) -> None:
            for number in range(1, 6):
                happened = Happened("one" if number % 2 else "two", f"event {number}")
                await storage.publish(KIND, happened)
                assert happened.number == number
            found = await storage.events(KIND)
            assert [event.text for event in found.entries] == ["event 3", "event 4", "event 5"]
            assert [event.number for event in found.entries] == [3, 4, 5]
            assert (found.total, found.dropped, found.lost) == (5, 2, 2)
            assert [event.number for event in (await storage.events(KIND, 4)).entries] == [5]
            assert (await storage.events(KIND, LATEST)).entries == []
            gone = await storage.forget(KIND, "one")
            assert [event.number for event in gone] == [3, 5]
            fewer = await storage.events(KIND)
            assert ([event.number for event in fewer.entries], fewer.total) == ([4], 5)
            await storage.forget(KIND, None)
            await storage.publish(KIND, Happened("one", "anew"))
            anew = await storage.events(KIND)
            assert ([event.number for event in anew.entries], anew.total, anew.dropped) == ([6], 6, 0)
            assert anew.removed == 5
            assert len({found.clearings, fewer.clearings, anew.clearings}) == 3
            await storage.restore(KIND, [(event, 0) for event in gone])
            back = await storage.events(KIND)
            assert [(event.number, event.text) for event in back.entries] == [
                (3, "event 3"),
                (5, "event 5"),
                (6, "anew"),
            ]
            assert [event.number for event in await storage.forget(KIND, None, {5})] == [5]
            assert [event.number for event in (await storage.events(KIND)).entries] == [3, 6]

        self.run(steps)

    def test_an_event_can_be_changed(self) -> None:
        """What became of it is known later."""

        async def steps(storage: SessionStorage) -> None:
            first, second = Happened("one", "first"), Happened("one", "second")
            await storage.publish(KIND, first)
            await storage.publish(KIND, second)
            first.text = "changed"
            await storage.update(KIND, first)
            assert [event.text for event in (await storage.events(KIND)).entries] == ["changed", "second"]

        self.run(steps)

    def test_who_waits_for_an_event_goes_on_when_it_comes(self) -> None:
        """Or when events are forgotten, or after the time."""

        async def steps(storage: SessionStorage) -> None:
            for happen in (storage.publish(KIND, Happened("one", "x")), storage.forget(KIND, "one")):
                known = await storage.events(KIND)
                waits = storage.wait(KIND, known.total, known.clearings, 60)
                waiting = asyncio.create_task(waits)
                await asyncio.sleep(0)
                assert not waiting.done()
                await happen
                await asyncio.wait_for(waiting, 30)
            known = await storage.events(KIND)
            await storage.wait(KIND, known.total, known.clearings, 0.001)
            await storage.wait(KIND, known.total - 1, known.clearings, 60)

        self.run(steps)

    def test_counts_add_up_and_say_what_they_had_no_room_for(self) -> None:
        """They are forgotten with their session."""

        async def steps(storage: SessionStorage) -> None:
            await storage.add_counts({("one", "a"): 2, ("two", "a"): 1})
            await storage.add_counts({("one", "a"): 1, ("three", "a"): 4})
            found = await storage.counts()
            assert (dict(found.counts), found.uncounted) == ({("one", "a"): 3, ("two", "a"): 1}, 4)
            await storage.forget_counts("one")
            assert dict((await storage.counts()).counts) == {("two", "a"): 1}
            await storage.forget_counts(None)
            found = await storage.counts()
            assert (dict(found.counts), found.uncounted) == ({}, 0)

        self.run(steps, Limits(counts=2))
