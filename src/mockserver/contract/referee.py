"""Hold one answer to the document: status, media type, body, header fields. Silence is not blamed."""

import json
from collections.abc import Iterator
from typing import Any

from mockserver.contract.findings import Blame, Rule, Step
from mockserver.contract.messages import MISSING, Answer
from mockserver.contract.wording import asked_for
from mockserver.errors import Violation
from mockserver.openapi import media_types
from mockserver.openapi import pointer as pointers
from mockserver.openapi.model import Header, MediaType, Operation, Response
from mockserver.openapi.schema.fields import is_inferred, is_marked, schemas_at, types_in
from mockserver.server.service import Service

_SHOWN = 160


def brief(value: Any) -> str:
    """A value as text that fits a line."""
    if value is MISSING:
        return "nothing"
    text = value if isinstance(value, str) and len(value) > _SHOWN else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def described(answer: Answer) -> str:
    """An answer in a few words."""
    text = " ".join(answer.body[:_SHOWN].decode("utf-8", "replace").split())
    more = "…" if len(answer.body) > _SHOWN else ""
    return f"{answer.status}" + (f" {text}{more}" if text else "")


class Referee:
    """Knows one document."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._schemas = service.document.schemas

    def blames(self, step: Step) -> Iterator[Blame]:
        """How an answer breaks the document, the gravest first."""
        operation, answer = step.case.operation, step.answer
        if step.case.topic == "method":
            yield from self._undocumented_method(step)
            return
        response = operation.response(answer.status)
        if answer.status >= 500 and (response is None or _is_expected_to_work(step)):
            yield self._server_error(step)
        elif response is None:
            yield from self._undocumented_status(step)
        elif step.case.request.method != "HEAD":
            yield from self._headers(operation, response, answer)
            yield from self._body(operation, response, answer, step)

    def _undocumented_method(self, step: Step) -> Iterator[Blame]:
        answer, method = step.answer, step.case.request.method
        if answer.status >= 500 and answer.status != 501:
            yield self._blame(
                step.case.operation,
                "server-error",
                f"{method} undocumented",
                f"{method} is not documented for this path and ends in an error of the server.",
                "405, or another status of refusal",
                described(answer),
                step.case.operation.pointer,
            )
        if answer.status == 405 and "allow" not in answer.headers:
            yield self._blame(
                step.case.operation,
                "header",
                "Allow",
                "405 comes without the header Allow, which names the methods (RFC 9110 section 15.5.6).",
                "Allow: " + self._methods(step.case.operation.path),
                "405 without Allow",
                step.case.operation.pointer,
            )

    def _methods(self, path: str) -> str:
        operations = self._service.document.operations()
        return ", ".join(entry.method.upper() for entry in operations if entry.path == path)

    def _server_error(self, step: Step) -> Blame:
        operation = step.case.operation
        return self._blame(
            operation,
            "server-error",
            f"{step.answer.status} {step.case.title}",
            f"{step.case.title}: the server fails with {step.answer.status}.",
            self._documented(operation),
            described(step.answer),
            pointers.join(["responses"], operation.pointer),
        )

    def _undocumented_status(self, step: Step) -> Iterator[Blame]:
        operation, answer = step.case.operation, step.answer
        # Which client error answers a request that is refused anyway is for the document to say;
        # where it does not, every one of them is right.
        if 400 <= answer.status < 500:
            return
        if answer.status == 304 or answer.status < 200:
            return
        if answer.succeeded and is_marked(self._schemas, operation.pointer):
            return
        yield self._blame(
            operation,
            "status",
            f"status {answer.status}",
            f"The status {answer.status} is not documented for this operation.",
            self._documented(operation),
            described(answer),
            pointers.join(["responses"], operation.pointer),
        )

    @staticmethod
    def _documented(operation: Operation) -> str:
        return ", ".join(operation.responses) or "any status"

    def _headers(self, operation: Operation, response: Response, answer: Answer) -> Iterator[Blame]:
        for name, header in response.headers.items():
            if header.required and name not in answer.headers:
                yield self._blame(
                    operation,
                    "header",
                    header.name,
                    f"The answer {answer.status} comes without the header {header.name}.",
                    header.name,
                    "no such header",
                    header.pointer,
                )
            elif name in answer.headers and header.schema is not None:
                yield from self._header_value(operation, header, answer)

    def _header_value(self, operation: Operation, header: Header, answer: Answer) -> Iterator[Blame]:
        text, schema = answer.headers[header.name.lower()], header.schema
        kinds = types_in(self._schemas.merged(schema))
        if schema is None or not kinds or not kinds <= {"integer", "number", "boolean", "string"}:
            return
        value = text if "string" in kinds else _scalar(text)
        checker = self._service.compiler.compile(schema, "response")
        for violation in checker.violations(value, "response", 1):
            if not is_inferred(self._schemas, schema, [], violation.keyword):
                yield self._blame(
                    operation,
                    "header",
                    f"{answer.status} {header.name} {violation.keyword}",
                    f"The header {header.name} of the answer {answer.status} breaks its schema: "
                    f"{violation.message}",
                    f"{header.name} as its schema says",
                    text,
                    header.pointer,
                )

    def _body(self, operation: Operation, response: Response, answer: Answer, step: Step) -> Iterator[Blame]:
        if not response.content:
            return
        content = media_types.find(response.content, answer.media_type)
        if content is None:
            yield self._blame(
                operation,
                "media-type",
                f"{response.status} media type",
                f"The media type of the answer {answer.status} is not documented.",
                ", ".join(entry.name for entry in response.content.values()),
                answer.media_type or "no Content-Type",
                pointers.join(["content"], response.pointer),
            )
            return
        if media_types.is_json(answer.media_type):
            yield from self._json(operation, content, answer, step)

    def _json(self, operation: Operation, content: MediaType, answer: Answer, step: Step) -> Iterator[Blame]:
        value = answer.value()
        if value is MISSING:
            yield self._blame(
                operation,
                "schema",
                f"{answer.status} not JSON",
                f"The body of the answer {answer.status} is not JSON.",
                "a JSON value",
                brief(answer.body[-60:].decode("utf-8", "replace")),
                content.pointer,
            )
            return
        if content.schema is None:
            return
        for violation in self._service.compiler.compile(content.schema, "response").violations(
            value, "response"
        ):
            tokens = pointers.split(violation.pointer)
            if not is_inferred(self._schemas, content.schema, tokens, violation.keyword):
                yield self._broken_schema(operation, content, answer, violation, step)

    def _broken_schema(
        self, operation: Operation, content: MediaType, answer: Answer, violation: Violation, step: Step
    ) -> Blame:
        where = violation.pointer or "the body"
        demanded = self._demanded(content, violation)
        message = violation.message
        if violation.keyword == "enum" and isinstance(demanded, list) and len(demanded) == 1:
            message = message.replace(" is not one of ", " is not ")
        tokens = tuple(pointers.split(violation.pointer))
        names = ".".join("[]" if token.isdigit() else token for token in tokens)
        return Blame(
            operation,
            "schema",
            "contract",
            f"{answer.status} {names} {violation.keyword}",
            f"{where} of the answer {answer.status} breaks its schema: {message}",
            asked_for(violation.keyword, demanded, brief),
            brief(_at(answer.value(), violation.pointer)),
            content.pointer,
            place=tokens,
            keyword=violation.keyword,
        )

    def _demanded(self, content: MediaType, violation: Violation) -> Any:
        """What the broken keyword says in the schema; `MISSING` where several schemas or none say it."""
        nodes = schemas_at(self._schemas, content.schema, pointers.split(violation.pointer))
        said = [node.schema[violation.keyword] for node in nodes if violation.keyword in node.schema]
        return said[0] if len(said) == 1 else MISSING

    @staticmethod
    def _blame(
        operation: Operation, rule: Rule, locus: str, message: str, expected: str, got: str, pointer: str
    ) -> Blame:
        return Blame(operation, rule, "contract", locus, message, expected, got, pointer)


def _scalar(text: str) -> Any:
    """The number or the boolean that a header field's text is; else the text."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, (int, float, bool)) else text


def _at(value: Any, pointer: str) -> Any:
    try:
        return pointers.resolve(value, pointer)
    except KeyError:
        return MISSING


def _is_expected_to_work(step: Step) -> bool:
    """Whether the model served this very request, so that a documented 5xx is no excuse."""
    opinion = step.opinion
    return opinion is not None and opinion.is_informed and opinion.answer.succeeded and step.case.is_promised
