"""What the values of the known formats look like."""

from collections.abc import Mapping, Sequence

from mockserver.data.values import moments, people, places, texts
from mockserver.data.values.drawing import Maker

REGIONS: Sequence[str] = ("eu-west-1", "eu-central-1", "us-east-1", "us-west-2")
MEDIA_TYPES: Sequence[str] = ("application/json", "text/plain", "image/png", "application/pdf")

FORMATS: Mapping[str, Maker] = {
    **moments.FORMS,
    "uuid": texts.uuid,
    "guid": texts.uuid,
    "email": people.email,
    "idn-email": people.email,
    "uri": texts.url,
    "url": texts.url,
    "iri": texts.url,
    "uri-reference": texts.path,
    "iri-reference": texts.path,
    "uri-template": texts.path,
    "hostname": people.company_domain,
    "idn-hostname": people.company_domain,
    "domain": people.company_domain,
    "ipv4": texts.ipv4,
    "ip": texts.ipv4,
    "ipv6": texts.ipv6,
    "byte": texts.encoded,
    "base64": texts.encoded,
    "binary": texts.word,
    "password": texts.password,
    "phone": people.international_phone,
    "mac": texts.mac,
    "phone-number": people.international_phone,
    "json-pointer": texts.path,
    "regex": lambda *_: "^[a-z]+$",
    "color": texts.color,
    "country-code": places.alpha_2,
    "iso-3166": places.alpha_2,
    "iso-4217": places.currency,
    "iso4217": places.currency,
    "language": places.language,
    "currency": places.currency,
    "country": places.alpha_2,
    "locale": places.tag,
    "datetime": moments.date_time,
    "unix-time": moments.epoch,
    "year": moments.year,
    "decimal": texts.amount,
    "int32": lambda _, number, __: str(number % 10000),
    "int64": lambda _, number, __: str(number % 10**9),
    "double": texts.amount,
    "float": texts.amount,
    "relative-json-pointer": lambda *_: "0",
    "markdown": texts.sentence,
    "html": texts.html,
}
