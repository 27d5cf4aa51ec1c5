"""Tell which documented media type an `Accept` header wants most (RFC 9110 section 12.5.1)."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mockserver.data.values import samples
from mockserver.openapi import media_types
from mockserver.openapi.model import MediaType


class _Range(NamedTuple):
    """One entry of `Accept`."""

    type: str
    subtype: str
    parameters: frozenset[str]
    quality: float

    @property
    def name(self) -> str:
        """The range without its parameters."""
        return f"{self.type}/{self.subtype}"

    def suffixed(self) -> "_Range":
        """The range of what is built on this type: `application/*+json`."""
        return self._replace(subtype="*+" + self.subtype)


def accepted(content: Mapping[str, MediaType], accept: str | None) -> tuple[MediaType, str] | None:
    """The documented media type that `Accept` wants most, and the type to answer in; None for none.

    Among equals it is JSON, then the first.
    """
    ranges = list(_ranges(accept or "*/*")) or list(_ranges("*/*"))
    found = _best(content, ranges)
    # Who takes JSON can read every vendor's own, and clients seldom name them (RFC 6839 section 3.1).
    return found or _best(content, [wanted.suffixed() for wanted in ranges if wanted.subtype == "json"])


def _best(content: Mapping[str, MediaType], ranges: list["_Range"]) -> tuple[MediaType, str] | None:
    best: tuple[tuple[float, bool, bool], tuple[MediaType, str]] | None = None
    for name, media_type in content.items():
        quality, exact, content_type = _quality(name, ranges)
        rank = (quality, exact, samples.is_json(content_type))
        if quality > 0 and (best is None or rank > best[0]):
            best = (rank, (media_type, media_type.name if content_type == name else content_type))
    return best[1] if best else None


def _ranges(accept: str) -> Iterator[_Range]:
    for entry in accept.lower().split(","):
        name, *parameters = (part.strip() for part in entry.split(";"))
        kind, slash, subtype = name.partition("/")
        if name == "*":
            kind, slash, subtype = "*", "/", "*"
        if not slash or not subtype:
            continue
        quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        others = frozenset(part for part in parameters if part and not part.startswith("q="))
        yield _Range(kind.strip(), subtype.strip(), others, _number(quality))


def _number(text: str) -> float:
    try:
        return min(1.0, max(0.0, float(text)))
    except ValueError:
        return 1.0


def _quality(documented: str, ranges: list[_Range]) -> tuple[float, bool, str]:
    """How much a documented type is wanted, by the most specific range (RFC 9110 section 12.5.1).

    Returns:
        The quality; whether the parameters that were asked for are documented; and the type itself or,
        where the document has a range, one inside it.
    """
    name, *parameters = (part.strip() for part in documented.split(";"))
    best = (-1, 0.0, False, documented)
    for wanted in ranges:
        if not media_types.fits(name, wanted.name):
            continue
        exact = bool(wanted.parameters) and wanted.parameters <= frozenset(parameters)
        precision = 2 * (wanted.type != "*") + 2 * (wanted.subtype != "*") + exact
        inside = media_types.inside(name, wanted.name) if "*" in name else documented
        if (precision, wanted.quality) > best[:2]:
            best = (precision, wanted.quality, exact, inside)
    return best[1:]
