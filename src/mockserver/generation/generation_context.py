"""State while one value is generated: random numbers and remaining budget."""

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
"""Maximum nesting of objects and arrays; a schema that requires more cannot be satisfied."""

LONGEST = 100_000
"""Maximum characters, items or properties; values that require more are not generated."""

_ROOMY = 5
_FIELDS = 400
_PATIENCE = 20_000
_CHARACTERS = 1_000_000


class DeadEndError(Exception):
    """No value matches at this point; callers with alternatives try those."""


class Attempt(NamedTuple):
    """Options of one attempt, see `GenerationContext`; `pruned`: remove parts that violate the schema."""

    agreed: bool = False
    careful: bool = False
    lean: bool = False
    pruned: bool = False
    fresh: bool = False


class GenerationContext:
    """The state while one value is generated.

    Attributes:
        dynamic: ignore examples in schemas.
        agreed: make the values of one object consistent.
        careful: validate each branch when it is chosen.
        lean: leave out optional properties.
        root: the number of the whole value.
        scope: the number of the innermost object, which makes names, addresses and times in it consistent.
        depth: the number of open objects and arrays.
        characters: the remaining characters for texts with a minimum length.
        left: how many values may still be generated before optional ones are left out.
        open: the schemas being generated, to detect recursion.
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
        """Whether to leave out optional objects and arrays."""
        return self.lean or self.depth > _ROOMY or self.left < 0

    def write(self, characters: int) -> None:
        """Deduct the characters of a text with a minimum length from the budget."""
        self.characters -= characters
        if self.characters < 0:
            raise DeadEndError(f"more than {_CHARACTERS:,} characters are required")

    def enter(self) -> None:
        """Enter a nested object or array."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise DeadEndError(f"more than {DEEPEST} levels are required")
        if self.left < -_PATIENCE:
            raise DeadEndError(f"more than {_PATIENCE} values are required")


@dataclass(frozen=True, slots=True)
class SchemaPosition:
    """The position of a value in a document, as far as its generation depends on it.

    Attributes:
        words: the property's name in snake case, `""` outside objects.
        about: the prefix before the part of the name that a rule matched: `billing` in `billing_city`.
            Values with the same prefix in one object are consistent.
        subject: the name of the thing with the property: that of the schema, or of the parent property.
        siblings: the names of the other properties, in snake case.
        description: the document's description, in lower case.
    """

    words: str = ""
    about: str = ""
    subject: str = ""
    siblings: frozenset[str] = frozenset()
    description: str = ""

    def number(self, draw: GenerationContext) -> int:
        """The number of the thing that the value belongs to: the same for all its values in one object."""
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
"""Words in names of schemas, other than the name of the thing."""
# fmt: on
_NUMBERED = re.compile(r"v?\d+")


@lru_cache(maxsize=4096)
def head(subject: str) -> str:
    """The noun for a thing: `user` for `user_response`, `role` for `employee_roles`."""
    words = [word for word in re.split("[ _]", subject) if word]
    while len(words) > 1 and (words[-1] in _AROUND or _NUMBERED.fullmatch(words[-1])):
        words.pop()
    return singular(words[-1]) if words else ""


Maker = Callable[[GenerationContext, int, SchemaPosition], Any]
"""Generates a value from a number and its position."""
