"""The admin API under `/__admin/`: health, reset, the journal, state, tokens."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

from mockserver import __version__
from mockserver.config import Settings
from mockserver.data.identities import Identity
from mockserver.data.store import DEFAULT_SESSION, MemoryStore, Record
from mockserver.errors import (
    ApiError,
    BadRequestError,
    ForbiddenError,
    MethodNotAllowedError,
    PathNotFoundError,
    ResourceNotFoundError,
    Violation,
)
from mockserver.server import json_text
from mockserver.server.bodies import ClientDisconnectedError, receive_body
from mockserver.server.exchange import EXCHANGE, Exchange, RawHeaders, Receive, Scope, Send, send_answer
from mockserver.server.journal import Journal
from mockserver.server.problems import PROBLEM, problem
from mockserver.server.service import Service
from mockserver.server.tokens import issue_token

JSON: RawHeaders = [(b"content-type", b"application/json")]
_TOKEN_SECONDS = 3_600
_LONGEST_TOKEN = 10 * 365 * 24 * 3_600

Answer = tuple[int, Any]
Route = Callable[["Exchange", list[str], Any], Answer]


class AdminAPI:
    """Everything a person at this machine asks of the mock itself."""

    def __init__(
        self, services: Mapping[str, Service], store: MemoryStore, journal: Journal, settings: Settings
    ) -> None:
        self._services = services
        self._store = store
        self._journal = journal
        self._settings = settings
        self._routes: dict[str, dict[str, Route]] = {
            "health": {"GET": self._health},
            "reset": {"POST": self._reset},
            "requests": {"GET": self._requests, "DELETE": self._forget},
            "state": {"GET": self._read_state, "PUT": self._put_state, "DELETE": self._delete_state},
            "tokens": {"POST": self._issue},
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request to `/__admin/…`."""
        exchange: Exchange = scope[EXCHANGE]
        try:
            _refuse_other_sites(exchange)
            parts = [unquote(part) for part in exchange.path.split("/")[2:]]
            route = self._route(exchange, parts)
            content = await receive_body(exchange, receive, self._settings.body_limit)
            status, value = route(exchange, parts[1:], json_text.decode(content) if content else None)
        except ApiError as error:
            headers: RawHeaders = [(b"content-type", PROBLEM)]
            headers += [(name.lower().encode(), value.encode()) for name, value in error.headers]
            await send_answer(exchange, send, int(error.status), headers, json_text.encode(problem(error)))
            return
        except ClientDisconnectedError:
            return
        body = b"" if value is None else json_text.encode(value)
        await send_answer(exchange, send, status, JSON if body else [], body)

    def _route(self, exchange: Exchange, parts: list[str]) -> Route:
        methods = self._routes.get(parts[0] if parts else "")
        if methods is None or (len(parts) > 1 and parts[0] != "state"):
            known = ", ".join(self._routes)
            raise PathNotFoundError(f"The admin API has no {exchange.path}; it has {known}.")
        method = "GET" if exchange.method == "HEAD" else exchange.method
        if method not in methods:
            allow = ", ".join(methods)
            raise MethodNotAllowedError(f"{exchange.path} takes {allow}.", headers=[("Allow", allow)])
        return methods[method]

    def _health(self, exchange: Exchange, parts: list[str], body: Any) -> Answer:
        apis = [
            {
                "name": service.name,
                "title": service.document.title,
                "base_path": service.document.base_path,
                "operations": len(service.document.index),
            }
            for service in self._services.values()
        ]
        sessions = {"open": len(self._store.sessions()), "evicted": self._store.evicted}
        journal = {"total": self._journal.total, "dropped": self._journal.dropped}
        return 200, {
            "status": "ok",
            "version": __version__,
            "seed": self._settings.seed,
            "apis": apis,
            "sessions": sessions,
            "journal": journal,
        }

    def _reset(self, exchange: Exchange, parts: list[str], body: Any) -> Answer:
        self._store.reset(exchange.session)
        return 200, {"session": exchange.session, "status": "reset"}

    def _requests(self, exchange: Exchange, parts: list[str], body: Any) -> Answer:
        query = parse_qs(exchange.query_string.decode("latin-1"))
        limit = _positive(query.get("limit", ["100"])[0], "limit")
        entries = self._journal.entries(None if exchange.session == DEFAULT_SESSION else exchange.session)
        shown = [entry for entry, _ in zip(entries, range(limit), strict=False)]
        return 200, {"total": self._journal.total, "dropped": self._journal.dropped, "requests": shown}

    def _forget(self, exchange: Exchange, parts: list[str], body: Any) -> Answer:
        self._journal.clear()
        return 204, None

    def _read_state(self, exchange: Exchange, parts: list[str], body: Any) -> Answer:
        if len(parts) < 2:
            return 200, {"session": exchange.session, "collections": self._overview(exchange.session, parts)}
        collection = self._collection(parts)
        if len(parts) == 2:
            return 200, [record for _, record in self._store.records(exchange.session, collection)]
        record = self._store.get(exchange.session, collection, parts[2])
        if record is None:
            raise ResourceNotFoundError(f"{'/'.join(collection)} has no record {parts[2]!r} in this session.")
        return 200, record

    def _overview(self, session: str, parts: list[str]) -> dict[str, dict[str, Any]]:
        overview: dict[str, dict[str, Any]] = {}
        for (api, name), key in self._store.collections().items():
            if not parts or parts[0] in {api, ""}:
                count = sum(1 for _ in self._store.records(session, (api, name)))
                overview.setdefault(api, {})[name] = {"key": key, "records": count}
        if parts and parts[0] and not overview:
            raise ResourceNotFoundError(f"There is no API {parts[0]!r} with state.")
        return overview

    def _collection(self, parts: list[str]) -> tuple[str, str]:
        if len(parts) > 3 or self._store.key_of((parts[0], parts[1])) is None:
            known = ", ".join("/".join(name) for name in self._store.collections())
            raise ResourceNotFoundError(f"There is no collection {'/'.join(parts[:2])}; there are {known}.")
        return parts[0], parts[1]

    def _put_state(self, exchange: Exchange, parts: list[str], body: Any) -> Answer:
        collection, key = self._record_place(parts)
        self._check_record(collection, key, body)
        known = self._store.get(exchange.session, collection, key) is not None
        self._store.put(exchange.session, collection, key, body)
        return 200 if known else 201, body

    def _record_place(self, parts: list[str]) -> tuple[tuple[str, str], str]:
        if len(parts) != 3:
            raise BadRequestError("Name the record: /__admin/state/API/COLLECTION/KEY.")
        return self._collection(parts), parts[2]

    def _check_record(self, collection: tuple[str, str], key: str, record: Record | Any) -> None:
        """Refuse a record that would make answers break the document."""
        name = self._store.key_of(collection)
        if not isinstance(record, dict) or str(record.get(name)) != key:
            detail = f"The record must be an object whose {name!r} is {key!r}."
            raise BadRequestError(detail, violations=[Violation("body", f"/{name}", detail, "key")])
        service = self._services[collection[0]]
        checker = service.fixture.checkers.get(collection[1]) or service.fallback.checker_of(collection[1])
        if checker is not None and not checker.is_valid(record):
            raise BadRequestError(
                "The record breaks its schema.", violations=checker.violations(record, "body")
            )

    def _delete_state(self, exchange: Exchange, parts: list[str], body: Any) -> Answer:
        collection, key = self._record_place(parts)
        if not self._store.delete(exchange.session, collection, key):
            raise ResourceNotFoundError(f"{'/'.join(collection)} has no record {key!r} in this session.")
        return 204, None

    def _issue(self, exchange: Exchange, parts: list[str], body: Any) -> Answer:
        wanted = body if isinstance(body, dict) else {}
        api, identity = find_identity(self._services, wanted.get("identity"), wanted.get("api"))
        seconds = wanted.get("expires", _TOKEN_SECONDS)
        if isinstance(seconds, bool) or not isinstance(seconds, int) or abs(seconds) > _LONGEST_TOKEN:
            raise BadRequestError("`expires` is a number of seconds, ten years at most.")
        token = issue_token(
            identity,
            signing_key=self._settings.signing_key,
            now=self._services[api].clock.now(),
            seconds=seconds,
            claims=_claims(wanted),
        )
        return 201, {"token": token, "identity": identity.name, "api": api, "expires_in": seconds}


def find_identity(services: Mapping[str, Service], name: Any, api: Any) -> tuple[str, Identity]:
    """Find a named identity, in one API or in whichever has it first.

    Raises:
        BadRequestError: there is none; the detail names those there are.
    """
    if api is not None and str(api) not in services:
        raise BadRequestError(f"There is no API {api!r}; there are {', '.join(services)}.")
    known = []
    for service in services.values():
        if api not in {None, service.name}:
            continue
        found = service.fixture.identities.named(str(name))
        if found is not None:
            return service.name, found
        known += [f"{service.name}: {', '.join(i.name for i in service.fixture.identities)}"]
    raise BadRequestError(f"There is no identity {name!r}; there are {'; '.join(known) or 'none'}.")


def _claims(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The claims that are asked for in place of the identity's; refused when no token could have them."""
    claims: dict[str, Any] = {}
    if "subject" in wanted:
        subject = wanted["subject"]
        if isinstance(subject, bool) or not isinstance(subject, str | int):
            raise BadRequestError("`subject` is text or a number.")
        claims["sub"] = str(subject)
    if "roles" in wanted:
        roles = [wanted["roles"]] if isinstance(wanted["roles"], str) else wanted["roles"]
        if not isinstance(roles, list) or not all(isinstance(role, str) for role in roles):
            raise BadRequestError("`roles` is a list of names.")
        claims["roles"] = roles
    return claims


def _positive(text: str, name: str) -> int:
    if not text.isdecimal() or len(text) > 9:
        raise BadRequestError(f"`{name}` is {text!r}; a whole number is expected.")
    return int(text)


def _refuse_other_sites(exchange: Exchange) -> None:
    """Refuse what a page of another site sends through a browser (its `Origin` gives it away)."""
    origin = exchange.header("origin")
    if origin is not None and origin.partition("://")[2] != exchange.header("host"):
        raise ForbiddenError("The admin API does not answer pages of other sites.")
