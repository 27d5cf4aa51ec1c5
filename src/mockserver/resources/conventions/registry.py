"""The conventions of a document: all known ones except those that it switches off."""

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
    """The meaning of a name, and the convention that defines it; empty for a usual name."""

    meaning: str
    convention: str = ""

    def because(self, name: str) -> str:
        """The reason, as text for `--explain`."""
        usual_name = "a usual name for it" if not self.convention else "its name for it"
        return f"`{name}` is {usual_name}"


class Conventions:
    """The conventions that one document follows."""

    def __init__(self, off: Iterable[str] = ()) -> None:
        """`off` are the names of the conventions that are switched off."""
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
        """Return which of these plan fields a query parameter is for; None when it is for none of them."""
        meanings = tuple(meanings)
        for convention in ALL:
            found = convention.parameter(name, meanings)
            if found is not None and convention.detects(place):
                return None if self.is_off(convention) else Meaning(found, convention.name)
        found = meaning_of(usual.PARAMETERS, name, meanings)
        return None if found is None else Meaning(found)

    def ignores(self, name: str, place: Place, meanings: Iterable[str]) -> bool:
        """Return whether only a convention that is switched off knows a query parameter."""
        meanings = tuple(meanings)
        known = (one for one in ALL if one.parameter(name, meanings) is not None and one.detects(place))
        return any(map(self.is_off, known))

    def metadata(self, name: str, place: Place, meanings: Iterable[str]) -> Meaning | None:
        """Return which of these list metadata a property holds; None when it holds none of them."""
        meanings = tuple(meanings)
        for convention in ALL:
            found = meaning_of(convention.metadata, name, meanings)
            if found is not None and convention.detects(place):
                return None if self.is_off(convention) else Meaning(found, convention.name)
        found = meaning_of(usual.METADATA, name, meanings)
        return None if found is None else Meaning(found)

    def wrapping(self, path: Iterable[str]) -> str:
        """Return the convention that names a property on the path to a list; empty when none does."""
        names = set(map(normalised, path))
        return next((one.name for one in ALL if one.lists & names and not self.is_off(one)), "")


def conventions_of(root: Mapping[str, Any]) -> Conventions:
    """The conventions of a document: `x-mock: {conventions: {odata: false}}` switches one off."""
    return Conventions(name for name, wanted in switches(root).items() if wanted is False)


def switches(root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the `x-mock.conventions` of a document, by name; empty when it has none."""
    extension = root.get(MOCK)
    found = extension.get("conventions") if isinstance(extension, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def is_known(name: str) -> bool:
    """Return whether there is a convention of this name."""
    return normalised(name) in {normalised(convention.name) for convention in ALL}
