"""Resolve references by `$id`, `$anchor` and `$dynamicAnchor` in documents of OpenAPI 3.1."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from mockserver.openapi.versions import dialect_31


class AnchorIndex:
    """Index of one document for references that are not plain pointers."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        #: The resource against which a reference is resolved, by the identity of the referring schema.
        self._resources: dict[int, Mapping[str, Any]] = {}
        self._anchors: dict[str, list[Mapping[str, Any]]] = {}
        self._choices: dict[str, Mapping[str, Any]] = {}
        for schema, resource in _walk(root, root):
            if "$ref" in schema or "$dynamicRef" in schema:
                self._resources[id(schema)] = resource
            if isinstance(schema.get("$dynamicAnchor"), str):
                self._anchors.setdefault(schema["$dynamicAnchor"], []).append(schema)

    def target(self, schema: Mapping[str, Any]) -> Any:
        """The target of a schema's `$ref`.

        Raises:
            KeyError: it leads nowhere; the argument is the reference.
        """
        resource = self._resources.get(id(schema), self._root)
        found, _ = dialect_31.find(self._root, resource, schema["$ref"])
        if found is True:
            raise KeyError(schema["$ref"])
        return found

    def dynamic(self, schema: Mapping[str, Any]) -> Any:
        """The most likely target of a `$dynamicRef`; the evaluation path that decides it is unknown here.

        If one schema overrides the anchor, that one; if several do, a choice of them.
        """
        resource = self._resources.get(id(schema), self._root)
        near, _ = dialect_31.find(self._root, resource, schema["$dynamicRef"])
        others = [
            entry for entry in self._anchors.get(schema["$dynamicRef"].lstrip("#"), ()) if entry is not near
        ]
        if len(others) < 2:
            return others[0] if others else near
        telling = [
            entry for entry in (*others, near) if len(entry) > 1
        ]  # a bare anchor is only there to be overridden
        return self._choices.setdefault(schema["$dynamicRef"], {"anyOf": telling or [near]})


def _walk(value: Any, resource: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    stack: list[tuple[Any, Mapping[str, Any]]] = [(value, resource)]
    while stack:
        node, within = stack.pop()
        if isinstance(node, Mapping):
            within = node if isinstance(node.get("$id"), str) and not node["$id"].startswith("#") else within
            yield node, within
            stack.extend((entry, within) for entry in node.values())
        elif isinstance(node, list):
            stack.extend((entry, within) for entry in node)


@lru_cache(maxsize=8)
def _identified(same: dialect_31.ByIdentity) -> AnchorIndex:
    return AnchorIndex(same.value)


def identified(root: Mapping[str, Any]) -> AnchorIndex:
    """The anchor index of a document, created on first use."""
    return _identified(dialect_31.ByIdentity(root))
