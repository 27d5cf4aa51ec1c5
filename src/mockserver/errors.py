"""Every exception the product raises on purpose, in one tree.

    MockserverError
    ├── ConfigurationError        a flag, a setting or a file that cannot be used
    ├── DocumentError             an OpenAPI document that cannot be served
    ├── FixtureError              seed data that does not fit its document
    ├── NoVerdictError            a check that cannot say whether the implementation conforms
    ├── NoAnswerError             a request of a check without a whole response
    │   └── NotSentError              one that cannot be written as HTTP
    └── ApiError                  an answer to a request that failed; its class knows the status
        ├── BadRequestError           400
        ├── UnauthorizedError         401
        ├── ForbiddenError            403
        ├── ResourceNotFoundError     404
        ├── PathNotFoundError         404, the path itself is unknown
        ├── MethodNotAllowedError     405
        ├── NotAcceptableError        406
        ├── ConflictError             409
        │   └── DuplicateError            a value is in another record already
        ├── PayloadTooLargeError      413
        ├── UnsupportedMediaTypeError 415
        ├── UnprocessableError        422
        ├── OperationFailedError      500, a failure the document describes
        ├── HandlerFailedError        500, a handler raised something unexpected
        ├── InvalidAnswerError        500, our own answer would break the document
        ├── NotImplementedByMockError 501
        ├── UpstreamError             502, what the proxy forwards to fails, or breaks the document
        ├── SessionBusyError          503, other processes changed the session again and again
        ├── StoreUnavailableError     503, the store of the sessions does not answer
        ├── UpstreamTimeoutError      504, it does not answer in time
        └── SessionFullError          507, the session would hold more than it may

Nothing here imports a web framework: the server translates.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import ClassVar, Literal

Location = Literal["path", "query", "header", "cookie", "body", "response"]


class MockserverError(Exception):
    """The base of all; catching it catches whatever the product raises on purpose."""


class ConfigurationError(MockserverError):
    """A flag, a setting or a file that cannot be used; the text says which values are allowed."""


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """Where in a file something stands.

    Attributes:
        file: the file as the user named it.
        pointer: a JSON pointer (RFC 6901) into it, `""` for the whole.
        line: the line, counted from 1, or None when it is not known.
    """

    file: Path
    pointer: str = ""
    line: int | None = None

    def __str__(self) -> str:
        line = f":{self.line}" if self.line is not None else ""
        pointer = f" at {self.pointer}" if self.pointer else ""
        return f"{self.file}{line}{pointer}"


class _PlacedError(MockserverError):
    """An error in a file: what is wrong, where it stands, what to do about it."""

    def __init__(self, reason: str, place: SourceLocation, remedy: str = "") -> None:
        self.reason = reason
        self.place = place
        self.remedy = remedy
        super().__init__(f"{place}: {reason}" + (f"\n  {remedy}" if remedy else ""))


class DocumentError(_PlacedError):
    """An OpenAPI document that cannot be served."""


class FixtureError(_PlacedError):
    """Seed data that does not fit its format or its document."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One way in which a request or an answer breaks the document.

    Attributes:
        location: the part of the message that is wrong.
        pointer: the parameter's name, or a JSON pointer (RFC 6901) into the body.
        message: what is expected and what was found, one sentence.
        keyword: the schema keyword or rule that is broken, such as `type` or `required`.
        names: the properties that are missing or not allowed, where the keyword is about properties.
    """

    location: Location
    pointer: str
    message: str
    keyword: str
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f"{self.location} {self.pointer}".rstrip()
        return f"{where}: {self.message}"


class ApiError(MockserverError):
    """An answer to a request that failed.

    Attributes:
        status: the HTTP status code the class stands for.
        detail: a sentence for the caller.
        violations: what is wrong, where; empty when the request as a whole is refused.
        headers: header fields the answer must carry.
        takes_back: whether what the request wrote before is taken back.
    """

    status: ClassVar[int]
    takes_back = False

    def __init__(
        self,
        detail: str,
        *,
        violations: Sequence[Violation] = (),
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.detail = detail
        self.violations = tuple(violations)
        self.headers = tuple(headers)
        super().__init__(detail)


class BadRequestError(ApiError):
    """The request does not fit the document, or a rule of the operation refuses it."""

    status = HTTPStatus.BAD_REQUEST


class UnauthorizedError(ApiError):
    """No credentials, or none that can be accepted."""

    status = HTTPStatus.UNAUTHORIZED


class ForbiddenError(ApiError):
    """The caller is known and may not do this."""

    status = HTTPStatus.FORBIDDEN


class ResourceNotFoundError(ApiError):
    """The path is documented; the record it names does not exist."""

    status = HTTPStatus.NOT_FOUND


class PathNotFoundError(ApiError):
    """No document has this path."""

    status = HTTPStatus.NOT_FOUND


class MethodNotAllowedError(ApiError):
    """The path is documented, but not with this method."""

    status = HTTPStatus.METHOD_NOT_ALLOWED


class NotAcceptableError(ApiError):
    """No documented media type fits the request's `Accept`."""

    status = HTTPStatus.NOT_ACCEPTABLE


class ConflictError(ApiError):
    """The record's state does not allow this."""

    status = HTTPStatus.CONFLICT


class DuplicateError(ConflictError):
    """Another record has a value already that may be there once; nothing of the request is kept."""

    takes_back = True

    def below(self, place: Sequence[str]) -> "DuplicateError":
        """The same where the record is in a body rather than the whole of it."""
        prefix = "".join(f"/{name}" for name in place)
        moved = [replace(entry, pointer=prefix + entry.pointer) for entry in self.violations]
        return DuplicateError(self.detail, violations=moved)


class PreconditionFailedError(ApiError):
    """The state is not the one that a conditional request asks for."""

    status = HTTPStatus.PRECONDITION_FAILED


class PayloadTooLargeError(ApiError):
    """The body exceeds the configured limit."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnsupportedMediaTypeError(ApiError):
    """The body's media type, charset or encoding is not documented."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class UnprocessableError(ApiError):
    """The request is well-formed, and what it asks for would break the document."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class MisdirectedError(ApiError):
    """The request names another host than this server."""

    status = HTTPStatus.MISDIRECTED_REQUEST


class OperationFailedError(ApiError):
    """A server-side failure that the document describes for this operation."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR


class HandlerFailedError(ApiError):
    """A handler raised an unexpected exception; the detail names file, line and function."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR


class InvalidAnswerError(ApiError):
    """Our own answer would break the document: a defect of the mock, or of its data."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR


class NotImplementedByMockError(ApiError):
    """The document leaves no way to answer."""

    status = HTTPStatus.NOT_IMPLEMENTED


class UpstreamError(ApiError):
    """The implementation behind the proxy failed, or answered what the document does not allow."""

    status = HTTPStatus.BAD_GATEWAY


class UpstreamTimeoutError(ApiError):
    """The implementation behind the proxy did not answer in time."""

    status = HTTPStatus.GATEWAY_TIMEOUT


class SessionFullError(ApiError):
    """The session would hold more than the settings allow."""

    status = HTTPStatus.INSUFFICIENT_STORAGE


class SessionBusyError(ApiError):
    """Other processes changed the session again and again while a request wanted to change it."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class StoreUnavailableError(ApiError):
    """The store of the sessions cannot be reached, or does not answer in time."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


CHALLENGE: Mapping[int, tuple[tuple[str, str], ...]] = {
    401: (("WWW-Authenticate", 'Bearer error="invalid_token"'),)
}
"""Header fields that a status needs when its answer is forced (RFC 9110 section 15.5.2)."""

_BY_STATUS: Mapping[int, type[ApiError]] = {
    int(error.status): error
    for error in (
        BadRequestError,
        UnauthorizedError,
        ForbiddenError,
        ResourceNotFoundError,
        MethodNotAllowedError,
        NotAcceptableError,
        ConflictError,
        PayloadTooLargeError,
        UnsupportedMediaTypeError,
        OperationFailedError,
        NotImplementedByMockError,
    )
}


def error_of(status: int, detail: str) -> ApiError:
    """An error of any status."""
    known = _BY_STATUS.get(status)
    if known is None:
        known = type("ForcedError", (ApiError,), {"status": status})
    return known(detail, headers=CHALLENGE.get(status, ()))


class NoVerdictError(MockserverError):
    """The check cannot say whether the implementation conforms; the text says why."""


class NoAnswerError(MockserverError):
    """One request was not answered by a whole HTTP response; the text says what came instead."""


class NotSentError(NoAnswerError):
    """One request cannot be written as HTTP, and was not sent."""
