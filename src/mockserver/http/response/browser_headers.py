"""Response header fields that restrict what a browser may do with an answer.

The admin API has the same origin as everything that the mock serves, so a stored or forwarded page could call
it. The sandbox gives such a page a unique origin, which `admin.guard` refuses.
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
# Scripts in a PDF cannot access the page around it, and browsers show no PDF in a sandbox.
_PASSIVE = {
    *("text/plain", "text/csv", "text/css", "text/markdown", "text/yaml", "text/event-stream"),
    *("text/javascript", "application/javascript", "application/yaml", "application/x-ndjson"),
    *("application/octet-stream", "application/pdf", "application/zip", "application/gzip"),
    "application/x-www-form-urlencoded",
}


def own_fields(*loaded: str) -> RawHeaders:
    """Header fields of the server's own pages and answers, except `nosniff`: no framing or embedding.

    Args:
        loaded: directives for what a page may load, such as `script-src 'self'`; without any, nothing.
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
    """The Content-Security-Policy for an answer that the mock did not write itself, by its `Content-Type`.

    Empty for media types in which browsers run no scripts. Everything else is treated as a page: HTML, XML,
    SVG, `multipart/x-mixed-replace`, several or invalid media types, or none.
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
    """Whether to drop a header field because it would override the mock's own; `name` in lower case.

    `nosniff` is the only value of its field, and only the first field counts (Fetch standard). A mocked API
    must not set the admin API's cookie.
    """
    if name == b"x-content-type-options":
        return True
    return name == b"set-cookie" and _names_admin_cookie(value)


def _names_admin_cookie(value: bytes) -> bool:
    # Browsers send a nameless cookie, `=name=value`, like one with that name (RFC 6265bis).
    pair = value.partition(b";")[0].strip(b" \t").removeprefix(b"=")
    return pair.partition(b"=")[0].strip(b" \t") == ADMIN_COOKIE.encode()


def confined(headers: RawHeaders, *, same_origin_html: bool = False) -> RawHeaders:
    """Header fields of an answer from elsewhere, with the sandbox added if a browser would run its body."""
    kept = [field for field in headers if not is_replaced(*field)]
    if same_origin_html:
        return kept
    types = [value.decode("latin-1") for name, value in headers if name == b"content-type"]
    return kept + sandbox(",".join(types) if types else None)
