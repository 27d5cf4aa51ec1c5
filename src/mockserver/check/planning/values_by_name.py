"""Text values by field name, for fields whose schema has no format."""

from collections.abc import Iterable, Iterator, Mapping

from mockserver.openapi.names import words


def _named(groups: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield from ((name, value) for names, value in groups.items() for name in names.split())


_VALUES = dict(
    _named(
        {
            "url uri link href website homepage webhook": "https://example.com/check?a=1&b=2",
            "email mail": "mockserver.check@example.com",
            "phone phonenumber telephone mobile fax": "+442079460958",
            "date day birthday": "1984-02-29",
            "datetime timestamp": "2031-07-04T13:45:30.000Z",
            "uuid guid": "5f0c2b1e-7a44-4c1d-9b8e-2f6d3a9c1e07",
            "hostname domain": "check.example.com",
            "language locale": "en",
            "country": "DE",
            "currency": "EUR",
            "timezone": "Europe/Paris",
            "color colour": "#336699",
            "slug sku": "check-of-the-contract",
            "zip zipcode postcode": "10115",
            "password": "Check-0f-the-contract",
        }
    )
)


def usual(name: str) -> str | None:
    """A value that fits the end of a field's name; None where any text will do."""
    parts = [word for word in words(name) if not word.isdigit()]
    ends: Iterable[str] = ("".join(parts[-2:]), *parts[-1:])
    return next((_VALUES[end] for end in ends if end in _VALUES), None)


def is_text(value: str) -> bool:
    """Whether such a value consists of arbitrary words, like a slug."""
    return value == _VALUES["slug"]
