"""One value in the making: where chance comes from and how much room is left."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mockserver.data.seeds import derive
from mockserver.data.values.lexicon import Lexicon

DEEPEST = 40
"""Objects and arrays inside each other; a schema that requires more cannot be satisfied."""

LONGEST = 100_000
"""Characters, items or properties; what requires more is not made."""

_ROOMY = 5
_FIELDS = 400
_PATIENCE = 20_000


class DeadEndError(Exception):
    """Nothing fits here; whoever has another way takes it."""


class Draw:
    """The state of one value in the making.

    Attributes:
        dynamic: examples in schemas are passed over.
        careful: choices are checked where they are made.
        lean: what is optional is left out.
        root: the number of the whole value.
        scope: the number of the innermost object: names, addresses and times in it agree by this.
        depth: objects and arrays that are open.
        left: how many values may still be made before what is optional is left out.
        open: schemas that are being made, to notice recursion.
    """

    __slots__ = ("careful", "depth", "dynamic", "lean", "left", "lexicon", "now", "open", "root", "scope")

    def __init__(
        self, lexicon: Lexicon, now: datetime, number: int, *, dynamic: bool, careful: bool, lean: bool
    ) -> None:
        self.lexicon = lexicon
        self.now = now
        self.dynamic = dynamic
        self.careful = careful
        self.lean = lean
        self.scope = self.root = number
        self.depth = 0
        self.left = _FIELDS
        self.open: set[tuple[int, ...]] = set()

    @property
    def tight(self) -> bool:
        """Whether optional objects and arrays are to be left out."""
        return self.lean or self.depth > _ROOMY or self.left < 0

    def enter(self) -> None:
        """Go one level deeper."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise DeadEndError(f"more than {DEEPEST} levels are required")
        if self.left < -_PATIENCE:
            raise DeadEndError(f"more than {_PATIENCE} values are required")


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in a document a value stands, as far as its looks depend on it.

    Attributes:
        words: the property's name in snake case, `""` outside of objects.
        about: what stands before the part of the name that a rule recognised: `billing` in
            `billing_city`. What is about the same in one object agrees.
        subject: the name of what the property belongs to: of the schema, or of the property above.
        siblings: the names beside it, in snake case.
        description: what the document says of it, lower case.
    """

    words: str = ""
    about: str = ""
    subject: str = ""
    siblings: frozenset[str] = frozenset()
    description: str = ""

    def number(self, draw: Draw) -> int:
        """The number of what the value is about: the same for all that is said of it in one object."""
        return derive(draw.scope, self.about) if self.about else draw.scope


Maker = Callable[[Draw, int, Spot], Any]
"""Makes a value from its number, and from where it stands."""
