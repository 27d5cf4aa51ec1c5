"""Decide whether a returned value is an acceptable normalisation of the value sent."""

import html
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from mockserver.check.rules.body_comparison import PRECISION, moment

_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
_ROUNDED = 0.5
"""A number may be rounded: it then differs by half a unit of its last digit at most."""
_PRECISION = 1e-6
"""Relative precision of a 32-bit float."""


def is_like(sent: Any, shown: Any) -> bool:
    """Whether `shown` equals `sent` after trimming, re-casing, rounding, or another notation.

    Not used if a handler implements the operation: then the value must be returned exactly as sent.
    """
    if isinstance(shown, Mapping) and isinstance(sent, (str, int)) and not isinstance(sent, bool):
        # A reference may be expanded to the record.
        return any(type(one) is type(sent) and one == sent for one in shown.values())
    if isinstance(sent, Mapping) or isinstance(shown, Mapping):
        return False
    if isinstance(sent, list) and isinstance(shown, list):
        if any(isinstance(entry, Mapping) for entry in shown):
            return len(sent) == len(shown) and all(map(is_like, sent, shown))
        return {_plain(entry) for entry in sent} == {_plain(entry) for entry in shown}
    if isinstance(sent, str) and isinstance(shown, str) and sent.isdigit() and shown.isdigit():
        return sent == shown  # not a number: zeros at the beginning count
    left, right = _number(sent), _number(shown)
    if left is not None and right is not None:
        # An integer must not be rounded to another one, and no digit may be cut off: 19.99 is not 19.98.
        rounded = 0 if left.is_integer() else _ROUNDED * 10.0 ** -_decimals(right)
        return abs(left - right) <= max(rounded * (1 + _PRECISION), _PRECISION * abs(left))
    return isinstance(sent, str) and isinstance(shown, str) and _plain(sent) == _plain(shown)


def is_kept(sent: Any, got: Any) -> bool:
    """Whether a value is the sent one, possibly normalised, or empty if an empty one was sent."""
    left, right = moment(sent), moment(got)
    if left is not None and right is not None:
        return abs(left - right) < PRECISION
    return got == sent or is_like(sent, got) or (not sent and not got)


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    try:
        return float(Decimal(str(value)))
    except (InvalidOperation, OverflowError):
        return None


def _decimals(value: float) -> int:
    """How many digits a number has behind the point."""
    exponent = Decimal(repr(value)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _plain(value: Any) -> str:
    """Only the letters and digits, which every normalisation keeps."""
    text = html.unescape(str(value)).casefold()
    return "".join(sign for sign in text if sign.isalnum()) or text.strip()
