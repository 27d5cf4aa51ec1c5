"""Words for events that happen to a thing later or never: `cancelledAt`, `cancel_reason`, `error_message`."""

from collections.abc import Mapping

from mockserver.lazy_pattern import LazyPattern
from mockserver.openapi.names import snake_case

_STEMS: Mapping[str, str] = {
    "cancel": r"cancel",
    "delete": r"delet|trash|removed",
    "complete": r"complet|finish|done$",
    "close": r"closed|closing",
    "resolve": r"resolv|resolution",
    "archive": r"archiv",
    "reject": r"reject|declin|denied|denial",
    "fail": r"fail|error",
    "refund": r"refund",
    "ship": r"shipped|dispatched",
    "deliver": r"delivered",
    "pay": r"paid",
    "revoke": r"revok|revoc",
    "suspend": r"suspend|suspension|banned|blocked",
    "approve": r"approv",
    "accept": r"accepted",
    "publish": r"published",
    "send": r"sent",
    "stop": r"stopped|terminated|ended",
    "merge": r"merged",
    "void": r"voided",
    "return": r"returned",
    "last": r"last_(login|seen|used|active|activity|sign_in|access|payment|sync|error|run|message)",
}
FINAL = frozenset(_STEMS) - {"pay", "ship", "deliver", "approve", "accept", "publish", "send", "last"}
"""The events after which nothing else happens to a thing."""
_BEGINNINGS = LazyPattern(
    r"(?:^|_)(?:new|draft|pending|open|queued|created|todo|backlog|requested|not_started|unpaid)"
)
_KNOWN = {stem: LazyPattern(rf"(?:^|_)(?:{pattern})") for stem, pattern in _STEMS.items()}


def outcome(name: str) -> str | None:
    """The event that a property is about; None when it is about none."""
    plain = snake_case(name)
    return next((stem for stem, pattern in _KNOWN.items() if pattern.search(plain)), None)


def implies(stem: str, state: str) -> bool:
    """Whether a state implies that the event has happened: `cancelled` implies cancelling."""
    return _KNOWN[stem].search(snake_case(state)) is not None


def is_beginning(state: str) -> bool:
    """Whether a state is initial: nothing has happened yet."""
    return _BEGINNINGS.search(snake_case(state)) is not None
