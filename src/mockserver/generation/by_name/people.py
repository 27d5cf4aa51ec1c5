"""Persons, organisations and places; consistent within one object."""

import re
import unicodedata
from functools import lru_cache, partial

from mockserver.generation.generation_context import GenerationContext, Maker, SchemaPosition
from mockserver.generation.seeds import derive

_FAMILY_FIRST = ("zh", "ja", "ko", "hu", "vi")
_LETTERS_OR_DIGITS = re.compile("[a-z0-9]+")
_DOMAINS = ("example.com", "example.org", "example.net")


def word(provider: str) -> Maker:
    """Return a generator for a Faker provider's values, the same for one thing in an object."""
    return lambda draw, _, spot: draw.lexicon.word(provider, derive(spot.number(draw), provider))


def full_name(draw: GenerationContext, _: int, spot: SchemaPosition) -> str:
    """A person's name."""
    first, last = _names(draw, spot)
    if draw.lexicon.locale.startswith(_FAMILY_FIRST):
        return f"{last} {first}"
    return f"{first} {last}"


def first_name(draw: GenerationContext, _: int, spot: SchemaPosition) -> str:
    """The first part of `full_name`."""
    return _names(draw, spot)[0]


def last_name(draw: GenerationContext, _: int, spot: SchemaPosition) -> str:
    """The last part of `full_name`."""
    return _names(draw, spot)[1]


def initials(draw: GenerationContext, _: int, spot: SchemaPosition) -> str:
    """The first letters of `full_name`."""
    return "".join(name[:1] for name in _names(draw, spot))


def email(draw: GenerationContext, number: int, spot: SchemaPosition) -> str:
    """An e-mail address from the person's name, at a reserved domain."""
    return f"{_account(draw, number, spot, '.')}@{_DOMAINS[number % 3]}"


def username(draw: GenerationContext, number: int, spot: SchemaPosition) -> str:
    """A short name from the person's name, with a number."""
    return f"{_account(draw, number, spot, '')}{number % 90 + 10}"


def company_domain(draw: GenerationContext, number: int, spot: SchemaPosition) -> str:
    """A host in a reserved domain."""
    return (
        f"{_host(draw.lexicon.word('company', derive(spot.number(draw), 'company')))}.{_DOMAINS[number % 3]}"
    )


@lru_cache(maxsize=4096)
def _host(company: str) -> str:
    """The first label of a company's host."""
    return (slug(company) or "host")[:40].strip("-")


def phone(draw: GenerationContext, number: int, spot: SchemaPosition) -> str:
    """A phone number in the locale's notation, without an extension."""
    return (
        str(draw.lexicon.word("phone_number", derive(spot.number(draw), spot.words, number)))
        .split("x")[0]
        .removeprefix("001-")
    )


def international_phone(draw: GenerationContext, number: int, spot: SchemaPosition) -> str:
    """A phone number in E.164, from a range reserved for fiction."""
    return f"+1{200 + number % 700}55501{number // 700 % 100:02d}"


def address(draw: GenerationContext, number: int, spot: SchemaPosition) -> str:
    """An address on one line; its parts equal those in the neighbouring fields."""
    parts = (word(provider)(draw, number, spot) for provider in ("street_address", "postcode", "city"))
    street, postcode, city = parts
    return f"{street}, {postcode} {city}"


def slug(text: str, separator: str = "-") -> str:
    """Text in lower case ASCII letters, digits and separators; empty for scripts without such letters."""
    plain = text if text.isascii() else unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return separator.join(_LETTERS_OR_DIGITS.findall(plain.lower().replace("'", "")))


def _names(draw: GenerationContext, spot: SchemaPosition) -> tuple[str, str]:
    number = spot.number(draw)
    first = draw.lexicon.word("first_name", derive(number, "first"))
    return first, draw.lexicon.word("last_name", derive(number, "last"))


_joined = lru_cache(maxsize=4096)(partial(slug, separator=""))
"""A name as part of an e-mail address."""


def _account(draw: GenerationContext, number: int, spot: SchemaPosition, separator: str) -> str:
    first, last = map(_joined, _names(draw, spot))
    if not separator:
        return first[:1] + last if last else f"user{number % 9000}"
    return separator.join(part for part in (first, last) if part) or f"user{number % 9000}"
