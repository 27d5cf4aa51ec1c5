"""The OpenID provider's RSA key: created once, and stored in the fixtures folder for all replicas."""

import contextlib
import logging
import os
import secrets
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mockserver.config import Settings
from mockserver.errors import ConfigurationError
from mockserver.extras import missing_line

if TYPE_CHECKING:
    from joserfc.jwk import RSAKey

RS256 = "RS256"
PROVIDER_PATH = "/__oidc"
"""Path of the OpenID provider, after the session's prefix."""

KEY_FILE = ".mockserver-signing-key.pem"
"""Name of the key file, in the fixtures folder."""

_PEM = "-----BEGIN"
_BITS = 2048

log = logging.getLogger("mockserver")


class ProviderKeys:
    """The key of one server; it is created or loaded at first use."""

    def __init__(self, folder: Path, pem: str) -> None:
        """Store the key in a folder, or read it from a PEM text.

        Args:
            folder: the fixtures folder; if it does not exist, the key is kept in memory.
            pem: a private RSA key as PEM; any other text is ignored.
        """
        self._folder = folder
        self._pem = pem if pem.lstrip().startswith(_PEM) else None

    @cached_property
    def key(self) -> "RSAKey":
        """The private key.

        Raises:
            ConfigurationError: the text, or the file, does not contain a private RSA key.
        """
        from joserfc.errors import JoseError
        from joserfc.jwk import RSAKey

        source = "MOCKSERVER_SIGNING_KEY" if self._pem else str(self._folder / KEY_FILE)
        try:
            key = RSAKey.import_key(self._pem or self._kept())
        except (JoseError, ValueError, TypeError) as error:
            raise ConfigurationError(f"{source} holds no RSA key: {error}") from None
        if not key.is_private:
            raise ConfigurationError(f"{source} contains a public key; signing tokens needs a private one.")
        return RSAKey.import_key(
            key.as_pem(private=True), {"kid": key.thumbprint(), "alg": RS256, "use": "sig"}
        )

    def public_set(self) -> dict[str, Any]:
        """The public key as a JSON Web Key Set (RFC 7517)."""
        return {"keys": [self.key.as_dict(private=False)]}

    def signed(self, claims: dict[str, Any], kind: str = "JWT") -> str:
        """Sign a token with these claims."""
        from joserfc import jwt

        return jwt.encode({"alg": RS256, "typ": kind, "kid": self.key.kid}, claims, self.key, [RS256])

    def claims(self, token: str) -> dict[str, Any] | None:
        """The claims of a token that this key signed, also after it expired; None for any other token."""
        if not self.is_made:
            return None
        from joserfc import jwt
        from joserfc.errors import JoseError

        try:
            return dict(jwt.decode(token, self.key, [RS256]).claims)
        except (JoseError, ValueError, TypeError, RecursionError, ConfigurationError):
            return None

    @property
    def is_made(self) -> bool:
        """Whether this key exists and the library that reads its tokens is installed."""
        if "key" in vars(self):
            return True
        return (self._pem is not None or self._file.is_file()) and missing_line("login") is None

    @property
    def _file(self) -> Path:
        return self._folder / KEY_FILE

    def _kept(self) -> str:
        """The key in the file; if there is none, one of the processes creates it."""
        with contextlib.suppress(OSError):
            return self._file.read_text("ascii")
        made = _new_key()
        fresh = self._folder / f"{KEY_FILE}.{secrets.token_hex(4)}"
        try:
            with open(
                os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii"
            ) as file:
                file.write(made)
            with contextlib.suppress(FileExistsError):
                os.link(fresh, self._file)  # atomic: other processes never see half a file
            fresh.unlink()
            return self._file.read_text("ascii")
        except OSError as error:
            log.warning(
                "The key of the OpenID provider is kept in memory and is another one at the next start, as "
                "%s cannot be written: %s. MOCKSERVER_SIGNING_KEY can hold one as PEM.",
                self._file,
                error.strerror or error,
            )
            return made


def _new_key() -> str:
    from joserfc.jwk import RSAKey

    return RSAKey.generate_key(_BITS, private=True).as_pem(private=True).decode("ascii")


def is_issuer(text: str, configured: str | None) -> bool:
    """Whether an issuer is the mock's own: the configured one, else its provider under any host name."""
    return text == configured if configured else text.endswith(PROVIDER_PATH)


@cache
def _keys_in(folder: Path, pem: str) -> ProviderKeys:
    return ProviderKeys(folder, pem)


def provider_keys(settings: Settings) -> ProviderKeys:
    """The keys of a server with these settings: one for all its APIs."""
    return _keys_in((settings.fixtures or Path("fixtures")).absolute(), settings.signing_key)
