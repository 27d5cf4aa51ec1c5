"""Whether a value that is shown can be what was sent, tidied up in a way that no document forbids."""

import html
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_ROUNDED = 0.5
"""A number may lose its fraction, and text that is a number may get one."""
_PRECISION = 1e-6
"""What a number of 32 bits keeps of one of 64."""


def is_like(sent: Any, shown: Any) -> bool:
    """Whether one is the other after trimming, a change of case, rounding, or another spelling of the same.

    Where a handler knows what an operation does, this is not asked: there a value is shown as it was sent.
    """
    if isinstance(shown, Mapping) and isinstance(sent, (str, int)) and not isinstance(sent, bool):
        # A reference may be shown as the record that it names.
        return any(type(one) is type(sent) and one == sent for one in shown.values())
    if isinstance(sent, Mapping) or isinstance(shown, Mapping):
        return False
    if isinstance(sent, list) and isinstance(shown, list):
        if any(isinstance(entry, Mapping) for entry in shown):
            return len(sent) == len(shown) and all(map(is_like, sent, shown))
        return {_plain(entry) for entry in sent} == {_plain(entry) for entry in shown}
    left, right = _number(sent), _number(shown)
    if left is not None and right is not None:
        # A whole number is not rounded to another one.
        return abs(left - right) <= max(0 if left.is_integer() else _ROUNDED, _PRECISION * abs(left))
    return isinstance(sent, str) and isinstance(shown, str) and _plain(sent) == _plain(shown)


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    try:
        return float(Decimal(str(value)))
    except (InvalidOperation, OverflowError):
        return None


def _plain(value: Any) -> str:
    """Letters and digits alone: what every way of tidying up keeps."""
    text = html.unescape(str(value)).casefold()
    return "".join(sign for sign in text if sign.isalnum()) or text.strip()
