r"""Rewrite regular expressions to the syntax of the validator.

JSON Schema uses JavaScript's patterns, and documents use what its annex B tolerates: `[\w-.]`, `\_`.
"""

import re

_WRAPPED = re.compile(r"/(.*)/[a-z]*", re.DOTALL)
# `^` after a slash and `$` before one match nothing: only the part between the slashes is meant.
_LITERAL = re.compile(r"/(\^.*\$|\^.*|.*\$)/([a-z]*)", re.DOTALL)
_SIGN = re.compile(r"\\(?:[uU]\{?[0-9A-Fa-f]+\}?|x[0-9A-Fa-f]{2}|[pP]\{[^}]*\}|.)|\[\^?|.", re.DOTALL)
# Characters that may follow a backslash in the validator's syntax; others are escaped needlessly.
_ESCAPES = set("dDwWsSbBnrtfvuUxpPcAzk0123456789\\^$.|?*+()[]{}/-")
_CLASSES = re.compile(r"\\[dDwWsSpP]")


def unwrapped(pattern: str) -> str:
    """Remove the slashes of a JavaScript literal that as a pattern could match nothing."""
    literal = _LITERAL.fullmatch(pattern) if pattern[:1] == "/" else None
    if literal is None:
        return pattern
    return ("(?i)" if "i" in literal[2] else "") + literal[1]


def tolerant(pattern: str) -> str:
    """Rewrite a pattern with JavaScript's tolerated syntax to standard syntax."""
    wrapped = _WRAPPED.fullmatch(pattern)
    text = wrapped[1] if wrapped else pattern
    written: list[str] = []
    inside = False
    signs: list[str] = _SIGN.findall(text)
    for position, sign in enumerate(signs):
        if inside and sign == "-" and _is_literal(signs, position):
            written.append(r"\-")
        elif inside and sign in {"[", "[^"}:
            written.append("\\" + sign)
        else:
            written.append(_plain(sign))
            inside = sign[0] == "[" or (inside and sign != "]")
    return "".join(written).replace(r"\Z", "$").replace(r"\A", "^")


def _is_literal(signs: list[str], position: int) -> bool:
    """Whether a dash in brackets is literal: next to a character class it makes no range."""
    neighbours = signs[position - 1 : position] + signs[position + 1 : position + 2]
    return any(_CLASSES.match(sign) for sign in neighbours)


def _plain(sign: str) -> str:
    """Remove the backslash of a needless escape."""
    if len(sign) == 2 and sign[0] == "\\" and sign[1] not in _ESCAPES | {"Z"}:
        return sign[1]
    return sign
