"""Words, names and places of one locale, taken from Faker as they are needed."""

from collections import defaultdict
from functools import lru_cache
from random import Random
from typing import Any

from mockserver.errors import ConfigurationError
from mockserver.generation.seeds import derive

_SIZE = 1 << 12
"""How many different words of a kind there are; each is asked for once."""

_ENGLISH = "en_US"
_PROSE = frozenset({"word", "sentence"})
"""What Faker has in Latin for every other English than that of the United States."""
_OTHERWISE = {
    "state": ("administrative_unit", "prefecture", "province", "region", "city"),
    "secondary_address": ("building_number",),
}
"""What stands in where a locale has no such words; where there is nothing, the English ones."""


class LocaleWords:
    """What Faker knows, by the name of its provider and a number: the same number, the same word."""

    def __init__(self, locale: str) -> None:
        """Faker itself is loaded with the first word: it takes longer than all else at start-up."""
        self.locale = locale
        self._faker: Any = None
        self._known: defaultdict[str, dict[int, Any]] = defaultdict(dict)

    def word(self, provider: str, number: int) -> Any:
        """The word of this number, from a provider that takes no arguments, such as `city`."""
        index = number % _SIZE
        known = self._known[provider]
        if index not in known:
            known[index] = self._ask(provider, index)
        return known[index]

    def _ask(self, provider: str, index: int) -> Any:
        if provider in _PROSE and self.locale.startswith("en") and self.locale != _ENGLISH:
            return lexicon(_ENGLISH).word(provider, index)
        if self._faker is None:
            self._faker = _faker(self.locale)
        self._faker.random = Random(derive(self.locale, provider, index))
        known = (name for name in (provider, *_OTHERWISE.get(provider, ())) if hasattr(self._faker, name))
        found = next(known, None)
        return lexicon(_ENGLISH).word(provider, index) if found is None else getattr(self._faker, found)()


def _faker(locale: str) -> Any:
    from faker.factory import Factory

    try:
        return Factory.create(locale)
    except AttributeError:
        raise ConfigurationError(f"{locale!r} is not a locale that Faker knows; en_US is one") from None


@lru_cache(maxsize=32)
def lexicon(locale: str) -> LocaleWords:
    """The lexicon of a locale, shared by all who need it."""
    return LocaleWords(locale)
