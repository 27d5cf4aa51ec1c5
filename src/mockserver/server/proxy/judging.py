"""Hold what goes through the proxy to the document: requests like the mock does, answers as they come."""

from collections.abc import Mapping

from mockserver.errors import ApiError, Violation
from mockserver.openapi.model import BODILESS, MediaType, Operation
from mockserver.server import json_text
from mockserver.server.bodies import BodyReader
from mockserver.server.exchange import Exchange, Message, Receive
from mockserver.server.parameters import ParameterReaders
from mockserver.server.proxy.forwarding import UpstreamAnswer
from mockserver.server.service import Service


def _broken(message: str, keyword: str) -> Violation:
    return Violation("response", "", message, keyword)


class Judge:
    """What the document says about one operation, in both directions."""

    def __init__(self, operation: Operation, service: Service) -> None:
        self.operation = operation
        self._service = service
        self._parameters = ParameterReaders(operation, service.document.root, service.compiler)
        body = operation.request_body
        self._body = BodyReader(operation, service) if body is not None and body.content else None

    def judge_request(self, exchange: Exchange) -> list[Violation]:
        """Say how a request, whose body has been received, breaks the document."""
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

    def judge_answer(self, answer: UpstreamAnswer, method: str = "GET") -> list[Violation]:
        """Say how an answer breaks the document; one to HEAD has no body."""
        documented = self.operation.response(answer.status)
        if documented is None:
            return [_broken(f"the status {answer.status} is not documented", "status")]
        found = [
            _broken(f"the header {header.name} is missing", "header")
            for name, header in documented.headers.items()
            if header.required and answer.header(name.encode()) is None
        ]
        if not documented.content or answer.status in BODILESS or method == "HEAD":
            return found
        return found + self._judge_body(answer, documented.content)

    def _judge_body(self, answer: UpstreamAnswer, content: Mapping[str, MediaType]) -> list[Violation]:
        sent = answer.media_type
        media_type = content.get(sent) or content.get(sent.partition("/")[0] + "/*") or content.get("*/*")
        if media_type is None:
            return [_broken(f"{sent or 'no media type'} in place of {', '.join(content)}", "media type")]
        if not sent.endswith(("/json", "+json")) or answer.header(b"content-encoding") is not None:
            return []
        try:
            value = json_text.decode(answer.body)
        except ApiError as error:
            return [_broken(error.detail, "syntax")]
        if media_type.schema is None:
            return []
        checker = self._service.compiler.compile(media_type.schema, "response")
        return [] if checker.is_valid(value) else checker.violations(value, "response")


def received(body: bytes) -> Receive:
    """An ASGI `receive` for a body that has been received before."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
