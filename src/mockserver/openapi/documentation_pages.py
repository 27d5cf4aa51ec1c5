"""Extract OpenAPI fragments from documentation pages and merge them into one document.

A page holds its part of the document in a fenced block; parts that several pages repeat must be equal in all
of them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mockserver.errors import DocumentError, SourceLocation
from mockserver.openapi import pointers
from mockserver.openapi.reading import document_files, plain_yaml
from mockserver.openapi.reading.source_lines import lines_in

_FENCE = re.compile(rb"^(`{3,}|~{3,})[ \t]*(?:ya?ml|json)\b[^\n]*\n(.*?)^\1", re.DOTALL | re.MULTILINE)
_IS_DOCUMENT = re.compile(rb"""^\s*\{?\s*["']?(?:openapi|swagger)["']?\s*:""", re.MULTILINE)
# Objects at these places are merged name by name; anything else must be equal.
_UNIONS = re.compile(
    r"(?:/paths(?:/[^/]+)?|/webhooks|/info|/components(?:/[^/]+)?"
    r"|/(?:definitions|parameters|responses|securityDefinitions))?"
)


@dataclass(frozen=True, slots=True)
class Fragment:
    """The part of a document in one page; its first line is the page's `line`."""

    file: Path
    line: int
    content: bytes
    root: Mapping[str, Any]

    def place(self, pointer: str) -> SourceLocation:
        """The file and line of a pointer in the page."""
        line = lines_in(self.content, [pointer]).get(pointer)
        return SourceLocation(self.file, pointer, None if line is None else line + self.line - 1)


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two pages with different values at one place."""

    pointer: str
    first: SourceLocation
    second: SourceLocation
    said: tuple[str, str]

    def __str__(self) -> str:
        one, other = self.said
        return f"{self.pointer} differs:\n  {self.first} says {one}\n  {self.second} says {other}"


def read_page(file: Path) -> list[Fragment]:
    """Find the OpenAPI fragments of a page.

    Raises:
        DocumentError: there are none, or one is invalid.
    """
    page = document_files.read_bytes(file)
    fragments = []
    for match in _FENCE.finditer(page):
        content = match[2]
        if _IS_DOCUMENT.search(content):
            line = page.count(b"\n", 0, match.start(2)) + 1
            fragments.append(Fragment(file, line, content, _parse(content, file, line)))
    if not fragments:
        remedy = "Enclose a fragment in ```yaml and ```, and start it with its version of OpenAPI."
        raise DocumentError("has no OpenAPI fragment", SourceLocation(file), remedy)
    return fragments


def _parse(content: bytes, file: Path, line: int) -> Mapping[str, Any]:
    try:
        root = document_files.parse(content, file)
    except DocumentError as error:
        place = SourceLocation(file, "", (error.place.line or 1) + line - 1)
        raise DocumentError(error.reason, place, error.remedy) from None
    if not isinstance(root, Mapping):
        raise DocumentError("has a fragment that is no object", SourceLocation(file, "", line))
    return root


def merge(fragments: Iterable[Fragment]) -> tuple[dict[str, Any], list[Conflict]]:
    """Merge fragments; if two differ at a place, that is a conflict, and the first is used."""
    merged: dict[str, Any] = {}
    origins: dict[str, Fragment] = {}
    conflicts: list[Conflict] = []
    for fragment in fragments:
        for pointer, one, other in _take_in(merged, fragment.root, "", origins, fragment):
            origin = origins[next(place for place in _upwards(pointer) if place in origins)]
            said = (_brief(one), _brief(other))
            conflicts.append(Conflict(pointer, origin.place(pointer), fragment.place(pointer), said))
    return merged, conflicts


_Difference = tuple[str, Any, Any]
_ABSENT = object()


def _take_in(
    merged: dict[str, Any],
    found: Mapping[str, Any],
    pointer: str,
    origins: dict[str, Fragment],
    fragment: Fragment,
) -> Iterator[_Difference]:
    for name, value in found.items():
        place = pointers.join([name], pointer)
        union = isinstance(value, Mapping) and _UNIONS.fullmatch(place)
        if name not in merged:
            origins[place] = fragment
            merged[name] = {} if union else value
        if union and isinstance(merged[name], dict):
            yield from _take_in(merged[name], value, place, origins, fragment)
        elif merged[name] != value:
            if place == "/tags" and isinstance(value, list):
                merged[name] = merged[name] + [tag for tag in value if tag not in merged[name]]
            else:
                yield from _differences(merged[name], value, place)


def _differences(one: Any, other: Any, pointer: str) -> Iterator[_Difference]:
    """The innermost places at which two values differ."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for name in dict.fromkeys([*one, *other]):
            place = pointers.join([name], pointer)
            yield from _differences(one.get(name, _ABSENT), other.get(name, _ABSENT), place)
    elif one is _ABSENT or other is _ABSENT or one != other:
        yield pointer, one, other


def _upwards(pointer: str) -> Iterator[str]:
    while pointer:
        yield pointer
        pointer = pointer.rpartition("/")[0]


def _brief(value: Any) -> str:
    if value is _ABSENT:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"


def write(document: Mapping[str, Any]) -> str:
    """Write a document as YAML, its parts in their usual order."""
    order = ["openapi", "swagger", "info", "servers", "security", "tags", "paths"]
    names = [name for name in order if name in document]
    ordered = {name: document[name] for name in (*names, *(n for n in document if n not in names))}
    return plain_yaml.write_yaml(ordered)
