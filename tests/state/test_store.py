"""The store: every session is a dictionary of its own over the baseline, whatever is done to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from mockserver.generation.seeds import derive
from mockserver.state.baseline import BaselineCollection
from mockserver.state.clock import FrozenClock
from mockserver.state.session_store import MemorySessions

ITEMS, OTHERS = ("shop", "items"), ("shop", "others")
KEYS = st.sampled_from(["a", "b", "c", "d", "e", "f"])
SESSIONS = st.sampled_from(["default", "one", "two"])
COLLECTIONS = st.sampled_from([ITEMS, OTHERS])


def _store() -> MemorySessions:
    items = BaselineCollection(
        "id", {"a": {"id": "a"}, "b": {"id": "b"}}, lambda: {"c": {"id": "c"}, "a": {"id": "no"}}
    )
    clock = FrozenClock(datetime(2026, 1, 1, tzinfo=UTC))
    return MemorySessions({ITEMS: items, OTHERS: BaselineCollection("id", {"d": {"id": "d"}})}, clock)


def _baseline() -> dict[Any, dict[str, Any]]:
    return {ITEMS: {"a": {"id": "a"}, "b": {"id": "b"}, "c": {"id": "c"}}, OTHERS: {"d": {"id": "d"}}}


class StoreLikeDictionaries(RuleBasedStateMachine):
    """Does the same to the store and to plain dictionaries."""

    values = Bundle("values")

    def __init__(self) -> None:
        super().__init__()
        self.store = _store()
        self.model = {name: _baseline() for name in ("default", "one", "two")}

    @initialize(target=values)
    def one(self) -> dict[str, Any]:
        """There is a value to begin with."""
        return {"id": "x"}

    @rule(target=values, number=st.integers())
    def value(self, number: int) -> dict[str, Any]:
        """Make a record."""
        return {"id": number}

    @rule(session=SESSIONS, collection=COLLECTIONS, key=KEYS, record=values)
    def put(self, session: str, collection: Any, key: str, record: Any) -> None:
        """Create or replace."""
        self.store.put(session, collection, key, record)
        self.model[session][collection][key] = record

    @rule(session=SESSIONS, collection=COLLECTIONS, key=KEYS)
    def delete(self, session: str, collection: Any, key: str) -> None:
        """Remove, and tell whether there was one."""
        found = self.model[session][collection].pop(key, None)
        assert self.store.delete(session, collection, key) is (found is not None)

    @rule(session=SESSIONS, collection=COLLECTIONS, key=KEYS)
    def get(self, session: str, collection: Any, key: str) -> None:
        """Look one up."""
        assert self.store.get(session, collection, key) == self.model[session][collection].get(key)

    @rule(session=SESSIONS)
    def reset(self, session: str) -> None:
        """A reset after anything is a fresh session."""
        self.store.reset(session)
        self.model[session] = _baseline()
        fresh = _store()
        for collection in (ITEMS, OTHERS):
            assert list(self.store.records(session, collection)) == list(fresh.records(session, collection))

    @rule(session=SESSIONS, collection=COLLECTIONS)
    def delete_while_iterating(self, session: str, collection: Any) -> None:
        """Every record is seen, and none is left."""
        seen = set()
        for key, _ in self.store.records(session, collection):
            seen.add(key)
            assert self.store.delete(session, collection, key)
        assert seen == set(self.model[session][collection])
        self.model[session][collection].clear()

    @rule()
    def reload(self) -> None:
        """Taking the changes over to the same baseline changes nothing."""
        new = _store()
        assert new.take_over(self.store, lambda *_: True) == (0, 0)
        self.store = new

    @invariant()
    def both_are_equal(self) -> None:
        """Every session sees its own dictionary, and no key twice."""
        for session, collections in self.model.items():
            for collection, records in collections.items():
                seen = list(self.store.records(session, collection))
                assert dict(seen) == records
                assert len(seen) == len(records)


TestStoreLikeDictionaries = StoreLikeDictionaries.TestCase


def test_records_keep_the_baseline_s_order_and_new_ones_follow_in_theirs() -> None:
    """A replaced record stays in its place."""
    store = _store()
    for key in ("z", "b", "y"):
        store.put("s", ITEMS, key, {"id": key})

    assert [key for key, _ in store.records("s", ITEMS)] == ["a", "b", "c", "z", "y"]


@given(st.permutations([(session, key) for session in ("one", "two") for key in "abcd"]))
def test_what_is_read_first_does_not_matter(order: list[tuple[str, str]]) -> None:
    """Generated records are the same whoever asks for which."""
    expected = {"a": {"id": "a"}, "b": {"id": "b"}, "c": {"id": "c"}, "d": None}
    store = _store()

    assert all(store.get(session, ITEMS, key) == expected[key] for session, key in order)


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
