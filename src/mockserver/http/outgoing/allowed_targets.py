"""Decide where the mock may send requests: to this machine and to named hosts, never to itself."""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from mockserver.config import Settings

LONGEST_URL = 8_192

_PORTS = {"http": 80, "https": 443}
_URL = re.compile(
    r"(?P<scheme>https?)://(?:[^\s/?#\\@]*@)?(?:\[[0-9a-f:.]+\]|[^\s/?#\\@:\[\]%]+)"
    r"(?::(?P<port>[0-9]{1,5}))?(?:[/?#].*)?",
    re.IGNORECASE | re.DOTALL,
)
_HIGHEST_PORT = 65_535

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class TargetError(Exception):
    """A request must not be sent to its URL; the message says why."""


@dataclass(frozen=True, slots=True)
class TargetUrl:
    """A URL that can be reached over HTTP.

    Attributes:
        host: in lower case and ASCII, without a trailing dot.
    """

    url: httpx.URL
    host: str
    port: int


def read_target(url: str) -> TargetUrl:
    """Parse a URL exactly as it will be used.

    Raises:
        TargetError: it is not a valid http or https URL.
    """
    match = _URL.fullmatch(url) if len(url) <= LONGEST_URL else None
    if match is None:
        raise TargetError(_why_not(url))
    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii").lower().rstrip(".")
        host.encode("idna")  # as the resolver does; IPv6 addresses are accepted
    except (httpx.InvalidURL, UnicodeError) as error:
        raise TargetError(f"{_short(url)} is not a URL: {error}") from None
    port = int(match["port"] or _PORTS[match["scheme"].lower()])
    if not host:
        raise TargetError(_why_not(url))
    if not 1 <= port <= _HIGHEST_PORT:
        raise TargetError(f"the URL {_short(url)} has an invalid port")
    return TargetUrl(parsed, host, port)


def _why_not(url: str) -> str:
    if len(url) > LONGEST_URL:
        return f"the URL has {len(url):,} characters; the limit is {LONGEST_URL:,}"
    return f"{_short(url)} is not a URL such as http://localhost:3000/hook"


def _short(url: str) -> str:
    return repr(url if len(url) <= 100 else url[:100] + "…")


class AllowedTargets:
    """Decides where requests may go, by name and, once the name is resolved, by address."""

    def __init__(self, settings: Settings | None = None, *, hosts: Iterable[str] = ()) -> None:
        """Without settings, only this machine and `hosts` are allowed, and no URL is the mock's own."""
        names = [*hosts, *(settings.callback_hosts if settings else ())]
        self._hosts = {_normal(name) for name in names}
        self._own_port = settings.port if settings else 0
        self._public = _public_of(settings)

    def allow(self, url: str) -> TargetUrl:
        """Parse a URL and check that requests may be sent to it.

        Raises:
            TargetError: it is not a URL, it is the mock's own, or its host is not allowed.
        """
        target = read_target(url)
        if (target.host, target.port) == self._public:
            raise TargetError(self._is_own(target))
        if target.host in self._hosts or target.host == "localhost":
            return target
        address = _numeric(target.host)
        if address is None or not address.is_loopback:
            raise TargetError(f"only this machine is allowed; --callback-host {target.host} adds this host")
        return target

    async def resolve(self, target: TargetUrl) -> list[str]:
        """The addresses to connect to; the caller must not resolve the name again.

        Raises:
            TargetError: one of them is the mock's own.
            OSError: the name has no address.
        """
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(_address(entry) for entry in found))
        if target.port == self._own_port and any(map(is_here, addresses)):
            raise TargetError(self._is_own(target))
        if target.host == "localhost" and not all(address.is_loopback for address in addresses):
            raise TargetError("localhost is not this machine here")
        return list(map(str, addresses))

    @staticmethod
    def _is_own(target: TargetUrl) -> str:
        return f"{target.host}:{target.port} is this mock itself, which does not call itself"


def _normal(host: str) -> str:
    try:
        return httpx.URL(scheme="http", host=host).raw_host.decode("ascii").lower().rstrip(".")
    except (httpx.InvalidURL, UnicodeError):
        return host.lower()


def _public_of(settings: Settings | None) -> tuple[str, int] | None:
    """Host and port of `--public-url`, if it is set."""
    if settings is None or settings.public_url is None:
        return None
    target = read_target(settings.public_url)
    return target.host, target.port


def _numeric(host: str) -> Address | None:
    """The address of a host in numeric form, in every spelling that the system accepts: `127.1`, `0x7f.1`."""
    try:
        return _address(socket.getaddrinfo(host, 0, flags=socket.AI_NUMERICHOST)[0])
    except OSError:
        return None


def _address(entry: tuple[Any, ...]) -> Address:
    """The address in an entry of `getaddrinfo`; IPv4-mapped IPv6 (`::ffff:127.0.0.1`) becomes IPv4."""
    address = ipaddress.ip_address(str(entry[4][0]).partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


def is_here(address: Address) -> bool:
    """Whether an address belongs to this machine: only those can be bound."""
    if address.is_loopback or address.is_unspecified:
        return True
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    try:
        with closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True


def is_own_url(url: str, port: int) -> bool:
    """Whether a URL points to a port of this machine; False if its host cannot be resolved yet."""
    parts = urlsplit(url)
    try:
        if (parts.port or _PORTS.get(parts.scheme)) != port:
            return False
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, ValueError):
        return False
    return any(is_here(_address(entry)) for entry in found)
