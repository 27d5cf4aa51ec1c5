"""The compiled request contract of one operation: its parameters and its body."""

from mockserver.behaviour.preferences import is_lenient
from mockserver.errors import ApiError, BadRequestError, UnsupportedMediaTypeError, Violation
from mockserver.http.exchange import Exchange
from mockserver.http.request.request_bodies import BodyReader, has_body
from mockserver.http.request.request_parameters import ParameterReaders
from mockserver.http.served_api import Service
from mockserver.openapi.operation import Operation

VIOLATIONS_HEADER = b"x-mock-violations"
_LONGEST = 4_000


class RequestContract:
    """Reads and validates the parameters and the body of an operation's requests.

    Attributes:
        body_limit: maximum size of a body in bytes; None if the document describes none: it is not received.
    """

    def __init__(self, operation: Operation, service: Service) -> None:
        self._parameters = ParameterReaders(operation, service.compiler)
        body = operation.request_body
        self._body = BodyReader(operation, service) if body is not None and body.content else None
        self.body_limit = service.settings.body_limit if self._body is not None else None
        self._refuses_bodies = self._body is None and "415" in operation.responses

    def read(self, exchange: Exchange, content: bytes) -> None:
        """Store the values of the parameters and of the received body in the exchange.

        The body's media type is checked before the parameters, so 415 comes before 400.

        Raises:
            BadRequestError: parameters or body are missing or invalid; the violations say where.
            UnsupportedMediaTypeError: the body's media type is not documented.
        """
        body = self._body
        try:
            if body is None:
                self._refuse_body(exchange)
                self._parameters.read(exchange)
                return
            media_type = body.take(exchange, content)
            self._parameters.read(exchange)
            body.check(exchange, media_type)
        except (BadRequestError, UnsupportedMediaTypeError):
            if not is_lenient(exchange.header("prefer")):
                raise
            self._tolerate(exchange)

    def _refuse_body(self, exchange: Exchange) -> None:
        if self._refuses_bodies and has_body(exchange.headers):
            raise UnsupportedMediaTypeError("This operation takes no request body.")

    def _tolerate(self, exchange: Exchange) -> None:
        """Record all violations of a request that is served leniently (RFC 7240 section 4.4)."""
        exchange.violations = tuple(self.violations(exchange))
        exchange.notes = (
            *exchange.notes,
            "The request violates the document but was served: handling=lenient.",
        )
        said = "; ".join(map(str, exchange.violations))[:_LONGEST].encode("ascii", "replace")
        said = bytes(byte if 32 <= byte < 127 else 32 for byte in said)
        exchange.reply_headers = [*exchange.reply_headers, (VIOLATIONS_HEADER, said)]

    def violations(self, exchange: Exchange) -> list[Violation]:
        """All violations in a request whose body has been received; empty if it is valid."""
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
