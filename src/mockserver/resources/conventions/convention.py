"""A convention: the names that a vendor, framework or format uses, and how it is detected."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from mockserver.openapi.names import normalised

Words = frozenset[str]
"""Normalised names (see `names.normalised`): lower case, without separators."""

Table = Mapping[str, Words]
"""Words by meaning: a field of a plan (`page`, `sort`), or list metadata (`total`)."""


@dataclass(frozen=True)
class Place:
    """A place in a document in which conventions are detected.

    Attributes:
        names: of the parameters of an operation, or of the properties of an object, as they are written.
        path: of the operation.
    """

    names: tuple[str, ...] = ()
    path: str = ""

    @cached_property
    def words(self) -> Words:
        """The names, normalised."""
        return frozenset(map(normalised, self.names))


@dataclass(frozen=True)
class Convention:
    """The names that one vendor, framework or format uses.

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
        """Return whether a place in a document follows this convention."""
        words = place.words
        return bool(self.signs & words) or bool(self.together and self.together <= words)

    def parameter(self, name: str, meanings: Iterable[str]) -> str | None:
        """Return the meaning of a query parameter; None when this convention does not know it."""
        return meaning_of(self.parameters, name, meanings)


def words(text: str) -> Words:
    """Split a text into a set of words."""
    return frozenset(text.split())


def table(rows: Mapping[str, str]) -> Table:
    """Split each text of a table into a set of words."""
    return {meaning: words(text) for meaning, text in rows.items()}


def meaning_of(rows: Table, name: str, meanings: Iterable[str]) -> str | None:
    """Return which of these meanings a word has in a table; None when it has none."""
    word = normalised(name)
    return next((meaning for meaning in meanings if word in rows.get(meaning, ())), None)
