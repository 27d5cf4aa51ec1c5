"""Say what went wrong in the words of the document: an error body in the schema it has for the status."""

from collections.abc import Mapping, Sequence
from typing import Any

from mockserver.behaviour.backend import Response
from mockserver.behaviour.negotiation import Negotiator
from mockserver.behaviour.preferences import Preferences
from mockserver.errors import ApiError, DuplicateError
from mockserver.openapi import media_types
from mockserver.openapi.names import normalised
from mockserver.openapi.operation import Operation, Schema
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.openapi.schema.validators import SchemaCompiler

_MESSAGES = {
    "message",
    "detail",
    "details",
    "msg",
    "errormessage",
    "errordescription",
    "reason",
    "description",
}
_MESSAGES |= {"error", "usermessage", "errormsg", "developermessage", "title", "text", "mensaje"}
_STATUSES = {"status", "statuscode", "code", "httpstatus", "errorcode", "httpcode", "httpstatuscode"}
_LISTS = _MESSAGES | {"errors", "messages", "violations", "reasons", "causes", "fielderrors", "errores"}
_DEEPEST = 3


def documented_status(operation: Operation, error: ApiError) -> int:
    """The status of an error: a bad request is 422 where the document knows that one only.

    A duplicate is 400 or 422 where the document has one of these, and nothing for a conflict.
    """
    status = int(error.status)
    if isinstance(error, DuplicateError) and not {"409", "4XX"} & set(operation.responses):
        return next((other for other in (422, 400) if str(other) in operation.responses), status)
    if status == 400 and "422" in operation.responses and not {"400", "4XX"} & set(operation.responses):
        return 422
    return status


class ErrorBodies:
    """The error answers of one document."""

    def __init__(self, schemas: SchemaReader, compiler: SchemaCompiler, negotiator: Negotiator) -> None:
        self._schemas = schemas
        self._compiler = compiler
        self._negotiator = negotiator

    def answer(self, operation: Operation, error: ApiError, problem: Mapping[str, Any]) -> Response | None:
        """The documented answer to an error; None where the document has none with a schema.

        Args:
            operation: the operation that was asked for.
            error: what went wrong.
            problem: the same as problem details (RFC 9457), for documents that have those.
        """
        status = documented_status(operation, error)
        response = operation.response(status)
        content = next(media_types.with_json_values(response.content), None) if response else None
        if response is None or content is None or content.schema is None:
            return None
        if response.status == "default" and not any(text[0] == "2" for text in operation.responses):
            return None  # the only answer there is describes success
        outline = self._schemas.outline(content.schema)
        if not outline.properties:
            return None
        if content.name.startswith("application/problem+json"):
            details = {**problem, "status": status}
            if self._fits(content.schema, details):
                return Response(status, details, content.name, checked=True)
        try:
            base = self._negotiator.answer(operation, Preferences(code=status), content.name)
        except ApiError:
            return None
        # Where the detail says it all, nobody wants to read it twice.
        said = error.detail.rstrip(".")
        reasons = [str(entry) for entry in error.violations if entry.message.rstrip(".") != said]
        telling = self._tell(content.schema, base.body, error.detail, reasons, status, 0)
        short = self._shortened(content.schema, telling, base.body, 0)
        bodies = (body for body in (short, telling, base.body) if self._fits(content.schema, body))
        return Response(status, next(bodies, base.body), base.content_type, base.headers, checked=True)

    def _fits(self, schema: Schema, value: Any) -> bool:
        valid: bool = self._compiler.compile(schema, "response").is_valid(value)
        return valid

    def _tell(
        self, schema: Schema, body: Any, detail: str, reasons: Sequence[str], status: int, depth: int
    ) -> Any:
        """The body with what went wrong in the fields that are for it."""
        if not isinstance(body, dict) or depth > _DEEPEST:
            return body
        told = dict(body)
        for name, inner in self._schemas.outline(schema).properties.items():
            old = body.get(name)
            for value in self._values(name, inner, old, detail, reasons, status, depth):
                if self._fits(inner, value):
                    told[name] = value
                    break
        return told

    def _shortened(self, schema: Schema, told: Any, base: Any, depth: int) -> Any:
        """What is required, and what says something; the rest only hides it."""
        if not isinstance(told, dict) or not isinstance(base, dict) or depth > _DEEPEST:
            return told
        outline = self._schemas.outline(schema)
        return {
            name: self._shortened(outline.properties.get(name, True), value, base.get(name), depth + 1)
            for name, value in told.items()
            if name in outline.required or value != base.get(name)
        }

    def _values(
        self,
        name: str,
        schema: Schema,
        old: Any,
        detail: str,
        reasons: Sequence[str],
        status: int,
        depth: int,
    ) -> list[Any]:
        """What one field could say, the best first."""
        outline, word = self._schemas.outline(schema), normalised(name)
        if isinstance(old, dict):
            return [self._tell(schema, old, detail, reasons, status, depth + 1)]
        if isinstance(old, list) and word in _LISTS:
            several = list(reasons) or [detail]
            items = True if outline.items is None else outline.items
            template = old[0] if old else None
            told = [self._tell(items, template, text, (), status, depth + 1) for text in several]
            return [told, several] if isinstance(template, dict) else [several]
        if word in _MESSAGES and "string" in (outline.types or {"string"}):
            return [": ".join([detail.rstrip("."), "; ".join(reasons)]) if reasons else detail, detail]
        if word in _STATUSES and outline.types & {"integer", "number"}:
            return [status]
        return [str(status)] if word in _STATUSES - {"code", "errorcode"} else []
