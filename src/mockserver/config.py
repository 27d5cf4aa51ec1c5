"""Frozen settings: flags override environment variables, `mockserver.toml` and defaults, in this order."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from mockserver.errors import ConfigurationError

AuthMode = Literal["mock", "any", "off"]
LogLevel = Literal["critical", "error", "warning", "info", "debug"]

CONFIGURATION_FILE = Path("mockserver.toml")
ENVIRONMENT_PREFIX = "MOCKSERVER_"

MEMORY = "memory"
"""The store in the memory of the single server process."""
STORE_SCHEMES = ("redis", "rediss", "unix")
"""The URL schemes of a Redis server: plain, with TLS, and by a Unix socket."""
_STORE_FILES = (".db", ".sqlite", ".sqlite3")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one run of the server.

    Attributes:
        specs: the documents, files or folders; empty means `specs/`, else the bundled ones.
        prefixes: `NAME=/path` adds a path before the base path of the document NAME.
        overlays: OpenAPI Overlays, files that change the documents before they are served.
        allow_remote: whether references of the documents to the network are fetched.
        fixtures: the folder with `<api>.yaml` files; None means `fixtures/`, else the bundled ones.
        handlers: the folder with `<api>.py` files, whose code is run; None means `handlers/`.
        scenarios: scenarios of the fixture files that are on in every new session, as `API/NAME`.
        host: the address to listen on.
        port: the port to listen on; 0 lets the system choose.
        seed: the seed of all generated values.
        auth: `mock` requires the fixtures' identities, `any` accepts every well-formed credential and
            reads its claims unverified, `off` requires none.
        stateless: whether every operation returns documented responses and keeps no state; the user's own
            handlers and rules still answer.
        stream_events: number of values (events, lines) in a stream without an example.
        stream_interval: milliseconds between them.
        reload: whether changed documents, fixtures and handlers are reloaded while serving.
        log_level: the level of the log.
        signing_key: the key that signs mock tokens (HS256).
        store: the store of the sessions: `memory`, a file whose name ends with `.db` (SQLite), or the URL of
            a Redis server.
        tls: whether the port speaks HTTPS, with the given certificate or one made for this run.
        tls_cert: the PEM file with the certificate, which implies `tls`; None makes one.
        tls_key: the file with its private key; None reads it from `tls_cert`.
        tls_ca: the file to write the certificate of a new authority to, which clients must trust; None writes
            to a new temporary file.
        workers: number of processes; several need a store that they share, or `stateless`.
        session_limit: maximum number of sessions; the longest idle one is evicted.
        delay: delay of every mocked answer in milliseconds: `200`, or `50-400` for a random one between.
        error_rate: share of mocked requests that are answered with 503, such as `0.05`.
        session_seconds: how long an idle session is kept.
        session_bytes: maximum size of one session; a write beyond it is refused with 507. Never more than a
            third of `sessions_bytes`.
        sessions_bytes: maximum size of all sessions together; the longest idle ones are evicted.
        admin: whether there is an admin API, and with it the console.
        admin_token: the token that the admin API requires; None generates one if other machines can reach
            the server, and requires none otherwise.
        journal_limit: number of requests in the journal.
        journal_body_limit: bytes of each request body and response body that the journal keeps.
        journal_bytes: bytes of all bodies in the journal; the oldest bodies are dropped first.
        body_limit: maximum size of a request body in bytes.
        body_values: maximum number of values and names in a JSON body, or elements and attributes in an XML
            body: they can take many times their size in memory.
        target_limit: maximum length of the request target in bytes.
        head_limit: maximum length of the request line with all header fields in bytes.
        field_limit: maximum number of header fields.
        trailer_limit: maximum length of trailer fields and chunk extensions of a body in bytes.
        head_seconds: timeout for the header fields of a request.
        body_seconds: timeout without progress in receiving a body, or in the client's reading of an answer.
        keep_alive_seconds: how long an idle connection is kept open for its next request.
        connection_limit: maximum number of open connections.
        webhook_url: target of the webhooks that handlers emit; None only records them.
        callback_hosts: hosts that callbacks may be sent to, in addition to this machine.
        same_origin_html: whether pages that are served or forwarded keep the mock's origin, with its
            cookies and storage, instead of running in a sandbox.
        public_url: base of every absolute URL that the mock writes (Location, links, media, exports); None
            takes the scheme and Host of the request.
        oidc_issuer: the issuer (`iss`) of the OpenID provider's tokens; None is its URL, at `/__oidc/`.
        oidc_redirects: redirect URIs that the provider allows in addition to this machine's: URIs, or
            origins on which every path is allowed.
    """

    specs: tuple[Path, ...] = ()
    prefixes: tuple[str, ...] = ()
    overlays: tuple[Path, ...] = ()
    allow_remote: bool = False
    fixtures: Path | None = None
    handlers: Path | None = None
    scenarios: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8080
    seed: int = 1
    auth: AuthMode = "mock"
    stateless: bool = False
    stream_events: int = 3
    stream_interval: int = 0
    delay: str | None = None
    error_rate: str | None = None
    reload: bool = False
    log_level: LogLevel = "info"
    signing_key: str = "mockserver development key, not a secret"
    tls: bool = False
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_ca: Path | None = None
    store: str = MEMORY
    workers: int = 1
    session_limit: int = 20_000
    session_seconds: int = 24 * 3600
    session_bytes: int = 64 * 1024 * 1024
    sessions_bytes: int = 512 * 1024 * 1024
    admin: bool = True
    admin_token: str | None = None
    journal_limit: int = 1_000
    journal_body_limit: int = 64 * 1024
    journal_bytes: int = 64 * 1024 * 1024
    body_limit: int = 10 * 1024 * 1024
    body_values: int = 1_000_000
    target_limit: int = 16 * 1024
    head_limit: int = 64 * 1024
    field_limit: int = 200
    trailer_limit: int = 8 * 1024
    head_seconds: int = 30
    body_seconds: int = 60
    keep_alive_seconds: int = 75
    connection_limit: int = 2_000
    webhook_url: str | None = None
    callback_hosts: tuple[str, ...] = ()
    same_origin_html: bool = False
    public_url: str | None = None
    oidc_issuer: str | None = None
    oidc_redirects: tuple[str, ...] = ()

    @classmethod
    def load(
        cls,
        flags: Mapping[str, Any],
        environment: Mapping[str, str] | None = None,
        file: Path = CONFIGURATION_FILE,
    ) -> "Settings":
        """Combine the sources; a flag that is None was not given.

        Args:
            flags: values by attribute name, already of the right type.
            environment: variables such as `MOCKSERVER_PORT`; the process's own when None.
            file: a TOML file with attribute names (dashes allowed) as keys; need not exist.

        Raises:
            ConfigurationError: an unknown key or a value that cannot be read, with its source.
        """
        values = _from_file(file)
        values |= _from_environment(os.environ if environment is None else environment)
        values |= {name: value for name, value in flags.items() if value is not None}
        if values.get("public_url") is not None:
            values["public_url"] = _read_public_url(values["public_url"])
        _check_store(str(values.get("store", MEMORY)))
        return replace(cls(), **values)


_NAMES = {field.name for field in fields(Settings)}
_FLAGS = {"allow_remote", "stateless", "reload", "admin", "same_origin_html", "tls"}
_FILES = {"fixtures", "handlers", "tls_cert", "tls_key", "tls_ca"}
_INTEGERS = {name for name in _NAMES if isinstance(getattr(Settings(), name), int)} - _FLAGS
_CHOICES: Mapping[str, tuple[str, ...]] = {"auth": get_args(AuthMode), "log_level": get_args(LogLevel)}
_TEXTS = {"prefixes", "callback_hosts", "oidc_redirects", "scenarios"}
"""Settings with several texts: a list in the file, comma-separated in the environment."""
_HIGHEST_PORT = 65535
_NOT_IN_URLS = re.compile(r"[^!$-;=@-Z_a-z~\[\]]")  # also no query and no fragment
_LOWEST: Mapping[str, int] = {"port": 0, "seed": 0, "stream_interval": 0}


def _from_file(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        table = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigurationError(f"{file}: {error}") from None
    values = {key.replace("-", "_"): value for key, value in table.items()}
    unknown = sorted(set(values) - _NAMES)
    if unknown:
        known = ", ".join(sorted(_NAMES))
        raise ConfigurationError(f"{file}: unknown setting {unknown[0]!r}; known are {known}")
    return {name: _read(name, value, str(file)) for name, value in values.items()}


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values = {}
    for name in _NAMES:
        variable = ENVIRONMENT_PREFIX + name.upper()
        if variable in environment:
            values[name] = _read(name, environment[variable], variable)
    return values


def _read(name: str, value: Any, source: str) -> Any:
    """Convert a value of the file or the environment to the attribute's type."""
    if name in _CHOICES and value not in _CHOICES[name]:
        raise ConfigurationError(f"{source}: {name} is {value!r}; allowed are {', '.join(_CHOICES[name])}")
    if name in _INTEGERS:
        return _read_integer(name, value, source)
    if name in _FLAGS:
        return _read_switch(name, value, source)
    if name in {"delay", "error_rate"} and isinstance(value, int | float):
        return str(value)
    several = isinstance(value, list) and name in {*_TEXTS, "specs", "overlays"}
    if not all(isinstance(part, str) for part in (value if several else [value])):
        raise ConfigurationError(f"{source}: {name} is {value!r}; text is expected")
    if name in _TEXTS:
        return tuple(value.split(",")) if isinstance(value, str) else tuple(value)
    if name in {"specs", "overlays"}:
        parts = value.split(os.pathsep) if isinstance(value, str) else value
        return tuple(Path(part) for part in parts)
    return Path(value) if name in _FILES else value


def _check_store(text: str) -> None:
    is_url = text.partition("://")[0] in STORE_SCHEMES and "://" in text
    if not is_url and text != MEMORY and not ("://" not in text and text.endswith(_STORE_FILES)):
        scheme, mark, _ = text.partition("://")
        shown = scheme + mark + "…" if mark else text  # it may have a password
        raise ConfigurationError(
            f"store is {shown!r}; write memory, a file such as state.db, or redis://HOST:PORT/0 "
            "(rediss:// with TLS, unix:///PATH for a socket)"
        )


def _read_public_url(text: str) -> str:
    """The URL without a trailing slash; it may have a path."""
    try:
        parts = urlsplit(text)
        is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_usable = False
    if not is_usable or "@" in parts.netloc or _NOT_IN_URLS.search(text):
        raise ConfigurationError(
            f"public_url is {text!r}; write http:// or https://, a host and perhaps a path: "
            "https://mock.example.com/shop"
        )
    return text.rstrip("/")


def _read_switch(name: str, value: Any, source: str) -> bool:
    switch = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False}
    switch |= {"no": False, "off": False, "": False}
    if str(value).lower() not in switch:
        raise ConfigurationError(f"{source}: {name} is {value!r}; true or false is expected")
    return switch[str(value).lower()]


def _read_integer(name: str, value: Any, source: str) -> int:
    try:
        number = int(str(value))
    except ValueError:
        raise ConfigurationError(f"{source}: {name} is {value!r}; a whole number is expected") from None
    lowest = _LOWEST.get(name, 1)
    if number < lowest:
        raise ConfigurationError(f"{source}: {name} is {number}; the minimum is {lowest}")
    if name == "port" and number > _HIGHEST_PORT:
        raise ConfigurationError(f"{source}: {name} is {number}; the maximum is {_HIGHEST_PORT}")
    return number
