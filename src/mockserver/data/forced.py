"""Turn what somebody asks an operation to answer into an answer that its document allows."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from mockserver.data.conditions import ForcedAnswer
from mockserver.openapi import pointer as pointers
from mockserver.openapi.document import Document
from mockserver.openapi.model import BODILESS, MediaType, Response
from mockserver.openapi.schemas import SchemaCompiler

_WHO_MAY_CALL = {401, 403}
_STATUSES = {int(status) for status in HTTPStatus if status >= 200}


class ForcedAnswerError(ValueError):
    """An answer that the document does not allow.

    Attributes:
        pointer: where in what was asked for.
    """

    def __init__(self, reason: str, pointer: str) -> None:
        super().__init__(reason)
        self.pointer = pointer


def read_answer(
    document: Document, compiler: SchemaCompiler, operation_id: str, value: Mapping[str, Any], id_: str
) -> ForcedAnswer:
    """Read `{status, example, body, media_type, count}`, all but the status optional.

    Without a body the document's first example is taken; without an example, and where it is about who
    may call, the API's own words for an error.

    Raises:
        ForcedAnswerError: the operation, the status, the example or the body is not documented so.
    """
    if operation_id not in document.index:
        known = ", ".join(document.index)
        raise ForcedAnswerError(f"there is no operation {operation_id!r}; there are {known}", "")
    status = value.get("status")
    if isinstance(status, bool) or not isinstance(status, int) or status not in _STATUSES:
        raise ForcedAnswerError(f"{status!r} is not a status code", "/status")
    response = document.operation(operation_id).response(status)
    if response is None:
        known = ", ".join(document.operation(operation_id).responses)
        reason = f"{operation_id} documents no {status}; a fault can answer it. Documented: {known}"
        raise ForcedAnswerError(reason, "/status")
    media_type = _media_type({} if status in BODILESS else response.content, value.get("media_type"))
    body, own_words = _body(media_type, response, status, value)
    _check(compiler, media_type, body, own_words)
    name = media_type.name if media_type is not None and not own_words else None
    count = value.get("count")
    return ForcedAnswer(id_, document.name, operation_id, status, body, name, own_words, count)


def _media_type(content: Mapping[str, MediaType], wanted: Any) -> MediaType | None:
    if wanted is not None:
        if str(wanted).lower() not in content:
            reason = f"{wanted} is not documented; there are {', '.join(content) or 'none'}"
            raise ForcedAnswerError(reason, "/media_type")
        return content[str(wanted).lower()]
    json = (entry for name, entry in content.items() if name.partition(";")[0].endswith("json"))
    return next(json, next(iter(content.values()), None))


def _body(
    media_type: MediaType | None, response: Response, status: int, value: Mapping[str, Any]
) -> tuple[Any, bool]:
    """The body, and whether the API is to find its own words for it."""
    if "body" in value:
        if media_type is None:
            raise ForcedAnswerError(f"{status} is documented without a body", "/body")
        return value["body"], False
    examples = media_type.examples if media_type is not None else {}
    wanted = value.get("example")
    if wanted is not None and wanted not in examples:
        known = ", ".join(examples) or "none"
        raise ForcedAnswerError(f"{response.status} has no example {wanted!r}; there are {known}", "/example")
    if wanted is None and status in _WHO_MAY_CALL:
        return None, True
    if examples:
        return (examples[wanted] if wanted is not None else next(iter(examples.values()))), False
    if status >= 400:
        return None, True
    if media_type is None or media_type.schema is None:
        return None, False
    raise ForcedAnswerError(f"the document has no example for {status}: say the body", "/body")


def _check(compiler: SchemaCompiler, media_type: MediaType | None, body: Any, own_words: bool) -> None:
    if media_type is None or media_type.schema is None or own_words:
        return
    checker = compiler.compile(media_type.schema, "response")
    if not checker.is_valid(body):
        violation = checker.violations(body, "response", 1)[0]
        pointer = pointers.join(["body"]) + violation.pointer
        raise ForcedAnswerError(f"breaks the document: {violation.message}", pointer)
