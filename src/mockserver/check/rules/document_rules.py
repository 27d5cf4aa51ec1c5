"""Check one response against the document: status, media type, body, header fields."""

import json
from collections.abc import Iterator
from typing import Any, TypedDict

from mockserver.check.findings.issues import Category, Issue, Rule, Subject, TriedCase, in_lists
from mockserver.check.findings.schema_phrases import asked_for
from mockserver.check.planning.cases import Case
from mockserver.check.planning.situations import CallerKind, SituationKind
from mockserver.check.target.http_messages import MISSING, HttpResponse
from mockserver.errors import Violation
from mockserver.http.served_api import Service
from mockserver.openapi import media_types, pointers, streams
from mockserver.openapi.operation import DocumentedResponse, Header, MediaType, Operation
from mockserver.openapi.schema.schema_locations import is_inferred, is_marked, schemas_at, types_in

_SHOWN = 160


def brief(value: Any) -> str:
    """A value as text that fits a line."""
    if value is MISSING:
        return "nothing"
    text = value if isinstance(value, str) and len(value) > _SHOWN else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def described(answer: HttpResponse) -> str:
    """A short description of a response."""
    text = " ".join(answer.body[:_SHOWN].decode("utf-8", "replace").split())
    more = "…" if len(answer.body) > _SHOWN else ""
    return f"{answer.status}" + (f" {text}{more}" if text else "")


class CallerFields(TypedDict, total=False):
    """The fields of a `Subject` about the caller."""

    caller: CallerKind
    identity: str


def who(case: Case) -> CallerFields:
    """The caller for the subject, if the request tests authentication or authorisation."""
    if case.situation.kind is not SituationKind.CALLER:
        return {}
    return {"caller": case.request.caller.kind, "identity": case.request.caller.identity or ""}


class DocumentRules:
    """Checks responses against one document."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._schemas = service.document.schemas

    def issues(self, step: TriedCase) -> Iterator[Issue]:
        """The violations of the document in a response, the most severe first."""
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
            yield from self._body(operation, response, answer)

    def _undocumented_method(self, step: TriedCase) -> Iterator[Issue]:
        operation, answer, method = step.case.operation, step.answer, step.case.request.method
        if answer.status >= 500 and answer.status != 501:
            yield Issue(
                operation,
                Rule.SERVER_ERROR,
                Category.SERVER_ERROR,
                Subject(status=answer.status, method=method, situation=step.case.situation),
                f"{method} is not documented for this path and ends in an error of the server.",
                "405, or another status of refusal",
                described(answer),
                operation.pointer,
            )
        if answer.status == 405 and "allow" not in answer.headers:
            yield Issue(
                operation,
                Rule.HEADER,
                Category.HEADER_MISSING,
                Subject(("Allow",), answer.status),
                "405 comes without the header Allow, which names the methods (RFC 9110 section 15.5.6).",
                "Allow: " + self._methods(operation.path),
                "405 without Allow",
                operation.pointer,
            )

    def _methods(self, path: str) -> str:
        operations = self._service.document.understood()
        return ", ".join(entry.method.upper() for entry in operations if entry.path == path)

    def _server_error(self, step: TriedCase) -> Issue:
        case, status = step.case, step.answer.status
        return Issue(
            case.operation,
            Rule.SERVER_ERROR,
            Category.SERVER_ERROR,
            Subject(status=status, situation=case.situation, **who(case)),
            f"{case.title}: the server fails with {status}.",
            self._documented(case.operation),
            described(step.answer),
            pointers.join(["responses"], case.operation.pointer),
        )

    def _undocumented_status(self, step: TriedCase) -> Iterator[Issue]:
        operation, answer = step.case.operation, step.answer
        # The document decides which client error an invalid request gets;
        # if it does not, every one of them is right.
        if 400 <= answer.status < 500:
            return
        if answer.status == 304 or answer.status < 200:
            return
        if answer.succeeded and is_marked(self._schemas, operation.pointer):
            return
        yield Issue(
            operation,
            Rule.STATUS,
            Category.UNDOCUMENTED_STATUS,
            Subject(status=answer.status),
            f"The status {answer.status} is not documented for this operation.",
            self._documented(operation),
            described(answer),
            pointers.join(["responses"], operation.pointer),
        )

    @staticmethod
    def _documented(operation: Operation) -> str:
        return ", ".join(operation.responses) or "any status"

    def _headers(
        self, operation: Operation, response: DocumentedResponse, answer: HttpResponse
    ) -> Iterator[Issue]:
        for name, header in response.headers.items():
            if header.required and name not in answer.headers:
                yield Issue(
                    operation,
                    Rule.HEADER,
                    Category.HEADER_MISSING,
                    Subject((header.name,), answer.status),
                    f"The answer {answer.status} comes without the header {header.name}.",
                    header.name,
                    "no such header",
                    header.pointer,
                )
            elif name in answer.headers and header.schema is not None:
                yield from self._header_value(operation, header, answer)

    def _header_value(self, operation: Operation, header: Header, answer: HttpResponse) -> Iterator[Issue]:
        text, schema = answer.headers[header.name.lower()], header.schema
        kinds = types_in(self._schemas.merged(schema))
        if schema is None or not kinds or not kinds <= {"integer", "number", "boolean", "string"}:
            return
        value = text if "string" in kinds else _scalar(text)
        checker = self._service.compiler.compile(schema, "response")
        for violation in checker.violations(value, "response", 1):
            if not is_inferred(self._schemas, schema, [], violation.keyword):
                yield Issue(
                    operation,
                    Rule.HEADER,
                    Category.HEADER_VALUE,
                    Subject((header.name,), answer.status, violation.keyword),
                    f"The header {header.name} of the answer {answer.status} breaks its schema: "
                    f"{violation.message}",
                    f"{header.name} as its schema says",
                    text,
                    header.pointer,
                )

    def _body(
        self, operation: Operation, response: DocumentedResponse, answer: HttpResponse
    ) -> Iterator[Issue]:
        if not response.content:
            return
        content = media_types.find(response.content, answer.media_type)
        if content is None:
            yield Issue(
                operation,
                Rule.MEDIA_TYPE,
                Category.MEDIA_TYPE,
                Subject(status=answer.status, media_type=answer.media_type),
                f"The media type of the answer {answer.status} is not documented.",
                ", ".join(entry.name for entry in response.content.values()),
                answer.media_type or "no Content-Type",
                pointers.join(["content"], response.pointer),
            )
            return
        if media_types.is_json(answer.media_type):
            yield from self._json(operation, content, answer)
        elif media_types.is_stream(answer.media_type):
            yield from self._stream(operation, content, answer)

    def _stream(self, operation: Operation, content: MediaType, answer: HttpResponse) -> Iterator[Issue]:
        """The issues of the first value of a stream that violates its schema."""
        schema = streams.item_schema(content, self._schemas)
        if schema is None:
            return
        checker = self._service.compiler.compile(schema, "response")
        events = streams.describes_events(schema, self._schemas)
        values = streams.read(answer.media_type, answer.body, events=events, text=checker.is_valid("text"))
        number = 0
        try:
            for number, value in enumerate(values, 1):
                for violation in checker.violations(value, "response", 1):
                    shown = (
                        f"Value {number} of the stream {answer.status} breaks its schema: {violation.message}"
                    )
                    yield self._broken_value(operation, content, answer, violation, shown, value)
                    return
        except ValueError:
            yield _not_json(operation, content, answer, f"Value {number + 1} of the stream {answer.status}")

    def _broken_value(
        self,
        operation: Operation,
        content: MediaType,
        answer: HttpResponse,
        violation: Violation,
        message: str,
        value: Any,
    ) -> Issue:
        tokens = tuple(pointers.split(violation.pointer))
        return Issue(
            operation,
            Rule.SCHEMA,
            Category.SCHEMA,
            Subject((*in_lists(tokens), *violation.names), answer.status, violation.keyword),
            message,
            asked_for(violation.keyword, MISSING, brief),
            brief(_at(value, violation.pointer)),
            content.pointer,
            path=tokens,
        )

    def _json(self, operation: Operation, content: MediaType, answer: HttpResponse) -> Iterator[Issue]:
        value = answer.value()
        if value is MISSING:
            yield _not_json(operation, content, answer, f"The body of the answer {answer.status}")
            return
        if content.schema is None:
            return
        for violation in self._service.compiler.compile(content.schema, "response").violations(
            value, "response"
        ):
            tokens = pointers.split(violation.pointer)
            if not is_inferred(self._schemas, content.schema, tokens, violation.keyword):
                yield self._broken_schema(operation, content, answer, violation)

    def _broken_schema(
        self, operation: Operation, content: MediaType, answer: HttpResponse, violation: Violation
    ) -> Issue:
        where = violation.pointer or "the body"
        demanded = self._demanded(content, violation)
        message = violation.message
        if violation.keyword == "enum" and isinstance(demanded, list) and len(demanded) == 1:
            message = message.replace(" is not one of ", " is not ")
        tokens = tuple(pointers.split(violation.pointer))
        return Issue(
            operation,
            Rule.SCHEMA,
            Category.SCHEMA,
            Subject((*in_lists(tokens), *violation.names), answer.status, violation.keyword),
            f"{where} of the answer {answer.status} breaks its schema: {message}",
            asked_for(violation.keyword, demanded, brief),
            brief(_at(answer.value(), violation.pointer)),
            content.pointer,
            path=tokens,
        )

    def _demanded(self, content: MediaType, violation: Violation) -> Any:
        """The value of the violated keyword in the schema; `MISSING` if several schemas or none have it."""
        nodes = schemas_at(self._schemas, content.schema, pointers.split(violation.pointer))
        said = [node.schema[violation.keyword] for node in nodes if violation.keyword in node.schema]
        return said[0] if len(said) == 1 else MISSING


def _scalar(text: str) -> Any:
    """A header field's value as number or boolean if it is one, else as text."""
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


def _is_expected_to_work(step: TriedCase) -> bool:
    """Whether the model served the same request, so that a documented 5xx is an issue all the same."""
    model = step.model
    return model is not None and model.is_informed and model.answer.succeeded and step.case.is_promised


def _not_json(operation: Operation, content: MediaType, answer: HttpResponse, what: str) -> Issue:
    return Issue(
        operation,
        Rule.SCHEMA,
        Category.NOT_JSON,
        Subject(status=answer.status),
        f"{what} is not JSON.",
        "a JSON value",
        brief(answer.body[-60:].decode("utf-8", "replace")),
        content.pointer,
    )
