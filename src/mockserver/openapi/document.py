"""A document: its operations by id, each read when it is first asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mockserver.errors import DocumentError, Place
from mockserver.openapi import pointer as pointers
from mockserver.openapi import reading
from mockserver.openapi.model import METHODS, Operation
from mockserver.openapi.operations import read_operation


@dataclass(frozen=True, slots=True)
class OperationKey:
    """Where an operation stands: the path template as written, and the method in lower case."""

    path: str
    method: str

    @property
    def pointer(self) -> str:
        """The operation's JSON pointer."""
        return pointers.join(["paths", self.path, self.method])


@dataclass(frozen=True, slots=True)
class Document:
    """An OpenAPI document.

    Attributes:
        name: the file's name without extensions; fixtures and the admin API use it.
        file: where it was read from.
        files: every file it was read from, itself and those it references.
        root: the document as plain values, references to other files bundled.
        version: `(3, 0)`, say.
        base_path: what stands before each path, without a trailing slash; `""` is the root.
        index: the operations' ids and places, in the document's order.
    """

    name: str
    file: Path
    files: tuple[Path, ...]
    root: Mapping[str, Any]
    version: tuple[int, int]
    base_path: str
    index: Mapping[str, OperationKey]
    _operations: dict[str, Operation] = field(default_factory=dict, repr=False, compare=False)

    @property
    def title(self) -> str:
        """The title its `info` gives, or its name."""
        return str(self.root.get("info", {}).get("title", self.name))

    @property
    def security_schemes(self) -> Mapping[str, Any]:
        """The documented security schemes by name, references followed."""
        schemes = self.root.get("components", {}).get("securitySchemes", {})
        return {name: pointers.follow(self.root, scheme)[0] for name, scheme in schemes.items()}

    def operation(self, operation_id: str) -> Operation:
        """Return an operation, read at its first use.

        Raises:
            KeyError: the document has none of this id.
            DocumentError: what it says about it cannot be understood.
        """
        operation = self._operations.get(operation_id)
        if operation is None:
            key = self.index[operation_id]
            try:
                operation = read_operation(self.name, self.root, operation_id, key.path, key.method)
            except KeyError as error:
                reason = f"{operation_id}: the reference {error.args[0]} leads nowhere"
                raise DocumentError(reason, reading.place(self.file, key.pointer)) from None
            self._operations[operation_id] = operation
        return operation

    def operations(self) -> Iterator[Operation]:
        """All operations, in the document's order."""
        return (self.operation(operation_id) for operation_id in self.index)


def load(file: Path) -> Document:
    """Read a document from a YAML or JSON file.

    Raises:
        DocumentError: it cannot be read, or is not an OpenAPI document that can be served.
    """
    root = reading.read_file(file)
    if not isinstance(root, dict):
        raise DocumentError("is not an OpenAPI document: an object is expected", Place(file))
    version = _version(root, file)
    paths = root.get("paths")
    if not isinstance(paths, dict):
        raise DocumentError("has no `paths` object", Place(file, "", 1), "Add `paths:`.")
    return Document(
        name=file.name.split(".")[0],
        file=file,
        files=(file,),
        root=root,
        version=version,
        base_path=_base_path(root),
        index=_index(paths, file),
    )


def _version(root: Mapping[str, Any], file: Path) -> tuple[int, int]:
    text = str(root.get("openapi", root.get("swagger", "")))
    major, _, rest = text.partition(".")
    minor = rest.split(".")[0]
    if (major, minor) not in {("3", "0")}:
        said = f"says {text!r}" if text else "does not say which version of OpenAPI it is written in"
        raise DocumentError(said, reading.place(file, "/openapi"), "Versions that are served: 3.0.")
    return int(major), int(minor)


def _base_path(root: Mapping[str, Any]) -> str:
    """Take the path of the first server, its variables' defaults put in (OpenAPI 4.7.5)."""
    servers = root.get("servers") or [{"url": "/"}]
    url = str(servers[0].get("url", "/"))
    for name, variable in (servers[0].get("variables") or {}).items():
        url = url.replace("{" + name + "}", str(variable.get("default", "")))
    return urlsplit(url).path.rstrip("/")


def _index(paths: Mapping[str, Any], file: Path) -> dict[str, OperationKey]:
    index: dict[str, OperationKey] = {}
    for path, item in paths.items():
        if not path.startswith("/"):
            continue
        for method in METHODS:
            if isinstance(item, dict) and isinstance(item.get(method), dict):
                key = OperationKey(path, method)
                operation_id = str(item[method].get("operationId") or f"{method} {path}")
                if operation_id in index:
                    first = index[operation_id].pointer
                    reason = f"the operationId {operation_id!r} stands twice, first at {first}"
                    raise DocumentError(
                        reason, reading.place(file, key.pointer), "Give one of them another id."
                    )
                index[operation_id] = key
    return index
