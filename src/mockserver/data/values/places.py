"""Countries, with their codes: what is said of one in an object fits together."""

from functools import lru_cache
from typing import NamedTuple

from mockserver.data.seeds import derive
from mockserver.data.values.drawing import Draw, Spot


class Country(NamedTuple):
    """A country as ISO 3166-1 has it."""

    name: str
    alpha_2: str
    alpha_3: str
    zone: str


@lru_cache(maxsize=1)
def _countries() -> tuple[Country, ...]:
    """Those that Faker knows; read when the first is needed."""
    from faker.providers.date_time import Provider

    known = Provider.countries
    return tuple(Country(one.name, one.alpha_2_code, one.alpha_3_code, one.timezones[0]) for one in known)


def _country(draw: Draw, spot: Spot) -> Country:
    countries = _countries()
    return countries[derive(spot.number(draw), "country") % len(countries)]


def name(draw: Draw, _: int, spot: Spot) -> str:
    """A country's name, in the locale's own language where Faker has it."""
    if draw.lexicon.locale.startswith("en"):
        return _country(draw, spot).name
    return str(draw.lexicon.word("country", derive(spot.number(draw), "country")))


def alpha_2(draw: Draw, _: int, spot: Spot) -> str:
    """The code of two letters."""
    return _country(draw, spot).alpha_2


def alpha_3(draw: Draw, _: int, spot: Spot) -> str:
    """The code of three letters."""
    return _country(draw, spot).alpha_3
