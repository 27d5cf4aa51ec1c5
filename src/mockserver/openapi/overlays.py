"""OpenAPI Overlays 1.0 and 1.1: actions that change a document when it is loaded."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from mockserver.errors import ConfigurationError, DocumentError
from mockserver.openapi import pointers
from mockserver.openapi.reading import document_files

_VERSION = re.compile(r"1\.[01](\.\d+)?")
_WHAT = ("update", "remove", "copy")
_REMEDY = "See the OpenAPI Overlay Specification."


@dataclass(frozen=True, slots=True)
class Action:
    """One change of an overlay.

    Attributes:
        pointer: its place in the overlay.
        target: the JSONPath of the nodes to change (RFC 9535).
        copy: the JSONPath of the one node whose value is used in place of `update`.
    """

    pointer: str
    target: str
    update: Any = None
    remove: bool = False
    copy: str | None = None


@dataclass(frozen=True, slots=True)
class DocumentOverlay:
    """A parsed overlay.

    Attributes:
        extends: the document that it applies to, as written; None for every document.
        content: its bytes.
    """

    file: Path
    extends: str | None
    actions: tuple[Action, ...]
    content: bytes

    def concerns(self, document: Path) -> bool:
        """Whether it applies to a document; `extends` is compared by file name if it is a URL."""
        if self.extends is None:
            return True
        parts = urlsplit(self.extends)
        if parts.scheme in {"http", "https"}:
            return Path(unquote(parts.path)).name == document.name
        path = unquote(parts.path) if parts.scheme == "file" else self.extends
        return (self.file.parent / path).resolve() == document.resolve()


def _read(file: Path) -> DocumentOverlay:
    """Read an overlay.

    Raises:
        DocumentError: it cannot be read or is not an overlay; the place has the pointer and the line.
    """
    content = document_files.read_bytes(file)
    root = document_files.parse(content, file)
    if not isinstance(root, Mapping) or "overlay" not in root:
        raise _error(file, "", "is not an overlay: it has no `overlay: 1.0.0`")
    version = str(root["overlay"])
    if not _VERSION.fullmatch(version):
        raise _error(file, "/overlay", f"has version {version}; supported are 1.0 and 1.1")
    actions = root.get("actions")
    if not isinstance(actions, list) or not actions:
        raise _error(file, "/actions" if "actions" in root else "", "has no list of `actions`")
    extends = root.get("extends")
    if extends is not None and not isinstance(extends, str):
        raise _error(file, "/extends", "is not a reference to a document")
    made = tuple(_action(file, number, entry, version) for number, entry in enumerate(actions))
    return DocumentOverlay(file, extends, made, content)


def read_overlays(overlays: Iterable[Path], documents: Sequence[Path]) -> list[DocumentOverlay]:
    """Read the overlays of some documents.

    Raises:
        DocumentError: one cannot be read.
        ConfigurationError: one extends another document.
    """
    found = [_read(file) for file in overlays]
    for overlay in found:
        if not any(map(overlay.concerns, documents)):
            reason = (
                f"--overlay {overlay.file}: it extends {overlay.extends}, which is none of the documents."
            )
            raise ConfigurationError(reason)
    return found


def _action(file: Path, number: int, entry: Any, version: str) -> Action:
    place = f"/actions/{number}"
    if not isinstance(entry, Mapping):
        raise _error(file, place, "is not an action")
    if not isinstance(entry.get("target"), str):
        raise _error(file, place, "has no `target`, a JSONPath")
    if not any(name in entry for name in _WHAT):
        raise _error(file, place, "has neither `update` nor `remove` nor `copy`")
    if not isinstance(entry.get("remove", False), bool):
        raise _error(file, f"{place}/remove", "is neither true nor false")
    if "copy" in entry and version.startswith("1.0"):
        raise _error(file, f"{place}/copy", "needs `overlay: 1.1.0`")
    copied = entry.get("copy")
    if copied is not None and not isinstance(copied, str):
        raise _error(file, f"{place}/copy", "is not a JSONPath")
    for name in ("target", "copy"):
        if name in entry:
            _compile(entry[name], file, f"{place}/{name}")
    return Action(place, entry["target"], entry.get("update"), entry.get("remove", False), copied)


def _compile(path: str, file: Path, pointer: str) -> Any:
    import jsonpath

    try:
        return jsonpath.JSONPathEnvironment(strict=True).compile(path)
    except jsonpath.JSONPathError as error:
        reason = str(error).partition("\n")[0]
        raise _error(file, pointer, f"is not a JSONPath of RFC 9535: {path}: {reason}") from None


def apply(root: Any, overlay: DocumentOverlay) -> tuple[Any, list[str]]:
    """Apply the actions of an overlay to a copy of a document, one after the other.

    Returns:
        The changed document, and a sentence for each action whose target selects nothing.

    Raises:
        DocumentError: an action does not match its target; the place is that of the action.
    """
    changed, idle = _copied(root), []
    for action in overlay.actions:
        places = _selected(changed, action.target, overlay, f"{action.pointer}/target")
        if not places:
            where = document_files.place(overlay.file, f"{action.pointer}/target")
            idle.append(f"{where}: {action.target} selects nothing")
        elif action.remove:
            _remove(changed, places, overlay, action)
        else:
            _update(changed, places, overlay, action)
    return changed, idle


def _copied(value: Any) -> Any:
    """Deep copy that shares nothing: YAML aliases are the same object at several places."""
    if isinstance(value, dict):
        return {name: _copied(entry) for name, entry in value.items()}
    return [_copied(entry) for entry in value] if isinstance(value, list) else value


_Place = tuple[str | int, ...]


def _selected(root: Any, path: str, overlay: DocumentOverlay, pointer: str) -> list[_Place]:
    query = _compile(path, overlay.file, pointer)
    return list(dict.fromkeys(tuple(match.parts) for match in query.finditer(root)))


def _at(root: Any, place: _Place) -> Any:
    for step in place:
        root = root[step]
    return root


def _remove(root: Any, places: Sequence[_Place], overlay: DocumentOverlay, action: Action) -> None:
    if () in places:
        raise _error(
            overlay.file, f"{action.pointer}/target", "selects the whole document, which cannot be removed"
        )
    whole = set(places)
    kept = [place for place in places if not any(place[:n] in whole for n in range(1, len(place)))]
    for place in _last_first(kept):
        del _at(root, place[:-1])[place[-1]]


def _last_first(places: Sequence[_Place]) -> Iterator[_Place]:
    """Yield list elements last first: removing one shifts those after it."""
    named = [place for place in places if not isinstance(place[-1], int)]
    numbered = [place for place in places if isinstance(place[-1], int)]
    yield from named
    yield from sorted(numbered, key=lambda place: int(place[-1]), reverse=True)


def _update(root: Any, places: Sequence[_Place], overlay: DocumentOverlay, action: Action) -> None:
    name, value = "update", action.update
    if value is None and action.copy is not None:
        name = "copy"
        sources = _selected(root, action.copy, overlay, f"{action.pointer}/copy")
        if len(sources) != 1:
            reason = f"selects {len(sources)} nodes, not one: {action.copy}"
            raise _error(overlay.file, f"{action.pointer}/copy", reason)
        value = _copied(_at(root, sources[0]))
    for place in places:
        old = _at(root, place)
        if _kind(old) != _kind(value) and not isinstance(old, list):
            reason = f"is {_kind(value)}; {pointers.join(place) or 'the document'} is {_kind(old)}"
            raise _error(overlay.file, f"{action.pointer}/{name}", reason)
        new = [*old, *_entries(value)] if isinstance(old, list) else _merged(old, value)
        if place:
            _at(root, place[:-1])[place[-1]] = new
        else:
            root.update(new)


def _entries(value: Any) -> list[Any]:
    """The values to append to a list: the elements of a list, or the one value."""
    return _copied(value) if isinstance(value, list) else [_copied(value)]


def _kind(value: Any) -> str:
    return (
        "an object" if isinstance(value, dict) else "a list" if isinstance(value, list) else "a plain value"
    )


def _merged(old: Any, new: Any) -> Any:
    """Merge objects property by property, join lists, and replace anything else."""
    if isinstance(old, dict) and isinstance(new, dict):
        merged = dict(old)
        for name, value in new.items():
            merged[name] = _merged(old[name], value) if name in old else _copied(value)
        return merged
    return [*old, *_copied(new)] if isinstance(old, list) and isinstance(new, list) else _copied(new)


def _error(file: Path, pointer: str, reason: str) -> DocumentError:
    return DocumentError(reason, document_files.place(file, pointer), _REMEDY)
