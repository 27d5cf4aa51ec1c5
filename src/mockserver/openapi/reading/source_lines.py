"""Find the lines of values in a YAML or JSON file.

The file is parsed again, once for all requested pointers: use this only when there is an error to
report.
"""

import contextlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import orjson
import yaml

from mockserver.openapi import pointers

EventKind = Literal["object", "array", "end", "scalar"]
Event = tuple[EventKind, str, int]
"""The kind of event, a scalar's text, and its line, counted from 1."""

# An unclosed quote matches to the end: otherwise each later quote would be tried in turn.
_JSON_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[{}\[\]\n]|[^\s{}\[\],:"]+', re.DOTALL)
_JSON_KINDS: dict[bytes, EventKind] = {b"{": "object", b"[": "array", b"}": "end", b"]": "end"}


class _Node:
    """A requested place, or one on the path to it."""

    __slots__ = ("children", "line")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.line: int | None = None

    def descend(self, tokens: list[str]) -> "_Node":
        node = self
        for token in tokens:
            node = node.children.setdefault(token, _Node())
        return node


def lines_of(file: Path, wanted: Iterable[str]) -> dict[str, int]:
    """Find the line of each pointer's value, or of its nearest parent.

    Returns:
        Lines counted from 1 by pointer; empty when the file cannot be read or parsed.
    """
    try:
        return lines_in(file.read_bytes(), wanted)
    except OSError:
        return {}


def lines_in(content: bytes, wanted: Iterable[str]) -> dict[str, int]:
    """Find lines in the content of a file, as `lines_of` does."""
    top = _Node()
    asked = list(wanted)
    for pointer in asked:
        top.descend(pointers.split(pointer))
    with contextlib.suppress(yaml.YAMLError, UnicodeDecodeError, ValueError, IndexError):
        _walk(_events(content), top)
    return {pointer: line for pointer in asked if (line := _line(top, pointers.split(pointer)))}


def line_of(file: Path, pointer: str) -> int | None:
    """Find the line of one pointer's value; None when the file cannot be parsed."""
    return lines_of(file, [pointer]).get(pointer)


def _line(node: _Node, tokens: list[str]) -> int | None:
    line = node.line
    for token in tokens:
        node = node.children[token]
        if node.line is None:
            break
        line = node.line
    return line


def _events(content: bytes) -> Iterator[Event]:
    return _json_events(content) if _is_json(content) else _yaml_events(content)


def _is_json(content: bytes) -> bool:
    """Whether a file is JSON; YAML can start the same way: `{openapi: 3.0.3}`."""
    if content.lstrip()[:1] not in {b"{", b"["}:
        return False
    try:
        orjson.loads(content)
    except orjson.JSONDecodeError:
        return False
    return True


def _json_events(content: bytes) -> Iterator[Event]:
    line = 1
    for match in _JSON_TOKEN.finditer(content):
        token = match[0]
        if token == b"\n":
            line += 1
        elif token in _JSON_KINDS:
            yield _JSON_KINDS[token], "", line
        elif token[:1] == b'"' and b"\\" in token:
            yield "scalar", str(json.loads(token)), line
        else:
            yield "scalar", token.strip(b'"').decode(), line


def _yaml_events(content: bytes) -> Iterator[Event]:
    for event in yaml.parse(content, yaml.CSafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.MappingStartEvent):
            yield "object", "", line
        elif isinstance(event, yaml.SequenceStartEvent):
            yield "array", "", line
        elif isinstance(event, yaml.CollectionEndEvent):
            yield "end", "", line
        elif isinstance(event, yaml.ScalarEvent | yaml.AliasEvent):
            yield "scalar", str(getattr(event, "value", "")), line


class _Frame:
    """An open object or array; `node` is None if nothing inside it was requested."""

    __slots__ = ("count", "is_object", "key", "key_line", "node")

    def __init__(self, node: _Node | None, is_object: bool) -> None:
        self.node = node
        self.is_object = is_object
        self.key: str | None = None
        self.key_line = 0
        self.count = 0

    def child(self, line: int) -> _Node | None:
        """The requested place of the value that starts here, or None."""
        token, self.key = (self.key if self.is_object else str(self.count)), None
        self.count += 1
        node = self.node.children.get(token) if self.node is not None and token is not None else None
        if node is not None and node.line is None:
            node.line = self.key_line if self.is_object else line
        return node


def _walk(events: Iterator[Event], top: _Node) -> None:
    stack: list[_Frame] = []
    for kind, text, line in events:
        frame = stack[-1] if stack else None
        if kind == "end":
            stack.pop()
        elif frame is not None and frame.is_object and frame.key is None:
            frame.key, frame.key_line = text, line
        else:
            node = top if frame is None else frame.child(line)
            if frame is None:
                top.line = top.line or line
            if kind != "scalar":
                stack.append(_Frame(node, kind == "object"))


def duplicate_keys(content: bytes) -> Iterator[tuple[str, int]]:
    """Find duplicate keys of an object, with the pointer and the line of the second one."""
    stack: list[tuple[list[str], set[str] | None]] = []
    path: list[str] = []
    key: str | None = None
    for kind, text, line in _events(content):
        if kind == "end":
            path, _ = stack.pop()
            key = None
            continue
        seen = stack[-1][1] if stack else None
        if seen is not None and key is None:
            key = text
            if key in seen and key != "<<":
                yield pointers.join([*path, key]), line
            seen.add(key)
            continue
        if kind != "scalar":
            stack.append((path, set() if kind == "object" else None))
            path = [*path, key] if key is not None else [*path, "-"] if len(stack) > 1 else path
        key = None
