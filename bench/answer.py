"""What a server said, and the value in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said; header names are lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body's value; None when it is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def fields(self) -> Any:
        """The body's value, of XML its elements as fields; None where it is neither."""
        if not self.body.startswith(b"<"):
            return self.json()
        try:
            root = ET.fromstring(self.body)  # noqa: S314  the mock wrote it
        except ET.ParseError:
            return None
        return _fields(root)


def _fields(element: ET.Element) -> Any:
    """An element's fields: those of one name are a list."""
    if not len(element):
        return element.text or ""
    found: dict[str, list[Any]] = {}
    for inner in element:
        found.setdefault(inner.tag.rpartition("}")[2], []).append(_fields(inner))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}
