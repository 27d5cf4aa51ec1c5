"""Load certificates and keys from PEM files, and explain what is wrong with a file."""

import ssl
from pathlib import Path

from mockserver.errors import ConfigurationError


def load_certificate(
    context: ssl.SSLContext, certificate: Path, key: Path | None, flags: tuple[str, str]
) -> None:
    """Load a certificate and its key into a context.

    Args:
        context: the SSL context.
        certificate: the file with the certificate, and with intermediate certificates.
        key: the file with its private key; None if the first file has the key, too.
        flags: the flags that named the two files.

    Raises:
        ConfigurationError: a file cannot be read, has no certificate or key, or they do not match.
    """
    for file in filter(None, (certificate, key)):
        _check(file)
    try:
        context.load_cert_chain(certificate, key, password=lambda: _refuse_password(key or certificate))
    except ssl.SSLError as error:
        raise ConfigurationError(_explained(error, certificate, key, flags)) from None


def load_authorities(context: ssl.SSLContext, file: Path) -> None:
    """Make a context trust the authorities in a file, in addition to those it trusts already.

    Raises:
        ConfigurationError: it cannot be read, or has no certificate.
    """
    _check(file)
    try:
        context.load_verify_locations(file)
    except ssl.SSLError:
        raise ConfigurationError(
            f"{file} has no certificate in PEM (-----BEGIN CERTIFICATE-----), as --ca needs it."
        ) from None


def _check(file: Path) -> None:
    try:
        file.open("rb").close()
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror or error}") from None


def _refuse_password(file: Path) -> str:
    raise ConfigurationError(
        f"the key in {file} is encrypted with a password. Take it off: "
        f"openssl pkey -in {file} -out plain-key.pem"
    )


def _explained(error: ssl.SSLError, certificate: Path, key: Path | None, flags: tuple[str, str]) -> str:
    cert_flag, key_flag = flags
    if error.reason == "KEY_VALUES_MISMATCH":
        return f"the key in {key or certificate} does not belong to the certificate in {certificate}."
    if "BEGIN CERTIFICATE" not in certificate.read_text("latin-1"):
        return (
            f"{certificate} has no certificate in PEM (-----BEGIN CERTIFICATE-----), as {cert_flag} needs it."
        )
    if key is None:
        return f"{certificate} has no private key that can be read: name its file with {key_flag}."
    if "PRIVATE KEY" not in key.read_text("latin-1"):
        return f"{key} has no private key in PEM (-----BEGIN PRIVATE KEY-----), as {key_flag} needs it."
    return f"{certificate} and {key} cannot be used: {error.reason or error}."
