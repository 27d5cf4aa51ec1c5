"""Convert errors to responses: the documented error body if there is one, else a problem (RFC 9457)."""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from mockserver.behaviour.refusals.error_bodies import documented_status
from mockserver.errors import (
    ApiError,
    HandlerFailedError,
    InvalidAnswerError,
    NotImplementedByMockError,
    StoreUnavailableError,
    Violation,
)
from mockserver.http import json_text
from mockserver.http.endpoint import Endpoint
from mockserver.http.exchange import (
    EXCHANGE,
    ASGIApp,
    Exchange,
    RawResponse,
    Receive,
    Scope,
    Send,
    send_answer,
)
from mockserver.http.request.request_bodies import ClientDisconnectedError
from mockserver.http.suggestions import NearMiss
from mockserver.openapi.schema.validators import UncompilableSchemaError

log = logging.getLogger("mockserver")

PROBLEM = b"application/problem+json"
_SHOWN_AS_THEY_ARE = (
    HandlerFailedError,
    InvalidAnswerError,
    NotImplementedByMockError,
    StoreUnavailableError,
)


def phrase_of(status: int) -> str:
    """The reason phrase of a status; empty if the status is not registered."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def problem(error: ApiError) -> dict[str, Any]:
    """An error as problem details (RFC 9457); `errors` lists the violations."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": phrase_of(error.status) or f"Status {error.status}",
        "status": int(error.status),
        "detail": error.detail,
    }
    if error.violations:
        body["errors"] = [_entry(violation) for violation in error.violations]
    return body


def _entry(violation: Violation) -> dict[str, str]:
    in_body = violation.location in {"body", "response"}
    where = {"pointer": "#" + violation.pointer} if in_body else {"parameter": violation.pointer}
    return {"in": violation.location, **where, "detail": violation.message, "rule": violation.keyword}


def _with_near(body: dict[str, Any], near: Sequence[NearMiss]) -> dict[str, Any]:
    """Add the operations that the client probably meant."""
    if near:
        body["detail"] += f" Did you mean {near[0]}?"
        body["near"] = [
            {
                "method": miss.method,
                "path": miss.path,
                "operation": miss.operation,
                "difference": miss.difference,
            }
            for miss in near
        ]
    return body


def _problem(status: int, error: ApiError, near: Sequence[NearMiss]) -> RawResponse:
    """An error as problem details, with the status that the document uses for it."""
    details = {**problem(error), "title": phrase_of(status) or f"Status {status}", "status": status}
    return status, [(b"content-type", PROBLEM)], json_text.encode(_with_near(details, near))


class ErrorAnswers:
    """The outermost layer of Connexion's stack: converts every error to a response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; respond to the error that it raises, if any."""
        try:
            await self.app(scope, receive, send)
        except ApiError as error:
            if isinstance(error, HandlerFailedError):
                log.exception("%s", error.detail, exc_info=error.__cause__)
            await self._answer(scope[EXCHANGE], error, send)
        except ClientDisconnectedError:
            return
        except UncompilableSchemaError as error:
            exchange = scope[EXCHANGE]
            reason = f"{exchange.operation_id} cannot be served as it is documented: {error}"
            await self._answer(exchange, NotImplementedByMockError(reason), send)
        except Exception as error:
            log.exception("Bug in the mock, at %s %s", scope["method"], scope["path"])
            detail = f"Bug in the mock: {type(error).__name__}. See the server's log for details."
            await self._answer(scope[EXCHANGE], InvalidAnswerError(detail), send)

    async def _answer(self, exchange: Exchange, error: ApiError, send: Send) -> None:
        exchange.violations = error.violations
        exchange.reason = error.detail
        own = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in error.headers]
        endpoint = exchange.endpoint
        status, headers, body = self._documented(exchange, error) or _problem(
            int(error.status) if endpoint is None else documented_status(endpoint.operation, error),
            error,
            exchange.near,
        )
        await send_answer(exchange, send, status, headers + own, body)

    @staticmethod
    def _documented(exchange: Exchange, error: ApiError) -> RawResponse | None:
        """The documented error body; None if the document has none that is valid.

        Errors of the mock itself or of a handler stay problem details, so that they are noticed.
        """
        endpoint: Endpoint | None = exchange.endpoint
        if endpoint is None or isinstance(error, _SHOWN_AS_THEY_ARE):
            return None
        service = endpoint.service
        response = service.handlers.describe(error)
        if response is None:
            response = service.fallback.refusals.answer(
                endpoint.operation, error, problem(error), exchange.body_value
            )
        try:
            return None if response is None else endpoint.response.encode(response)
        except (InvalidAnswerError, NotImplementedByMockError):
            return None
