"""TLS for those who call: a certificate that is given or made for this run, and what plain HTTP is told."""

import contextlib
import ipaddress
import socket
import ssl
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.extras import require
from mockserver.pem_files import load_certificate
from mockserver.state.clock import SystemClock

_NAMES = ("localhost", "127.0.0.1", "::1")
_VALID = timedelta(days=365)
"""Browsers take no certificate that is valid for much more than a year."""
_UNREAD = timedelta(days=1)
"""A certificate is valid since yesterday: clocks differ."""


@dataclass(frozen=True, slots=True)
class ServedTls:
    """What the port is encrypted with.

    Attributes:
        authority: the file with the certificate that a client has to trust; None where one was given.
    """

    context: ssl.SSLContext
    authority: Path | None = None


def tls_of(settings: Settings) -> ServedTls | None:
    """What the settings ask for; None for plain HTTP.

    Raises:
        ConfigurationError: a file cannot be read or written, or the extra is missing that makes certificates.
    """
    if settings.tls_cert is not None:
        if settings.tls_ca is not None:
            raise ConfigurationError(
                "tls_ca is where the certificate of an authority is written that --tls makes: "
                "leave it out where --tls-cert gives a certificate."
            )
        context = _context()
        load_certificate(context, settings.tls_cert, settings.tls_key, ("--tls-cert", "--tls-key"))
        return ServedTls(context)
    if settings.tls_key is not None:
        raise ConfigurationError("--tls-key belongs to --tls-cert, which is not given.")
    if not settings.tls:
        if settings.tls_ca is not None:
            raise ConfigurationError("--tls-ca belongs to --tls, which is not given.")
        return None
    require("tls", "--tls without --tls-cert")
    return _made(settings)


def _made(settings: Settings) -> ServedTls:
    """A certificate for this run, signed by an authority whose key nobody keeps."""
    import trustme

    authority = trustme.CA()
    now = SystemClock().now()
    certificate = authority.issue_cert(
        *_names(settings), not_before=now - _UNREAD, not_after=now - _UNREAD + _VALID
    )
    context = _context()
    certificate.configure_cert(context)
    return ServedTls(context, _written(authority.cert_pem.bytes(), settings.tls_ca))


def _names(settings: Settings) -> list[str]:
    """What this server is called: by this machine, by its name in the network, by --host and --public-url."""
    public = urlsplit(settings.public_url).hostname if settings.public_url else None
    wanted = dict.fromkeys([*_NAMES, settings.host, public or "", socket.gethostname()])
    return list(_usable(wanted))


def _usable(names: Iterable[str]) -> Iterable[str]:
    """The names that a certificate can have: hosts and addresses, but not the address of all interfaces."""
    for name in names:
        with contextlib.suppress(ValueError):
            if not ipaddress.ip_address(name).is_unspecified:
                yield name
            continue
        with contextlib.suppress(UnicodeError):
            if name and len(name) < 64 and name.encode("idna"):
                yield name


def _written(content: bytes, file: Path | None) -> Path:
    """Write the authority's certificate, into a folder of its own where no file is named."""
    try:
        if file is None:
            file = Path(tempfile.mkdtemp(prefix="mockserver-")) / "ca.pem"
        file.write_bytes(content)
    except OSError as error:
        raise ConfigurationError(
            f"the certificate that clients have to trust cannot be written to {error.filename or file}: "
            f"{error.strerror}. Name another file with --tls-ca FILE."
        ) from None
    return file.absolute()


def _context() -> ssl.SSLContext:
    context = _Context(ssl.PROTOCOL_TLS_SERVER)
    context.sslobject_class = _Object
    context.set_alpn_protocols(["http/1.1"])
    return context


class _Context(ssl.SSLContext):
    """TLS of a server; each connection knows the bytes that come and go."""

    def wrap_bio(self, incoming: Any, outgoing: Any, *arguments: Any, **named: Any) -> ssl.SSLObject:
        """Begin TLS on a connection."""
        connection = super().wrap_bio(incoming, outgoing, *arguments, **named)
        assert isinstance(connection, _Object)  # noqa: S101  the context's own class
        connection.incoming, connection.outgoing = incoming, outgoing
        return connection


_NOT_TLS = {"HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "WRONG_VERSION_NUMBER"}
"""What OpenSSL calls first bytes that are no TLS: methods that it knows, and all others."""


class _Object(ssl.SSLObject):
    """A connection's TLS, which stays open, unencrypted, for one answer to a client that speaks none."""

    incoming: ssl.MemoryBIO
    outgoing: ssl.MemoryBIO
    #: Whether the client has not begun with TLS.
    is_plain = False

    def do_handshake(self) -> None:
        """Take part in the handshake; with a client that speaks no TLS it is over at once."""
        try:
            super().do_handshake()
        except ssl.SSLError as error:
            if error.reason not in _NOT_TLS:
                raise
            self.is_plain = True

    def getpeercert(self, binary_form: bool = False) -> Any:
        """The client's certificate: there is none, and plain HTTP could not be asked for one."""
        return None if self.is_plain else super().getpeercert(binary_form)

    def read(self, len: int = 1024, buffer: Any = None) -> Any:  # noqa: A002  as in the standard library
        """Read what was sent encrypted; what was not is of no interest."""
        if not self.is_plain:
            return super().read(len, buffer)
        self.incoming.read()
        if self.incoming.eof:
            return b"" if buffer is None else 0
        raise ssl.SSLWantReadError

    def write(self, data: Any) -> int:
        """Send encrypted, or as it is to who would not understand that."""
        return self.outgoing.write(data) if self.is_plain else super().write(data)

    def unwrap(self) -> None:
        """End the encryption, if there is any."""
        if not self.is_plain:
            super().unwrap()
