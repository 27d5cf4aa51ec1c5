"""Nodes that wrap others: for derived schemas, for null, and for keywords that can only be tested."""

from collections.abc import Callable
from typing import Any

from mockserver.generation.generation_context import DeadEndError, GenerationContext
from mockserver.generation.nodes.object_nodes import Check, DeferredNode
from mockserver.generation.nodes.scalar_nodes import Node
from mockserver.generation.seeds import derive

_RETRIES = 60


class DerivedNode:
    """Generates a value of a derived schema, or of the base schema if that fails."""

    __slots__ = ("_kinds", "_node", "bare", "heavy", "key")

    def __init__(self, kinds: tuple[DeferredNode, ...], node: Node) -> None:
        self._kinds = kinds
        self._node = node
        self.key = node.key
        self.heavy = node.heavy
        self.bare = node.bare

    def make(self, draw: GenerationContext, number: int) -> Any:
        """See `Node.make`."""
        if not draw.lean and not draw.tight:
            try:
                return self._kinds[number % len(self._kinds)].node.make(draw, number)
            except DeadEndError:
                pass
        return self._node.make(draw, number)


class _Tested:
    """Base of nodes that wrap another one, and can test whether a value is valid."""

    __slots__ = ("_check", "_node", "bare", "heavy", "key")

    def __init__(self, node: Node, check: Callable[[], Check]) -> None:
        self._node = node
        self._check = check
        self.key = node.key
        self.heavy = node.heavy
        self.bare = node.bare


class ValidatedNode(_Tested):
    """Values of another node that also match keywords that can only be tested, such as `not`."""

    __slots__ = ()

    def make(self, draw: GenerationContext, number: int) -> Any:
        """See `Node.make`."""
        value = self._node.make(draw, number)
        for attempt in range(_RETRIES):
            if self._check()(value):
                return value
            value = self._node.make(draw, derive(number, "other", attempt))
        raise DeadEndError("nothing was found that `not` allows")


class NullableNode(_Tested):
    """Values of another node; null if they would be recursive, or cannot be generated."""

    __slots__ = ()

    def make(self, draw: GenerationContext, number: int) -> Any:
        """See `Node.make`."""
        if (draw.tight or self.key in draw.open) and self._check()(None):
            return None
        try:
            return self._node.make(draw, number)
        except DeadEndError:
            if self._check()(None):
                return None
            raise
