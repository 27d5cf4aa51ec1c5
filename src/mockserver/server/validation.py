"""Hold requests to the document: Connexion's slot for request validation, compiled."""

from typing import Any

from connexion.middleware.abstract import RoutedAPI

from mockserver.openapi.model import Operation
from mockserver.server.bodies import BodyReader, receive_body
from mockserver.server.compiled import CompiledMiddleware
from mockserver.server.exchange import EXCHANGE, ASGIApp, Exchange, Receive, Scope, Send
from mockserver.server.parameters import ParameterReaders
from mockserver.server.service import CompiledOperations, Service


class ValidationOperation:
    """The compiled parameters and body of one operation."""

    def __init__(self, operation: Operation, service: Service, next_app: ASGIApp) -> None:
        self._next = next_app
        self._parameters = ParameterReaders(operation, service.document.root, service.compiler)
        has_body = operation.request_body is not None and operation.request_body.content
        self._body = BodyReader(operation, service) if has_body else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read and check everything the document says about the request, then pass it on.

        The media type is asked about before the parameters: 415 comes before 400.
        """
        exchange: Exchange = scope[EXCHANGE]
        body = self._body
        if body is None:
            self._parameters.read(exchange)
        else:
            media_type = body.take(exchange, await receive_body(exchange, receive, body.limit))
            self._parameters.read(exchange)
            body.check(exchange, media_type)
        await self._next(scope, receive, send)


class _ValidationAPI(RoutedAPI[ValidationOperation]):  # type: ignore[misc]  # connexion ships no types
    def __init__(self, specification: Any, *, service: Service, **kwargs: Any) -> None:
        super().__init__(specification, **kwargs)
        self.operations = CompiledOperations(
            service,
            lambda name: ValidationOperation(service.document.operation(name), service, self.next_app),
        )

    def make_operation(self, operation: Any) -> ValidationOperation:
        raise NotImplementedError("operations are compiled at their first request")


class ValidationMiddleware(CompiledMiddleware[_ValidationAPI]):
    """Connexion's slot for request validation, with everything that depends on the document compiled."""

    api_cls = _ValidationAPI
