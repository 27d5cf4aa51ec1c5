"""What a document says about the requests of one operation: its parameters and its body, compiled."""

from mockserver.errors import ApiError, Violation
from mockserver.http.exchange import Exchange, Receive
from mockserver.http.request.request_bodies import BodyReader, receive_body
from mockserver.http.request.request_parameters import ParameterReaders
from mockserver.http.served_api import Service
from mockserver.openapi.operation import Operation


class RequestContract:
    """Reads the parameters and the body of an operation's requests, and validates them."""

    def __init__(self, operation: Operation, service: Service) -> None:
        self._parameters = ParameterReaders(operation, service.compiler)
        body = operation.request_body
        self._body = BodyReader(operation, service) if body is not None and body.content else None

    async def read(self, exchange: Exchange, receive: Receive) -> None:
        """Receive the body, then put the parameters' and the body's values into the exchange.

        The media type is asked about before the parameters: 415 comes before 400.

        Raises:
            BadRequestError: parameters or body are missing or invalid; the violations say where.
            UnsupportedMediaTypeError: the body's media type is not documented.
            PayloadTooLargeError: the body exceeds the limit.
        """
        body = self._body
        if body is None:
            self._parameters.read(exchange)
            return
        media_type = body.take(exchange, await receive_body(exchange, receive, body.limit))
        self._parameters.read(exchange)
        body.check(exchange, media_type)

    def violations(self, exchange: Exchange) -> list[Violation]:
        """Everything that is wrong with a request whose body has been received; empty when it is valid."""
        found: list[Violation] = []
        try:
            self._parameters.read(exchange)
        except ApiError as error:
            found += error.violations
        if self._body is None:
            return found
        try:
            self._body.check(exchange, self._body.take(exchange, exchange.body))
        except ApiError as error:
            found += error.violations or [Violation("body", "", error.detail, "media type")]
        return found
