"""Choose the documented response to a request: the status, and the media type by `Accept`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from mockserver.behaviour.preferences import NO_PREFERENCES, Preferences, refused
from mockserver.errors import NotAcceptableError, NotImplementedByMockError
from mockserver.openapi import media_types
from mockserver.openapi.operation import BODILESS, DocumentedResponse, MediaType, Operation


@dataclass(frozen=True, slots=True)
class ResponseChoice:
    """The chosen documented response.

    Attributes:
        status: the status code to send.
        response: the response as documented; its status may be a range or `default`.
        media_type: the documented content; None when the response has no body.
        content_type: the media type to send; one inside `media_type` if that is a range.
    """

    status: int
    response: DocumentedResponse
    media_type: MediaType | None
    content_type: str | None


class _Range(NamedTuple):
    """One entry of `Accept`."""

    type: str
    subtype: str
    parameters: frozenset[str]
    quality: float

    @property
    def name(self) -> str:
        """The media range without its parameters."""
        return f"{self.type}/{self.subtype}"

    def suffixed(self) -> "_Range":
        """The range of structured suffixes of this type: `application/*+json`."""
        return self._replace(subtype="*+" + self.subtype)


def choose(
    operation: Operation, preferences: Preferences = NO_PREFERENCES, accept: str | None = None
) -> ResponseChoice:
    """Choose status, response and media type; only documented ones are chosen.

    A preferred code is looked up exactly, as a range, then as `default`. Without one the lowest success
    status is chosen (an exact one before `2XX`, which counts as 200), then `default` as 200, then the first
    response of any status.

    Raises:
        BadRequestError: the preferred code is not documented.
        NotAcceptableError: the response has content, but none that `Accept` allows.
        NotImplementedByMockError: no response is documented.
    """
    status, response = _response(operation, preferences.code)
    if not response.content or status in BODILESS or status < 200:
        return ResponseChoice(status, response, None, None)
    found = _media_type(response.content, accept)
    if found is None:
        offered = ", ".join(media.name for media in response.content.values())
        raise NotAcceptableError(f"{operation.id} answers {status} with {offered}; Accept is {accept!r}")
    media_type, content_type = found
    return ResponseChoice(status, response, media_type, content_type)


def _response(operation: Operation, code: int | None) -> tuple[int, DocumentedResponse]:
    if code is not None:
        found = operation.response(code)
        if found is None:
            documented = ", ".join(operation.responses) or "none"
            reason = f"{operation.id} documents no {code}; a fault can answer it. Documented: {documented}"
            raise refused("code", reason)
        return code, found
    if not operation.responses:
        raise NotImplementedByMockError(f"{operation.id} documents no response")
    successes = [(_status(text), text) for text in operation.responses if text.startswith("2")]
    if successes:
        # An exact status is more specific than a range.
        status, text = min(successes, key=lambda entry: ("X" in entry[1], entry[0]))
    elif "default" in operation.responses:
        status, text = 200, "default"
    else:
        text = next(iter(operation.responses))
        status = _status(text)
    return status, operation.responses[text]


def _status(text: str) -> int:
    return int(text.replace("X", "0")) if text[:1].isdigit() else 200


def _media_type(content: Mapping[str, MediaType], accept: str | None) -> tuple[MediaType, str] | None:
    """The best documented media type; among equally good ones JSON, then the first."""
    ranges = list(_ranges(accept or "*/*")) or list(_ranges("*/*"))
    found = _best(content, ranges)
    # A client that accepts JSON can read any `+json` type, and rarely names them (RFC 6839 section 3.1).
    return found or _best(content, [wanted.suffixed() for wanted in ranges if wanted.subtype == "json"])


def _best(content: Mapping[str, MediaType], ranges: list["_Range"]) -> tuple[MediaType, str] | None:
    best: tuple[tuple[float, bool, bool], tuple[MediaType, str]] | None = None
    for name, media_type in content.items():
        quality, exact, content_type = _quality(name, ranges)
        rank = (quality, exact, media_types.is_json(content_type))
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
        The quality; whether the requested parameters are documented; and the type itself or, if the document
        has a range, a type inside it.
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
