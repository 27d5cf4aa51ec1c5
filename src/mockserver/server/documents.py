"""Read the documents that are to be served, under names and paths that do not clash."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from mockserver.errors import ConfigurationError
from mockserver.openapi.document import Document, load

_MANY = 5


def read_documents(files: Iterable[Path], prefixes: Iterable[str] = ()) -> list[Document]:
    """Read documents; those with one name are told apart by their folders, or else by a number.

    Args:
        files: the documents.
        prefixes: `NAME=/path` puts a path in front of the base path of the document NAME.

    Raises:
        DocumentError: a document cannot be served.
        ConfigurationError: a prefix is malformed, or names no document.
    """
    wanted = dict(_prefix(text) for text in prefixes)
    documents = [load(file, name) for file, name in _named(list(files))]
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
    """A name of its own for each file."""
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
    """What a user should know of the documents that are served, one line each.

    Args:
        documents: what is served.
        clashes: methods and paths that several operations have, with the first's and the other's id.
    """
    for what, first, other in clashes:
        yield f"{what} is served as {first}; {other} has the same path and is not reached"
    for document in documents:
        defects = [str(finding) for finding in document.findings if finding.severity == "error"]
        defects += [error.reason for error in document.broken()]
        if defects:
            more = f"; and {len(defects) - _MANY} more" if len(defects) > _MANY else ""
            listed = "; ".join(defects[:_MANY])
            yield f"{document.file}: {listed}{more} (`mockserver lint {document.file}` has all)"
