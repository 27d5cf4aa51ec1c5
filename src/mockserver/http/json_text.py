"""JSON in and out: quick for what is usual, exact for what is not."""

import json
import math
import re
from typing import Any

import orjson

from mockserver.errors import BadRequestError, PayloadTooLargeError, Violation

_KEY = re.compile(rb'"\s*:')
# 16 digits are where a 64-bit float or integer may stop being exact.
_LONG_NUMBER = re.compile(rb"\d{16}")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
# The quick reader takes no number that is beyond a 64-bit float, written out or not.
_MAXIMUM_DIGITS = 308
_MAXIMUM_DEPTH = 200
MOST_VALUES = 1_000_000
"""Values and names of a body, unless a setting says otherwise."""
_SEPARATORS = (b",", b":", b"[", b"{")
_OTHERS = bytes(set(range(256)) - set(b',:[{"'))
_STRING = re.compile(rb'"[^"]*"')


def decode(content: bytes, most_values: int = MOST_VALUES) -> Any:
    """Read a JSON text (RFC 8259) from a request.

    Integers are exact, up to 308 digits. Names that stand twice in an object are refused: what they
    mean differs from reader to reader (section 4).

    Args:
        content: the text.
        most_values: how many values and names it may have: `[[],[],…]` takes 30 times its size in memory.

    Raises:
        PayloadTooLargeError: it has more values and names.
        BadRequestError: it is not JSON in UTF-8, or has duplicate names, numbers that are out of
            range, or more than 200 levels; the detail says where.
    """
    # As many values take at least as many bytes: nothing needs to be counted in most bodies.
    if len(content) > most_values and _has_more(content, most_values):
        raise PayloadTooLargeError(f"The body has more than {most_values:,} values, the limit here.")
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise _refusal(_reason(content, error), "syntax") from None
    if isinstance(value, dict | list):
        # What is written again as it came, most of what programs send, says nothing twice and rounds nothing.
        if content.count(b"{") + content.count(b"[") <= _MAXIMUM_DEPTH and orjson.dumps(value) == content:
            return value
        names, nodes, has_floats = _measure(value)
        if nodes > _MAXIMUM_DEPTH and _depth(value) > _MAXIMUM_DEPTH:
            raise _refusal(f"The body is nested more than {_MAXIMUM_DEPTH} levels deep.", "depth")
        # The quick reader is exact about integers up to 64 bits, and makes floats of longer ones.
        if has_floats and _LONG_NUMBER.search(content):
            return _decode_exactly(content)
        # A colon follows every name: as many colons as names leave no room for a name that stands twice.
        if names != content.count(b":") and names != len(_KEY.findall(content)):
            return _decode_exactly(content)
    elif isinstance(value, float) and _LONG_NUMBER.search(content):
        return _decode_exactly(content)
    return value


def _has_more(content: bytes, most: int) -> bool:
    """Whether a text has more values and names, told by what separates them and opens objects and arrays."""
    if sum(map(content.count, _SEPARATORS)) <= most:
        return False
    # Text has commas, too: of all that is no separator and no quote nothing is needed.
    plain = content.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _OTHERS)
    quotes = plain.count(b'"')
    if quotes > 2 * most:
        return True
    inside = sum(match.end() - match.start() - 2 for match in _STRING.finditer(plain.replace(b'""', b"")))
    return len(plain) - quotes - inside > most


def _measure(value: Any) -> tuple[int, int, bool]:
    """Count the names in all objects, count objects and arrays, and tell whether there is a float."""
    names, has_floats = 0, False
    nodes = [value]
    for node in nodes:
        children = node
        if type(node) is dict:
            names += len(node)
            children = node.values()
        for child in children:
            kind = type(child)
            if kind is dict or kind is list:
                nodes.append(child)
            elif kind is float:
                has_floats = True
    return names, len(nodes), has_floats


def _depth(value: Any) -> int:
    """Count the levels of objects and arrays."""
    depth, level = 0, [value]
    while level:
        depth += 1
        children = (child for node in level for child in (node.values() if isinstance(node, dict) else node))
        level = [child for child in children if isinstance(child, dict | list)]
    return depth


def _decode_exactly(content: bytes) -> Any:
    """Read what the quick reader would round or fold, after it has found the text to be JSON."""
    try:
        return json.loads(content, object_pairs_hook=_unique, parse_int=_integer, parse_float=_finite)
    except RecursionError:
        raise _refusal(f"The body is nested more than {_MAXIMUM_DEPTH} levels deep.", "depth") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in pairs:
        if name in result:
            raise _refusal(f"The name {name!r} appears twice in one object.", "duplicate")
        result[name] = value
    return result


def _integer(text: str) -> int:
    if len(text.lstrip("-")) > _MAXIMUM_DIGITS:
        raise _refusal(f"A number has more than {_MAXIMUM_DIGITS} digits.", "range")
    return int(text)


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise _refusal("A number is too large.", "range")
    return value


def _reason(content: bytes, error: orjson.JSONDecodeError) -> str:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as wrong:
        return f"The body is not UTF-8: byte {wrong.start} cannot be read."
    read = text[: error.pos]
    if sum(map(read.count, "[{")) - sum(map(read.count, "]}")) > _MAXIMUM_DEPTH:
        return f"The body is nested more than {_MAXIMUM_DEPTH} levels deep."
    number = _NUMBER.match(text, error.pos)
    if number is not None and math.isinf(float(number[0])):
        return f"A number is out of range: {_MAXIMUM_DIGITS} digits are taken."
    return f"The body is not JSON: {error.msg}."


def _refusal(reason: str, keyword: str) -> BadRequestError:
    return BadRequestError(reason, violations=[Violation("body", "", reason, keyword)])


def encode(value: Any) -> bytes:
    """Write a value as JSON in UTF-8; integers of any size, NaN and infinity as null.

    Raises:
        ValueError: the value has something that JSON has no word for.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        # Integers beyond 64 bits, or text with lone surrogates.
        text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
        return text.encode("ascii")
