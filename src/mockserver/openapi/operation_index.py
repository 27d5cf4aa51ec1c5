"""Find the operations of a document and assign each a unique id."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mockserver.openapi import pointers
from mockserver.openapi.defects import Defect, Severity
from mockserver.openapi.operation import METHODS
from mockserver.openapi.servers import paths_of
from mockserver.openapi.versions.openapi_version import version_of


@dataclass(frozen=True, slots=True)
class OperationKey:
    """The place of an operation in a document.

    Attributes:
        path: the template as written.
        method: in lower case.
        base_paths: those of the `servers` of the operation or of its path; empty when there are none.
        additional: its name under `additionalOperations`, the method as written; empty for others.
    """

    path: str
    method: str
    base_paths: tuple[str, ...] = ()
    additional: str = ""

    def below(self, prefix: str) -> "OperationKey":
        """Return a copy with a prefix before its base paths."""
        return replace(self, base_paths=tuple(prefix + path for path in self.base_paths))

    @property
    def way(self) -> tuple[str, ...]:
        """The keys from the path item to the operation."""
        return (ADDITIONAL, self.additional) if self.additional else (self.method,)

    @property
    def pointer(self) -> str:
        """The operation's JSON pointer."""
        return pointers.join(["paths", self.path, *self.way])

    def find(self, item: Any) -> Any:
        """The operation in its path item, unparsed."""
        for name in self.way:
            item = item[name]
        return item


_MOST_SEGMENTS = 100
ADDITIONAL = "additionalOperations"

Index = Mapping[str, OperationKey]


def index_operations(root: Mapping[str, Any]) -> tuple[Index, list[Defect]]:
    """Index the operations by id, and report those that were skipped or were assigned another id."""
    findings: list[Defect] = []
    index: dict[str, OperationKey] = {}
    version = version_of(root)
    for path, item in _items(root, findings):
        for key in _keys(path, item, is_open=version is not None and version >= (3, 2)):
            written = key.find(item)
            operation_id = _id(root, written, key, index, findings)
            if operation_id is not None:
                paths = _base_paths(item, written)
                index[operation_id] = replace(key, base_paths=paths) if paths else key
    return index, findings


def _keys(path: str, item: Mapping[str, Any], *, is_open: bool) -> Iterator[OperationKey]:
    """The operations of a path item; since OpenAPI 3.2 `query` is a method, and others may be added."""
    for method in (*METHODS, "query") if is_open else METHODS:
        if method in item:
            yield OperationKey(path, method)
    others = item.get(ADDITIONAL) if is_open else None
    for name in others if isinstance(others, Mapping) else ():
        if name.lower() not in {*METHODS, "query"}:
            yield OperationKey(path, name.lower(), additional=name)


def _base_paths(item: Mapping[str, Any], operation: Any) -> tuple[str, ...]:
    """The base paths of an operation; its own servers override its path's."""
    own = operation.get("servers") if isinstance(operation, Mapping) else None
    servers = item.get("servers")
    return paths_of(own) or paths_of(servers) if own or servers else ()


def _items(root: Mapping[str, Any], findings: list[Defect]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The path items that can be served, with references resolved."""

    def report(rule: str, path: str, message: str, severity: Severity = "error") -> None:
        findings.append(Defect(rule, severity, pointers.join(["paths", path]), message))

    try:
        paths, _ = pointers.follow(root, root["paths"])
    except KeyError:
        return
    for path, written in paths.items() if isinstance(paths, Mapping) else ():
        if not path.startswith("/"):
            if not path.startswith("x-"):
                report("path-without-slash", path, "does not start with a slash and is not served")
            continue
        if path.count("/") > _MOST_SEGMENTS:
            report("path-too-long", path, f"has more than {_MOST_SEGMENTS} segments and is not served")
            continue
        try:
            item, _ = pointers.follow(root, written)
        except KeyError as error:
            report("unresolved-reference", path, f"the reference {error.args[0]} leads nowhere")
            continue
        if isinstance(item, Mapping):
            yield path, item
        else:
            report("structure", path, "is not a path item: an object with methods is expected")


def _id(
    root: Mapping[str, Any],
    written: Any,
    key: OperationKey,
    index: Mapping[str, OperationKey],
    findings: list[Defect],
) -> str | None:
    """The operationId, or an id made of method and path; None if the value is not an operation."""
    try:
        operation, _ = pointers.follow(root, written)
    except KeyError:
        operation = None
    if not isinstance(operation, Mapping):
        findings.append(
            Defect("structure", "error", key.pointer, "is not an operation: an object is expected")
        )
        return None
    made = f"{key.method} {key.path}"
    own = operation.get("operationId")
    if not isinstance(own, str) or not own:
        return made if made not in index else f"{made} (2)"
    if own not in index:
        return own
    message = f"duplicate operationId {own!r}, first at {index[own].pointer}; this one is served as {made!r}"
    findings.append(Defect("duplicate-operation-id", "error", key.pointer, message))
    return made if made not in index else f"{made} (2)"
