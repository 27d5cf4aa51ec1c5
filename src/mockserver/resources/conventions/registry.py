"""The conventions of a document: all that are known, but for those that it switches off."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from mockserver.openapi.extensions import MOCK
from mockserver.openapi.names import normalised
from mockserver.resources.conventions import formats, frameworks, usual, vendors
from mockserver.resources.conventions.convention import Convention, Place, meaning_of

ALL: tuple[Convention, ...] = (
    formats.ODATA,
    formats.JSON_API,
    formats.HAL,
    formats.HYDRA,
    vendors.STRIPE,
    vendors.KUBERNETES,
    vendors.GOOGLE,
    vendors.AWS,
    vendors.AZURE,
    vendors.ATLASSIAN,
    vendors.ELASTICSEARCH,
    frameworks.DJANGO,
    frameworks.SPRING,
    frameworks.LARAVEL,
    frameworks.FASTAPI,
    formats.SCIM,
    formats.RELAY,
)
"""Every convention; the first that detects a place and knows a name decides."""


class Meaning(NamedTuple):
    """What a name means, and which convention says so; empty where it is a usual name."""

    meaning: str
    convention: str = ""

    def because(self, name: str) -> str:
        """The reason, for people."""
        usual_name = "a usual name for it" if not self.convention else "its name for it"
        return f"`{name}` is {usual_name}"


class Conventions:
    """The conventions that one document follows."""

    def __init__(self, off: Iterable[str] = ()) -> None:
        """`off` are the names of those that are switched off."""
        unwanted = set(map(normalised, off))
        self._off = {convention.name for convention in ALL if normalised(convention.name) in unwanted}
        on = [convention for convention in ALL if convention.name not in self._off]
        #: Properties that hold lists of records, the likeliest first.
        self.lists = (*usual.LISTS, *(word for convention in on for word in sorted(convention.lists)))

    def is_off(self, convention: Convention) -> bool:
        """Whether the document switches a convention off."""
        return convention.name in self._off

    def decides(self, convention: Convention, place: Place) -> bool:
        """Whether a place follows a convention that is not switched off."""
        return not self.is_off(convention) and convention.detects(place)

    def parameter(self, name: str, place: Place, meanings: Iterable[str]) -> Meaning | None:
        """Which of these fields of a plan a query parameter is for; None where it is for none of them."""
        meanings = tuple(meanings)
        for convention in ALL:
            found = convention.parameter(name, meanings)
            if found is not None and convention.detects(place):
                return None if self.is_off(convention) else Meaning(found, convention.name)
        found = meaning_of(usual.PARAMETERS, name, meanings)
        return None if found is None else Meaning(found)

    def ignores(self, name: str, place: Place, meanings: Iterable[str]) -> bool:
        """Whether a convention that is switched off would say what a query parameter is for."""
        meanings = tuple(meanings)
        known = (one for one in ALL if one.parameter(name, meanings) is not None and one.detects(place))
        return any(map(self.is_off, known))

    def metadata(self, name: str, place: Place, meanings: Iterable[str]) -> Meaning | None:
        """Which of these facts about a list a property tells; None where it tells none of them."""
        meanings = tuple(meanings)
        for convention in ALL:
            found = meaning_of(convention.metadata, name, meanings)
            if found is not None and convention.detects(place):
                return None if self.is_off(convention) else Meaning(found, convention.name)
        found = meaning_of(usual.METADATA, name, meanings)
        return None if found is None else Meaning(found)

    def wrapping(self, path: Iterable[str]) -> str:
        """The convention that names one of the properties on the way to a list; empty where none does."""
        names = set(map(normalised, path))
        return next((one.name for one in ALL if one.lists & names and not self.is_off(one)), "")


def conventions_of(root: Mapping[str, Any]) -> Conventions:
    """The conventions of a document: `x-mock: {conventions: {odata: false}}` switches one off."""
    return Conventions(name for name, wanted in switches(root).items() if wanted is False)


def switches(root: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a document says of conventions, by name; empty where it says nothing."""
    extension = root.get(MOCK)
    found = extension.get("conventions") if isinstance(extension, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def is_known(name: str) -> bool:
    """Whether there is a convention of this name."""
    return normalised(name) in {normalised(convention.name) for convention in ALL}
