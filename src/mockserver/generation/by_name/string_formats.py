"""Generators for the known string formats."""

from collections.abc import Mapping, Sequence

from mockserver.generation.by_name import countries, people, text_values, timestamps
from mockserver.generation.generation_context import Maker

REGIONS: Sequence[str] = ("eu-west-1", "eu-central-1", "us-east-1", "us-west-2")
MEDIA_TYPES: Sequence[str] = ("application/json", "text/plain", "image/png", "application/pdf")

FORMATS: Mapping[str, Maker] = {
    **timestamps.FORMS,
    "uuid": text_values.uuid,
    "guid": text_values.uuid,
    "email": people.email,
    "idn-email": people.email,
    "uri": text_values.url,
    "url": text_values.url,
    "iri": text_values.url,
    "uri-reference": text_values.path,
    "iri-reference": text_values.path,
    "uri-template": text_values.path,
    "hostname": people.company_domain,
    "idn-hostname": people.company_domain,
    "domain": people.company_domain,
    "ipv4": text_values.ipv4,
    "ip": text_values.ipv4,
    "ipv6": text_values.ipv6,
    "byte": text_values.encoded,
    "base64": text_values.encoded,
    "binary": text_values.word,
    "password": text_values.password,
    "phone": people.international_phone,
    "mac": text_values.mac,
    "phone-number": people.international_phone,
    "json-pointer": text_values.path,
    "regex": lambda *_: "^[a-z]+$",
    "color": text_values.color,
    "country-code": countries.alpha_2,
    "iso-3166": countries.alpha_2,
    "iso-4217": countries.currency,
    "iso4217": countries.currency,
    "language": countries.language,
    "currency": countries.currency,
    "country": countries.alpha_2,
    "locale": countries.tag,
    "datetime": timestamps.date_time,
    "google-datetime": timestamps.date_time,
    "google-duration": lambda _, number, __: f"{number % 120 * 30 + 30}s",
    "unix-time": timestamps.epoch,
    "year": timestamps.year,
    "decimal": text_values.amount,
    "int32": lambda _, number, __: str(number % 10000),
    "int64": lambda _, number, __: str(number % 10**9),
    "double": text_values.amount,
    "float": text_values.amount,
    "relative-json-pointer": lambda *_: "0",
    "markdown": text_values.sentence,
    "html": text_values.html,
}
