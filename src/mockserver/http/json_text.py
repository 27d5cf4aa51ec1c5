"""Read and write JSON: fast for common texts, exact for the rest."""

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
# orjson rejects numbers beyond a 64-bit float, also if they are written out.
_MAXIMUM_DIGITS = 308
_MAXIMUM_DEPTH = 200
MOST_VALUES = 1_000_000
"""Default limit for the number of values and names in a body."""
_SEPARATORS = (b",", b":", b"[", b"{")
_OTHERS = bytes(set(range(256)) - set(b',:[{"'))
_STRING = re.compile(rb'"[^"]*"')


def decode(content: bytes, most_values: int = MOST_VALUES) -> Any:
    """Read a JSON text (RFC 8259) from a request.

    Integers are exact, up to 308 digits. Duplicate names in an object are refused, because parsers interpret
    them differently (section 4).

    Args:
        content: the text.
        most_values: limit for values and names: `[[],[],…]` takes 30 times its size in memory.

    Raises:
        PayloadTooLargeError: it has more values and names.
        BadRequestError: it is not JSON in UTF-8, or has duplicate names, numbers that are out of
            range, or more than 200 levels; the detail says where.
    """
    # N values need at least N bytes, so most bodies need no counting.
    if len(content) > most_values and _has_more(content, most_values):
        raise PayloadTooLargeError(f"The body has more than {most_values:,} values, the limit here.")
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise _refusal(_reason(content, error), "syntax") from None
    if isinstance(value, dict | list):
        # If re-encoding gives the same text, as for most programs, it has no duplicates and rounds nothing.
        if content.count(b"{") + content.count(b"[") <= _MAXIMUM_DEPTH and orjson.dumps(value) == content:
            return value
        names, nodes, has_floats = _measure(value)
        if nodes > _MAXIMUM_DEPTH and _depth(value) > _MAXIMUM_DEPTH:
            raise _refusal(f"The body is nested more than {_MAXIMUM_DEPTH} levels deep.", "depth")
        # orjson is exact for integers up to 64 bits, and makes floats of longer ones.
        if has_floats and _LONG_NUMBER.search(content):
            return _decode_exactly(content)
        # A colon follows every name: if there are as many colons as names, no name is duplicated.
        if names != content.count(b":") and names != len(_KEY.findall(content)):
            return _decode_exactly(content)
    elif isinstance(value, float) and _LONG_NUMBER.search(content):
        return _decode_exactly(content)
    return value


def _has_more(content: bytes, most: int) -> bool:
    """Whether a text exceeds the limit, estimated by counting separators and opening brackets."""
    if sum(map(content.count, _SEPARATORS)) <= most:
        return False
    # Strings contain commas, too: remove everything except separators and quotes.
    plain = content.replace(b"\\\\", b"").replace(b'\\"', b"").translate(None, _OTHERS)
    quotes = plain.count(b'"')
    if quotes > 2 * most:
        return True
    inside = sum(match.end() - match.start() - 2 for match in _STRING.finditer(plain.replace(b'""', b"")))
    return len(plain) - quotes - inside > most


def _measure(value: Any) -> tuple[int, int, bool]:
    """Count the names in all objects, the objects and arrays, and return whether there is a float."""
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
    """Decode with the exact but slower parser, after orjson has accepted the text as JSON."""
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
        return f"A number is out of range: at most {_MAXIMUM_DIGITS} digits are allowed."
    return f"The body is not JSON: {error.msg}."


def _refusal(reason: str, keyword: str) -> BadRequestError:
    return BadRequestError(reason, violations=[Violation("body", "", reason, keyword)])


def encode(value: Any) -> bytes:
    """Write a value as JSON in UTF-8; integers of any size, NaN and infinity as null.

    Raises:
        ValueError: the value has a type that JSON cannot represent.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        # Integers beyond 64 bits, or text with lone surrogates.
        text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
        return text.encode("ascii")
