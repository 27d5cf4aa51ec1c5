"""Read the documents to serve, with unique names and base paths."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mockserver.errors import ConfigurationError
from mockserver.openapi.document import Document, load
from mockserver.openapi.overlays import read_overlays

if TYPE_CHECKING:
    from mockserver.openapi.lint import LocatedDefect

_SHOWN = 3
_SEARCHED_BYTES = 2_000_000
"""Documents up to this size are linted in the background at start-up, which takes half a second."""


def read_documents(
    files: Iterable[Path],
    prefixes: Iterable[str] = (),
    overlays: Iterable[Path] = (),
    *,
    allow_remote: bool = False,
) -> list[Document]:
    """Read documents; those with the same name are distinguished by their folder, or else by a number.

    Args:
        files: the documents.
        prefixes: `NAME=/path` puts a path in front of the base path of the document NAME.
        overlays: files with changes of the documents.
        allow_remote: whether references to the network are followed.

    Raises:
        DocumentError: a document cannot be served.
        ConfigurationError: a prefix is malformed, or names no document; an overlay is for another document.
    """
    files = list(files)
    changes = read_overlays(overlays, files)
    wanted = dict(_prefix(text) for text in prefixes)
    documents = [load(file, name, changes, allow_remote=allow_remote) for file, name in _named(files)]
    names = {document.name for document in documents}
    unknown = sorted(set(wanted) - names)
    if unknown:
        known = ", ".join(sorted(names))
        raise ConfigurationError(f"--prefix {unknown[0]}=…: no document has that name; there are {known}.")
    return [_moved(document, wanted) for document in documents]


def _moved(document: Document, prefixes: Mapping[str, str]) -> Document:
    prefix = prefixes.get(document.name)
    return document if prefix is None else document.below(prefix)


def _prefix(text: str) -> tuple[str, str]:
    name, sign, path = text.partition("=")
    if not sign or not path.startswith("/") or path.startswith(("/__", "/~")):
        raise ConfigurationError(f"--prefix {text}: expected is NAME=/path, such as shop=/shop.")
    return name, path.rstrip("/")


def _named(files: list[Path]) -> Iterator[tuple[Path, str]]:
    """A unique name for each file."""
    taken: set[str] = set()
    plain = [file.name.split(".")[0] for file in files]
    for file, stem in zip(files, plain, strict=True):
        name = stem
        if plain.count(stem) > 1 and name in taken:
            folder = file.resolve().parent.name
            name = f"{folder}-{stem}".replace(".", "-").lstrip("-")
        number, wanted = 1, name
        while name in taken:
            number += 1
            name = f"{wanted}-{number}"
        taken.add(name)
        yield file, name


def warnings(documents: Iterable[Document], clashes: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """Warnings about the served documents: a sentence each, with defects on the lines below it.

    Args:
        documents: what is served.
        clashes: methods and paths of several operations, with the ids of the first and the other one.
    """
    for what, first, other in clashes:
        yield f"{what} is served as {first}; {other} has the same path and is not reached"
    for document in documents:
        yield from document.idle_actions
        yield from _defects(document)


def _defects(document: Document) -> Iterator[str]:
    """The number of defects in a document, and the first ones with their positions."""
    is_large = sum(file.stat().st_size for file in document.files if file.is_file()) > _SEARCHED_BYTES
    broken = list(document.broken())
    if is_large and not broken and not document.findings:
        return
    from mockserver.openapi import lint

    unserved = tuple(finding.pointer for finding in broken)
    others = lint.locate(document, document.findings) if is_large else lint.defects(document)
    # Findings within a broken operation are the reason why it is broken.
    others = [entry for entry in others if not _is_below(entry.finding.pointer, unserved)]
    others.sort(key=lambda entry: entry.finding.severity)
    found = [*lint.locate(document, broken), *others]
    if not found:
        return
    more = f"it is large; `mockserver lint {document.file}` checks all of it"
    rest = more if is_large else f"`mockserver lint {document.file}` lists them"
    least = "at least " if is_large else ""
    lines = [f"{document.file} is served with {least}{_counted(found)}: {rest}"]
    for entry in found[:_SHOWN]:
        consequence = "; it answers 501" if entry.finding in broken else ""
        lines.append(f"{entry.where} at {entry.pointer or '/'}: {entry.sentence}{consequence}")
    if len(found) > _SHOWN:
        lines.append(f"… and {len(found) - _SHOWN:,} more")
    yield "\n  ".join(lines)


def _is_below(pointer: str, places: tuple[str, ...]) -> bool:
    return any(pointer == place or pointer.startswith(f"{place}/") for place in places)


def _counted(found: "Iterable[LocatedDefect]") -> str:
    """`2 errors and 1 warning`."""
    counts = Counter(entry.finding.severity for entry in found)
    written = [f"{count:,} {what}{'s' if count > 1 else ''}" for what, count in sorted(counts.items())]
    return " and ".join(written)
