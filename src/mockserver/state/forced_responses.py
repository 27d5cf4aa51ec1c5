"""Validate a forced response against the document, and turn it into a `ForcedAnswer`."""

from collections.abc import Mapping
from typing import Any

from mockserver.openapi import media_types, pointers
from mockserver.openapi.document import Document
from mockserver.openapi.operation import BODILESS, DocumentedResponse, MediaType
from mockserver.openapi.schema.validators import SchemaCompiler
from mockserver.state.session_overrides import ForcedAnswer

_WHO_MAY_CALL = {401, 403}


class ForcedAnswerError(ValueError):
    """A forced response that the document does not allow.

    Attributes:
        pointer: where the error is in the forced response.
    """

    def __init__(self, reason: str, pointer: str) -> None:
        super().__init__(reason)
        self.pointer = pointer


def read_answer(
    document: Document, compiler: SchemaCompiler, operation_id: str, value: Mapping[str, Any], id_: str
) -> ForcedAnswer:
    """Read `{status, example, body, media_type, count}`; only the status is required.

    Without `body` and `example`, the documented example is used, else a generated body. Error responses that
    have no example, and every 401 or 403, get the API's own error body instead.

    Raises:
        ForcedAnswerError: the operation, the status, the example or the body does not match the document.
    """
    if operation_id not in document.index:
        known = ", ".join(document.index)
        raise ForcedAnswerError(f"there is no operation {operation_id!r}; there are {known}", "")
    status = value.get("status")
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status < 600:
        raise ForcedAnswerError(f"{status!r} is not a status code", "/status")
    response = document.operation(operation_id).response(status)
    if response is None:
        known = ", ".join(document.operation(operation_id).responses)
        reason = f"{operation_id} documents no {status}; a fault can answer it. Documented: {known}"
        raise ForcedAnswerError(reason, "/status")
    media_type = _media_type({} if status in BODILESS else response.content, value.get("media_type"))
    body, made, own_words = _body(media_type, response, status, value)
    if not made and not own_words:
        _check(compiler, media_type, body)
    name = media_type.name if media_type is not None and not own_words else None
    count = value.get("count")
    return ForcedAnswer(id_, document.name, operation_id, status, body, name, made, own_words, count)


def _media_type(content: Mapping[str, MediaType], wanted: Any) -> MediaType | None:
    if wanted is not None:
        if str(wanted).lower() not in content:
            reason = f"{wanted} is not documented; there are {', '.join(content) or 'none'}"
            raise ForcedAnswerError(reason, "/media_type")
        return content[str(wanted).lower()]
    return media_types.preferred(content)


def _body(
    media_type: MediaType | None, response: DocumentedResponse, status: int, value: Mapping[str, Any]
) -> tuple[Any, bool, bool]:
    """Return the body, whether it is the documented or generated one, and whether it is the API's own."""
    if "body" in value:
        if media_type is None:
            raise ForcedAnswerError(f"{status} is documented without a body", "/body")
        return value["body"], False, False
    examples = media_type.examples if media_type is not None else {}
    wanted = value.get("example")
    if wanted is not None and wanted not in examples:
        known = ", ".join(examples) or "none"
        raise ForcedAnswerError(f"{response.status} has no example {wanted!r}; there are {known}", "/example")
    if wanted is not None:
        return examples[wanted], False, False
    own_words = status in _WHO_MAY_CALL or (status >= 400 and not examples)
    return None, not own_words, own_words


def _check(compiler: SchemaCompiler, media_type: MediaType | None, body: Any) -> None:
    if media_type is None or media_type.schema is None or not media_types.is_json(media_type.name):
        return
    checker = compiler.compile(media_type.schema, "response")
    if not checker.is_valid(body):
        violation = checker.violations(body, "response", 1)[0]
        pointer = pointers.join(["body"]) + violation.pointer
        raise ForcedAnswerError(f"breaks the document: {violation.message}", pointer)
