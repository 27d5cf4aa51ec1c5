"""Match media types with the types and ranges that a document has (RFC 9110, OpenAPI 4.7.13)."""

from collections.abc import Mapping

from mockserver.openapi.model import MediaType

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


def plain(name: str) -> str:
    """A media type without its parameters, in lower case."""
    return name.partition(";")[0].strip().lower()


def find(content: Mapping[str, MediaType], written: str) -> MediaType | None:
    """The documented media type that a Content-Type is: by name and parameters, by name alone, by a range."""
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
    """A media type inside a documented range that is wanted, a usual one where both leave it open."""
    kind, _, subtype = documented.partition("/")
    other_kind, _, other_subtype = wanted.partition("/")
    kind = other_kind if kind == "*" else kind
    subtype = other_subtype if "*" in (subtype or "*") and "*" not in other_subtype else subtype
    if "*" not in kind + (subtype or "*"):
        return f"{kind}/{subtype}"
    if subtype.startswith("*+") or other_subtype.startswith("*+"):
        return f"{kind}/{(subtype + other_subtype).strip('*+')}"
    return _USUAL.get(kind, "application/octet-stream")
