"""Countries with codes, currencies, time zones and coordinates; consistent within one object.

Values are of the locale's country, like its names and cities, unless the document is about countries or
contrasts them.
"""

from functools import lru_cache
from typing import NamedTuple

from mockserver.generation.generation_context import GenerationContext, SchemaPosition, head
from mockserver.generation.seeds import derive


class Country(NamedTuple):
    """A country of ISO 3166-1."""

    name: str
    alpha_2: str
    alpha_3: str
    zone: str


# fmt: off
_ENDONYMS = {
    "AR": "Argentina", "AT": "Österreich", "BE": "Belgique", "BR": "Brasil", "CH": "Schweiz", "CL": "Chile",
    "CN": "中国", "CO": "Colombia", "CZ": "Česko", "DE": "Deutschland", "DK": "Danmark", "ES": "España",
    "FI": "Suomi", "FR": "France", "GR": "Ελλάδα", "IT": "Italia", "JP": "日本", "KR": "대한민국",
    "MX": "México", "NL": "Nederland", "NO": "Norge", "PL": "Polska", "PT": "Portugal", "RU": "Россия",
    "SE": "Sverige", "TR": "Türkiye", "UA": "Україна",
}
"""The names of countries in their own languages."""
_MONEY = {
    "US": "USD", "GB": "GBP", "CA": "CAD", "AU": "AUD", "NZ": "NZD", "CH": "CHF", "SE": "SEK", "NO": "NOK",
    "DK": "DKK", "PL": "PLN", "CZ": "CZK", "HU": "HUF", "RO": "RON", "BG": "BGN", "JP": "JPY", "CN": "CNY",
    "TW": "TWD", "KR": "KRW", "IN": "INR", "ID": "IDR", "TH": "THB", "VN": "VND", "BR": "BRL", "MX": "MXN",
    "AR": "ARS", "CL": "CLP", "CO": "COP", "TR": "TRY", "RU": "RUB", "UA": "UAH", "IL": "ILS", "SA": "SAR",
    "ZA": "ZAR", "NG": "NGN", "KE": "KES", "GH": "GHS", "PK": "PKR", "IS": "ISK",
}
"""Countries' currencies (ISO 4217); euro for the others."""
_CURRENCIES = ("EUR", "USD", "GBP", "CHF", "SEK", "JPY", "CAD", "AUD")
_ZONES = ("Europe/Madrid", "Europe/London", "America/New_York", "Asia/Tokyo", "Europe/Berlin")
_LOCALES = ("en-US", "en-GB", "de-DE", "fr-FR", "es-ES", "it-IT", "pt-PT", "nl-NL")
_MANY = frozenset(
    (
        "country", "nation", "pais", "market", "currency", "moneda", "rate", "exchange", "language", "idioma",
        "locale", "culture", "translation", "zone", "timezone", "localization", "territory",
    )
)
"""Nouns for things that exist for each country, or language."""
_AGAINST = frozenset(
    ("from", "to", "source", "target", "base", "quote", "origin", "destination", "counter", "buy", "sell")
)
"""Prefixes of names that contrast two values of a kind."""
# fmt: on


@lru_cache(maxsize=1)
def _countries() -> tuple[Country, ...]:
    """The countries that Faker knows; loaded on first use."""
    from faker.providers.date_time import Provider

    known = Provider.countries
    return tuple(Country(one.name, one.alpha_2_code, one.alpha_3_code, one.timezones[0]) for one in known)


@lru_cache(maxsize=64)
def _of_code(code: str) -> Country | None:
    """The country with a two-letter code."""
    return next((one for one in _countries() if one.alpha_2 == code), None)


@lru_cache(maxsize=64)
def _lands(code: str) -> tuple[tuple[float, float], ...]:
    """Coordinates of a country's cities; of all countries' if Faker knows none."""
    from faker.providers.geo import Provider

    known = tuple((float(one[0]), float(one[1])) for one in Provider.land_coords if one[3] == code)
    return known or tuple((float(one[0]), float(one[1])) for one in Provider.land_coords)


def _is_various(spot: SchemaPosition) -> bool:
    """Whether the value should vary by country."""
    return head(spot.subject) in _MANY or not _AGAINST.isdisjoint(spot.about.split("_"))


def _home(draw: GenerationContext) -> str:
    """The country code of the locale."""
    return draw.lexicon.locale.partition("_")[2].upper()


def _country(draw: GenerationContext, spot: SchemaPosition) -> Country:
    countries = _countries()
    at_home = None if _is_various(spot) else _of_code(_home(draw))
    return at_home or countries[derive(spot.number(draw), "country") % len(countries)]


def name(draw: GenerationContext, _: int, spot: SchemaPosition) -> str:
    """A country's name, in the locale's own language if known."""
    country = _country(draw, spot)
    if draw.lexicon.locale.startswith("en"):
        return country.name
    if country.alpha_2 == _home(draw) and country.alpha_2 in _ENDONYMS:
        return _ENDONYMS[country.alpha_2]
    return str(draw.lexicon.word("country", derive(spot.number(draw), "country")))


def alpha_2(draw: GenerationContext, _: int, spot: SchemaPosition) -> str:
    """The two-letter country code."""
    return _country(draw, spot).alpha_2


def alpha_3(draw: GenerationContext, _: int, spot: SchemaPosition) -> str:
    """The three-letter country code."""
    return _country(draw, spot).alpha_3


def currency(draw: GenerationContext, _: int, spot: SchemaPosition) -> str:
    """A currency code (ISO 4217)."""
    if _is_various(spot):
        return _CURRENCIES[derive(spot.number(draw), "currency") % len(_CURRENCIES)]
    return _MONEY.get(_home(draw), "EUR")


def zone(draw: GenerationContext, number: int, spot: SchemaPosition) -> str:
    """A time zone of the IANA database."""
    return _ZONES[number % len(_ZONES)] if _is_various(spot) else _country(draw, spot).zone


def tag(draw: GenerationContext, number: int, spot: SchemaPosition) -> str:
    """A language tag with country (RFC 5646)."""
    return _LOCALES[number % len(_LOCALES)] if _is_various(spot) else draw.lexicon.locale.replace("_", "-")


def language(draw: GenerationContext, number: int, spot: SchemaPosition) -> str:
    """A two-letter language code."""
    return tag(draw, number, spot).partition("-")[0]


def latitude(draw: GenerationContext, _: int, spot: SchemaPosition) -> float:
    """Degrees north, near a city of the country."""
    return _near(draw, spot, 0)


def longitude(draw: GenerationContext, _: int, spot: SchemaPosition) -> float:
    """Degrees east, near the same city."""
    return _near(draw, spot, 1)


def _near(draw: GenerationContext, spot: SchemaPosition, axis: int) -> float:
    number = derive(spot.number(draw), "coordinates")
    lands = _lands(_home(draw))
    apart = (derive(number, axis) % 1000 - 500) / 10_000
    return round(lands[number % len(lands)][axis] + apart, 6)
