"""Rate limits: count an operation's requests in a period, and write the documented headers."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from mockserver.errors import TooManyRequestsError
from mockserver.openapi.operation import Header, Operation
from mockserver.state.clock import timestamp
from mockserver.state.overlay import Overlay
from mockserver.state.session_overrides import RequestLimit

_MICROSECOND = timedelta(microseconds=1)
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH = re.compile(r"\b(?:epoch|unix|timestamp|utc)\b", re.IGNORECASE)
_LEFT = re.compile(r"\b(?:seconds?|time)\s+(?:until|till|to|left|remaining|before)\b", re.IGNORECASE)
_LATE = 1_000_000_000
"""An example above this is a time in seconds since 1970, not a number of seconds to wait."""


def limit_name(api: str, operation: str) -> str:
    """The name of an operation's limit in a session's overrides."""
    return f"{api}/{operation}"


@dataclass(frozen=True, slots=True)
class LimitUse:
    """Usage of a limit in the current period.

    Attributes:
        used: the requests that were answered; at most the limit.
        resets: when the period ends.
    """

    limit: RequestLimit
    used: int
    resets: datetime

    @property
    def remaining(self) -> int:
        """Number of requests that are left."""
        return max(self.limit.requests - self.used, 0)

    def seconds(self, now: datetime) -> int:
        """Whole seconds until the period ends."""
        return max(math.ceil((self.resets - now).total_seconds()), 0)


def use_of(session: Overlay, name: str, limit: RequestLimit, now: datetime) -> LimitUse:
    """The current usage of a limit."""
    since = session.counts.get(f"limit since {name}")
    period = timedelta(seconds=limit.seconds)
    if since is not None:
        start = _BEGINNING + since * _MICROSECOND
        # After the clock was set back, no request has to wait for longer than a period.
        if start <= now < start + period:
            used = session.counts.get(f"limit used {name}", 0)
            return LimitUse(limit, min(used, limit.requests), start + period)
    return LimitUse(limit, 0, now + period)


def forget_use(session: Overlay, name: str) -> None:
    """Reset a limit's usage, so that the next request starts a period."""
    if f"limit since {name}" in session.counts:
        session.set_count(f"limit used {name}", 0)
        session.set_count(f"limit since {name}", 0)


class Limiter:
    """The rate limit of one operation."""

    def __init__(self, operation: Operation, limit: RequestLimit | None) -> None:
        """`limit` is that of the fixture file or the document; a session may override it."""
        self._name = limit_name(operation.api, operation.behaviour_id)
        self._limit = limit
        self._writers = tuple(_writers(operation))

    @property
    def is_on(self) -> bool:
        """Whether there is a limit, unless a session overrides it."""
        return self._limit is not None

    def take(
        self, session: Overlay, now: datetime
    ) -> tuple[tuple[tuple[str, str], ...], TooManyRequestsError | None]:
        """Count a request against the limit.

        Returns:
            The rate limit headers, and the error for a request beyond the limit.
        """
        limit = self._in_force(session)
        if limit is None:
            return (), None
        use = use_of(session, self._name, limit, now)
        is_refused = use.remaining == 0
        if not is_refused:
            if use.used == 0:
                since = (now - _BEGINNING) // _MICROSECOND
                session.set_count(f"limit since {self._name}", since)
            use = LimitUse(limit, use.used + 1, use.resets)
            session.set_count(f"limit used {self._name}", use.used)
        fields = tuple((name, write(use, now)) for name, write in self._writers)
        if not is_refused:
            return fields, None
        detail = f"Too many requests: the limit is {limit.requests} in {limit.seconds:g} seconds."
        return (*fields, ("retry-after", str(max(use.seconds(now), 1)))), TooManyRequestsError(detail)

    def _in_force(self, session: Overlay) -> RequestLimit | None:
        conditions = session.conditions
        if conditions is not None and self._name in conditions.limits:
            return conditions.limits[self._name]
        return self._limit


_Writer = Callable[[LimitUse, datetime], str]


def _writers(operation: Operation) -> Iterator[tuple[str, _Writer]]:
    """Yield functions that write the documented rate limit headers, by their names in lower case."""
    known: set[str] = set()
    for response in operation.responses.values():
        for header in response.headers.values():
            name = header.name.lower()
            writer = None if name in known else _writer(name, header)
            if writer is not None:
                known.add(name)
                yield name, writer


def _writer(name: str, header: Header) -> _Writer | None:
    plain = re.sub(r"[^a-z]", "", name)
    types = header.schema.get("type") if isinstance(header.schema, Mapping) else None
    if plain in {"ratelimit", "ratelimitpolicy"} and types not in {"integer", "number"}:
        # The structured headers of the IETF draft: one policy, named `default`.
        if plain.endswith("policy"):
            return lambda use, _: f'"default";q={use.limit.requests};w={math.ceil(use.limit.seconds)}'
        return lambda use, now: f'"default";r={use.remaining};t={use.seconds(now)}'
    if not any(word in plain for word in ("rate", "quota", "throttl")):
        return None
    meaning = re.sub(
        r"ratelimit(?=.)|ratelimiting|throttl\w*?(?=limit|remaining|reset|used)", "", plain, count=1
    )
    for word, write in _MEANINGS.items():
        if word in meaning:
            return write
    return _reset(plain, header) if "reset" in meaning else None


_MEANINGS: Mapping[str, _Writer] = {
    "remaining": lambda use, _: str(use.remaining),
    "used": lambda use, _: str(use.used),
    "window": lambda use, _: str(math.ceil(use.limit.seconds)),
    "limit": lambda use, _: str(use.limit.requests),
}


def _reset(plain: str, header: Header) -> _Writer:
    """Return a function that writes the end of the period: seconds until then or since 1970, or a date."""
    schema = header.schema if isinstance(header.schema, Mapping) else {}
    example = header.example if header.example is not None else schema.get("example")
    said = header.description or str(schema.get("description", ""))
    if schema.get("format") in {"date-time", "date"}:
        return lambda use, _: timestamp(use.resets)
    if isinstance(example, str) and example.endswith("GMT"):
        return lambda use, _: format_datetime(use.resets, usegmt=True)
    is_number = str(example).isdecimal()
    is_moment = int(str(example)) > _LATE if is_number else _EPOCH.search(said) is not None
    if not is_number and not is_moment:
        is_moment = plain.startswith("x") and _LEFT.search(said) is None
    if is_moment:
        return lambda use, _: str(math.ceil(use.resets.timestamp()))
    return lambda use, now: str(use.seconds(now))
