"""The search for an order that explains a history finds one where there is one, else none."""

from __future__ import annotations

from bench.scale.histories import UNKNOWN, Operation, counter, is_linearizable, register

NEVER = float("inf")


def test_operations_one_after_the_other_are_explained() -> None:
    """Each read gives what was written before."""
    history = [
        Operation("write", 1, None, 0, 1),
        Operation("read", None, 1, 2, 3),
        Operation("write", 2, None, 4, 5),
        Operation("read", None, 2, 6, 7),
    ]

    assert is_linearizable(history, register, 0)


def test_a_read_beside_a_write_may_give_either() -> None:
    """But not the old value after another read gave the new one."""
    write = Operation("write", 1, None, 0, 10)
    new, old = Operation("read", None, 1, 1, 2), Operation("read", None, 0, 3, 4)

    assert is_linearizable([write, new], register, 0)
    assert is_linearizable([write, old], register, 0)
    assert not is_linearizable([write, new, old], register, 0)


def test_a_stale_read_and_a_lost_update_are_found() -> None:
    """Two additions that answered the same sum, and a read of what was there before a write returned."""
    adds = [Operation("add", 1, 1, 0, 5), Operation("add", 1, 1, 1, 6)]

    assert not is_linearizable(adds, counter, 0)
    assert is_linearizable([adds[0], Operation("add", 1, 2, 1, 6)], counter, 0)
    assert not is_linearizable(
        [Operation("write", 1, None, 0, 1), Operation("read", None, 0, 2, 3)], register, 0
    )


def test_an_operation_without_an_answer_may_have_happened_or_not() -> None:
    """A read decides; it cannot be undone."""
    write = Operation("write", 1, UNKNOWN, 0, NEVER)
    new, old = Operation("read", None, 1, 5, 6), Operation("read", None, 0, 7, 8)

    assert is_linearizable([write, old], register, 0)
    assert is_linearizable([write, new], register, 0)
    assert not is_linearizable([write, new, old], register, 0)
