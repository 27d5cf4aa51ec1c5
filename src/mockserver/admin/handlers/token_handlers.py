"""The admin API's handlers for identities and their tokens."""

import secrets
from collections.abc import Mapping
from typing import Any

from mockserver.admin.admin_context import AdminContext, AdminHandler, Session
from mockserver.behaviour.access_tokens import claims_of, digest_of, issue_token, seconds_left, tampered
from mockserver.behaviour.backend import Response
from mockserver.errors import BadRequestError
from mockserver.extras import missing_line
from mockserver.http.access.provider_keys import provider_keys
from mockserver.http.served_api import Service
from mockserver.state.clock import timestamp
from mockserver.state.identities import Identity

_EXPIRED_SECONDS = -60
_ANOTHER_ISSUER = "https://another-issuer.invalid"


def list_identities(context: AdminContext, session: Session) -> Response:
    """The identities, with the tokens that the fixtures contain."""
    apis = [
        {"api": service.name, "identities": [_identity(entry) for entry in service.fixture.identities]}
        for service in context.services.values()
    ]
    return Response(200, {"apis": apis})


def _identity(identity: Identity) -> dict[str, Any]:
    return {
        "name": identity.name,
        "subject": identity.subject,
        "roles": sorted(identity.roles),
        "token": identity.token,
        "email": identity.email,
        "scopes": None if identity.scopes is None else sorted(identity.scopes),
        "expires": None if identity.expires is None else timestamp(identity.expires),
    }


def issue(context: AdminContext, session: Session, *, body: dict[str, Any]) -> Response:
    """Issue a token for an identity, by the session's clock; some kinds are made to be refused."""
    api, identity = find_identity(context.services, body["identity"], body.get("api"))
    now, kind = context.now(session.state), body.get("kind", "valid")
    usual = _EXPIRED_SECONDS if kind == "expired" else seconds_left(identity, now)
    seconds = body.get("expires", usual)
    claims: dict[str, Any] = {}
    if "subject" in body:
        claims["sub"] = str(body["subject"])
    if "roles" in body:
        claims["roles"] = [body["roles"]] if isinstance(body["roles"], str) else body["roles"]
    if kind == "revoked":  # unique, so that revoking it spares tokens made in the same second
        claims["jti"] = secrets.token_hex(8)
    token = issue_token(
        identity,
        signing_key=context.settings.signing_key,
        now=now,
        seconds=seconds,
        claims=claims,
    )
    if kind == "tampered":
        token = tampered(token)
    elif kind == "wrong-issuer":
        token = _of_another_issuer(context, {**claims_of(identity, now, seconds), **claims})
    elif kind == "revoked":
        session.state.set_conditions(session.conditions.revoking(digest_of(token)))
    made = {"token": token, "identity": identity.name, "api": api, "expires_in": seconds, "kind": kind}
    return Response(201, made)


def _of_another_issuer(context: AdminContext, claims: Mapping[str, Any]) -> str:
    """A token signed by the OpenID provider that names another issuer.

    Raises:
        BadRequestError: the provider's library is not installed.
    """
    missing = missing_line("login")
    if missing is not None:
        raise BadRequestError(f"A token of another issuer {missing}")
    return provider_keys(context.settings).signed({**claims, "iss": _ANOTHER_ISSUER}, "at+jwt")


def find_identity(services: Mapping[str, Service], name: Any, api: Any) -> tuple[str, Identity]:
    """Find a named identity, in one API or in the first that has it.

    Raises:
        BadRequestError: there is no such identity; the detail lists all names.
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
        names = ", ".join(identity.name for identity in service.fixture.identities)
        known += [f"{service.name}: {names}"] if names else []
    raise BadRequestError(f"There is no identity {name!r}; there are {'; '.join(known) or 'none'}.")


HANDLERS: Mapping[str, AdminHandler] = {"listIdentities": list_identities, "issueToken": issue}
