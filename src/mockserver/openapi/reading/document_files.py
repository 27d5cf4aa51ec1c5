"""Read YAML and JSON files as plain values, and find the lines of values in them."""

import re
import stat
from pathlib import Path
from typing import Any

import orjson

from mockserver.errors import DocumentError, SourceLocation
from mockserver.openapi.reading import parse_hints
from mockserver.openapi.reading.plain_yaml import MAXIMUM_DEPTH, YamlError, read_yaml
from mockserver.openapi.reading.source_lines import line_of

# A `$ref` to another file (not starting with `#`), in JSON or YAML.
_ELSEWHERE = re.compile(rb"""\$ref["']?\s*:(?!\s*(?:["']?#|[{\[]))""")


MAXIMUM_BYTES = 64 * 1024 * 1024
"""Maximum size of a file: more than any known document has."""

_LARGE_BYTES = 4 * 1024 * 1024
"""From this size on, equal texts of a file are kept once, which takes about as long as parsing it."""


def read_bytes(file: Path) -> bytes:
    """Read the content of a regular file; pipes and devices are refused, as they may never end.

    Raises:
        DocumentError: it cannot be read.
    """
    try:
        found = file.stat()
        if not stat.S_ISREG(found.st_mode):
            what = "a folder" if stat.S_ISDIR(found.st_mode) else "a pipe, a socket or a device"
            raise DocumentError(f"is {what}, not a file", SourceLocation(file), "Name a YAML or JSON file.")
        if found.st_size > MAXIMUM_BYTES:
            reason = f"has {found.st_size:,} bytes; files of up to {MAXIMUM_BYTES:,} are read"
            raise DocumentError(reason, SourceLocation(file), "Split it into files that refer to each other.")
        return file.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise DocumentError(f"cannot be read: {reason}", SourceLocation(file)) from None


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
            value = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            if file.suffix == ".json":
                line = content.count(b"\n", 0, error.pos) + 1
                trouble = parse_hints.of_json(error.msg, line, content)
                raise DocumentError(trouble.reason, SourceLocation(file, line=line), trouble.remedy) from None
        else:
            _require_usual_depth(value, file)
            if len(content) > _LARGE_BYTES and isinstance(value, dict):
                _share_texts(value, {})
            return value
    try:
        return read_yaml(content)
    except YamlError as error:
        trouble = parse_hints.of_yaml(error, content)
        raise DocumentError(trouble.reason, SourceLocation(file, line=trouble.line), trouble.remedy) from None


def _require_usual_depth(value: Any, file: Path) -> None:
    """Refuse a value that is nested more deeply than allowed for YAML and than orjson can write."""
    try:
        orjson.dumps(value)
    except TypeError:
        raise DocumentError(
            f"is nested more than {MAXIMUM_DEPTH} levels deep", SourceLocation(file)
        ) from None


def _share_texts(node: dict[str, Any], texts: dict[str, str]) -> None:
    """Replace equal texts in objects by one: documents repeat references and descriptions very often."""
    share = texts.setdefault
    for key, value in node.items():
        kind = type(value)
        if kind is str:
            node[key] = share(value, value)
        elif kind is dict:
            _share_texts(value, texts)
        elif kind is list:
            for place, entry in enumerate(value):
                if type(entry) is dict:
                    _share_texts(entry, texts)
                elif type(entry) is str:
                    value[place] = share(entry, entry)


def place(file: Path, pointer: str) -> SourceLocation:
    """The location of a pointer in a file, with its line if it can be found."""
    return SourceLocation(file, pointer, line_of(file, pointer))


def refers_elsewhere(content: bytes, root: Any) -> bool:
    """Whether a document refers to other files; a search of its bytes is enough for most that do not."""
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
