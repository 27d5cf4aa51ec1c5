"""TLS for incoming connections: a given certificate or one made for this run, and answers to plain HTTP."""

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
from weakref import WeakSet

from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.extras import require
from mockserver.pem_files import load_certificate
from mockserver.state.clock import SystemClock

_NAMES = ("localhost", "127.0.0.1", "::1")
_VALID = timedelta(days=365)
"""Browsers refuse certificates that are valid for much more than a year."""
_UNREAD = timedelta(days=1)
"""Certificates are valid from yesterday, because clocks differ."""


@dataclass(frozen=True, slots=True)
class ServedTls:
    """The TLS configuration of the port.

    Attributes:
        authority: the file with the certificate that clients must trust; None if one was given.
    """

    context: ssl.SSLContext
    authority: Path | None = None


def tls_of(settings: Settings) -> ServedTls | None:
    """The TLS configuration in the settings; None for plain HTTP.

    Raises:
        ConfigurationError: a file cannot be read or written, or the extra that makes certificates is missing.
    """
    if settings.tls_cert is not None:
        if settings.tls_ca is not None:
            raise ConfigurationError(
                "tls_ca is where the certificate of an authority is written that --tls makes: "
                "leave it out where --tls-cert gives a certificate."
            )
        context = _context(settings)
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
    """A certificate for this run, signed by an authority whose key is not stored."""
    import trustme

    authority = trustme.CA()
    now = SystemClock().now()
    certificate = authority.issue_cert(
        *_names(settings), not_before=now - _UNREAD, not_after=now - _UNREAD + _VALID
    )
    context = _context(settings)
    certificate.configure_cert(context)
    return ServedTls(context, _written(authority.cert_pem.bytes(), settings.tls_ca))


def _names(settings: Settings) -> list[str]:
    """The names of this server: of this machine, in the network, of --host and --public-url."""
    public = urlsplit(settings.public_url).hostname if settings.public_url else None
    wanted = dict.fromkeys([*_NAMES, settings.host, public or "", socket.gethostname()])
    return list(_usable(wanted))


def _usable(names: Iterable[str]) -> Iterable[str]:
    """The names that a certificate can contain: hosts and addresses, except that of all interfaces."""
    for name in names:
        with contextlib.suppress(ValueError):
            if not ipaddress.ip_address(name).is_unspecified:
                yield name
            continue
        with contextlib.suppress(UnicodeError):
            if name and len(name) < 64 and name.encode("idna"):
                yield name


def _written(content: bytes, file: Path | None) -> Path:
    """Write the authority's certificate, by default to a new temporary folder."""
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


def _context(settings: Settings) -> ssl.SSLContext:
    context = _Context(ssl.PROTOCOL_TLS_SERVER)
    context.handshakes, context.most_handshakes = WeakSet(), settings.connection_limit
    context.sslobject_class = _Object
    context.set_alpn_protocols(["http/1.1"])
    return context


class _Context(ssl.SSLContext):
    """A server's TLS context that also answers plain HTTP, and limits how many handshakes are unfinished.

    uvicorn's protocol counts connections, but gets them only once their handshake is done.
    """

    handshakes: "WeakSet[_Object]"
    most_handshakes: int

    def wrap_bio(self, incoming: Any, outgoing: Any, *arguments: Any, **named: Any) -> ssl.SSLObject:
        """Begin TLS on a connection.

        Raises:
            ssl.SSLError: too many handshakes are unfinished; the event loop closes the connection.
        """
        if len(self.handshakes) >= self.most_handshakes:
            raise ssl.SSLError(f"{self.most_handshakes:,} TLS handshakes are unfinished (connection_limit)")
        connection = super().wrap_bio(incoming, outgoing, *arguments, **named)
        assert isinstance(connection, _Object)  # noqa: S101  the context's own class
        connection.incoming, connection.outgoing = incoming, outgoing
        connection.handshakes = self.handshakes
        self.handshakes.add(connection)
        return connection


_NOT_TLS = {"HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "WRONG_VERSION_NUMBER"}
"""OpenSSL's errors for first bytes that are not TLS: known HTTP methods, and all others."""


class _Object(ssl.SSLObject):
    """The TLS of one connection; for a client that sends plain HTTP it passes one answer unencrypted."""

    incoming: ssl.MemoryBIO
    outgoing: ssl.MemoryBIO
    handshakes: "WeakSet[_Object]"
    #: Whether the client sent something other than TLS.
    is_plain = False

    def do_handshake(self) -> None:
        """Do the handshake; with a client that does not speak TLS it ends at once."""
        try:
            super().do_handshake()
        except ssl.SSLError as error:
            if error.reason not in _NOT_TLS:
                raise
            self.is_plain = True
        self.handshakes.discard(self)

    def getpeercert(self, binary_form: bool = False) -> Any:
        """The client's certificate; None for a client that sends plain HTTP."""
        return None if self.is_plain else super().getpeercert(binary_form)

    def read(self, len: int = 1024, buffer: Any = None) -> Any:  # noqa: A002  as in the standard library
        """Read decrypted bytes; unencrypted ones are ignored."""
        if not self.is_plain:
            return super().read(len, buffer)
        self.incoming.read()
        if self.incoming.eof:
            return b"" if buffer is None else 0
        raise ssl.SSLWantReadError

    def write(self, data: Any) -> int:
        """Send encrypted bytes, or plain ones to a client that does not speak TLS."""
        return self.outgoing.write(data) if self.is_plain else super().write(data)

    def unwrap(self) -> None:
        """End the encryption, if there is any."""
        if not self.is_plain:
            super().unwrap()
