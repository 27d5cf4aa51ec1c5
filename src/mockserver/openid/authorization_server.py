"""The grants and tokens of the OpenID provider, on Authlib's authorization server."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oauth2 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidGrantError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oidc.core.grants import OpenIDCode, OpenIDToken

from mockserver.behaviour.access_tokens import claims_of, read_token, seconds_left
from mockserver.http.access.provider_keys import RS256, ProviderKeys
from mockserver.openid.grants_in_sessions import Grant, SessionGrants
from mockserver.openid.redirect_uris import is_allowed
from mockserver.state.identities import Identity

CODE_SECONDS = 600
REFRESH_SECONDS = 30 * 24 * 3600
STANDARD_SCOPES = ("openid", "profile", "email", "offline_access")
_METHODS = ["client_secret_basic", "client_secret_post", "none"]

Answer = tuple[int, Any, list[tuple[str, str]]]
"""Authlib's response: a status, a body and header fields."""


@dataclass(frozen=True, slots=True)
class User:
    """A logged-in user.

    Attributes:
        api: the API of the identity; empty for an identity that is in no file.
    """

    api: str
    identity: Identity

    @property
    def key(self) -> dict[str, str]:
        """The reference to the user that a session stores."""
        return {"api": self.api, "name": self.identity.name, "subject": self.identity.subject}


@dataclass(frozen=True, slots=True)
class ProviderContext:
    """The context of one request to the provider.

    Attributes:
        grants: the session's grants.
        now: the session's current time.
        issuer: the `iss` of tokens.
        is_issuer: tests whether an issuer is this mock, under any of its host names.
        redirects: allowed redirect URIs, in addition to those of this machine.
        find: finds a user by the reference in a session; None if the identity no longer exists.
        named: finds the identity with the same name as a client.
        with_scopes: whether any identity has scopes.
    """

    grants: SessionGrants
    now: datetime
    issuer: str
    is_issuer: Callable[[str], bool]
    keys: ProviderKeys
    signing_key: str
    redirects: tuple[str, ...]
    find: Callable[[Mapping[str, str]], User | None]
    named: Callable[[str], User | None]
    with_scopes: bool

    @property
    def seconds(self) -> int:
        """The session's current time in seconds since 1970."""
        return int(self.now.timestamp())


class ProviderRequest(OAuth2Request):  # type: ignore[misc]  # Authlib has no types
    """A request in Authlib's form."""

    def __init__(
        self, method: str, headers: Mapping[str, str], query: Mapping[str, str], form: Mapping[str, str]
    ) -> None:
        # Authlib requires https URLs; the real URL may be plain http on this machine.
        super().__init__(method, "https://localhost/", headers=dict(headers))
        self._query = query
        self._form = form
        self.payload = BasicOAuth2Payload({**query, **form})

    @property
    def args(self) -> Mapping[str, str]:
        """The query parameters."""
        return self._query

    @property
    def form(self) -> Mapping[str, str]:
        """The fields of the form."""
        return self._form


@dataclass(frozen=True, slots=True)
class Client:
    """A client; any client id is accepted."""

    client_id: str
    context: ProviderContext

    def get_client_id(self) -> str:
        """The client's id."""
        return self.client_id

    def get_default_redirect_uri(self) -> str | None:
        """None: a client must send its redirect URI."""
        return None

    def get_allowed_scope(self, scope: str | None) -> str:
        """The scopes that a client may request: all."""
        return scope or ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether a browser may be redirected there."""
        return is_allowed(redirect_uri, self.context.redirects)

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether a secret is valid: the password of the identity named like the client; else any."""
        user = self.context.named(self.client_id)
        return user is None or user.identity.has_password(client_secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Whether an authentication method is allowed: `none` is not if the identity has a password."""
        user = self.context.named(self.client_id)
        return method != "none" or user is None or user.identity.password is None

    def check_response_type(self, response_type: str) -> bool:
        """Whether a response type is supported."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether the client may use a grant type: always."""
        return True


class _CodeGrant(grants.AuthorizationCodeGrant):  # type: ignore[misc]  # Authlib has no types
    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS

    def save_authorization_code(self, code: str, request: ProviderRequest) -> None:
        data, context = request.payload.data, self.server.context
        grant = Grant(
            client_id=request.client.client_id,
            user=request.user.key,
            scope=allowed_scope(request.scope or "", request.user.identity, context),
            family=secrets.token_hex(8),
            expires=context.seconds + CODE_SECONDS,
            redirect_uri=request.payload.redirect_uri or "",
            nonce=data.get("nonce") or "",
            auth_time=context.seconds,
            code_challenge=data.get("code_challenge") or "",
            code_challenge_method=data.get("code_challenge_method") or "",
        )
        context.grants.add_code(code, grant)

    def query_authorization_code(self, code: str, client: Client) -> Grant | None:
        # The code is used up in any case: after an attempt by another client it is no longer secret.
        found = self.server.context.grants.take_code(code)
        is_good = (
            found is not None and found.check_client(client) and found.expires > self.server.context.seconds
        )
        return found if is_good else None

    def delete_authorization_code(self, authorization_code: Grant) -> None:
        """Does nothing: `query_authorization_code` has marked it as used."""

    def authenticate_user(self, authorization_code: Grant) -> User | None:
        found: User | None = self.server.context.find(authorization_code.user)
        return found


class _RefreshGrant(grants.RefreshTokenGrant):  # type: ignore[misc]  # Authlib has no types
    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Grant | None:
        context = self.server.context
        found: Grant | None = context.grants.refresh_token(refresh_token)
        if found is not None and found.used:  # the token was copied (RFC 9700 section 4.14.2)
            context.grants.end(found.family)
            return None
        return found if found is not None and found.expires > context.seconds else None

    def authenticate_user(self, refresh_token: Grant) -> User:
        found: User | None = self.server.context.find(refresh_token.user)
        if found is None:
            raise InvalidGrantError("This identity no longer exists.")
        return found

    def revoke_old_credential(self, refresh_token: Grant) -> None:
        self.server.context.grants.use(refresh_token)


class _ClientGrant(grants.ClientCredentialsGrant):  # type: ignore[misc]  # Authlib has no types
    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS


class _IdTokens:
    """The content of ID tokens."""

    server: "Provider"

    def __init__(self, server: "Provider") -> None:
        super().__init__()
        self.server = server

    def resolve_client_private_key(self, client: Client) -> Any:
        """The signing key."""
        return self.server.context.keys.key

    def get_client_algorithm(self, client: Client) -> str:
        """The signing algorithm."""
        return RS256

    def get_encode_header(self, client: Client) -> dict[str, Any]:
        """The header, with the key's id."""
        return {"alg": RS256, "typ": "JWT", "kid": self.server.context.keys.key.kid}

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        """The claims about issuer, audience and time."""
        context = self.server.context
        now = context.seconds
        return {
            "iss": context.issuer,
            "aud": client.client_id,
            "iat": now,
            "exp": now + 3600,
        }

    def get_compatible_claims(self, request: ProviderRequest) -> dict[str, Any]:
        """The claims with the time of the login, which stays the same after a refresh."""
        grant: Grant | None = request.refresh_token or request.authorization_code
        claims = self.get_client_claims(request.client)
        return {**claims, "auth_time": claims["iat"] if grant is None else grant.auth_time}

    def generate_user_info(self, user: User, scope: str) -> dict[str, Any]:
        """The claims about the user."""
        return user_info(user.identity)

    def exists_nonce(self, nonce: str, request: ProviderRequest) -> bool:
        """Whether a nonce was used before: not checked, as clients must use each nonce only once."""
        return False


class _CodeIdTokens(_IdTokens, OpenIDCode):  # type: ignore[misc]  # Authlib has no types
    pass


class _RefreshedIdTokens(_IdTokens, OpenIDToken):  # type: ignore[misc]  # Authlib has no types
    pass


class _Introspection(IntrospectionEndpoint):  # type: ignore[misc]  # Authlib has no types
    CLIENT_AUTH_METHODS = _METHODS

    def authenticate_token(self, request: ProviderRequest, client: Client) -> Mapping[str, Any] | None:
        self.check_params(request, client)
        return active_claims(request.form["token"], self.server.context)

    def create_introspection_payload(self, token: Mapping[str, Any] | None) -> dict[str, Any]:
        return {"active": False} if token is None else {**token, "active": True}


class _Revocation(RevocationEndpoint):  # type: ignore[misc]  # Authlib has no types
    CLIENT_AUTH_METHODS = _METHODS

    def query_token(self, token_string: str, token_type_hint: str | None) -> "_Revocable":
        return _Revocable(token_string, self.server.context.grants.refresh_token(token_string))

    def revoke_token(self, token: "_Revocable", request: ProviderRequest) -> None:
        grants_of = self.server.context.grants
        if token.grant is not None:
            grants_of.end(token.grant.family)
        else:
            grants_of.revoke(token.text)


@dataclass(frozen=True, slots=True)
class _Revocable:
    """A token to be revoked; `grant` is set for a refresh token."""

    text: str
    grant: Grant | None

    def check_client(self, client: Client) -> bool:
        """Whether the client may revoke it: refresh tokens only their own client, access tokens any."""
        return self.grant is None or self.grant.check_client(client)


class Provider(AuthorizationServer):  # type: ignore[misc]  # Authlib has no types
    """The authorization server for one request, in the session's unit of work."""

    def __init__(self, context: ProviderContext) -> None:
        super().__init__()
        self.context = context
        self.register_grant(_CodeGrant, [CodeChallenge(required=True), _CodeIdTokens(self)])
        self.register_grant(_RefreshGrant, [_RefreshedIdTokens(self)])
        self.register_grant(_ClientGrant)
        self.register_endpoint(_Introspection)
        self.register_endpoint(_Revocation)

    def query_client(self, client_id: str) -> Client:
        """See `AuthorizationServer.query_client`."""
        return Client(client_id, self.context)

    def create_oauth2_request(self, request: ProviderRequest) -> ProviderRequest:
        """See `AuthorizationServer.create_oauth2_request`."""
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Answer:
        """See `AuthorizationServer.handle_response`."""
        return status, body, headers

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """See `AuthorizationServer.send_signal`: there are no listeners."""

    def generate_token(
        self,
        grant_type: str,
        client: Client,
        user: User | None = None,
        scope: str | None = None,
        expires_in: int | None = None,
        include_refresh_token: bool = True,
    ) -> dict[str, Any]:
        """See `AuthorizationServer.generate_token`."""
        context = self.context
        if user is None:
            user = context.named(client.client_id) or User(
                "", Identity(client.client_id, client.client_id, frozenset())
            )
        granted = allowed_scope(scope or "", user.identity, context)
        seconds = seconds_left(user.identity, context.now)
        if seconds <= 0:
            raise InvalidClientError(f"The identity {user.identity.name} has expired.")
        claims = {
            **claims_of(user.identity, context.now, seconds),
            "iss": context.issuer,
            "client_id": client.client_id,
            "jti": secrets.token_hex(16),
        }
        if granted or context.with_scopes:
            claims["scope"] = granted
        token: dict[str, Any] = {
            "token_type": "Bearer",
            "access_token": context.keys.signed(claims, "at+jwt"),
            "expires_in": seconds,
            "scope": granted,
        }
        if include_refresh_token:
            token["refresh_token"] = secrets.token_urlsafe(32)
        return token

    def save_token(self, token: Mapping[str, Any], request: ProviderRequest) -> None:
        """See `AuthorizationServer.save_token`: only refresh tokens are stored."""
        if "refresh_token" not in token:
            return
        old: Grant | None = request.refresh_token or request.authorization_code
        grant = Grant(
            client_id=request.client.client_id,
            user=request.user.key,
            scope=old.scope if old is not None else token["scope"],
            family=old.family if old is not None else secrets.token_hex(8),
            expires=self.context.seconds + REFRESH_SECONDS,
            auth_time=old.auth_time if old is not None else self.context.seconds,
        )
        self.context.grants.add_refresh_token(token["refresh_token"], grant)


def allowed_scope(wanted: str, identity: Identity, context: ProviderContext) -> str:
    """The requested scopes that an identity has; all of them if no identity has scopes."""
    if not context.with_scopes:
        return wanted
    known = {*STANDARD_SCOPES, *(identity.scopes or ())}
    found = [one for one in wanted.split() if one in known]
    # A client that requests no scope gets all scopes of the identity.
    return " ".join(found if found or wanted else sorted(identity.scopes or ()))


def user_info(identity: Identity) -> dict[str, Any]:
    """The claims about an identity (OpenID Connect Core 5.1)."""
    found: dict[str, Any] = {
        "sub": identity.subject,
        "name": identity.name,
        "preferred_username": identity.name,
    }
    if identity.email is not None:
        found |= {"email": identity.email, "email_verified": True}
    if identity.roles:
        found["roles"] = sorted(identity.roles)
    return {**found, **identity.claims}


def active_claims(token: str, context: ProviderContext) -> dict[str, Any] | None:
    """The claims of a valid access token or refresh token; None for any other token."""
    grant = context.grants.refresh_token(token)
    if grant is not None:
        if grant.used or grant.expires <= context.seconds:
            return None
        return {
            "client_id": grant.client_id,
            "sub": grant.user["subject"],
            "username": grant.user["name"],
            "scope": grant.scope,
            "exp": grant.expires,
            "iss": context.issuer,
        }
    claims = context.keys.claims(token) or read_token(token, context.signing_key)
    if claims is None or context.grants.is_revoked(token):
        return None
    expires = claims.get("exp")
    if not isinstance(expires, int | float) or expires <= context.seconds:
        return None
    if "iss" in claims and not context.is_issuer(str(claims["iss"])):
        return None
    return {**claims, "username": claims.get("name"), "token_type": "Bearer"}
