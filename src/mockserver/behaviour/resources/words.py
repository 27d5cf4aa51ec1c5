"""Names as documents write them: `customerId`, `customer_id`, `customer-id`, plural and singular."""

import re
from collections.abc import Iterable
from functools import lru_cache

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]*|[a-z]+|\d+")
_IRREGULAR = {"people": "person", "children": "child", "men": "man", "women": "woman", "data": "data"}


@lru_cache(maxsize=8192)
def words(name: str) -> tuple[str, ...]:
    """Take a name apart into its words, lower case: `customerID` is customer, id."""
    return tuple(word.lower() for word in _WORDS.findall(name))


def flat(name: str) -> str:
    """A name without what documents disagree about: `customer_id` and `customerId` are the same."""
    return "".join(words(name))


@lru_cache(maxsize=8192)
def singular(word: str) -> str:
    """The singular of an English plural, as far as rules go; any other word stays."""
    lower = word.lower()
    if lower in _IRREGULAR:
        return _IRREGULAR[lower]
    if lower.endswith("ies") and len(lower) > 4:
        return word[:-3] + "y"
    if lower.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if lower.endswith("s") and not lower.endswith(("ss", "us", "is")) and len(lower) > 2:
        return word[:-1]
    return word


def matching(name: str, known: Iterable[str]) -> str | None:
    """The first known name that is the same but for its spelling."""
    wanted = flat(name)
    return next((other for other in known if other == name), None) or next(
        (other for other in known if flat(other) == wanted), None
    )
