"""Turn errors into answers: the documented body where there is one, else a problem (RFC 9457)."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from connexion.exceptions import ProblemException

from mockserver.behaviour.backend import Response
from mockserver.errors import ApiError, InvalidAnswerError, NotImplementedByMockError, Violation
from mockserver.server import json_text
from mockserver.server.answers import AnswerChecker
from mockserver.server.bodies import ClientDisconnectedError
from mockserver.server.exchange import (
    EXCHANGE,
    ASGIApp,
    Exchange,
    RawHeaders,
    Receive,
    Scope,
    Send,
    send_answer,
)
from mockserver.server.near import NearMiss
from mockserver.server.service import Service

log = logging.getLogger("mockserver")

PROBLEM = b"application/problem+json"


def phrase_of(status: int) -> str:
    """What HTTP calls a status; nothing for one that nobody has registered."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def problem(error: ApiError) -> dict[str, Any]:
    """Describe an error as problem details (RFC 9457); `errors` says what is wrong, where."""
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
    """Say which operations were probably meant."""
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


class ProblemMiddleware:
    """The outermost layer of Connexion's stack: every error becomes an answer, none a traceback."""

    def __init__(self, app: ASGIApp, services: Iterable[Service]) -> None:
        self.app = app
        self._services: Mapping[str, Service] = {service.name: service for service in services}
        self._answers: dict[tuple[str | None, str | None], AnswerChecker] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on; answer its error if there is one."""
        try:
            await self.app(scope, receive, send)
        except ApiError as error:
            await self._answer(scope[EXCHANGE], error, send)
        except ClientDisconnectedError:
            return
        except ProblemException as error:
            detail = str(error.detail or error.title)
            log.exception("Connexion refused a request: %s", detail)
            await self._answer(scope[EXCHANGE], InvalidAnswerError(detail), send)
        except Exception as error:
            log.exception("A defect of the mock, at %s %s", scope["method"], scope["path"])
            detail = f"A defect of the mock: {type(error).__name__}. Its log has the details."
            await self._answer(scope[EXCHANGE], InvalidAnswerError(detail), send)

    async def _answer(self, exchange: Exchange, error: ApiError, send: Send) -> None:
        exchange.violations = error.violations
        exchange.reason = error.detail
        own = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in error.headers]
        status, headers, body = self._documented(exchange, error) or (
            int(error.status),
            [(b"content-type", PROBLEM)],
            json_text.encode(_with_near(problem(error), exchange.near)),
        )
        await send_answer(exchange, send, status, headers + own, body)

    def _documented(self, exchange: Exchange, error: ApiError) -> tuple[int, RawHeaders, bytes] | None:
        """The answer in the API's own words; None when the document has none that fits.

        An answer of ours that broke the document stays a problem: it must be seen, not dressed up.
        """
        service = self._services.get(exchange.api or "")
        if service is None or isinstance(error, InvalidAnswerError | NotImplementedByMockError):
            return None
        response = service.behaviour.describe(error)
        if response is None and exchange.operation_id is not None:
            operation = service.document.operation(exchange.operation_id)
            response = service.fallback.refusals.answer(operation, error, problem(error))
        if response is None:
            return None
        return self._encode(service, exchange, response)

    def _encode(
        self, service: Service, exchange: Exchange, response: Response
    ) -> tuple[int, RawHeaders, bytes] | None:
        key = (exchange.api, exchange.operation_id)
        checker = self._answers.get(key)
        if checker is None:
            operation = service.document.operation(str(exchange.operation_id))
            checker = self._answers[key] = AnswerChecker(operation, service)
        try:
            return checker.encode(response)
        except InvalidAnswerError:
            return None
