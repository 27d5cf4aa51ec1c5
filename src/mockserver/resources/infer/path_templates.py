"""The paths of a document as templates, to find a collection's items and an action's item."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from urllib.parse import quote

from mockserver.openapi.document import Document, OperationKey
from mockserver.openapi.names import normalised
from mockserver.resources.conventions import formats, usual, vendors
from mockserver.resources.conventions.registry import Conventions

Segments = tuple[str | None, ...]
"""The segments of a path; None for a parameter."""

_PARAMETER = re.compile(r"\{([^{}]+)\}")
_SUFFIX = re.compile(r"\.(json|xml|\{format\})$")
_VERB = re.compile(r"([A-Za-z][\w-]*):([A-Za-z]+)")
_FORMATS = frozenset(("json", "xml"))
"""Last segments that name the format of the response: `/containers/{id}/json`."""
_SEVERAL = 3
"""A collection has at least so many paths with verbs."""
_KEYED = re.compile(r"([^(){}]+)\('?(\{[^{}]+\})'?\)")


@lru_cache(maxsize=32_768)
def segments_of(path: str, *, verbs: bool = True, keys: bool = True) -> Segments | None:
    """Split a path template into segments; None for one that has parameters inside of segments.

    `/x/{id}.json` is `/x/{id}`, and `/x/` is `/x`. With `verbs`, Google's custom methods, `/x/{id}:cancel`
    is `/x/{id}/cancel` and `/x:search` is `/x/search`; with `keys`, OData's `/X({id})` is `/X/{id}`.
    """
    text = _SUFFIX.sub("", path.split("?", maxsplit=1)[0].strip("/"))
    if keys and "(" in text:
        text = "/".join(_KEYED.sub(r"\1/\2", segment) for segment in text.split("/"))
    found: list[str | None] = []
    for segment in text.split("/") if text else ():
        if "{" not in segment and ":" not in segment:
            found.append(segment)
            continue
        match = _PARAMETER.match(segment)
        if match is None:
            verb = _VERB.fullmatch(segment) if verbs else None
            found += verb.groups() if verb else (segment,)
            continue
        rest = segment[match.end() :]
        found.append(None)
        if verbs and rest.startswith(":") and "{" not in rest:
            found.append(rest[1:])
        elif rest:
            return None
    return None if any(segment and "{" in segment for segment in found) else tuple(found)


def _is_verb(segments: Segments, at: int, method: str) -> bool:
    """Whether a segment, the last or the one before an id, says what the method says."""
    place = len(segments) + at
    is_there = place > 0 and segments[place] is not None and (at == -1 or segments[-1] is None)
    return is_there and normalised(segments[place] or "") in usual.METHOD_VERBS.get(method, ())


def short_name(segments: Segments) -> str:
    """A collection's name: the last of each run of fixed segments, `customers.orders`."""
    following = (*segments, None)[1:]
    kept = [
        segment
        for segment, after in zip(segments, following, strict=True)
        if segment is not None and after is None
    ]
    return ".".join(map(_quoted, kept))


@lru_cache(maxsize=4096)
def _quoted(segment: str) -> str:
    return quote(segment, safe="")


def full_name(segments: Segments) -> str:
    """A name that no other collection has, short ones included: `/customers/*/orders`."""
    return "".join("/" + ("*" if segment is None else _quoted(segment)) for segment in segments)


class PathMap:
    """Operations by template and method."""

    def __init__(self, document: Document, conventions: Conventions) -> None:
        self._verbs = not conventions.is_off(vendors.GOOGLE)
        self._keys = not conventions.is_off(formats.ODATA)
        self._methods: dict[Segments, dict[str, str]] = {}
        self._paths: dict[Segments, str] = {}
        #: The templates of possible collections by their short name, in the document's order.
        self.names: dict[str, list[Segments]] = {}
        self._full: dict[str, Segments] | None = None
        #: The templates of paths with a segment that says nothing of the resource: without that segment.
        self._plainer: dict[str, Segments] = {}
        self._read_verbs(document)
        self._read_formats(document)
        operations: Iterable[tuple[str, OperationKey]] = document.index.items()
        if self._plainer:
            # Of several paths to the same resource the one without such a segment is the best name, then
            # the one that is read.
            operations = sorted(
                operations, key=lambda entry: (entry[1].path in self._plainer, entry[1].method != "get")
            )
        for operation_id, key in operations:
            segments = self.segments(key.path)
            if segments is None:
                continue
            if segments not in self._methods:
                self._paths[segments] = key.path
                self._name(segments)
            self._methods.setdefault(segments, {}).setdefault(key.method, operation_id)

    def _read_formats(self, document: Document) -> None:
        """Find the paths that end in a format, when the path without it does not have their methods."""
        if not any(form in key.path for key in document.index.values() for form in _FORMATS):
            return
        methods: dict[Segments, set[str]] = {}
        paths: dict[str, Segments] = {}
        for key in document.index.values():
            segments = self.segments(key.path)
            if segments is not None:
                methods.setdefault(segments, set()).add(key.method)
                paths[key.path] = segments
        self._plainer |= {
            path: segments[:-1]
            for path, segments in paths.items()
            if len(segments) > 1
            and segments[-1] in _FORMATS
            and methods[segments].isdisjoint(methods.get(segments[:-1], ()))
        }

    def _read_verbs(self, document: Document) -> None:
        """Find the collections whose paths say in a segment what the method says: `GET /Customer/Get/{id}`.

        Only where no path lists or creates the collection without such a segment, and several have one.
        """
        methods: dict[Segments, set[str]] = {}
        found: dict[Segments, dict[str, tuple[Segments, str]]] = {}
        paths: dict[str, set[str]] = {}
        for key in document.index.values():
            segments = self.segments(key.path)
            if segments is None:
                continue
            methods.setdefault(segments, set()).add(key.method)
            paths.setdefault(key.path, set()).add(key.method)
            verb = next((at for at in (-1, -2) if _is_verb(segments, at, key.method)), None)
            if verb is not None:
                at = len(segments) + verb
                without = (*segments[:at], *segments[at + 1 :])
                collection = without if without[-1] is not None else without[:-1]
                found.setdefault(collection, {})[key.path] = without, key.method
        for collection, entries in found.items():
            taken = [(without, method) for without, method in entries.values()]
            is_free = not any(method in methods.get(without, ()) for without, method in taken)
            is_one_each = len(set(taken)) == len(taken) >= _SEVERAL
            is_alone = all(len(paths[path]) == 1 for path in entries)
            if collection and is_free and is_one_each and is_alone:
                self._plainer |= {path: without for path, (without, _) in entries.items()}

    def segments(self, path: str) -> Segments | None:
        """Split a path template by the conventions of the document; see `segments_of`."""
        return self._plainer.get(path) or segments_of(path, verbs=self._verbs, keys=self._keys)

    def _name(self, segments: Segments) -> None:
        for candidate in (segments[:-1], segments) if segments and segments[-1] is None else (segments,):
            known = self.names.setdefault(short_name(candidate), [])
            if candidate not in known:
                known.append(candidate)

    def named(self, name: str) -> list[Segments]:
        """The templates of possible collections that may have this name."""
        if self._full is None:
            known = (segments for several in self.names.values() for segments in several)
            self._full = {full_name(segments): segments for segments in known}
        full = self._full.get(name)
        return [*self.names.get(name, ()), *([full] if full is not None else [])]

    def items(self) -> Iterator[Segments]:
        """The templates that end in a parameter."""
        return (segments for segments in self._methods if segments and segments[-1] is None)

    def below(self, outer: Segments) -> Iterator[Segments]:
        """The templates that begin with another one."""
        return (segments for segments in self._methods if segments[: len(outer)] == outer != segments)

    def ending_in(self, word: str | None) -> Iterator[Segments]:
        """The templates whose last segment is this."""
        return (segments for segments in self._methods if segments[-1:] == (word,))

    def methods(self, segments: Segments) -> Mapping[str, str]:
        """The operations at a template: operationIds by method."""
        return self._methods.get(segments, {})

    def path(self, segments: Segments) -> str | None:
        """The path as it is written in the document, or None."""
        return self._paths.get(segments)
