"""The compiled response contract of one operation: validates responses and encodes the mock's own."""

from functools import lru_cache
from typing import Any

from mockserver.behaviour.backend import Response
from mockserver.errors import ApiError, InvalidAnswerError, Violation
from mockserver.http import json_text
from mockserver.http.exchange import RawHeaders, RawResponse
from mockserver.http.response.browser_headers import is_replaced, sandbox
from mockserver.http.served_api import Service
from mockserver.openapi import media_types, streams
from mockserver.openapi.operation import BODILESS, DocumentedResponse, MediaType, Operation
from mockserver.openapi.schema.validators import Checker
from mockserver.openapi.versions.openapi_3 import FRAMING, is_field_name, is_field_value

_WRITTEN = frozenset(name.encode() for name in FRAMING | {"content-type"})
"""Header fields of an answer that the server writes: a second one could contradict it."""


class _Answer:
    """The compiled documentation of one status of an operation."""

    __slots__ = (
        "checkers",
        "content",
        "default",
        "documented_name",
        "events",
        "fields",
        "item_checkers",
        "name",
        "needed_headers",
        "plain_headers",
    )

    def __init__(self, documented: DocumentedResponse, status: int, service: Service) -> None:
        self.content = {} if status in BODILESS else documented.content
        self.default = media_types.preferred(self.content)
        self.checkers: dict[str, Checker] = {
            media_type.name: service.compiler.compile(media_type.schema, "response")
            for media_type in self.content.values()
            if media_type.schema is not None
        }
        items = {
            media_type.name: schema
            for media_type in self.content.values()
            if media_types.is_stream(media_type.name)
            and (schema := streams.item_schema(media_type, service.compiler.schemas)) is not None
        }
        #: Validators for each value of a stream, by media type.
        self.item_checkers: dict[str, Checker] = {
            name: service.compiler.compile(schema, "response") for name, schema in items.items()
        }
        #: The streams for which the document describes whole events, not only their data.
        self.events = {
            name
            for name, schema in items.items()
            if streams.describes_events(schema, service.compiler.schemas)
        }
        self.needed_headers = [name for name, header in documented.headers.items() if header.required]
        name = self.default.name if self.default else ""
        #: The default media type; if a range is documented, a concrete one from it.
        self.name = media_types.inside(name, "*/*") if "*" in name else name
        #: The default media type if it is not a range; else empty.
        self.documented_name = name if self.name == name else ""
        self.plain_headers: RawHeaders = _fields_of(self.name, service) if self.default is not None else []
        #: Cached header fields by documented media type.
        self.fields: dict[str, RawHeaders] = {}


def _fields_of(name: str, service: Service) -> RawHeaders:
    """The header fields for a media type: Content-Type, and the sandbox policy if needed.

    Text gets a charset, because clients would otherwise guess it.
    """
    is_bare = name[:5].lower() == "text/" and "charset" not in name.lower()
    value = f"{name}; charset=utf-8" if is_bare else name
    fields: RawHeaders = [(b"content-type", value.encode("latin-1"))] if name else []
    return fields if service.settings.same_origin_html else fields + sandbox(value)


class ResponseContract:
    """Validates the responses of an operation, and encodes those of the mock."""

    def __init__(self, operation: Operation, service: Service) -> None:
        self._operation = operation
        self._service = service
        self._answers: dict[int, _Answer] = {}

    def encode(self, response: Response) -> RawResponse:
        """Validate a response and encode it as status, header fields and body.

        Raises:
            InvalidAnswerError: the status, the media type or the body violates the document.
        """
        status = response.status
        answer = self._answers.get(status) or self._compile(status)
        media_type, name, headers = answer.default, answer.name, answer.plain_headers
        wanted = response.media_type
        if wanted is not None and wanted != answer.documented_name:
            media_type = self._named(answer, response)
            name, headers = self._chosen(answer, media_type.name, wanted)
        if response.headers or answer.needed_headers:
            headers = headers + self._headers(answer, response)
        if media_type is None:
            if response.body is not None:
                raise self._defect(f"a body where the document has none for {status}")
            return status, headers, b""
        if isinstance(response.body, list) and media_types.is_stream(name):
            return status, headers, self._framed(answer, media_type, name, response)
        checker = None if response.checked else answer.checkers.get(media_type.name)
        if checker is not None and not checker.is_valid(response.body):
            violations = checker.violations(response.body, "response")
            raise self._defect(f"{status}: {violations[0]}", violations)
        return status, headers, _encode(response.body, name)

    def _framed(self, answer: _Answer, media_type: MediaType, name: str, response: Response) -> bytes:
        """Encode the values of a stream, as a handler returns them."""
        checker = None if response.checked else answer.item_checkers.get(media_type.name)
        for number, value in enumerate(response.body if checker is not None else ()):
            if checker is not None and not checker.is_valid(value):
                violations = checker.violations(value, "response")
                raise self._defect(f"{response.status}: value {number}: {violations[0]}", violations)
        return streams.framed(name, response.body, events=media_type.name in answer.events)

    def violations(self, status: int, headers: RawHeaders, body: bytes, method: str) -> list[Violation]:
        """All violations in a response from elsewhere; empty if it is valid.

        Args:
            status: its status code.
            headers: its header fields, names in lower case.
            body: its content, as received.
            method: of the request, in upper case: the response to HEAD has no content.
        """
        try:
            answer = self._answers.get(status) or self._compile(status)
        except InvalidAnswerError:
            return [_violation(f"the status {status} is not documented", "status")]
        fields = dict(headers)
        found = [
            _violation(f"the header {name} is missing", "header")
            for name in answer.needed_headers
            if name.lower().encode("latin-1", "replace") not in fields
        ]
        if not answer.content or method == "HEAD":
            return found
        return found + self._body_violations(answer, fields, body)

    @staticmethod
    def _body_violations(answer: _Answer, fields: dict[bytes, bytes], body: bytes) -> list[Violation]:
        sent = media_types.plain(fields.get(b"content-type", b"").decode("latin-1"))
        media_type = media_types.find(answer.content, sent)
        if media_type is None:
            expected = ", ".join(answer.content)
            return [_violation(f"{sent or 'no media type'} in place of {expected}", "media type")]
        if b"content-encoding" in fields:
            return []
        if media_types.is_stream(sent):
            return _stream_violations(answer, media_type.name, sent, body)
        if not media_types.is_json(sent):
            return []
        try:
            value = json_text.decode(body)
        except ApiError as error:
            return [_violation(error.detail, "syntax")]
        checker = answer.checkers.get(media_type.name)
        if checker is None or checker.is_valid(value):
            return []
        return list(checker.violations(value, "response"))

    def _compile(self, status: int) -> _Answer:
        documented = self._operation.response(status)
        if documented is None:
            raise self._defect(f"the status {status}, which is not documented")
        answer = self._answers[status] = _Answer(documented, status, self._service)
        return answer

    def _named(self, answer: _Answer, response: Response) -> MediaType:
        """The documented content for a media type: the same type, or a range that contains it."""
        media_type = media_types.find(answer.content, str(response.media_type))
        if media_type is None:
            raise self._defect(f"{response.media_type}, which is not documented for {response.status}")
        return media_type

    def _chosen(self, answer: _Answer, documented: str, wanted: str) -> tuple[str, RawHeaders]:
        """The media type to send and its header fields; for a documented range, the response's own type."""
        if "*" in documented:
            return wanted, _fields_of(wanted, self._service)
        fields = answer.fields.get(documented)
        if fields is None:
            fields = answer.fields[documented] = _fields_of(documented, self._service)
        return documented, fields

    def _headers(self, answer: _Answer, response: Response) -> RawHeaders:
        fields: RawHeaders = []
        for name, value in response.fields:
            written = _name_of(name)
            if written is None or not is_field_value(value):
                raise self._defect(f"the header {name}: {value!r}, which HTTP cannot carry")
            fields.append((written, value.encode("latin-1")))
        sent = dict(fields) if answer.needed_headers else {}
        missing = [name for name in answer.needed_headers if _name_of(name) not in sent]
        if missing:
            raise self._defect(f"{response.status} without the header {missing[0]}")
        return [field for field in fields if field[0] not in _WRITTEN and not is_replaced(*field)]

    def _defect(self, what: str, violations: Any = ()) -> InvalidAnswerError:
        return InvalidAnswerError(
            f"The mock was about to answer {self._operation.id} with {what}. "
            "This is a bug in the mock or its data.",
            violations=violations,
        )


@lru_cache(maxsize=1_000)
def _name_of(name: str) -> bytes | None:
    """A header's name as the server writes it; None when HTTP cannot carry it."""
    return name.lower().encode() if is_field_name(name) else None


def _stream_violations(answer: _Answer, documented: str, sent: str, body: bytes) -> list[Violation]:
    """The violations in the values of a stream."""
    checker = answer.item_checkers.get(documented)
    if checker is None:
        return []
    text = checker.is_valid("text")
    found: list[Violation] = []
    try:
        for value in streams.read(sent, body, events=documented in answer.events, text=text):
            if not checker.is_valid(value):
                found += checker.violations(value, "response")
    except ValueError:
        found.append(_violation("a value of the stream is not JSON", "syntax"))
    return found


def _violation(message: str, keyword: str) -> Violation:
    return Violation("response", "", message, keyword)


def _encode(body: Any, media_type: str) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, str) and not media_types.is_json(media_type):
        return body.encode()
    return json_text.encode(body)
