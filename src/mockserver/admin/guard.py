"""Restrict the admin API to the user of this machine.

A web page can send requests to this machine. `Origin`, the `Sec-Fetch-…` fields and, if the page's own host
name was pointed at this machine (DNS rebinding), `Host` reveal that. Pages that the mock itself serves
get a unique origin (`response.browser_headers`), and send `Origin: null`.
"""

import ipaddress
import re
import secrets
from urllib.parse import parse_qs, urlsplit

from mockserver.config import Settings
from mockserver.errors import ConfigurationError, ForbiddenError, UnauthorizedError
from mockserver.http.exchange import Exchange
from mockserver.http.outgoing.outbox import SENT_BY_MOCK
from mockserver.http.request.parameter_styles import cookies
from mockserver.http.response.browser_headers import ADMIN_COOKIE

TOKEN_HEADER = "x-mock-admin-token"  # noqa: S105  the header's name

_READING = {"GET", "HEAD"}
_FRAMES = {"iframe", "frame", "fencedframe", "embed", "object"}
_TOKEN = re.compile(r"[!#-+\--:<-\[\]-~]+")  # RFC 6265 section 4.1.1, cookie-octet

# RFC 6761 and ICANN's `.internal`: these names never resolve on the public internet.
_PRIVATE = {"localhost", "test", "example", "invalid", "internal"}


def is_loopback(host: str) -> bool:
    """Whether an address to listen on can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def make_token(host: str, wanted: str | None) -> str | None:
    """The admin token: the configured one, or a new one if other machines can reach the server.

    Raises:
        ConfigurationError: the configured one cannot be sent in a header or a cookie.
    """
    if wanted:
        if not _TOKEN.fullmatch(wanted):
            # Do not show the token itself: the message may end up in a log.
            raise ConfigurationError(
                "admin_token (MOCKSERVER_ADMIN_TOKEN) cannot be sent in a header or cookie: use visible "
                "ASCII characters, and no space, line break, quote, comma, semicolon or backslash."
            )
        return wanted
    return None if is_loopback(host) else secrets.token_urlsafe(18)


def token_of(settings: Settings) -> str | None:
    """The token that the admin API requires; None if it requires none.

    Raises:
        ConfigurationError: pages of the mock would share the admin API's origin without a token.
    """
    token = make_token(settings.host, settings.admin_token)
    if settings.same_origin_html and settings.admin and token is None:
        raise ConfigurationError(
            "--same-origin-html lets every page that is served use the admin API: "
            "set MOCKSERVER_ADMIN_TOKEN, or leave the admin API out with --no-admin."
        )
    return token


class Guard:
    """Refuses requests from pages of other sites, or without the token."""

    def __init__(self, token: str | None, *, cookies: bool = True) -> None:
        """Without `cookies`, only header fields carry the token, which browsers never send by themselves."""
        self._token = token
        #: Whether a browser may send the token as a cookie.
        self.cookies = cookies

    def check(self, exchange: Exchange, *, open_to_all: bool = False) -> None:
        """Check a request.

        Args:
            exchange: the request.
            open_to_all: whether the request needs no token.

        Raises:
            ForbiddenError: a page of another site sent it.
            UnauthorizedError: the token is missing or wrong.
        """
        if exchange.header(SENT_BY_MOCK) is not None:
            raise ForbiddenError("The admin API does not answer callbacks and webhooks.")
        host = exchange.header("host")
        if self._token is None and host is not None and not _is_own_name(host):
            raise ForbiddenError(
                f"The admin API is not reached under the name {host!r}: use localhost or an address."
            )
        _refuse_other_sites(exchange, host)
        if self._token is not None and not open_to_all and not self._knows_token(exchange):
            browser = (
                "or open /__admin/?token=… in a browser."
                if self.cookies
                else "browsers are not let in with --same-origin-html."
            )
            raise UnauthorizedError(
                f"The admin API needs the token that was printed at start-up: "
                f"send `Authorization: Bearer …`; {browser}",
                headers=[("WWW-Authenticate", 'Bearer realm="mockserver admin"')],
            )

    def entry(self, exchange: Exchange) -> str | None:
        """The cookie for a browser that sends the token in the page's URL; None if it does not."""
        offered = parse_qs(exchange.query_string.decode("latin-1")).get("token", [""])[0]
        if (
            not self.cookies
            or self._token is None
            or not secrets.compare_digest(offered.encode(), self._token.encode())
        ):
            return None
        return f"{ADMIN_COOKIE}={self._token}; Path=/__admin; HttpOnly; SameSite=Strict"

    def _knows_token(self, exchange: Exchange) -> bool:
        scheme, _, bearer = (exchange.header("authorization") or "").partition(" ")
        offered = [
            bearer.strip() if scheme.lower() == "bearer" else "",
            exchange.header(TOKEN_HEADER) or "",
        ]
        if self.cookies and _may_use_cookie(exchange):
            # Other servers on this machine may have set cookies of the same name.
            offered += cookies(exchange).get(ADMIN_COOKIE, ())
        token = (self._token or "").encode()
        return any(secrets.compare_digest(text.encode(), token) for text in offered)


def _may_use_cookie(exchange: Exchange) -> bool:
    """Whether a request with the cookie comes from the console.

    Browsers send the cookie with every form, image and document of this host, too, but only scripts of a page
    can set this header field.
    """
    return exchange.method in _READING or exchange.header("x-mock-session") is not None


def _is_own_name(host: str) -> bool:
    """Whether a Host can only name this machine: an IP address, or a name outside public DNS."""
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
    if origin is not None and not _is_origin_of(host, origin):
        raise ForbiddenError("The admin API does not answer pages of other sites.")
    purpose = exchange.header("sec-fetch-dest")
    if purpose in _FRAMES:
        raise ForbiddenError("The admin API is not shown in a frame.")
    # Following a link from another site is allowed: it is not a request by that site's page.
    followed = exchange.method == "GET" and exchange.header("sec-fetch-mode") == "navigate"
    if site in {"cross-site", "same-site"} and not followed:
        raise ForbiddenError("The admin API does not answer pages of other sites.")
    if exchange.method not in _READING and purpose not in {None, "empty"}:  # a form, or a PDF's form
        raise ForbiddenError("The admin API takes no forms: a page's script has to send the request.")


def _is_origin_of(host: str | None, origin: str) -> bool:
    """Whether a page of this origin came from this server; `null`, files and extensions did not."""
    scheme, _, authority = origin.partition("://")
    return scheme in {"http", "https"} and bool(authority) and authority == host
