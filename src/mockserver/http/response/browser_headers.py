"""Header fields that tell a browser what an answer may do.

The admin API has the same origin as everything that the mock serves: a stored or forwarded page would run
with its rights. Such a page gets an origin that nothing else has, and `admin.guard` refuses that one.
"""

import re

from mockserver.http.exchange import RawHeaders

ADMIN_COOKIE = "mockserver_admin"
"""The cookie that carries the token of the admin API."""

_SANDBOX = (
    b"content-security-policy",
    b"sandbox allow-scripts allow-forms allow-popups allow-downloads",
)
_ESSENCE = re.compile(r"\s*([\w!#$&^.+-]+)/([\w!#$&^.+-]+)\s*(?:;[^,]*)?", re.ASCII)
_PASSIVE_KINDS = {"image", "audio", "video", "font"}
# A PDF's scripts see nothing of the page around them, and browsers show no PDF in a sandbox.
_PASSIVE = {
    *("text/plain", "text/csv", "text/css", "text/markdown", "text/yaml", "text/event-stream"),
    *("text/javascript", "application/javascript", "application/yaml", "application/x-ndjson"),
    *("application/octet-stream", "application/pdf", "application/zip", "application/gzip"),
    "application/x-www-form-urlencoded",
}


def own_fields(*loaded: str) -> RawHeaders:
    """What every page and every answer of our own carries besides `nosniff`: nobody may frame or embed it.

    Args:
        loaded: directives for what a page loads, such as `script-src 'self'`; without any, it loads nothing.
    """
    never = ("base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'")
    return [
        (b"content-security-policy", "; ".join(("default-src 'none'", *loaded, *never)).encode()),
        (b"x-frame-options", b"DENY"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"cross-origin-resource-policy", b"same-origin"),
    ]


def sandbox(content_type: str | None) -> RawHeaders:
    """The policy for an answer that the mock did not write itself, by its `Content-Type`.

    It is empty for media types that browsers run nothing of. Everything else is taken for a page: HTML, XML,
    SVG, parts that replace each other, several types at once, and what has none or an odd one.
    """
    if content_type is not None:
        match = _ESSENCE.fullmatch(content_type.lower())
        if match is not None and _is_passive(*match.groups()):
            return []
    return [_SANDBOX]


def _is_passive(kind: str, name: str) -> bool:
    if name.endswith("+xml"):
        return False
    is_json = name == "json" or name.endswith("+json")
    return is_json or kind in _PASSIVE_KINDS or f"{kind}/{name}" in _PASSIVE


def is_replaced(name: bytes, value: bytes) -> bool:
    """Whether a header field of an answer would undo what the mock says: `name` in lower case.

    `nosniff` is the only value that its field has, and only the first one counts (Fetch standard).
    A cookie of the admin API is nothing that a mocked API may set.
    """
    if name == b"x-content-type-options":
        return True
    return name == b"set-cookie" and _names_admin_cookie(value)


def _names_admin_cookie(value: bytes) -> bool:
    # A cookie without a name, `=name=value`, is sent like one that has it (RFC 6265bis).
    pair = value.partition(b";")[0].strip(b" \t").removeprefix(b"=")
    return pair.partition(b"=")[0].strip(b" \t") == ADMIN_COOKIE.encode()


def confined(headers: RawHeaders, *, same_origin_html: bool = False) -> RawHeaders:
    """The header fields of an answer from elsewhere, with the sandbox where a browser would run the body."""
    kept = [field for field in headers if not is_replaced(*field)]
    if same_origin_html:
        return kept
    types = [value.decode("latin-1") for name, value in headers if name == b"content-type"]
    return kept + sandbox(",".join(types) if types else None)
