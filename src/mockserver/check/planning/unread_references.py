"""Find operations that refer to documents that are missing, or on the network and not fetched."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.openapi import pointers
from mockserver.openapi.document import Document
from mockserver.openapi.operation import Operation

_BY_NAME = {"properties", "patternProperties", "dependentSchemas", "$defs", "definitions"}
"""Keywords whose members are named by the document, and are schemas."""
_EXAMPLES = {"example", "examples", "default", "enum", "const"}


class UnreadReferences:
    """Finds references of operations that could not be resolved."""

    def __init__(self, document: Document) -> None:
        self._document = document
        unread = [one for one in document.findings if one.rule == "unresolved-reference"]
        self._reasons = {_target(document.root, one.pointer): one.message for one in unread}

    def of(self, operation: Operation) -> str | None:
        """The reason why an operation is incomplete; None if all its references are resolved."""
        if not self._reasons:
            return None
        key, root = self._document.index[operation.id], self._document.root
        item = root["paths"][key.path]
        places = [key.find(item), item.get("parameters")]
        reference = next((one for one in _references(root, places) if one in self._reasons), None)
        return None if reference is None else self._reasons[reference]


def _references(root: Mapping[str, Any], start: Any) -> Iterator[str]:
    """All references in a part of the document, direct and indirect."""
    waiting, seen = [(start, False)], set()
    while waiting:
        node, is_by_name = waiting.pop()
        if isinstance(node, Mapping):
            reference = node.get("$ref")
            if isinstance(reference, str) and not is_by_name and reference not in seen:
                seen.add(reference)
                yield reference
                if reference.startswith("#/"):
                    waiting.append((_target(root, reference[1:]), False))
            skipped = set() if is_by_name else _EXAMPLES
            waiting += [
                (value, not is_by_name and name in _BY_NAME)
                for name, value in node.items()
                if name not in skipped
            ]
        elif isinstance(node, list):
            waiting += [(one, False) for one in node]


def _target(root: Mapping[str, Any], pointer: str) -> Any:
    try:
        return pointers.resolve(root, pointer)
    except (KeyError, IndexError, TypeError, ValueError):
        return None
