"""Let nobody but the person at this machine at the admin API.

A page in a browser can send requests to this machine. What gives it away is `Origin`, `Sec-Fetch-Site`
and, where its own name was pointed at this machine (DNS rebinding), `Host`.
"""

import ipaddress
import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from mockserver.errors import ForbiddenError, UnauthorizedError
from mockserver.server.exchange import Exchange

COOKIE = "mockserver_admin"
TOKEN_HEADER = "x-mock-admin-token"  # noqa: S105  the header's name

# RFC 6761 and ICANN's `.internal`: nobody can have such a name resolve on the public internet.
_PRIVATE = {"localhost", "test", "example", "invalid", "internal"}


def is_loopback(host: str) -> bool:
    """Whether an address to listen on is reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def make_token(host: str, wanted: str | None) -> str | None:
    """The token that the admin API asks for: the wanted one, or a new one where others can reach it."""
    if wanted:
        return wanted
    return None if is_loopback(host) else secrets.token_urlsafe(18)


class Guard:
    """Refuses requests that a page of another site, or a stranger, has sent."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def check(self, exchange: Exchange, *, open_to_all: bool = False) -> None:
        """Let a request pass.

        Args:
            exchange: the request.
            open_to_all: whether it is one that needs no token.

        Raises:
            ForbiddenError: a page of another site sent it.
            UnauthorizedError: the token is missing or wrong.
        """
        host = exchange.header("host")
        if self._token is None and host is not None and not _is_own_name(host):
            raise ForbiddenError(
                f"The admin API is not reached under the name {host!r}: use localhost or an address."
            )
        _refuse_other_sites(exchange, host)
        if self._token is not None and not open_to_all and not self._knows_token(exchange):
            raise UnauthorizedError(
                "The admin API needs the token that was printed at start-up: "
                "send `Authorization: Bearer …`, or open /__admin/?token=… in a browser.",
                headers=[("WWW-Authenticate", 'Bearer realm="mockserver admin"')],
            )

    def entry(self, exchange: Exchange) -> str | None:
        """The cookie for a browser that brings the token in the address of the page; None otherwise."""
        offered = parse_qs(exchange.query_string.decode("latin-1")).get("token", [""])[0]
        if self._token is None or not secrets.compare_digest(offered.encode(), self._token.encode()):
            return None
        return f"{COOKIE}={self._token}; Path=/__admin; HttpOnly; SameSite=Strict"

    def _knows_token(self, exchange: Exchange) -> bool:
        scheme, _, bearer = (exchange.header("authorization") or "").partition(" ")
        offered = [
            bearer.strip() if scheme.lower() == "bearer" else "",
            exchange.header(TOKEN_HEADER) or "",
            _cookie(exchange),
        ]
        token = (self._token or "").encode()
        return any(secrets.compare_digest(text.encode(), token) for text in offered)


def _cookie(exchange: Exchange) -> str:
    try:
        morsel = SimpleCookie(exchange.header("cookie") or "").get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel is not None else ""


def _is_own_name(host: str) -> bool:
    """Whether a Host can only mean a machine here: an address, or a name that public DNS does not have."""
    try:
        parts = urlsplit("//" + host)
        name, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.netloc != host or "@" in host:
        return False
    if "." not in name or name.rstrip(".").rpartition(".")[2] in _PRIVATE:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _refuse_other_sites(exchange: Exchange, host: str | None) -> None:
    origin, site = exchange.header("origin"), exchange.header("sec-fetch-site")
    if origin is not None and origin.partition("://")[2] != host:
        raise ForbiddenError("The admin API does not answer pages of other sites.")
    # A link that somebody follows is no request of the page it stands on.
    followed = exchange.method == "GET" and exchange.header("sec-fetch-mode") == "navigate"
    if site in {"cross-site", "same-site"} and not followed:
        raise ForbiddenError("The admin API does not answer pages of other sites.")
