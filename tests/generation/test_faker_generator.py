"""Faker's providers, each loaded at its first use."""

import pytest
from faker import Faker

from mockserver.generation.by_name.faker_generator import FakerGenerator
from mockserver.lazy_pattern import LazyPattern

_METHODS = ("name", "city", "uuid4", "iban", "sentence", "numerify", "date_of_birth", "company_email", "ssn")


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "es_ES", "ja_JP"])
def test_it_returns_the_same_values_as_faker_itself(locale: str) -> None:
    """Each method returns, for the same seed, what the generator with all providers returns."""
    whole, lazy = Faker(locale), FakerGenerator(locale)
    for seed, method in enumerate(_METHODS):
        whole.seed_instance(seed)
        lazy.seed_instance(seed)

        assert getattr(lazy, method)() == getattr(whole, method)()


def test_a_provider_is_loaded_when_one_of_its_methods_is_used() -> None:
    """A generator that only makes names has not loaded the provider of bank accounts."""
    faker = FakerGenerator("en_US")
    faker.name()

    assert faker.provider("faker.providers.person") is not None
    assert faker.provider("faker.providers.bank") is None


def test_a_method_that_only_some_locales_have_is_found() -> None:
    """`prefecture` is a method of the Japanese address provider alone."""
    assert FakerGenerator("ja_JP").provides("prefecture")
    assert not FakerGenerator("en_US").provides("prefecture")


@pytest.mark.parametrize("name", ["seed_instance", "add_provider", "no_such_method"])
def test_methods_of_the_generator_itself_are_not_provided(name: str) -> None:
    """Fixture files can name what generates data, not what changes the generator."""
    assert not FakerGenerator("en_US").provides(name)


def test_an_unknown_locale_is_an_error_at_once() -> None:
    """A locale is checked when the generator is created, not at its first value."""
    with pytest.raises(AttributeError):
        FakerGenerator("xx_XX")


def test_a_pattern_is_compiled_at_its_first_use() -> None:
    """An invalid pattern fails when it is used; a valid one matches like a compiled one."""
    pattern = LazyPattern(r"(?:^|_)name$")

    assert pattern.search("first_name") is not None
    assert pattern.fullmatch("first_name") is None
    assert pattern.sub("", "first_name") == "first"
    with pytest.raises(AttributeError):
        _ = pattern.unknown
