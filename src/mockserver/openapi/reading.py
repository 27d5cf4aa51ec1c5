"""Read YAML and JSON files as plain values, and say where in them something stands."""

import re
from pathlib import Path
from typing import Any

import orjson

from mockserver.errors import DocumentError, Place
from mockserver.openapi import remedies
from mockserver.openapi.lines import line_of
from mockserver.openapi.plain_yaml import YamlError, read_yaml

# A `$ref` that does not begin with `#`, as JSON or YAML write it.
_ELSEWHERE = re.compile(rb"""\$ref["']?\s*:(?!\s*(?:["']?#|[{\[]))""")


def read_bytes(file: Path) -> bytes:
    """Read the content of a file.

    Raises:
        DocumentError: it cannot be read.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise DocumentError(f"cannot be read: {reason}", Place(file)) from None


def read_file(file: Path) -> Any:
    """Read a YAML or JSON file.

    Returns:
        Plain values: dictionaries with text keys, lists, text, numbers, booleans, None.

    Raises:
        DocumentError: the file cannot be read or parsed; the place has the line.
    """
    return parse(read_bytes(file), file)


def parse(content: bytes, file: Path) -> Any:
    """Parse the content of a file; JSON when it looks like it, else YAML. Raises like `read_file`."""
    if content.lstrip()[:1] in {b"{", b"["}:
        try:
            return orjson.loads(content)
        except orjson.JSONDecodeError as error:
            if file.suffix == ".json":
                line = content.count(b"\n", 0, error.pos) + 1
                trouble = remedies.of_json(error.msg, line, content)
                raise DocumentError(trouble.reason, Place(file, line=line), trouble.remedy) from None
    try:
        return read_yaml(content)
    except YamlError as error:
        trouble = remedies.of_yaml(error, content)
        raise DocumentError(trouble.reason, Place(file, line=trouble.line), trouble.remedy) from None


def place(file: Path, pointer: str) -> Place:
    """Name a place in a file, with its line where it can be found."""
    return Place(file, pointer, line_of(file, pointer))


def refers_elsewhere(content: bytes, root: Any) -> bool:
    """Whether a document refers to anything beyond itself; its bytes tell most that do not."""
    if not _ELSEWHERE.search(content):
        return False
    stack = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str) and not reference.startswith("#"):
                return True
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
    return False
