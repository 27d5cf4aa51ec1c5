"""Parse the `Prefer` header (RFC 7240), by which the caller influences the response."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from mockserver.errors import BadRequestError, Violation

LONGEST_DELAY = 60_000
"""Maximum delay in milliseconds; to simulate longer ones, use a fault that breaks the connection."""

MOST_EVENTS = 1_000
"""Maximum number of values in one stream."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """The preferences of the caller; None where not stated.

    Attributes:
        code: the response status.
        example: the name of a documented example.
        dynamic: whether values are generated even if there are examples.
        seed: seed of generated values, in place of the configured seed.
        delay: milliseconds to wait before the response.
        handling: `lenient` serves a request that violates the document; `strict` is the default.
        events: how many values a stream has.
        interval: milliseconds between the values of a stream.
    """

    code: int | None = None
    example: str | None = None
    dynamic: bool | None = None
    seed: int | None = None
    delay: int | None = None
    handling: str | None = None
    events: int | None = None
    interval: int | None = None

    def applied(self) -> str:
        """The value of the header `Preference-Applied`; empty when nothing was preferred."""
        stated = ((field.name, getattr(self, field.name)) for field in fields(self))
        return ", ".join(f"{name}={_written(value)}" for name, value in stated if value is not None)


NO_PREFERENCES = Preferences()


def is_lenient(header: str | None) -> bool:
    """Whether a `Prefer` header asks to serve requests that violate the document."""
    found = (match for match in _PREFERENCE.finditer(header or "") if match["name"].lower() == "handling")
    return (first := next(found, None)) is not None and _value(first).lower() == "lenient"


_CHARACTER = r"[!\#$%&'*+\-.^_`|~0-9A-Za-z]"
# By the standard a semicolon starts a parameter of the same preference; people use it like a comma.
# Names are matched whole or not at all (`++`, lookbehind), else a long malformed one is tried at each letter.
_PREFERENCE = re.compile(
    rf"""
    (?<! {_CHARACTER} ) (?P<name> {_CHARACTER}++ ) [ \t]*+
    (?: = [ \t]*+ (?: "(?P<quoted> (?: [^"\\] | \\. )*+ )" [ \t]*+ | (?P<plain> [^",;]*+ ) ) )?
    (?: [,;] | $ )
    """,
    re.VERBOSE,
)


def parse(header: str | None) -> Preferences:
    """Parse the header; several header lines must be joined with commas before.

    Names are case-insensitive, the first of several equal names is used, unknown ones are ignored.

    Raises:
        BadRequestError: a known preference has an invalid value.
    """
    if not header:
        return NO_PREFERENCES
    stated: dict[str, Any] = {}
    for match in _PREFERENCE.finditer(header):
        name = match["name"].lower()
        if name in _READERS and name not in stated:
            read, allowed = _READERS[name]
            value = read(_value(match))
            if value is None:
                raise _refused(name, _value(match), allowed)
            stated[name] = value
    return Preferences(**stated) if stated else NO_PREFERENCES


def refused(preference: str, message: str) -> BadRequestError:
    """The error for a preference that cannot be fulfilled."""
    violation = Violation("header", "Prefer", message, preference)
    return BadRequestError(f"Prefer: {message}", violations=[violation])


def _refused(name: str, value: str, allowed: str) -> BadRequestError:
    return refused(name, f"{name} is {value!r}; allowed is {allowed}")


def _value(match: re.Match[str]) -> str:
    if match["quoted"] is not None:
        return re.sub(r"\\(.)", r"\1", match["quoted"])
    return (match["plain"] or "").strip()


def _code(value: str) -> int | None:
    return int(value) if re.fullmatch(r"[1-5][0-9]{2}", value) else None


def _whole(value: str) -> int | None:
    return int(value) if re.fullmatch(r"[0-9]{1,18}", value) else None


def _delay(value: str) -> int | None:
    number = _whole(value)
    return number if number is not None and number <= LONGEST_DELAY else None


def _handling(value: str) -> str | None:
    return value.lower() if value.lower() in {"strict", "lenient"} else None


def _count(value: str) -> int | None:
    number = _whole(value)
    return number if number is not None and number <= MOST_EVENTS else None


def _flag(value: str) -> bool | None:
    # A preference without a value counts as stated (RFC 7240 section 2), so it means true.
    return {"true": True, "": True, "false": False}.get(value.lower())


_READERS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "code": (_code, "a status code from 100 to 599"),
    "example": (lambda value: value or None, "the name of an example"),
    "dynamic": (_flag, "true or false"),
    "seed": (_whole, "a whole number, not negative"),
    "handling": (_handling, "strict or lenient"),
    "delay": (_delay, f"a number of milliseconds from 0 to {LONGEST_DELAY}"),
    "events": (_count, f"a number from 0 to {MOST_EVENTS:,}"),
    "interval": (_delay, f"a number of milliseconds from 0 to {LONGEST_DELAY}"),
}


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if re.fullmatch(f"{_CHARACTER}+", text):
        return text
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
