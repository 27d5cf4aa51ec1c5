"""Check redirect URIs of the OpenID provider: on this machine, or allowed by a setting."""

import ipaddress
import re
from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

_VISIBLE = re.compile(r"[!#-;=?-Z\[\]_a-z~&$%'()*+,]+")  # no space, quote, angle bracket, backslash
_NEVER = {"javascript", "data", "vbscript", "file", "blob", "about", ""}


def is_allowed(uri: str, settings: Sequence[str]) -> bool:
    """Whether the provider may redirect a browser with a code to a URI.

    Args:
        uri: the redirect URI of the client.
        settings: allowed URIs, and origins on which every path is allowed.
    """
    parts = _split(uri)
    if parts is None or parts.fragment or "@" in parts.netloc:
        return False
    if uri in settings:
        return True
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return False
    return _is_here(parts.hostname) or f"{parts.scheme}://{parts.netloc}" in {
        one.rstrip("/") for one in settings
    }


def origin_of(uri: str) -> str:
    """The origin of an allowed URI, or its scheme if it has no origin: for a page's policy."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"


def _split(uri: str) -> SplitResult | None:
    if not _VISIBLE.fullmatch(uri):
        return None
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return None
    return None if parts.scheme in _NEVER else parts


def _is_here(host: str) -> bool:
    """Whether a host is this machine, without asking a name server (RFC 6761)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
