"""A convention: what a vendor, framework or format calls things, and by what it is detected."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from mockserver.openapi.names import normalised

Words = frozenset[str]
"""Names without their spelling, as `names.normalised` writes them."""

Table = Mapping[str, Words]
"""Words by what they mean: a field of a plan (`page`, `sort`), or a part of a list's metadata (`total`)."""


@dataclass(frozen=True)
class Place:
    """What a convention is looked for in.

    Attributes:
        names: of the parameters of an operation, or of the properties of an object, as they are written.
        path: of the operation.
    """

    names: tuple[str, ...] = ()
    path: str = ""

    @cached_property
    def words(self) -> Words:
        """The names without their spelling."""
        return frozenset(map(normalised, self.names))


@dataclass(frozen=True)
class Convention:
    """What one vendor, framework or format calls things.

    Attributes:
        name: how a document switches it off, and how `--explain` calls it.
        parameters: query parameters, by the field of a plan that they are for.
        metadata: properties of an envelope, by what they say about the list in it.
        lists: properties of an envelope that hold a list of records.
        signs: names of which one is enough to detect the convention.
        together: names that detect it where all of them occur.
    """

    name: str
    parameters: Table = field(default_factory=dict)
    metadata: Table = field(default_factory=dict)
    lists: Words = frozenset()
    signs: Words = frozenset()
    together: Words = frozenset()

    def detects(self, place: Place) -> bool:
        """Whether a place in a document follows this convention."""
        words = place.words
        return bool(self.signs & words) or bool(self.together and self.together <= words)

    def parameter(self, name: str, meanings: Iterable[str]) -> str | None:
        """What a query parameter is for; None where this convention does not know it."""
        return meaning_of(self.parameters, name, meanings)


def words(text: str) -> Words:
    """A set of words that is written as text."""
    return frozenset(text.split())


def table(rows: Mapping[str, str]) -> Table:
    """A table that is written as text."""
    return {meaning: words(text) for meaning, text in rows.items()}


def meaning_of(rows: Table, name: str, meanings: Iterable[str]) -> str | None:
    """What a word means in a table, of these meanings; None where it means nothing."""
    word = normalised(name)
    return next((meaning for meaning in meanings if word in rows.get(meaning, ())), None)
