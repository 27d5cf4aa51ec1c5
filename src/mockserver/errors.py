"""All exceptions that the product raises on purpose, in one tree.

    MockserverError
    ├── ConfigurationError        a flag, a setting or a file that cannot be used
    ├── DocumentError             an OpenAPI document that cannot be served
    ├── FixtureError              seed data that does not match its document
    ├── NoVerdictError            a check that cannot say whether the implementation conforms
    ├── NoAnswerError             a request of a check without a whole response
    │   └── NotSentError              one that cannot be written as HTTP
    └── ApiError                  an error response to a request; its class has the status
        ├── BadRequestError           400
        ├── UnauthorizedError         401
        ├── ForbiddenError            403
        ├── ResourceNotFoundError     404
        ├── PathNotFoundError         404, the path itself is unknown
        ├── MethodNotAllowedError     405
        ├── NotAcceptableError        406
        ├── ConflictError             409
        │   └── DuplicateError            a unique value is in another record already
        ├── PayloadTooLargeError      413
        ├── UnsupportedMediaTypeError 415
        ├── UnprocessableError        422
        ├── TooManyRequestsError      429
        ├── OperationFailedError      500, a failure the document describes
        ├── HandlerFailedError        500, a handler raised something unexpected
        ├── InvalidAnswerError        500, the mock's own answer would violate the document
        ├── NotImplementedByMockError 501
        ├── UpstreamError             502, the proxied implementation fails, or violates the document
        ├── SessionBusyError          503, other processes keep changing the session
        ├── StoreUnavailableError     503, the store of the sessions does not respond
        ├── UpstreamTimeoutError      504, the proxied implementation does not respond in time
        └── SessionFullError          507, the session would exceed its maximum size

This module imports no web framework: the server converts errors to responses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import ClassVar, Literal

Location = Literal["path", "query", "header", "cookie", "body", "response"]


class MockserverError(Exception):
    """The base class of all exceptions that the product raises on purpose."""


class ConfigurationError(MockserverError):
    """A flag, a setting or a file that cannot be used; the text says which values are allowed."""


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """A position in a file.

    Attributes:
        file: the file as the user named it.
        pointer: a JSON pointer (RFC 6901) into it, `""` for the whole.
        line: the line, counted from 1, or None if it is not known.
    """

    file: Path
    pointer: str = ""
    line: int | None = None

    def __str__(self) -> str:
        line = f":{self.line}" if self.line is not None else ""
        pointer = f" at {self.pointer}" if self.pointer else ""
        return f"{self.file}{line}{pointer}"


class _PlacedError(MockserverError):
    """An error in a file: reason, position, and remedy."""

    def __init__(self, reason: str, place: SourceLocation, remedy: str = "") -> None:
        self.reason = reason
        self.place = place
        self.remedy = remedy
        super().__init__(f"{place}: {reason}" + (f"\n  {remedy}" if remedy else ""))


class DocumentError(_PlacedError):
    """An OpenAPI document that cannot be served."""


class FixtureError(_PlacedError):
    """Seed data that does not match its format or its document."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One violation of the document by a request or a response.

    Attributes:
        location: the part of the message that is invalid.
        pointer: the parameter's name, or a JSON pointer (RFC 6901) into the body.
        message: what is expected and what was found, one sentence.
        keyword: the violated schema keyword or rule, such as `type` or `required`.
        names: the missing or disallowed properties, for keywords about properties.
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
    """An error response to a request.

    Attributes:
        status: the HTTP status code of the class.
        detail: a sentence for the caller.
        violations: the violations with their positions; empty if the request as a whole is refused.
        headers: header fields that the response must carry.
        takes_back: whether earlier writes of the request are rolled back.
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
    """The request violates the document, or a rule of the operation refuses it."""

    status = HTTPStatus.BAD_REQUEST


class UnauthorizedError(ApiError):
    """Credentials are missing or not accepted."""

    status = HTTPStatus.UNAUTHORIZED


class ForbiddenError(ApiError):
    """The caller is identified but not allowed to do this."""

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
    """No documented media type matches the request's `Accept`."""

    status = HTTPStatus.NOT_ACCEPTABLE


class ConflictError(ApiError):
    """The record's state does not allow this."""

    status = HTTPStatus.CONFLICT


class DuplicateError(ConflictError):
    """A unique value is in another record already; the request's writes are rolled back."""

    takes_back = True

    def below(self, place: Sequence[str]) -> "DuplicateError":
        """The same error for a record nested in the body."""
        prefix = "".join(f"/{name}" for name in place)
        moved = [replace(entry, pointer=prefix + entry.pointer) for entry in self.violations]
        return DuplicateError(self.detail, violations=moved)


class PreconditionFailedError(ApiError):
    """A precondition of a conditional request failed."""

    status = HTTPStatus.PRECONDITION_FAILED


class PayloadTooLargeError(ApiError):
    """The body exceeds the configured limit."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnsupportedMediaTypeError(ApiError):
    """The body's media type, charset or encoding is not documented."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class UnprocessableError(ApiError):
    """The request is well-formed, but its result would violate the document."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class TooManyRequestsError(ApiError):
    """The operation's rate limit is exceeded."""

    status = HTTPStatus.TOO_MANY_REQUESTS


class MisdirectedError(ApiError):
    """The request is for another host than this server."""

    status = HTTPStatus.MISDIRECTED_REQUEST


class OperationFailedError(ApiError):
    """A server-side failure that the document describes for this operation."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR


class HandlerFailedError(ApiError):
    """A handler raised an unexpected exception; the detail names file, line and function."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR


class InvalidAnswerError(ApiError):
    """The mock's own response would violate the document: a bug in the mock or its data."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR


class NotImplementedByMockError(ApiError):
    """The mock cannot answer this operation, as its document is broken or leaves no way."""

    status = HTTPStatus.NOT_IMPLEMENTED


class UpstreamError(ApiError):
    """The proxied implementation failed, or its response violates the document."""

    status = HTTPStatus.BAD_GATEWAY


class UpstreamTimeoutError(ApiError):
    """The proxied implementation did not respond in time."""

    status = HTTPStatus.GATEWAY_TIMEOUT


class SessionFullError(ApiError):
    """The session would exceed the maximum size in the settings."""

    status = HTTPStatus.INSUFFICIENT_STORAGE


class SessionBusyError(ApiError):
    """Other processes kept changing the session while a request tried to change it."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


class StoreUnavailableError(ApiError):
    """The store of the sessions cannot be reached, or does not respond in time."""

    status = HTTPStatus.SERVICE_UNAVAILABLE


CHALLENGE: Mapping[int, tuple[tuple[str, str], ...]] = {
    401: (("WWW-Authenticate", 'Bearer error="invalid_token"'),)
}
"""Header fields that a forced response with this status needs (RFC 9110 section 15.5.2)."""

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
    """An error with any status."""
    known = _BY_STATUS.get(status)
    if known is None:
        known = type("ForcedError", (ApiError,), {"status": status})
    return known(detail, headers=CHALLENGE.get(status, ()))


class NoVerdictError(MockserverError):
    """The check cannot say whether the implementation conforms; the text says why."""


class NoAnswerError(MockserverError):
    """A request got no complete HTTP response; the text says what was received instead."""


class NotSentError(NoAnswerError):
    """A request that cannot be written as HTTP was not sent."""
