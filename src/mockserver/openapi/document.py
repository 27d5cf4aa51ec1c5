"""An OpenAPI document: its operations by id, each read on first access."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mockserver.errors import DocumentError, SourceLocation
from mockserver.openapi import pointers
from mockserver.openapi.defects import Defect
from mockserver.openapi.operation import BUNDLED, Bundle, Operation
from mockserver.openapi.operation_index import OperationKey, index_operations
from mockserver.openapi.operation_reader import read_operation
from mockserver.openapi.overlays import DocumentOverlay, apply
from mockserver.openapi.reading import document_files, parse_hints
from mockserver.openapi.reading.remote_files import RemoteFiles
from mockserver.openapi.schema.schema_cost import UnservableSchemas
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.openapi.servers import base_paths
from mockserver.openapi.versions.local_references import localise
from mockserver.openapi.versions.openapi_32 import unsupported
from mockserver.openapi.versions.openapi_version import version_of, written_version

__all__ = ["Document", "OperationKey", "load"]


@dataclass(frozen=True, slots=True)
class Document:
    """An OpenAPI document.

    Attributes:
        name: the file's name without extensions; fixtures and the admin API use it.
        file: the file that it was read from.
        files: all files that it was read from: itself and those it references.
        root: the document as plain values, with references to other files bundled.
        version: for example `(3, 0)`.
        base_path: the path before all its paths, without a trailing slash; `""` is the root.
        other_base_paths: base paths of further servers, and of other values of server variables.
        index: the operations' ids and places, in the document's order.
        findings: the defects that were found while loading.
        origins: the file and the pointer that each name under `x-bundled` came from.
        unread: the referenced files that could not be read, each with the reason.
        idle_actions: the overlay actions that select nothing in it, a sentence each.
        schemas: the reader of its schemas.
    """

    name: str
    file: Path
    files: tuple[Path, ...]
    root: Mapping[str, Any]
    version: tuple[int, int]
    base_path: str
    index: Mapping[str, OperationKey]
    findings: tuple[Defect, ...] = ()
    origins: Mapping[str, tuple[Path, str]] = field(default_factory=dict)
    other_base_paths: tuple[str, ...] = ()
    unread: Mapping[Path, str] = field(default_factory=dict)
    idle_actions: tuple[str, ...] = ()
    schemas: SchemaReader = field(init=False, repr=False, compare=False)
    _operations: dict[str, Operation] = field(default_factory=dict, repr=False, compare=False)
    _unservable: list[UnservableSchemas] = field(default_factory=list, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "schemas", SchemaReader(self.root))

    @property
    def title(self) -> str:
        """The title in `info`, or the document's name."""
        info = self.root.get("info")
        return str(info.get("title", self.name)) if isinstance(info, Mapping) else self.name

    @property
    def security_schemes(self) -> Mapping[str, Any]:
        """The documented security schemes by name, in the form of OpenAPI 3, with references resolved."""
        components = self.root if self.version == (2, 0) else self.root.get("components")
        key = "securityDefinitions" if self.version == (2, 0) else "securitySchemes"
        schemes = components.get(key) if isinstance(components, Mapping) else None
        found = {}
        for name, written in schemes.items() if isinstance(schemes, Mapping) else ():
            scheme = _target(self.root, written)
            basic = scheme.get("type") == "basic"
            found[name] = {**scheme, "type": "http", "scheme": "basic"} if basic else scheme
        return found

    def base_paths(self, operation_id: str) -> tuple[str, ...]:
        """The base paths under which an operation is served: its own servers', then the document's."""
        own = self.index[operation_id].base_paths
        if not own and not self.other_base_paths:
            return (self.base_path,)
        return tuple(dict.fromkeys((*own, self.base_path, *self.other_base_paths)))

    def full_path(self, operation_id: str) -> str:
        """An operation's path template, with its base path."""
        key = self.index[operation_id]
        return (key.base_paths[0] if key.base_paths else self.base_path) + key.path

    def members(self, operation_id: str) -> frozenset[str]:
        """The names of an operation's members in the document: `parameters`, `x-access` and so on."""
        return frozenset(pointers.resolve(self.root, self.index[operation_id].pointer))

    def written(self) -> Iterator[tuple[str, Any]]:
        """The id of each operation, and the operation as the document has it, unparsed."""
        paths, _ = pointers.follow(self.root, self.root.get("paths", {}))
        for operation_id, key in self.index.items():
            item = paths[key.path]
            if "$ref" in item:
                item, _ = pointers.follow(self.root, item)
            yield operation_id, key.find(item)

    def below(self, prefix: str) -> "Document":
        """Return a copy with a prefix before every base path."""
        return replace(
            self,
            base_path=prefix + self.base_path,
            other_base_paths=tuple(prefix + path for path in self.other_base_paths),
            index={name: key.below(prefix) for name, key in self.index.items()},
        )

    def operation(self, operation_id: str) -> Operation:
        """Return an operation, read at its first use.

        Raises:
            KeyError: the document has no operation with this id.
            DocumentError: the operation is invalid.
        """
        operation = self._operations.get(operation_id)
        if operation is None:
            operation = self._operations[operation_id] = self._read(operation_id, self.index[operation_id])
        return operation

    def operations(self) -> Iterator[Operation]:
        """All operations, in the document's order."""
        return (self.operation(operation_id) for operation_id in self.index)

    def understood(self) -> Iterator[Operation]:
        """The operations that can be served; the others are `broken`."""
        for operation_id in self.index:
            with contextlib.suppress(DocumentError):
                yield self.operation(operation_id)

    def broken(self) -> Iterator[Defect]:
        """Read every operation without caching it, and yield a defect for each that cannot be served."""
        for operation_id, key in self.index.items():
            try:
                self._understand(operation_id, key)
            except _BrokenOperationError as error:
                yield Defect("broken-operation", "error", key.pointer, str(error))

    def place(self, pointer: str) -> SourceLocation:
        """The file and line of a pointer, in the file that it came from."""
        file, inner = self.origin(pointer)
        return document_files.place(file, inner)

    def origin(self, pointer: str) -> tuple[Path, str]:
        """The file that a pointer's value came from, and its pointer in that file."""
        tokens = pointers.split(pointer)
        if len(tokens) > 1 and tokens[0] == BUNDLED and tokens[1] in self.origins:
            file, base = self.origins[tokens[1]]
            return file, pointers.join(tokens[2:], base)
        return self.file, pointer

    def part_name(self, file: Path) -> str:
        """The path of one of its files, relative to the document's folder."""
        own = self.file.parent
        return (file.relative_to(own) if file.is_relative_to(own) else Path(*file.parts[-2:])).as_posix()

    def _read(self, operation_id: str, key: OperationKey) -> Operation:
        try:
            return self._understand(operation_id, key)
        except _BrokenOperationError as error:
            remedy = "Run `mockserver lint` to see what is wrong."
            raise DocumentError(str(error), self.place(key.pointer), remedy) from None

    def _understand(self, operation_id: str, key: OperationKey) -> Operation:
        try:
            operation = read_operation(self.name, self.root, operation_id, key, self.index)
            unservable = self._why_unservable(key)
            if unservable is None:
                return operation
            reason = f"{operation_id}: a schema that it reaches cannot be served: {unservable}"
        except KeyError as error:
            reason = f"{operation_id}: the reference {error.args[0]} leads nowhere"
        except (TypeError, ValueError, AttributeError, RecursionError) as error:
            reason = f"{operation_id}: cannot be read ({error})"
        raise _BrokenOperationError(reason)

    def _why_unservable(self, key: OperationKey) -> str | None:
        """The reason why schemas of an operation cannot be served; None when they can."""
        if not self._unservable:
            self._unservable.append(UnservableSchemas(self.root))
        paths, _ = pointers.follow(self.root, self.root["paths"])
        item, _ = pointers.follow(self.root, paths[key.path])
        return self._unservable[0].reason([item.get("parameters"), key.find(item)])


class _BrokenOperationError(ValueError):
    """An operation that cannot be read; its line is not looked up here, because that takes long."""


def load(
    file: Path,
    name: str | None = None,
    overlays: Sequence[DocumentOverlay] = (),
    *,
    allow_remote: bool = False,
) -> Document:
    """Read a document from a YAML or JSON file, and from the files it references.

    Args:
        file: the document.
        name: its name; by default the file's name without extensions.
        overlays: overlays to apply, if they are meant for this document.
        allow_remote: whether references to the network are followed.

    Raises:
        DocumentError: it cannot be read, or is not an OpenAPI document that can be served.
    """
    content = document_files.read_bytes(file)
    root = document_files.parse(content, file)
    if not isinstance(root, dict):
        trouble = parse_hints.of_kind(root, content)
        raise DocumentError(trouble.reason, SourceLocation(file, line=trouble.line), trouble.remedy)
    idle: list[str] = []
    for overlay in overlays:
        if overlay.concerns(file):
            root, unselected = apply(root, overlay)
            idle += [f"{sentence} in {file}" for sentence in unselected]
            content += overlay.content
    version = _version(root, file)
    if version >= (3, 1):
        localise(root, content)
    bundle = _bundle(file, root, content, allow_remote=allow_remote)
    root = bundle.root
    if not isinstance(root.get("paths"), Mapping) and (version < (3, 1) or "paths" in root):
        raise _without_paths(root, file)
    index, findings = index_operations(root)
    base_path, *others = base_paths(root)
    return Document(
        name=name or file.name.split(".")[0],
        file=file,
        files=bundle.files,
        root=root,
        version=version,
        base_path=base_path,
        index=index,
        findings=(*bundle.problems, *findings, *(unsupported(root) if version >= (3, 2) else ())),
        origins=bundle.origins,
        other_base_paths=tuple(others),
        unread=bundle.unread,
        idle_actions=tuple(idle),
    )


def _without_paths(root: Mapping[str, Any], file: Path) -> DocumentError:
    if "paths" not in root:
        return DocumentError(
            "has no `paths`", SourceLocation(file, "", 1), "Add `paths:` with the operations below it."
        )
    reason = "is empty" if root["paths"] is None else "is no object"
    remedy = "Write the paths below it, indented: `/things:` and then `get:`."
    return DocumentError(f"`paths` {reason}", document_files.place(file, "/paths"), remedy)


def _bundle(file: Path, root: dict[str, Any], content: bytes, *, allow_remote: bool) -> Bundle:
    """Bundle the files of a document; skipped for a single file."""
    if not document_files.refers_elsewhere(content, root):
        return Bundle(root, (file,), {}, ())
    from mockserver.openapi.reading.bundling import bundle

    return bundle(file, root, RemoteFiles(file) if allow_remote else None)


def _target(root: Mapping[str, Any], value: Any) -> Mapping[str, Any]:
    """Follow references to an object; an empty one if they lead nowhere."""
    try:
        target, _ = pointers.follow(root, value)
    except KeyError:
        return {}
    return target if isinstance(target, Mapping) else {}


def _version(root: Mapping[str, Any], file: Path) -> tuple[int, int]:
    version = version_of(root)
    if version is None:
        key, text = "swagger" if "swagger" in root else "openapi", written_version(root)
        said = (
            f"is of a version that is not served: `{key}: {text}`" if text else "says no version of OpenAPI"
        )
        remedy = "Versions that are served: `swagger: '2.0'`, `openapi: 3.0.x`, `3.1.x` and `3.2.x`."
        raise DocumentError(said, document_files.place(file, f"/{key}" if text else ""), remedy)
    return version
