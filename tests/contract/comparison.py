"""The same requests to stock Connexion and to the mock, both in process: which operation, which verdict."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Any

import connexion
import pytest
import yaml
from connexion.middleware.abstract import ROUTING_CONTEXT
from connexion.options import SwaggerUIOptions
from connexion.resolver import Resolver
from connexion.security import (
    ApiKeySecurityHandler,
    BasicSecurityHandler,
    BearerSecurityHandler,
    OAuthSecurityHandler,
)
from starlette.responses import Response
from tests.conftest import NOW
from tests.http.calling import exchange, scope_of

from mockserver.app import build
from mockserver.config import Settings
from mockserver.generation import UnsatisfiableSchemaError, ValueGenerator
from mockserver.http.exchange import EXCHANGE, ASGIApp, Receive, Scope, Send, send_answer
from mockserver.http.served_api import Service, split_id
from mockserver.openapi.document import Document, load
from mockserver.state.clock import FrozenClock

from .variations import CALLER, TOKEN, Variation, Variations

REACHED = 299
"""What both servers answer where the operation was reached: no documented status, and none of their own."""


class Verdict(Enum):
    """What became of a request."""

    ACCEPTED = auto()
    "The operation was reached."
    UNAUTHORIZED = auto()
    "401."
    REFUSED = auto()
    "Another 4xx."
    ANSWERED = auto()
    "The server answered itself: a redirect, or OPTIONS."
    FAILED = auto()
    "5xx."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one server made of a request; `operation` is None where it found none."""

    operation: str | None
    status: int

    @property
    def verdict(self) -> Verdict:
        """The kind of the status."""
        if self.status == REACHED:
            return Verdict.ACCEPTED
        if self.status == 401:
            return Verdict.UNAUTHORIZED
        return {2: Verdict.ANSWERED, 3: Verdict.ANSWERED, 4: Verdict.REFUSED, 5: Verdict.FAILED}[
            self.status // 100
        ]

    def agrees(self, other: Outcome) -> bool:
        """Whether the operation and the verdict are the same."""
        return (self.operation, self.verdict) == (other.operation, other.verdict)


@dataclass(frozen=True, slots=True)
class Compared:
    """One request and both outcomes."""

    variation: Variation
    connexion: Outcome
    mock: Outcome

    def __str__(self) -> str:
        """The comparison as a failure shows it."""
        request = self.variation.request
        query = f"?{request.query_string.decode()}" if request.query else ""
        return (
            f"{self.variation}\n"
            f"    {request.method} {request.path}{query} {request.headers} {request.body[:60]!r}\n"
            f"    Connexion: {self.connexion.status} {self.connexion.operation}, "
            f"mock: {self.mock.status} {self.mock.operation}"
        )


def compare(file: Path, folder: Path) -> list[Compared]:
    """Send every variation of every operation of a document to both servers.

    Args:
        file: the document.
        folder: an empty folder for its fixture file, which has the identity that both servers know.
    """
    document = load(file)
    service, mock = _mock(file, document, folder)
    stock = stock_connexion(document)
    generator = ValueGenerator(service.document.root, service.compiler, seed=1, now=NOW)
    variations = list(_variations(document, Variations(document, generator)))
    return asyncio.run(_send_all(variations, stock, mock))


def _variations(document: Document, variations: Variations) -> Iterable[Variation]:
    for operation in document.operations():
        try:
            yield from variations.of(operation)
        except UnsatisfiableSchemaError:  # no valid request can be made: nothing to compare
            continue


async def _send_all(variations: Iterable[Variation], stock: ASGIApp, mock: ASGIApp) -> list[Compared]:
    logging.disable(logging.CRITICAL)  # Connexion logs each refusal
    try:
        return [
            Compared(variation, await _send(stock, variation), await _send(mock, variation))
            for variation in variations
        ]
    finally:
        logging.disable(logging.NOTSET)


async def _send(asgi: ASGIApp, variation: Variation) -> Outcome:
    request = variation.request
    headers = {"host": "mock.test", **request.headers}
    if request.body:
        headers["content-length"] = str(len(request.body))
    fields = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    query = f"?{request.query_string.decode()}" if request.query else ""
    scope = scope_of(request.method, request.path + query, fields)
    answer = await exchange(asgi, scope, [request.body])
    routed = scope["extensions"].get(ROUTING_CONTEXT, {}).get("operation_id")
    return Outcome(routed and split_id(routed)[1], answer.status)


class _Reached:
    """Takes the dispatcher's place in the mock: says that the operation was reached."""

    def __init__(self, *_: Any) -> None: ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send_answer(scope[EXCHANGE], send, REACHED, [], b"")


def _mock(file: Path, document: Document, folder: Path) -> tuple[Service, ASGIApp]:
    """The whole mock, its dispatcher apart, with an identity that has every role."""
    roles = sorted({role for operation in document.operations() for role in operation.roles or ()})
    identity = {"token": TOKEN, "subject": "1", "roles": roles}
    (folder / f"{document.name}.yaml").write_text(yaml.safe_dump({"identities": {CALLER: identity}}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mockserver.app.Dispatcher", _Reached)
        application = build(Settings(specs=(file,), fixtures=folder), FrozenClock(NOW))
    return application.services[document.name], application.asgi


def stock_connexion(document: Document) -> ASGIApp:
    """Connexion as it comes, with a view for every operation.

    Every operation has the id that the mock knows it by, as Connexion looks operations up by their ids.
    """
    content = json.loads(json.dumps(document.root))
    for operation_id, key in document.index.items():
        content["paths"][key.path][key.method]["operationId"] = f"{document.name}.{operation_id}"
    app = connexion.AsyncApp(
        __name__,
        security_map=_SECURITY,
        swagger_ui_options=SwaggerUIOptions(serve_spec=False, swagger_ui=False),
    )
    app.add_api(content, resolver=Resolver(lambda _: _view))
    asgi: ASGIApp = app
    return asgi


async def _view(**_: Any) -> Response:
    return Response(status_code=REACHED)


def _of_token(token: str) -> Mapping[str, Any] | None:
    return {"sub": CALLER, "scope": ""} if token == TOKEN else None


def _of_key(key: str, required_scopes: Any = None) -> Mapping[str, Any] | None:
    return _of_token(key)


def _of_password(name: str, password: str) -> Mapping[str, Any] | None:
    return {"sub": name} if name == CALLER else None


class _Basic(BasicSecurityHandler):  # type: ignore[misc]  # connexion ships no types
    def _resolve_func(self, security_scheme: Any) -> Any:
        return _of_password


class _Bearer(BearerSecurityHandler):  # type: ignore[misc]  # connexion ships no types
    def _resolve_func(self, security_scheme: Any) -> Any:
        return _of_token


class _ApiKey(ApiKeySecurityHandler):  # type: ignore[misc]  # connexion ships no types
    def _resolve_func(self, security_scheme: Any) -> Any:
        return _of_key


class _OAuth(OAuthSecurityHandler):  # type: ignore[misc]  # connexion ships no types
    def get_tokeninfo_func(self, security_definition: Any) -> Any:
        return _of_token

    @classmethod
    def get_scope_validate_func(cls, security_definition: Any) -> Any:
        return lambda required_scopes, token_scopes: True


_SECURITY = {
    "basic": _Basic,
    "bearer": _Bearer,
    "apiKey": _ApiKey,
    "oauth2": _OAuth,
    "openIdConnect": _Bearer,
}
