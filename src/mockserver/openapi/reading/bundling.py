"""Bundle a document that refers to other files into one value; prance resolves the references.

Only files in the document's folder and in folders below it are read. Files on the network are fetched into a
temporary folder, if that is allowed, and references are redirected there. This module is imported only for
documents with such references, because prance is slow to import.
"""

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any
from urllib.parse import ParseResult, unquote

from prance.util.resolver import RESOLVE_FILES, RESOLVE_INTERNAL, TRANSLATE_EXTERNAL, RefResolver
from prance.util.url import ResolutionError, split_url_reference, urlresource

from mockserver.errors import DocumentError, SourceLocation
from mockserver.openapi import pointers
from mockserver.openapi.defects import Defect
from mockserver.openapi.operation import BUNDLED, Bundle
from mockserver.openapi.reading import document_files
from mockserver.openapi.reading.remote_files import RemoteFiles, address_of

_MAXIMUM_FILES = 5_000
_MAXIMUM_BYTES = 256 * 1024 * 1024
_LESS_TELLING = {"", "schema", "index", "paths", "schemas", "parameters", "responses"}


def bundle(file: Path, root: Mapping[str, Any], remote: RemoteFiles | None = None) -> Bundle:
    """Put the referenced parts of other files under `x-bundled`; references may be circular.

    A reference that cannot or must not be followed is left unchanged and reported as a finding: operations
    that do not need it can be served. `remote` fetches files from the network; without it none are fetched.

    Raises:
        DocumentError: there are more or larger files than allowed.
    """
    resolver = _Bundler(file, root, remote)
    try:
        resolver.resolve_references()
    except (ResolutionError, ValueError, TypeError, AttributeError, RecursionError) as error:
        # prance raises these for invalid references: numbers, URLs that cannot be parsed.
        raise DocumentError(f"has a reference that cannot be read: {error}", SourceLocation(file)) from None
    bundled: dict[str, Any] = resolver.specs
    for name, part in resolver.parts.items():
        resolver.localize(part, resolver.origins[name][0])
    resolver.localize(bundled, file)
    if resolver.parts:
        bundled[BUNDLED] = resolver.parts
    problems = tuple(resolver.findings(bundled))
    return Bundle(bundled, tuple(resolver.read), resolver.origins, problems, resolver.unread)


class _Bundler(RefResolver):  # type: ignore[misc]  # prance ships no types
    """prance's resolver, restricted to a folder, which puts parts under names instead of copying them."""

    def __init__(self, file: Path, root: Mapping[str, Any], remote: RemoteFiles | None) -> None:
        self._remote = remote
        #: The original references, by their redirected ones.
        self._written: dict[str, str] = {}
        root = self._redirected(root, file)
        super().__init__(
            root,
            str(file.resolve()),
            resolve_types=RESOLVE_FILES | RESOLVE_INTERNAL,
            resolve_method=TRANSLATE_EXTERNAL,
            recursion_limit_handler=self._recursion,
        )
        self.parts: dict[str, Any] = {}
        self.origins: dict[str, tuple[Path, str]] = {}
        #: The files read so far, the document first, each with its content.
        self.read: dict[Path, Any] = {file: root}
        #: Missing files, each with the reason why it could not be read.
        self.unread: dict[Path, str] = {}
        #: Why a reference cannot be followed, by its URL.
        self._problems: dict[str, str] = {}
        self._file = file
        self._folder = file.resolve().parent
        self._bytes = 0
        self._names: dict[tuple[str, tuple[str, ...]], str] = {}
        # A schema may be referenced by its `$id` (JSON Schema 2020-12 section 8.2.1), which is not a file.
        self._ids = {str(node["$id"]).rsplit("/", 1)[-1] for node in _mappings(root) if "$id" in node}

    def _is_root(self, url: ParseResult) -> bool:
        """Whether a reference points into the document itself."""
        return bool(url.path == self.parsed_url.path and url.scheme in {"", "file"})

    def _skip_reference(self, base_url: ParseResult, ref_url: ParseResult) -> bool:
        """Skip references into the document itself, from any file, and those that cannot be followed."""
        del base_url
        if self._is_root(ref_url) or ref_url.path.rsplit("/", 1)[-1] in self._ids:
            return True
        try:
            self._fetch_ref_value(ref_url, _tokens(ref_url))
        except DocumentError as error:
            self._problems[ref_url.geturl()] = error.reason
            return True
        return False

    def _fetch_ref_value(self, ref_url: ParseResult, obj_path: list[str]) -> Any:
        """The target of a reference (called by prance)."""
        file = self._permitted(ref_url)
        if file not in self.read:
            self._bytes += file.stat().st_size
            if self._bytes > _MAXIMUM_BYTES or len(self.read) >= _MAXIMUM_FILES:
                raise DocumentError(
                    "there are more or larger files than can be bundled", SourceLocation(self._file)
                )
            try:
                self.read[file] = self._redirected(document_files.read_file(file), file)
            except DocumentError as error:
                self.unread[file] = str(error)
                raise
        pointer = pointers.join(map(unquote, obj_path))
        try:
            return pointers.resolve(self.read[file], pointer)
        except KeyError:
            raise DocumentError(f"{file} has nothing at {pointer}", SourceLocation(file, pointer)) from None

    def _permitted(self, url: ParseResult) -> Path:
        """The file of a reference, relative to the document's path as the user wrote it.

        Raises:
            DocumentError: it is on the network, outside the document's folder, or does not exist.
        """
        if url.scheme not in {"", "file"} or url.netloc:
            reason = "references to the network need --allow-remote; without it, save the file"
            raise DocumentError(f"{reason} in the document's folder", SourceLocation(self._file))
        file = Path(unquote(url.path)).resolve()
        if self._remote is not None and self._remote.has(file):
            self._remote.fetch(file)
            return file
        if not file.is_relative_to(self._folder):
            raise DocumentError(
                "it is outside the document's folder; put it there", SourceLocation(self._file)
            )
        named = self._file.parent / file.relative_to(self._folder)
        if not file.is_file():
            self.unread[named] = f"{named} does not exist"
            reason = f"there is no file {file.relative_to(self._folder)} in the document's folder"
            if address_of(self._file) is not None and self._remote is None:
                reason += "; --allow-remote fetches it from the document's server"
            raise DocumentError(reason, SourceLocation(self._file))
        return named

    def _name(self, url: ParseResult, tokens: tuple[str, ...]) -> str:
        """Name a bundled part after the last meaningful token of its pointer: a schema keeps its name."""
        key = (urlresource(url), tokens)
        name = self._names.get(key)
        if name is None:
            file = self._permitted(url)
            telling = (token for token in (*reversed(tokens), file.stem) if token not in _LESS_TELLING)
            wanted = re.sub(r"[^\w.-]+", "_", next(telling, file.stem)).strip("_") or "part"
            name, number = wanted, 1
            while name in self.origins:
                number += 1
                name = f"{wanted}_{number}"
            self._names[key] = name
            self.origins[name] = (file, pointers.join(map(unquote, tokens)))
        return name

    def _redirected(self, content: Any, file: Path) -> Any:
        """The content of a file, with its references to the network redirected to the fetched files."""
        if self._remote is None:
            return content
        base, content = address_of(file), deepcopy(content)
        for holder, name in _references(content):
            written = holder[name]
            place = None if written.startswith("#") else self._remote.place(base, written)
            if place is not None:
                holder[name] = place
                self._written[place] = written
        return content

    def _reference(self, url: ParseResult, tokens: tuple[str, ...]) -> dict[str, str]:
        return {"$ref": "#" + pointers.join([BUNDLED, self._name(url, tokens)])}

    def _translate_value(self, ref_key: tuple[str, tuple[str, ...]], ref_url: ParseResult, value: Any) -> Any:
        """Store the target of a reference as a part, and return a reference to it (called by prance)."""
        reference = self._reference(ref_url, ref_key[1])
        if value != reference:
            self.parts[self._name(ref_url, ref_key[1])] = value
        return reference

    def _recursion(self, limit: int, url: ParseResult, recursions: Any = ()) -> Any:
        """A reference to the part, for a recursive one (called by prance)."""
        del limit, recursions
        return self._reference(url, tuple(_tokens(url)))

    def localize(self, value: Any, file: Path) -> None:
        """Make references from other files into the document local, including discriminator mappings."""
        for holder, name in _references(value):
            holder[name] = self._localized(holder[name], file)

    def findings(self, bundled: Mapping[str, Any]) -> Iterator[Defect]:
        """The references that could not be followed, with their places in the bundle."""
        for tokens, node in _placed(bundled):
            reference = node.get("$ref")
            if not isinstance(reference, str) or reference.startswith("#"):
                continue
            name = tokens[1] if tokens[:1] == (BUNDLED,) else ""
            file = self.origins[name][0] if name in self.origins else self._file
            url, _ = split_url_reference(str(file.resolve()), reference)
            reason = self._problems.get(url.geturl())
            if reason is not None:
                node["$ref"] = reference = self._written.get(reference, reference)
                message = f"the reference {reference} is not followed: {reason}"
                place = pointers.join([*tokens, "$ref"])
                yield Defect("unresolved-reference", "error", place, message)

    def _localized(self, reference: str, file: Path) -> str:
        if reference.startswith("#"):
            return reference
        url, tokens = split_url_reference(str(file.resolve()), reference)
        if self._is_root(url):
            return "#" + pointers.join(tokens)
        name = self._names.get((urlresource(url), tuple(tokens)))
        return reference if name is None else "#" + pointers.join([BUNDLED, name])


def _references(content: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Find references, each as an object and the key of its member; includes discriminator mappings."""
    for node in _mappings(content):
        if isinstance(node.get("$ref"), str):
            yield node, "$ref"
        discriminator = node.get("discriminator")
        mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
        if not isinstance(mapping, dict):
            continue
        for name, target in mapping.items():
            if isinstance(target, str) and ("/" in target or "." in target):
                yield mapping, name


def _tokens(url: ParseResult) -> list[str]:
    """The tokens of the pointer in a URL, as prance splits it."""
    return [pointers.unescape(token) for token in url.fragment.lstrip("/").split("/") if url.fragment]


def _placed(value: Any) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """Each object with its path."""
    stack: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while stack:
        tokens, node = stack.pop()
        if isinstance(node, dict):
            yield tokens, node
            stack.extend(((*tokens, name), entry) for name, entry in node.items())
        elif isinstance(node, list):
            stack.extend(((*tokens, number), entry) for number, entry in enumerate(node))


def _mappings(value: Any) -> Iterator[dict[str, Any]]:
    stack = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield node
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
