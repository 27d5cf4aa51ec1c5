"""Make values of a schema that others are made of: each is of one of these kinds."""

from typing import Any

from mockserver.data.values.compounds import Later
from mockserver.data.values.drawing import DeadEndError, Draw
from mockserver.data.values.scalars import Node


class Kinds:
    """A value of a schema that was made of this one, or of this one where nothing else can be."""

    __slots__ = ("_kinds", "_node", "bare", "heavy", "key")

    def __init__(self, kinds: tuple[Later, ...], node: Node) -> None:
        self._kinds = kinds
        self._node = node
        self.key = node.key
        self.heavy = node.heavy
        self.bare = node.bare

    def make(self, draw: Draw, number: int) -> Any:
        """See `Node.make`."""
        if not draw.lean and not draw.tight:
            try:
                return self._kinds[number % len(self._kinds)].node.make(draw, number)
            except DeadEndError:
                pass
        return self._node.make(draw, number)
