"""Media types: the kind of body of each, and matching against documented ones (RFC 9110, OpenAPI 4.7.13).

The predicates accept a media type with parameters and in any case.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from mockserver.openapi.operation import MediaType

_USUAL = {
    "*": "application/json",
    "application": "application/json",
    "audio": "audio/wav",
    "font": "font/woff2",
    "image": "image/png",
    "multipart": "multipart/form-data",
    "text": "text/plain",
    "video": "video/mp4",
}


_JSON_LINES = ("ndjson", "jsonl", "json-seq", "jsonlines", "stream+json", "json-lines")
_TEXT = ("yaml", "graphql", "sql", "toml", "javascript", "jwt", "pem", "mpegurl")


@lru_cache(maxsize=1024)
def plain(name: str) -> str:
    """A media type without its parameters, in lower case."""
    return name.partition(";")[0].strip().lower()


@lru_cache(maxsize=1024)
def is_json(name: str) -> bool:
    """Whether a body of this type is one JSON value (RFC 6838 section 4.2.8 for `+json`)."""
    subtype = plain(name).partition("/")[2]
    return (subtype == "json" or subtype.endswith(("+json", "-json", ".json"))) and not is_json_lines(name)


@lru_cache(maxsize=1024)
def is_json_lines(name: str) -> bool:
    """Whether a body of this type is a sequence of JSON values, one on each line."""
    return any(mark in plain(name) for mark in _JSON_LINES)


@lru_cache(maxsize=1024)
def is_json_sequence(name: str) -> bool:
    """Whether each value in a body of this type has a record separator before it (RFC 7464)."""
    return "json-seq" in plain(name)


@lru_cache(maxsize=1024)
def is_event_stream(name: str) -> bool:
    """Whether a body of this type consists of server-sent events (HTML standard, 9.2)."""
    return plain(name) == "text/event-stream"


@lru_cache(maxsize=1024)
def is_stream(name: str) -> bool:
    """Whether a body of this type is a stream of values: events, lines, a sequence."""
    return is_json_lines(name) or is_event_stream(name)


def is_data(name: str) -> bool:
    """Whether a body of this type is data, parsed value by value, and not a file."""
    return has_json_values(name) or is_xml(name) or is_event_stream(name) or is_urlencoded(name)


def has_json_values(name: str) -> bool:
    """Whether a body of this type consists of JSON values: one, several, or any type (`*/*`)."""
    return is_json(name) or is_json_lines(name) or plain(name) == "*/*"


@lru_cache(maxsize=1024)
def is_xml(name: str) -> bool:
    """Whether a body of this type is an XML document of data; SVG images are not."""
    known = plain(name)
    return known in {"application/xml", "text/xml"} or (known.endswith("+xml") and known != "image/svg+xml")


def is_urlencoded(name: str) -> bool:
    """Whether a body of this type is a URL-encoded form."""
    return plain(name) == "application/x-www-form-urlencoded"


@lru_cache(maxsize=1024)
def is_multipart_form(name: str) -> bool:
    """Whether a body of this type is a form in parts, with files."""
    return plain(name) == "multipart/form-data"


def is_text(name: str) -> bool:
    """Whether a body of this type is human-readable text, other than JSON and XML."""
    known = plain(name)
    return known.startswith("text/") or known == "image/svg+xml" or any(mark in known for mark in _TEXT)


def has_charset(name: str) -> bool:
    """Whether a body of this type is text, so that a `charset` defines its encoding."""
    return (
        plain(name).startswith("text/")
        or is_json(name)
        or is_json_lines(name)
        or is_xml(name)
        or is_urlencoded(name)
        or is_multipart_form(name)
    )


def find(content: Mapping[str, MediaType], written: str) -> MediaType | None:
    """Find the documented media type for a Content-Type: by name and parameters, by name, or by a range."""
    name = plain(written)
    exact = content.get(name) or content.get(written.replace(" ", "").lower())
    if exact is not None:
        return exact
    # Some are documented with parameters, `application/json;version=2`; a client may leave them out.
    found = next((entry for key, entry in content.items() if plain(key) == name), None)
    if found is not None:
        return found
    kind, _, subtype = name.partition("/")
    ranges = (f"{kind}/*+{subtype.rpartition('+')[2]}", f"{kind}/*", "*/*", "*")
    return next((content[entry] for entry in ranges if entry in content), None)


def with_json_values(content: Mapping[str, MediaType]) -> Iterator[MediaType]:
    """The documented media types whose bodies consist of JSON values, see `has_json_values`."""
    return (entry for name, entry in content.items() if has_json_values(name))


def preferred(content: Mapping[str, MediaType]) -> MediaType | None:
    """The default among documented media types: JSON if there is one, else the first."""
    json = (entry for name, entry in content.items() if is_json(name))
    return next(json, None) or next(iter(content.values()), None)


def fits(documented: str, wanted: str) -> bool:
    """Whether two types or ranges, without parameters, have a type in common."""
    kind, _, subtype = documented.partition("/")
    other_kind, _, other_subtype = wanted.partition("/")
    return _overlap(kind, other_kind) and _overlap(subtype or kind, other_subtype or other_kind)


def _overlap(one: str, other: str) -> bool:
    if one == other or "*" in {one, other}:
        return True
    pairs = ((one, other), (other, one))
    return any(part.startswith("*+") and whole.endswith(part[1:]) for part, whole in pairs)


def inside(documented: str, wanted: str) -> str:
    """A media type inside both a documented and a wanted range; a usual one if both leave it open."""
    kind, _, subtype = documented.partition("/")
    other_kind, _, other_subtype = wanted.partition("/")
    kind = other_kind if kind == "*" else kind
    subtype = other_subtype if "*" in (subtype or "*") and "*" not in other_subtype else subtype
    if "*" not in kind + (subtype or "*"):
        return f"{kind}/{subtype}"
    if subtype.startswith("*+") or other_subtype.startswith("*+"):
        return f"{kind}/{(subtype + other_subtype).strip('*+')}"
    return _USUAL.get(kind, "application/octet-stream")
