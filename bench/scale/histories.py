"""Histories of operations on one object, and whether some order of them explains what clients saw.

A history is linearizable if each operation can be given a moment between its call and its return, so that
the answers are those of one process that takes the operations in the order of these moments. The search is
Wing and Gong's, with the states that were seen remembered, as Lowe has it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

Step = Callable[[Hashable, str, Any, Any], tuple[bool, Hashable]]
"""From a state, an operation, its argument and its answer: whether that can be, and the state after it."""

UNKNOWN = object()
"""The answer of an operation whose client never got one: it may have happened, or not, or happen later."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One request.

    Attributes:
        name: what was asked.
        argument: with what.
        answer: what came back; `UNKNOWN` if nothing did.
        called: when it was sent.
        returned: when the answer came; infinite if none did.
    """

    name: str
    argument: Any
    answer: Any
    called: float
    returned: float


def register(state: Hashable, name: str, argument: Any, answer: Any) -> tuple[bool, Hashable]:
    """A value that is read and written."""
    if name == "write":
        return True, argument
    return answer is UNKNOWN or answer == state, state


def counter(state: Hashable, name: str, argument: Any, answer: Any) -> tuple[bool, Hashable]:
    """A number that is read, and added to by operations that answer the sum."""
    after = state + argument if name == "add" else state
    return answer is UNKNOWN or answer == after, after


def is_linearizable(history: Sequence[Operation], step: Step, state: Hashable) -> bool:
    """Whether an order of the operations explains all answers.

    An operation without an answer may be left out; one with an answer must be in the order.
    """
    operations = sorted(history, key=lambda operation: operation.called)
    needed = sum(1 << place for place, each in enumerate(operations) if each.answer is not UNKNOWN)
    seen: set[tuple[int, Hashable]] = set()
    stack: list[tuple[int, Hashable]] = [(0, state)]
    while stack:
        done, before = stack.pop()
        if done & needed == needed:
            return True
        for place in _next(operations, done):
            each = operations[place]
            fits, after = step(before, each.name, each.argument, each.answer)
            found = done | 1 << place, after
            if fits and found not in seen:
                seen.add(found)
                stack.append(found)
    return False


def _next(operations: Sequence[Operation], done: int) -> list[int]:
    """Which operations can be the next: those that were called before any other that is left returned."""
    left: list[int] = []
    first_return = float("inf")
    for place, each in enumerate(operations):
        if each.called > first_return:
            break
        if not done >> place & 1:
            left.append(place)
            first_return = min(first_return, each.returned)
    return left
