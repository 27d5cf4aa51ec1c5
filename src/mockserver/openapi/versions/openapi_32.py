"""Report features of OpenAPI 3.2 that are not supported yet; the rest of the document is served."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.openapi import pointers
from mockserver.openapi.defects import Defect

_WITHOUT_EFFECT: Mapping[str, str] = {
    "itemEncoding": "parts of a multipart body are not distinguished by position",
    "prefixEncoding": "parts of a multipart body are not distinguished by position",
    "nodeType": "XML is written by `attribute` and `wrapped`",
}


def unsupported(root: Mapping[str, Any]) -> Iterator[Defect]:
    """Report keywords that have no effect yet."""
    waiting: list[tuple[Any, tuple[str | int, ...], bool]] = [(root, (), False)]
    while waiting:
        value, way, are_names = waiting.pop()
        if isinstance(value, list):
            waiting += [(entry, (*way, place), False) for place, entry in enumerate(value)]
        elif isinstance(value, Mapping):
            for name, entry in value.items():
                if name in _WITHOUT_EFFECT and not are_names:
                    reason = f"`{name}` of OpenAPI 3.2 has no effect yet: {_WITHOUT_EFFECT[name]}"
                    yield Defect("unsupported", "warning", pointers.join([*way, name]), reason)
                elif are_names or name not in pointers.DATA_KEYS:
                    waiting.append((entry, (*way, name), name == "properties" and not are_names))
