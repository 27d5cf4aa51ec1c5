"""Sessions: each is like a dictionary over the baseline, whatever is done to it, wherever it is kept."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from tests.state.json_storage import JsonStorage

from mockserver.generation.seeds import derive
from mockserver.state.baseline import BaselineCollection
from mockserver.state.clock import FrozenClock
from mockserver.state.overlay import Overlay
from mockserver.state.session_store import Result, Sessions, Work
from mockserver.state.storage import SessionStorage, completed
from mockserver.state.storages.memory import MemoryStorage

ITEMS, OTHERS = ("shop", "items"), ("shop", "others")
KEYS = st.sampled_from(["a", "b", "c", "d", "e", "f"])
SESSIONS = st.sampled_from(["default", "one", "two"])
PROCESSES = st.sampled_from([0, 1])
COLLECTIONS = st.sampled_from([ITEMS, OTHERS])


def _sessions(storage: SessionStorage | None = None) -> Sessions:
    items = BaselineCollection(
        "id", {"a": {"id": "a"}, "b": {"id": "b"}}, lambda: {"c": {"id": "c"}, "a": {"id": "no"}}
    )
    clock = FrozenClock(datetime(2026, 1, 1, tzinfo=UTC))
    baseline = {ITEMS: items, OTHERS: BaselineCollection("id", {"d": {"id": "d"}})}
    return Sessions(storage or MemoryStorage(), baseline, clock)


def _baseline() -> dict[Any, dict[str, Any]]:
    return {ITEMS: {"a": {"id": "a"}, "b": {"id": "b"}, "c": {"id": "c"}}, OTHERS: {"d": {"id": "d"}}}


class SessionsLikeDictionaries(RuleBasedStateMachine):
    """Does the same to sessions, in two processes over one storage, and to plain dictionaries."""

    values = Bundle("values")
    storage: SessionStorage

    def __init__(self) -> None:
        super().__init__()
        self.storage = self.make()
        self.processes = [_sessions(self.storage), _sessions(self.storage)]
        self.loop = asyncio.new_event_loop()
        self.model = {name: _baseline() for name in ("default", "one", "two")}

    def make(self) -> SessionStorage:
        """The storage that both processes have."""
        return MemoryStorage()

    def teardown(self) -> None:
        """End the event loop."""
        self.loop.close()

    def work(self, session: str, work: Work[Result], process: int = 0) -> Result:
        """Do one unit of work."""
        return self.loop.run_until_complete(self.processes[process].run(session, work))

    @initialize(target=values)
    def one(self) -> dict[str, Any]:
        """There is a value to begin with."""
        return {"id": "x"}

    @rule(target=values, number=st.integers())
    def value(self, number: int) -> dict[str, Any]:
        """Make a record."""
        return {"id": number}

    @rule(session=SESSIONS, collection=COLLECTIONS, key=KEYS, record=values, process=PROCESSES)
    def put(self, session: str, collection: Any, key: str, record: Any, process: int) -> None:
        """Create or replace."""
        self.work(session, lambda overlay: overlay.put(collection, key, record), process)
        self.model[session][collection][key] = record

    @rule(session=SESSIONS, collection=COLLECTIONS, key=KEYS, process=PROCESSES)
    def delete(self, session: str, collection: Any, key: str, process: int) -> None:
        """Remove, and say whether there was one."""
        found = self.model[session][collection].pop(key, None)
        deleted = self.work(session, lambda overlay: overlay.delete(collection, key), process)
        assert deleted is (found is not None)

    @rule(session=SESSIONS, process=PROCESSES)
    def reset(self, session: str, process: int) -> None:
        """A reset after anything is a fresh session."""
        self.loop.run_until_complete(self.processes[process].reset(session))
        self.model[session] = _baseline()

    @rule(session=SESSIONS, collection=COLLECTIONS, process=PROCESSES)
    def delete_while_iterating(self, session: str, collection: Any, process: int) -> None:
        """Every record is seen, and none is left."""

        def clear(overlay: Overlay) -> set[str]:
            seen = set()
            for key, _ in overlay.records(collection):
                seen.add(key)
                assert overlay.delete(collection, key)
            return seen

        assert self.work(session, clear, process) == set(self.model[session][collection])
        self.model[session][collection].clear()

    @rule()
    def reload(self) -> None:
        """A new process over the same baseline changes nothing."""
        self.processes[0] = _sessions(self.storage)
        assert self.loop.run_until_complete(self.processes[0].rebase(lambda *_: True)) == (0, 0)

    @invariant()
    def all_are_equal(self) -> None:
        """Every process sees the dictionary of each session in one order, and no key twice."""
        for session, collections in self.model.items():

            def seen(overlay: Overlay) -> dict[Any, list[tuple[str, Any]]]:
                return {name: list(overlay.records(name)) for name in (ITEMS, OTHERS)}

            one, two = (self.work(session, seen, process) for process in (0, 1))
            assert one == two
            for collection, records in collections.items():
                assert dict(one[collection]) == records
                assert len(one[collection]) == len(records)


TestSessionsLikeDictionaries = SessionsLikeDictionaries.TestCase
TestSessionsLikeDictionaries.settings = settings(stateful_step_count=30)


class _OverJson(SessionsLikeDictionaries):
    """The same over a storage that suspends, keeps JSON text and conflicts."""

    def make(self) -> SessionStorage:
        return JsonStorage(conflicts=3)


TestSessionsOverJsonText = _OverJson.TestCase
TestSessionsOverJsonText.settings = settings(stateful_step_count=30)


def test_records_keep_the_baseline_s_order_and_new_ones_follow_in_theirs() -> None:
    """A replaced record stays in its place."""
    sessions = _sessions()

    def keys(overlay: Overlay) -> list[str]:
        for key in ("z", "b", "y"):
            overlay.put(ITEMS, key, {"id": key})
        return [key for key, _ in overlay.records(ITEMS)]

    assert completed(sessions.run("s", keys)) == ["a", "b", "c", "z", "y"]


@given(st.permutations([(session, key) for session in ("one", "two") for key in "abcd"]))
def test_what_is_read_first_does_not_matter(order: list[tuple[str, str]]) -> None:
    """Generated records are the same whoever asks for which."""
    expected = {"a": {"id": "a"}, "b": {"id": "b"}, "c": {"id": "c"}, "d": None}
    sessions = _sessions()

    for session, key in order:
        assert (
            completed(sessions.run(session, partial(Overlay.get, collection=ITEMS, key=key))) == expected[key]
        )


@given(st.lists(st.one_of(st.integers(), st.text()), min_size=1, max_size=4))
def test_a_seed_depends_on_its_names_alone(names: list[Any]) -> None:
    """64 bits, and one name more or another order is another place."""
    seed = derive(*names)

    assert seed == derive(*names)
    assert 0 <= seed < 2**64
    assert seed != derive(*names, "x")
    spelled = list(map(str, names))
    assert spelled == spelled[::-1] or seed != derive(*names[::-1])


def test_seeds_are_the_same_everywhere() -> None:
    """They are part of what `--seed` promises: data of last year's version is this year's."""
    assert derive(1, "citas", "citas", 0, "id") == 18130253837218525508
