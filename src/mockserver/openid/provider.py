"""The pages and endpoints of the OpenID provider, below `/__oidc/`."""

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from authlib.common.urls import add_params_to_uri
from authlib.oauth2 import OAuth2Error

from mockserver.config import Settings
from mockserver.errors import ApiError, ConfigurationError, ForbiddenError
from mockserver.html_templates import render
from mockserver.http import json_text
from mockserver.http.access.provider_keys import PROVIDER_PATH, RS256, ProviderKeys, is_issuer
from mockserver.http.exchange import (
    EXCHANGE,
    Exchange,
    RawHeaders,
    Receive,
    Scope,
    Send,
    base_url_of,
    send_answer,
)
from mockserver.http.gateway import cross_origin_fields
from mockserver.http.request.request_bodies import ClientDisconnectedError, receive_body
from mockserver.http.response.browser_headers import own_fields
from mockserver.http.response.problems import PROBLEM, problem
from mockserver.http.served_api import Service
from mockserver.openid.authorization_server import (
    STANDARD_SCOPES,
    Answer,
    Provider,
    ProviderContext,
    ProviderRequest,
    User,
    active_claims,
    user_info,
)
from mockserver.openid.grants_in_sessions import SessionGrants
from mockserver.openid.redirect_uris import is_allowed, origin_of
from mockserver.state.clock import Clock
from mockserver.state.identities import Identity
from mockserver.state.overlay import Overlay
from mockserver.state.session_overrides import ORDINARY, SessionClock
from mockserver.state.session_store import Sessions

_FORM_LIMIT = 64 * 1024
_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 30rem; margin: 3rem auto; padding: 0 1rem; }
ul { list-style: none; padding: 0; }
li { margin: .4rem 0; }
button { font: inherit; padding: .3rem .8rem; cursor: pointer; }
input { font: inherit; padding: .3rem; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HTML = [("Content-Type", "text/html; charset=utf-8")]
_LOGIN_FIELDS = ("login_as", "login_name")
_TEXT: RawHeaders = [(b"content-type", b"text/plain; charset=utf-8")]
_NO_STORE: RawHeaders = [(b"cache-control", b"no-store"), (b"pragma", b"no-cache")]
_PREFLIGHT: RawHeaders = [
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"authorization, content-type"),
    (b"access-control-max-age", b"600"),
]

Endpoint = Callable[["_Request", Provider], Answer]


@dataclass(frozen=True, slots=True)
class _Request:
    """A request to the provider, with its parsed query and form.

    Attributes:
        base: the URL of the provider, as the client sees it.
    """

    exchange: Exchange
    base: str
    query: Mapping[str, str]
    form: Mapping[str, str]

    @property
    def of_authlib(self) -> ProviderRequest:
        """The request in Authlib's form."""
        headers = {
            name.decode("latin-1").title(): value.decode("latin-1")
            for name, value in self.exchange.headers.items()
        }
        return ProviderRequest(self.exchange.method, headers, self.query, self.form)


class OpenIDProvider:
    """The ASGI application below `/__oidc/`."""

    def __init__(
        self,
        services: Mapping[str, Service],
        sessions: Sessions,
        clock: Clock,
        settings: Settings,
        keys: ProviderKeys,
    ) -> None:
        self._services = services
        self._sessions = sessions
        self._clock = clock
        self._settings = settings
        self._keys = keys
        self._endpoints: Mapping[str, tuple[frozenset[str], Endpoint]] = {
            "/.well-known/openid-configuration": (frozenset({"GET"}), self._configuration),
            "/.well-known/oauth-authorization-server": (frozenset({"GET"}), self._configuration),
            "/jwks": (frozenset({"GET"}), self._key_set),
            "/authorize": (frozenset({"GET", "POST"}), self._authorize),
            "/token": (frozenset({"POST"}), self._token),
            "/userinfo": (frozenset({"GET", "POST"}), self._user_info),
            "/introspect": (frozenset({"POST"}), self._introspect),
            "/revoke": (frozenset({"POST"}), self._revoke),
            "/logout": (frozenset({"GET", "POST"}), self._log_out),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        exchange: Exchange = scope[EXCHANGE]
        if b"origin" in exchange.headers and not exchange.path.endswith(("/authorize", "/logout")):
            origin = exchange.headers[b"origin"]
            exchange.reply_headers = [*exchange.reply_headers, *cross_origin_fields(origin)]
        methods, endpoint = self._endpoints.get(
            exchange.path.removeprefix(PROVIDER_PATH).rstrip("/") or "/", (frozenset(), None)
        )
        if endpoint is None:
            text = b"There is nothing here. Try /__oidc/.well-known/openid-configuration.\n"
            await send_answer(exchange, send, 404, [(b"content-type", b"text/plain"), *own_fields()], text)
            return
        allow = ", ".join(sorted({*methods, "OPTIONS", *({"HEAD"} if "GET" in methods else ())})).encode()
        if exchange.method == "OPTIONS":
            await send_answer(exchange, send, 204, [(b"allow", allow), *_PREFLIGHT], b"")
            return
        if exchange.method not in methods and (exchange.method != "HEAD" or "GET" not in methods):
            await send_answer(exchange, send, 405, [(b"allow", allow)], b"")
            return
        try:
            request = await self._read(exchange, receive)
            status, body, headers = await self._sessions.run(
                exchange.session, lambda session: endpoint(request, self._provider(request, session))
            )
        except ClientDisconnectedError:
            return
        except ConfigurationError as error:
            await send_answer(exchange, send, 500, _TEXT, f"{error}\n".encode())
            return
        except ValueError:  # Authlib refuses characters of the request in its error texts
            status, body, headers = _json(400, {"error": "invalid_request"})
        except ApiError as error:
            content = json_text.encode(problem(error))
            await send_answer(exchange, send, int(error.status), [(b"content-type", PROBLEM)], content)
            return
        await send_answer(exchange, send, status, _fields(headers), _content(body))

    async def _read(self, exchange: Exchange, receive: Receive) -> _Request:
        body = b""
        if exchange.method == "POST":
            body = await receive_body(exchange, receive, _FORM_LIMIT)
        form = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=100))
        query = {name: values[0] for name, values in exchange.query.items()}
        base = base_url_of(exchange, self._settings.public_url) + exchange.prefix + PROVIDER_PATH
        return _Request(exchange, base, query, form)

    def _provider(self, request: _Request, session: Overlay) -> Provider:
        clock = SessionClock(self._clock, (session.conditions or ORDINARY).clock)
        context = ProviderContext(
            grants=SessionGrants(session),
            now=clock.now(),
            issuer=self._settings.oidc_issuer or request.base,
            is_issuer=lambda text: is_issuer(text, self._settings.oidc_issuer),
            keys=self._keys,
            signing_key=self._settings.signing_key,
            redirects=self._settings.oidc_redirects,
            find=self._find,
            named=self._named,
            with_scopes=any(one.fixture.identities.have_scopes for one in self._services.values()),
        )
        return Provider(context)

    def _find(self, key: Mapping[str, str]) -> User | None:
        service = self._services.get(key["api"])
        found = None if service is None else service.fixture.identities.named(key["name"])
        if found is not None:
            return User(key["api"], found)
        if service is not None and len(service.fixture.identities):
            return None  # the fixture file has changed
        return User(key["api"], Identity(key["name"], key["subject"], frozenset()))

    def _named(self, name: str) -> User | None:
        for api, service in self._services.items():
            found = service.fixture.identities.named(name)
            if found is not None:
                return User(api, found)
        return None

    def _configuration(self, request: _Request, provider: Provider) -> Answer:
        """The provider's metadata (OpenID Connect Discovery 1.0)."""
        base = request.base
        scopes = {
            scope
            for service in self._services.values()
            for identity in service.fixture.identities
            for scope in identity.scopes or ()
        }
        ways = ["client_secret_basic", "client_secret_post", "none"]
        return _json(
            200,
            {
                "issuer": provider.context.issuer,
                "authorization_endpoint": f"{base}/authorize",
                "token_endpoint": f"{base}/token",
                "userinfo_endpoint": f"{base}/userinfo",
                "jwks_uri": f"{base}/jwks",
                "introspection_endpoint": f"{base}/introspect",
                "revocation_endpoint": f"{base}/revoke",
                "end_session_endpoint": f"{base}/logout",
                "response_types_supported": ["code"],
                "response_modes_supported": ["query"],
                "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": [RS256],
                "scopes_supported": [*STANDARD_SCOPES, *sorted(scopes)],
                "claims_supported": ["sub", "name", "preferred_username", "email", "email_verified", "roles"],
                "code_challenge_methods_supported": ["S256", "plain"],
                "token_endpoint_auth_methods_supported": ways,
                "introspection_endpoint_auth_methods_supported": ways,
                "revocation_endpoint_auth_methods_supported": ways,
                "authorization_response_iss_parameter_supported": True,
            },
        )

    def _key_set(self, request: _Request, provider: Provider) -> Answer:
        return _json(200, self._keys.public_set())

    def _token(self, request: _Request, provider: Provider) -> Answer:
        answer: Answer = provider.create_token_response(request.of_authlib)
        return answer

    def _introspect(self, request: _Request, provider: Provider) -> Answer:
        answer: Answer = provider.create_endpoint_response("introspection", request.of_authlib)
        return answer

    def _revoke(self, request: _Request, provider: Provider) -> Answer:
        answer: Answer = provider.create_endpoint_response("revocation", request.of_authlib)
        return answer

    def _user_info(self, request: _Request, provider: Provider) -> Answer:
        scheme, _, token = (request.exchange.header("authorization") or "").partition(" ")
        token = token.strip() if scheme.lower() == "bearer" else request.form.get("access_token", "")
        identity = self._static(token, provider) if token else None
        if identity is not None:
            return _json(200, user_info(identity))
        claims = active_claims(token, provider.context) if token else None
        if claims is None:
            challenge = 'Bearer error="invalid_token"' if token else "Bearer"
            return 401, {"error": "invalid_token"}, [*_json(401, {})[2], ("WWW-Authenticate", challenge)]
        shown = {name: value for name, value in claims.items() if name not in _NOT_OF_USERS}
        return _json(200, {"preferred_username": claims.get("name"), **shown})

    def _static(self, token: str, provider: Provider) -> Identity | None:
        """The identity with this static token, if the token is valid now."""
        for service in self._services.values():
            found = service.fixture.identities.with_token(token)
            if found is not None and found.refusal(provider.context.now) is None:
                return None if provider.context.grants.is_revoked(token) else found
        return None

    def _authorize(self, request: _Request, provider: Provider) -> Answer:
        """Show the login page, or redirect once an identity was chosen."""
        choice = request.form if request.exchange.method == "POST" else {}
        asked = {**request.query, **{k: v for k, v in choice.items() if k not in _LOGIN_FIELDS}}
        sent = ProviderRequest("GET", {}, asked, {})
        if not is_allowed(asked.get("redirect_uri", ""), self._settings.oidc_redirects):
            message = (
                "The redirect_uri is not on this machine. Use --oidc-redirect to allow it: "
                f"{asked.get('redirect_uri') or 'none was sent'}"
            )
            page = self._page(heading="Login failed", message=message)
            return 400, page, [*_HTML, *_policy()]
        try:
            grant = provider.get_consent_grant(sent)
        except OAuth2Error as error:
            return self._refused(error, provider)
        if "login_as" not in choice:
            return self._login_page(asked, grant.redirect_uri)
        _refuse_other_sites(request.exchange)
        user = self._chosen(choice)
        answer: Answer = provider.create_authorization_response(sent, user, grant=grant)
        return _with_issuer(answer, provider.context.issuer)

    def _refused(self, error: OAuth2Error, provider: Provider) -> Answer:
        """Redirect the browser with an error, or show the error if there is no valid redirect URI."""
        status, body, headers = error()
        if status == 302:
            return _with_issuer((status, body, headers), provider.context.issuer)
        page = self._page(heading="Login failed", message=f"{error.error}: {error.description}")
        return 400, page, [*_HTML, *_policy()]

    def _login_page(self, asked: Mapping[str, str], redirect_uri: str) -> Answer:
        apis = [self._people(api, service) for api, service in self._services.items()]
        page = self._page(
            heading="Who are you?", client=asked.get("client_id", ""), apis=apis, fields=tuple(asked.items())
        )
        return 200, page, [*_HTML, *_policy("'self'", origin_of(redirect_uri))]

    @staticmethod
    def _people(api: str, service: Service) -> dict[str, Any]:
        people = [
            {
                "key": f"{api}/{one.name}",
                "name": one.name,
                "about": ", ".join(filter(None, (one.email, *sorted(one.roles), *sorted(one.scopes or ())))),
            }
            for one in service.fixture.identities
        ]
        return {"title": service.document.title, "key": f"{api}/", "people": people}

    @staticmethod
    def _page(**values: Any) -> str:
        known = {"message": "", "client": "", "apis": (), "fields": (), "action": "authorize"}
        return render("login", style=_STYLE, **{**known, **values})

    def _chosen(self, choice: Mapping[str, str]) -> User | None:
        """The chosen user; None if the user declined to log in."""
        api, _, name = choice["login_as"].partition("/")
        service = self._services.get(api)
        if service is None:
            return None
        if len(service.fixture.identities):
            found = service.fixture.identities.named(name)
            return None if found is None else User(api, found)
        typed = choice.get("login_name", "").strip()[:200]
        return User(api, Identity(typed, typed, frozenset())) if typed else None

    def _log_out(self, request: _Request, provider: Provider) -> Answer:
        """End a client's grants (OpenID Connect RP-Initiated Logout 1.0)."""
        sent = {**request.query, **request.form}
        claims = self._keys.claims(sent.get("id_token_hint", "")) or {}
        client = sent.get("client_id")
        audience = claims.get("aud")
        known = [audience] if isinstance(audience, str) else audience or []
        if claims and client is not None and client not in known:
            message = "invalid_request: the ID token was made for another client"
            page = self._page(heading="Logout failed", message=message)
            return 400, page, [*_HTML, *_policy()]
        if claims.get("sub"):
            provider.context.grants.end_of(client or (known[0] if known else None), str(claims["sub"]))
        target = sent.get("post_logout_redirect_uri", "")
        if target and is_allowed(target, self._settings.oidc_redirects):
            state = {"state": sent["state"]} if "state" in sent else {}
            return 302, "", [("Location", add_params_to_uri(target, state))]
        return 200, self._page(heading="You are logged out"), [*_HTML, *_policy()]


_NOT_OF_USERS = {"iss", "aud", "iat", "exp", "nbf", "jti", "scope", "client_id", "username", "token_type"}


def _with_issuer(answer: Answer, issuer: str) -> Answer:
    """Add the issuer to the redirect URI of a response (RFC 9207)."""
    status, body, headers = answer
    if status != 302:
        return answer
    led = [
        (name, add_params_to_uri(value, {"iss": issuer}) if name == "Location" else value)
        for name, value in headers
    ]
    return status, body, led


def _refuse_other_sites(exchange: Exchange) -> None:
    """Refuse login forms from pages of other sites (login CSRF).

    Raises:
        ForbiddenError: a page other than the login page sent the form.
    """
    origin, site = exchange.header("origin"), exchange.header("sec-fetch-site")
    host = exchange.header("host") or ""
    is_other = origin is not None and origin.partition("://")[2] != host
    if is_other or site in {"cross-site", "same-site"}:
        raise ForbiddenError("Only the mock's own login page may send this form.")


def _policy(*actions: str) -> list[tuple[str, str]]:
    """The login page's content security policy: send its form here, and be redirected to the client."""
    allowed = f"form-action {' '.join(actions)}" if actions else "form-action 'none'"
    found = []
    for name, value in own_fields(f"style-src 'sha256-{_STYLE_HASH}'"):
        if name == b"cross-origin-opener-policy":
            continue  # clients open the page in a popup and wait until it closes
        # Without any referrer, browsers do not say that the form is from this origin either.
        text = "same-origin" if name == b"referrer-policy" else value.decode()
        found.append((name.decode(), text.replace("form-action 'none'", allowed)))
    return found


def _json(status: int, body: Any) -> Answer:
    return status, body, [("Content-Type", "application/json")]


def _fields(headers: Sequence[tuple[str, str]]) -> RawHeaders:
    known = {name.lower() for name, _ in headers}
    return [
        *((name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers),
        *(field for field in _NO_STORE if field[0].decode() not in known),
    ]


def _content(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode()
    return json_text.encode(body)
