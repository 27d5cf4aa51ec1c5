"""Read YAML and JSON files as plain values, and say where in them something stands."""

import re
from pathlib import Path
from typing import Any

import orjson
import yaml

from mockserver.errors import DocumentError, Place
from mockserver.openapi import pointer as pointers

MAXIMUM_NODES = 20_000_000
"""More than this and a file is refused: aliases can make a small file mean gigabytes."""


class _Loader(yaml.CSafeLoader):
    """YAML as JSON means it: a date stays text, only true and false are booleans, keys are text."""

    yaml_implicit_resolvers = {  # noqa: RUF012  the base class's own table, narrowed
        first: [(tag, regexp) for tag, regexp in resolvers if tag not in _NOT_JSON]
        for _NOT_JSON in [{"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool"}]
        for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def _construct_mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    loader.flatten_mapping(node)
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if isinstance(key_node, yaml.ScalarNode):
            # Keys are text in JSON: a status code such as 200 is its own spelling.
            mapping[key_node.value] = loader.construct_object(value_node, deep=True)
        else:
            raise yaml.constructor.ConstructorError(None, None, "a key must be text", key_node.start_mark)
    return mapping


_Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)


def read_file(file: Path) -> Any:
    """Read a YAML or JSON file.

    Returns:
        Plain values: dictionaries with text keys, lists, text, numbers, booleans, None.

    Raises:
        DocumentError: the file cannot be read or parsed; the place has the line.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise DocumentError(f"cannot be read: {reason}", Place(file)) from None
    return parse(content, file)


def parse(content: bytes, file: Path) -> Any:
    """Parse the content of a file; JSON when it looks like it, else YAML. Raises like `read_file`."""
    if content.lstrip()[:1] in {b"{", b"["}:
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError as error:
            if file.suffix == ".json":
                line = content.count(b"\n", 0, error.pos) + 1
                raise DocumentError(f"is not JSON: {error.msg}", Place(file, line=line)) from None
    try:
        value = yaml.load(content, _Loader)  # noqa: S506  a loader of plain values
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error)
        where = Place(file, line=mark.line + 1 if mark else None)
        raise DocumentError(f"is not YAML: {reason}", where) from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise DocumentError(f"is not YAML: {error}", Place(file)) from None
    if b"*" in content and _too_many_nodes(value):
        raise DocumentError(
            f"means more than {MAXIMUM_NODES:,} values once its aliases are put in", Place(file)
        )
    return value


def _too_many_nodes(value: Any) -> bool:
    """Count as a serializer would, each alias anew, and stop at the limit."""
    left = MAXIMUM_NODES
    stack = [value]
    while stack:
        left -= 1
        if left < 0:
            return True
        node = stack.pop()
        if isinstance(node, dict):
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
    return False


def line_of(file: Path, pointer: str) -> int | None:
    """Find the line on which a pointer's value, or the nearest thing above it, stands.

    Reads the file anew: it is called when there is something to complain about, not before.

    Returns:
        The line, counted from 1; None when the file cannot be parsed.
    """
    try:
        node = yaml.compose(file.read_bytes(), yaml.CSafeLoader)
    except (yaml.YAMLError, OSError, UnicodeDecodeError):
        return None
    if node is None:
        return None
    line: int = node.start_mark.line or 0
    for token in pointers.split(pointer):
        step = _step(node, token)
        if step is None:
            break
        line, node = step
    return line + 1


def _step(node: yaml.Node, token: str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == token:
                return key.start_mark.line, value
    if isinstance(node, yaml.SequenceNode) and token.isdigit() and int(token) < len(node.value):
        value = node.value[int(token)]
        return value.start_mark.line, value
    return None


def place(file: Path, pointer: str) -> Place:
    """Name a place in a file, with its line where it can be found."""
    return Place(file, pointer, line_of(file, pointer))
