"""Words, names and places of one locale, taken from Faker on demand."""

from collections import defaultdict
from functools import lru_cache
from itertools import accumulate
from random import Random
from typing import Any, ClassVar

from mockserver.errors import ConfigurationError
from mockserver.generation.seeds import derive

_SIZE = 1 << 12
"""Number of different words per provider; each is generated once."""

_ENGLISH = "en_US"
_PROSE = frozenset({"word", "sentence"})
"""Providers that return Latin in all English locales but that of the United States."""
_OTHERWISE = {
    "state": ("administrative_unit", "prefecture", "province", "region", "city"),
    "secondary_address": ("building_number",),
}
"""Fallback providers for locales that lack a provider; without one, the English words are used."""


_LONG, _MOST_LISTS = 50, 100


class _Draw(Random):
    """Random numbers that add up the weights of Faker's long lists of names once."""

    _sums: ClassVar[dict[int, tuple[Any, list[float]]]] = {}

    def choices(
        self, population: Any, weights: Any = None, *, cum_weights: Any = None, k: int = 1
    ) -> list[Any]:
        """See `Random.choices`."""
        if weights is None or not isinstance(population, tuple) or len(population) < _LONG:
            return super().choices(population, weights, cum_weights=cum_weights, k=k)
        known = self._sums.get(id(population))
        if known is None:
            if len(self._sums) >= _MOST_LISTS:
                self._sums.clear()
            # The list is kept alive: otherwise its id could be reused.
            known = self._sums[id(population)] = (population, list(accumulate(weights)))
        return super().choices(population, cum_weights=known[1], k=k)


class LocaleWords:
    """Cache of Faker's values, by the name of the provider and a number: equal numbers give equal values."""

    def __init__(self, locale: str) -> None:
        """Faker itself is loaded with the first word, because loading it takes longer than all else."""
        self.locale = locale
        self._faker: Any = None
        self._known: defaultdict[str, dict[int, Any]] = defaultdict(dict)

    def word(self, provider: str, number: int) -> Any:
        """The value for this number from a provider without arguments, such as `city`."""
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
        self._faker.random = _Draw(derive(self.locale, provider, index))
        names = (provider, *_OTHERWISE.get(provider, ()))
        known = (name for name in names if self._faker.provides(name))
        found = next(known, None)
        return lexicon(_ENGLISH).word(provider, index) if found is None else getattr(self._faker, found)()


def _faker(locale: str) -> Any:
    from mockserver.generation.by_name.faker_generator import FakerGenerator

    try:
        return FakerGenerator(locale)
    except AttributeError:
        raise ConfigurationError(f"{locale!r} is not a locale that Faker knows; en_US is one") from None


@lru_cache(maxsize=32)
def lexicon(locale: str) -> LocaleWords:
    """The shared words of a locale."""
    return LocaleWords(locale)
