"""Which operations need a document on the network, which is not fetched."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.openapi import pointers
from mockserver.openapi.document import Document
from mockserver.openapi.operation import Operation


def remote_reference(document: Document, operation: Operation) -> str | None:
    """The first URL that an operation refers to, itself or by what it refers to; None when there is none."""
    key = document.index[operation.id]
    item = document.root["paths"][key.path]
    return next(_urls(document.root, [item[key.method], item.get("parameters")]), None)


def _urls(root: Mapping[str, Any], start: Any) -> Iterator[str]:
    waiting, seen = [start], set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            reference = node.get("$ref")
            if isinstance(reference, str) and reference.startswith(("https://", "http://")):
                yield reference
            elif isinstance(reference, str) and reference.startswith("#/") and reference not in seen:
                seen.add(reference)
                waiting.append(_target(root, reference))
            waiting += [value for name, value in node.items() if name not in {"example", "examples"}]
        elif isinstance(node, list):
            waiting += node


def _target(root: Mapping[str, Any], reference: str) -> Any:
    try:
        return pointers.resolve(root, reference[1:])
    except (KeyError, IndexError, TypeError, ValueError):
        return None
