"""Suggest documented operations that a request may have meant, and say what differs."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from urllib.parse import unquote

MOST = 3
_EXAMINED = 5_000
_ALIKE = 0.55


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A documented operation that is similar to the request."""

    method: str
    path: str
    api: str
    operation: str
    difference: str
    likeness: float

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


Known = tuple[str, str, str, str]
"""Method, path template with its base path, API, operationId."""


def nearest(known: Iterator[Known], method: str, path: str) -> list[NearMiss]:
    """The documented operations most similar to a request, the best first; empty if none is similar."""
    asked = [unquote(segment) for segment in path[1:].split("/")]
    ratios: dict[tuple[str, str], float] = {}
    found = []
    for (way, template, api, operation), _ in zip(known, range(_EXAMINED), strict=False):
        segments = template[1:].split("/")
        likeness = _likeness(_bare(segments), _bare(asked), ratios)
        if _has_slash(segments) != _has_slash(asked):
            likeness -= 0.02
        if way == method:
            likeness += 0.05
        if likeness >= _ALIKE:
            difference = _difference(segments, asked, way, method)
            found.append(NearMiss(way, template, api, operation, difference, round(likeness, 3)))
    return sorted(found, key=lambda miss: -miss.likeness)[:MOST]


def _has_slash(segments: list[str]) -> bool:
    """Whether a path ends with a slash."""
    return len(segments) > 1 and not segments[-1]


def _bare(segments: list[str]) -> list[str]:
    """The segments of a path without a trailing slash."""
    return segments[:-1] if _has_slash(segments) else segments


def _likeness(segments: list[str], asked: list[str], ratios: dict[tuple[str, str], float]) -> float:
    """The similarity of two paths, from 0 to 1: the best alignment, end to end."""
    longest = max(len(segments), len(asked))
    shorter = min(len(segments), len(asked))
    if _lacks_beginning(segments, asked):
        return max(0.9 - 0.05 * (longest - shorter), _ALIKE)
    if longest - shorter > 2:
        return 0.0
    from_start = sum(_alike(*pair, ratios) for pair in zip(segments, asked, strict=False))
    from_end = sum(_alike(*pair, ratios) for pair in zip(segments[::-1], asked[::-1], strict=False))
    return max(from_start, from_end) / longest


def _lacks_beginning(segments: list[str], asked: list[str]) -> bool:
    """Whether one path is the end of the other: most often the base path is missing."""
    shorter = min(len(segments), len(asked))
    if len(segments) == len(asked) or not shorter:
        return False
    pairs = list(zip(segments[-shorter:], asked[-shorter:], strict=True))
    same = all(one == other or ("{" in one and other) for one, other in pairs)
    return same and pairs[0][0] == pairs[0][1]


def _alike(segment: str, asked: str, ratios: dict[tuple[str, str], float]) -> float:
    if segment == asked:
        return 1.0
    if "{" in segment:
        return 0.8 if asked else 0.0
    key = (segment, asked[:100])
    if key not in ratios:
        ratios[key] = SequenceMatcher(None, segment.lower(), asked[:100].lower()).ratio()
    return ratios[key]


def _difference(segments: list[str], asked: list[str], way: str, method: str) -> str:
    parts = [] if way == method else [f"the method is {way}, not {method}"]
    if _has_slash(segments) != _has_slash(asked):
        parts.append(f"the trailing slash is {'missing' if _has_slash(segments) else 'too much'}")
        segments, asked = _bare(segments), _bare(asked)
        if segments == asked:
            return "; ".join(parts)
    if len(segments) != len(asked):
        parts.append(_length(segments, asked))
    else:
        parts += [
            f"{wanted!r} in place of {was!r}"
            for wanted, was in zip(segments, asked, strict=True)
            if wanted != was and "{" not in wanted
        ]
        parts += ["a path parameter is empty"] if "" in asked else []
    return "; ".join(parts) or "nothing but the base path or the session"


def _length(segments: list[str], asked: list[str]) -> str:
    """Which segments are missing or too many; most often it is the base path."""
    missing = len(segments) - len(asked)
    longer, shorter = (segments, asked) if missing > 0 else (asked, segments)
    beginning = "/" + "/".join(longer[: abs(missing)])
    same = all(
        one == other or "{" in one or "{" in other
        for one, other in zip(longer[abs(missing) :], shorter, strict=True)
    )
    if same:
        return f"{beginning!r} is {'missing' if missing > 0 else 'too much'} at the start"
    count = f"{abs(missing)} segment{'s' * (abs(missing) > 1)}"
    return f"the path has {count} {'fewer' if missing > 0 else 'more'} than documented"
