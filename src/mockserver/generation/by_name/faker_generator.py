"""Faker generators that load a provider when one of its methods is used for the first time."""

from importlib import import_module
from threading import RLock
from typing import Any

from faker.config import PROVIDERS
from faker.factory import Factory
from faker.generator import Generator


class FakerGenerator(Generator):
    """Faker's generator of one locale with its standard providers, each loaded at its first use.

    `Faker(locale)` loads all of them and searches the folder of each for the locale, which takes longer than
    building a small mock.
    """

    def __init__(self, locale: str) -> None:
        """Create the generator with one provider; every provider has the methods of `BaseProvider`.

        Raises:
            AttributeError: Faker has no such locale.
        """
        super().__init__()
        self._locale = locale
        self._loading = RLock()
        self._waiting = [path for path in PROVIDERS if path != "faker.providers"]
        self._load("faker.providers.misc")

    def provides(self, method: str) -> bool:
        """Whether a provider has this method; the generator's own methods do not count."""
        with self._loading:
            while not any(callable(getattr(provider, method, None)) for provider in self.providers):
                if not self._waiting:
                    return False
                self._load(self._likely(method))
        return True

    def __getattr__(self, name: str) -> Any:
        """Load the provider of a method. Python calls this only while the attribute is missing."""
        if name.startswith("_") or not self.provides(name):
            raise AttributeError(name)
        return getattr(self, name)

    def _likely(self, method: str) -> str:
        """A provider that has the method in every locale, else the next one that is not loaded."""
        everywhere = (path for path in self._waiting if hasattr(import_module(path).Provider, method))
        return next(everywhere, self._waiting[0])

    def _load(self, path: str) -> None:
        self._waiting.remove(path)
        Factory.create(self._locale, providers=[path], generator=self)
