"""The admin API's handlers for identities and their tokens."""

from collections.abc import Mapping
from typing import Any

from mockserver.admin.admin_context import AdminContext, AdminHandler, Session
from mockserver.behaviour.access_tokens import issue_token, seconds_left
from mockserver.behaviour.backend import Response
from mockserver.errors import BadRequestError
from mockserver.http.served_api import Service
from mockserver.state.clock import timestamp
from mockserver.state.identities import Identity


def list_identities(context: AdminContext, session: Session) -> Response:
    """Who can call, with the tokens that the fixtures publish."""
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
        "expires": None if identity.expires is None else timestamp(identity.expires),
    }


def issue(context: AdminContext, session: Session, *, body: dict[str, Any]) -> Response:
    """Sign a token for an identity, by the session's clock."""
    api, identity = find_identity(context.services, body["identity"], body.get("api"))
    now = context.now(session.state)
    seconds = body["expires"] if "expires" in body else seconds_left(identity, now)
    claims: dict[str, Any] = {}
    if "subject" in body:
        claims["sub"] = str(body["subject"])
    if "roles" in body:
        claims["roles"] = [body["roles"]] if isinstance(body["roles"], str) else body["roles"]
    token = issue_token(
        identity,
        signing_key=context.settings.signing_key,
        now=now,
        seconds=seconds,
        claims=claims,
    )
    return Response(201, {"token": token, "identity": identity.name, "api": api, "expires_in": seconds})


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
        names = ", ".join(identity.name for identity in service.fixture.identities)
        known += [f"{service.name}: {names}"] if names else []
    raise BadRequestError(f"There is no identity {name!r}; there are {'; '.join(known) or 'none'}.")


HANDLERS: Mapping[str, AdminHandler] = {"listIdentities": list_identities, "issueToken": issue}
