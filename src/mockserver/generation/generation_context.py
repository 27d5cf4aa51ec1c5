"""One value in the making: where chance comes from and how much room is left."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from mockserver.generation.by_name.locale_words import LocaleWords
from mockserver.generation.seeds import derive
from mockserver.openapi.names import singular

DEEPEST = 40
"""Objects and arrays inside each other; a schema that requires more cannot be satisfied."""

LONGEST = 100_000
"""Characters, items or properties; what requires more is not made."""

_ROOMY = 5
_FIELDS = 400
_PATIENCE = 20_000
_CHARACTERS = 1_000_000


class DeadEndError(Exception):
    """Nothing fits here; whoever has another way takes it."""


class Attempt(NamedTuple):
    """One attempt at a value, see `GenerationContext`; `pruned`: remove what breaks the schema."""

    agreed: bool = False
    careful: bool = False
    lean: bool = False
    pruned: bool = False
    fresh: bool = False


class GenerationContext:
    """The state of one value in the making.

    Attributes:
        dynamic: examples in schemas are passed over.
        agreed: what stands in one object is made to agree.
        careful: choices are checked where they are made.
        lean: what is optional is left out.
        root: the number of the whole value.
        scope: the number of the innermost object: names, addresses and times in it agree by this.
        depth: objects and arrays that are open.
        characters: how many characters of texts that have to be long may still be made.
        left: how many values may still be made before what is optional is left out.
        open: schemas that are being made, to notice recursion.
    """

    __slots__ = (
        "agreed",
        "careful",
        "characters",
        "depth",
        "dynamic",
        "lean",
        "left",
        "lexicon",
        "now",
        "open",
        "root",
        "scope",
    )

    def __init__(
        self, lexicon: LocaleWords, now: datetime, number: int, way: Attempt, *, dynamic: bool
    ) -> None:
        self.lexicon = lexicon
        self.now = now
        self.dynamic = dynamic
        self.agreed = way.agreed
        self.careful = way.careful
        self.lean = way.lean
        self.scope = self.root = number
        self.depth = 0
        self.left = _FIELDS
        self.characters = _CHARACTERS
        self.open: set[tuple[int, ...]] = set()

    @property
    def tight(self) -> bool:
        """Whether optional objects and arrays are to be left out."""
        return self.lean or self.depth > _ROOMY or self.left < 0

    def write(self, characters: int) -> None:
        """Make room for a text that has to be so long."""
        self.characters -= characters
        if self.characters < 0:
            raise DeadEndError(f"more than {_CHARACTERS:,} characters are required")

    def enter(self) -> None:
        """Go one level deeper."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise DeadEndError(f"more than {DEEPEST} levels are required")
        if self.left < -_PATIENCE:
            raise DeadEndError(f"more than {_PATIENCE} values are required")


@dataclass(frozen=True, slots=True)
class SchemaPosition:
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

    def number(self, draw: GenerationContext) -> int:
        """The number of what the value is about: the same for all that is said of it in one object."""
        return derive(draw.scope, self.about) if self.about else draw.scope


# fmt: off
_AROUND = frozenset(
    (
        "response", "request", "dto", "model", "resource", "output", "input", "out", "in", "create",
        "update", "read", "list", "item", "items", "data", "object", "base", "detail", "details", "summary",
        "schema", "entity", "record", "info", "profile", "full", "mini", "minimal", "simple", "view", "ref",
        "reference", "attributes", "properties", "payload", "result", "results", "body", "type", "dao", "vo",
    )
)
"""What schemas are called beside the name of the thing."""
# fmt: on
_NUMBERED = re.compile(r"v?\d+")


@lru_cache(maxsize=4096)
def head(subject: str) -> str:
    """The noun that says what a thing is: `user` of `user_response`, `role` of `employee_roles`."""
    words = [word for word in re.split("[ _]", subject) if word]
    while len(words) > 1 and (words[-1] in _AROUND or _NUMBERED.fullmatch(words[-1])):
        words.pop()
    return singular(words[-1]) if words else ""


Maker = Callable[[GenerationContext, int, SchemaPosition], Any]
"""Makes a value from its number, and from where it stands."""
