"""TLS settings for outgoing requests: trusted authorities and the client certificate."""

import shlex
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx

from mockserver.errors import ConfigurationError
from mockserver.pem_files import load_authorities, load_certificate


@dataclass(frozen=True, slots=True)
class ServerTrust:
    """The TLS options of an HTTPS client.

    Attributes:
        ca: a file with certificates of authorities to trust in addition to the public ones.
        client_cert: a file with the certificate for servers that ask for one.
        client_key: a file with its private key; None takes the one in `client_cert`.
        insecure: whether any server certificate is accepted.
    """

    ca: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    insecure: bool = False

    def context(self) -> ssl.SSLContext:
        """The SSL context for connections.

        Raises:
            ConfigurationError: a file cannot be used, or two options contradict each other.
        """
        if self.insecure and self.ca is not None:
            raise ConfigurationError("--insecure trusts every server: leave out --ca, or --insecure.")
        if self.client_key is not None and self.client_cert is None:
            raise ConfigurationError("--client-key belongs to --client-cert, which is not given.")
        if self == PUBLIC:
            return _public_authorities()
        context = httpx.create_ssl_context(verify=not self.insecure, trust_env=False)
        if self.ca is not None:
            load_authorities(context, self.ca)
        if self.client_cert is not None:
            load_certificate(context, self.client_cert, self.client_key, ("--client-cert", "--client-key"))
        return context

    def curl_options(self) -> tuple[str, ...]:
        """The options in curl's syntax."""
        return tuple(self._options("--cacert", "--cert", "--key"))

    def command_line(self) -> str:
        """The options in the syntax of `check` and `proxy`, each after a space."""
        return "".join(
            f" {shlex.quote(word)}" for word in self._options("--ca", "--client-cert", "--client-key")
        )

    def _options(self, ca: str, cert: str, key: str) -> Iterator[str]:
        for option, file in ((ca, self.ca), (cert, self.client_cert), (key, self.client_key)):
            if file is not None:
                yield from (option, str(file))
        if self.insecure:
            yield "--insecure"


PUBLIC = ServerTrust()
"""Trust in the public authorities, without a client certificate."""


@cache
def _public_authorities() -> ssl.SSLContext:
    """Trust in the public authorities; cached, as reading their certificates takes a tenth of a second."""
    return httpx.create_ssl_context(trust_env=False)


def tls_failure(error: BaseException) -> str | None:
    """Why a TLS handshake failed, and what to do; None for other errors."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLError):
        cause = cause.__cause__ or cause.__context__
    if isinstance(cause, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not trusted ({cause.verify_message}): give the certificate of its authority "
            "with --ca FILE, or take any with --insecure"
        )
    if cause is not None and cause.reason in _WANTS_CERTIFICATE:
        return (
            "it refused the handshake, as servers do that ask for a certificate of the client: "
            "give one with --client-cert FILE"
        )
    return None


_WANTS_CERTIFICATE = {
    "TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "TLSV1_ALERT_CERTIFICATE_REQUIRED",
    "SSLV3_ALERT_HANDSHAKE_FAILURE",
}
"""OpenSSL's errors for a missing client certificate, in TLS 1.3 and before."""
