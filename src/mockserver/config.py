"""Frozen settings: flags over environment over `mockserver.toml` over defaults."""

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
"""The store in the memory of the one process that serves."""
STORE_SCHEMES = ("redis", "rediss", "unix")
"""The schemes of a Redis server's URL: plain, with TLS, and by a socket in the file system."""
_STORE_FILES = (".db", ".sqlite", ".sqlite3")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run of the server is told.

    Attributes:
        specs: the documents, files or folders; empty means `specs/`, else the bundled ones.
        prefixes: `NAME=/path` puts a path in front of the base path of the document NAME.
        overlays: OpenAPI Overlays, files that change the documents before they are served.
        allow_remote: whether references of the documents to the network are followed.
        fixtures: the folder with `<api>.yaml` files; None means `fixtures/`, else the bundled ones.
        handlers: the folder with `<api>.py` files, whose code is run; None means `handlers/`.
        scenarios: what every session begins with: scenarios of the fixture files that are on, as `API/NAME`.
        host: the address to listen on.
        port: the port to listen on; 0 lets the system choose.
        seed: every generated value depends on it.
        auth: `mock` knows the fixtures' identities, `any` takes every well-formed credential and
            reads its claims unverified, `off` takes none.
        stateless: whether every operation answers what the document offers, whatever was asked before;
            handlers and rules that the user wrote still answer.
        stream_events: how many values a stream has (events, lines) that no example says.
        stream_interval: how many milliseconds pass between them.
        reload: whether changed documents and fixtures are taken over while serving.
        log_level: how much the log says.
        signing_key: the key that mock tokens are signed with (HS256).
        store: what keeps the sessions: `memory`, a file whose name ends with `.db` (SQLite), or the URL of a
            Redis server.
        tls: whether the port speaks HTTPS, with a certificate that is made for this run or given.
        tls_cert: the file with the certificate, in PEM, which asks for `tls`; None makes one.
        tls_key: the file with its private key; None takes the one in `tls_cert`.
        tls_ca: where the certificate is written that clients have to trust when one is made; None takes a
            new temporary file.
        workers: how many processes serve; more than one need a store that they share, or `stateless`.
        session_limit: how many sessions exist at once, at most; the longest idle one gives way.
        delay: how many milliseconds every mocked answer waits: `200`, or `50-400` for between the two.
        error_rate: the share of mocked requests that are answered 503: `0.05` of them.
        session_seconds: how long an idle session is kept.
        session_bytes: how much one session may hold; a write beyond it is refused with 507. Never more than
            a third of `sessions_bytes`.
        sessions_bytes: how much all sessions together may hold; the longest idle ones give way.
        admin: whether there is an admin API, and with it the console.
        admin_token: what the admin API asks for; None makes one where others than this machine can
            reach it, and asks for none elsewhere.
        journal_limit: how many requests the journal remembers.
        journal_body_limit: how many bytes of a body the journal keeps, of the request and of the answer each.
        journal_bytes: how many bytes of bodies the journal keeps in all; the oldest are dropped first.
        body_limit: the largest request body, in bytes.
        body_values: how many values and names a JSON body may have, and how many elements and
            attributes an XML body: small ones take many times their size in memory.
        target_limit: the longest request target, in bytes.
        head_limit: the longest request line with all header fields, in bytes.
        field_limit: how many header fields a request has, at most.
        trailer_limit: the longest trailer fields and chunk extensions of a body, in bytes.
        head_seconds: how long the header fields of a request may take to arrive.
        body_seconds: how long a body may make no progress, or an answer not be read.
        keep_alive_seconds: how long an idle connection is kept for its next request.
        connection_limit: how many connections there are at once.
        webhook_url: where the webhooks go that handlers emit; None keeps them, to be looked at.
        callback_hosts: hosts that callbacks are sent to, beside this machine.
        same_origin_html: whether pages that are served or forwarded keep the mock's origin, with its
            cookies and storage, instead of running in a sandbox.
        public_url: what every absolute URL begins with that the mock writes (Location, links, media,
            exports); None takes the scheme and Host of the request.
        oidc_issuer: the issuer (`iss`) of tokens of the OpenID provider at `/__oidc/`; None takes its URL.
        oidc_redirects: where the provider may lead browsers to, beside this machine: URIs, or origins, at
            which every path is allowed.
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
        """Put the sources together; a flag that is None was not given.

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
"""Several texts: a list in the file, with commas between them in the environment."""
_HIGHEST_PORT = 65535
_NOT_IN_URLS = re.compile(r"[^!$-;=@-Z_a-z~\[\]]")  # a query and a fragment neither
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
    """Turn what a file or the environment says into the attribute's type."""
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
    """The URL without a slash at its end; it may have a path."""
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
        raise ConfigurationError(f"{source}: {name} is {number}; the least is {lowest}")
    if name == "port" and number > _HIGHEST_PORT:
        raise ConfigurationError(f"{source}: {name} is {number}; the most is {_HIGHEST_PORT}")
    return number
