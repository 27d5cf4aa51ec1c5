"""Build error responses in the document's own format: a body that matches the schema for the status."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mockserver.behaviour.backend import Response
from mockserver.behaviour.negotiation import Negotiator
from mockserver.behaviour.preferences import Preferences
from mockserver.behaviour.refusals.field_errors import MESSAGES, STATUSES, FieldErrors, FieldFault, faults_of
from mockserver.errors import ApiError, DuplicateError
from mockserver.openapi import media_types
from mockserver.openapi.names import normalised
from mockserver.openapi.operation import Operation, Schema
from mockserver.openapi.schema.schema_reader import Outline, SchemaReader
from mockserver.openapi.schema.validators import SchemaCompiler

_LISTS = MESSAGES | {"errors", "messages", "violations", "reasons", "causes", "fielderrors", "errores"}
_LISTS |= {"validationerrors", "invalidparams", "invalidparameters", "issues", "problems", "failures"}
_LISTS |= {"fieldviolations"}
_DEEPEST = 3


def documented_status(operation: Operation, error: ApiError) -> int:
    """The status of an error: 422 instead of 400 if the document has only 422.

    A duplicate is 422 or 400 if the document has one of these, and no 409.
    """
    status = int(error.status)
    if isinstance(error, DuplicateError) and not {"409", "4XX"} & set(operation.responses):
        return next((other for other in (422, 400) if str(other) in operation.responses), status)
    if status == 400 and "422" in operation.responses and not {"400", "4XX"} & set(operation.responses):
        return 422
    return status


class ErrorBodies:
    """Builds the error responses of one document."""

    def __init__(self, schemas: SchemaReader, compiler: SchemaCompiler, negotiator: Negotiator) -> None:
        self._schemas = schemas
        self._compiler = compiler
        self._negotiator = negotiator
        self._fields = FieldErrors(schemas, self._fits)

    def answer(
        self, operation: Operation, error: ApiError, problem: Mapping[str, Any], sent: Any = None
    ) -> Response | None:
        """Build the documented response to an error; None when the document has none with a schema.

        Args:
            operation: the requested operation.
            error: the error.
            problem: the same as problem details (RFC 9457), for documents that use those.
            sent: the parsed request body.
        """
        status = documented_status(operation, error)
        response = operation.response(status)
        content = next(media_types.with_json_values(response.content), None) if response else None
        if response is None or content is None or content.schema is None:
            return None
        if response.status == "default" and not any(text[0] == "2" for text in operation.responses):
            return None  # the only documented response describes success
        outline = self._schemas.outline(content.schema)
        if content.name.startswith("application/problem+json"):
            details = {**problem, "status": status}
            if self._fits(content.schema, details) and not _has_own_list(outline):
                return Response(status, details, content.name, checked=True)
        try:
            base = self._negotiator.answer(operation, Preferences(code=status), content.name)
        except ApiError:
            return None
        said = _Said(error, status, faults_of(error, status, sent))
        if not outline.properties:
            bare = self._bare(content.schema, base.body, said)
            return (
                None
                if bare is None
                else Response(status, bare, base.content_type, base.headers, checked=True)
            )
        is_example = base.choice.media_type is not None and bool(base.choice.media_type.examples)
        if content.name.startswith("application/problem+json") and isinstance(base.body, dict):
            places = base.body if is_example else outline.properties
            known = {name: value for name, value in problem.items() if name in places and name != "errors"}
            base = replace(base, body={**base.body, **known})
        telling = self._tell(content.schema, base.body, said, 0)
        # An example without a field for the error is sent unchanged.
        is_whole = is_example and telling == base.body
        short = telling if is_whole else self._shortened(content.schema, telling, base.body, 0)
        bodies = (body for body in (short, telling, base.body) if self._fits(content.schema, body))
        return Response(status, next(bodies, base.body), base.content_type, base.headers, checked=True)

    def _bare(self, schema: Schema, base: Any, said: "_Said") -> Any:
        """Build a body that is a list of errors, or a map of them by field; None if the schema is neither."""
        outline = self._schemas.outline(schema)
        if outline.items is not None and self._schemas.outline(outline.items).properties:
            template = base[0] if isinstance(base, list) and base else None
            listed = self._fields.listed(outline.items, said.faults, template)
            return listed if self._fits(schema, listed) else None
        if self._schemas.rest(schema) is True:
            return None
        return next(
            (body for body in self._fields.mapped("errors", schema, said.faults) if self._fits(schema, body)),
            None,
        )

    def _fits(self, schema: Schema, value: Any) -> bool:
        valid: bool = self._compiler.compile(schema, "response").is_valid(value)
        return valid

    def _tell(self, schema: Schema, body: Any, said: "_Said", depth: int) -> Any:
        """Put the error into those fields of the body that are meant for it."""
        if not isinstance(body, dict) or depth > _DEEPEST:
            return body
        filled = dict(body)
        for name, inner in self._schemas.outline(schema).properties.items():
            for value in self._values(name, inner, body.get(name), said, depth):
                if self._fits(inner, value):
                    filled[name] = value
                    break
        return filled

    def _shortened(self, schema: Schema, filled: Any, base: Any, depth: int) -> Any:
        """Keep only required fields, the status, and those that were changed for the error."""
        if not isinstance(filled, dict) or not isinstance(base, dict) or depth > _DEEPEST:
            return filled
        outline = self._schemas.outline(schema)
        return {
            name: self._shortened(outline.properties.get(name, True), value, base.get(name), depth + 1)
            for name, value in filled.items()
            if name in outline.required or normalised(name) in STATUSES or value != base.get(name)
        }

    def _values(self, name: str, schema: Schema, old: Any, said: "_Said", depth: int) -> list[Any]:
        """Candidate values of one field, the best first."""
        outline, word = self._schemas.outline(schema), normalised(name)
        if isinstance(old, dict) or (old is None and outline.types == {"object"}):
            filled = [] if old is None else [self._tell(schema, old, said, depth + 1)]
            return [*self._fields.mapped(name, schema, said.faults), *filled]
        if word in _LISTS and (isinstance(old, list) or (old is None and "array" in outline.types)):
            return self._lists(outline, old, said)
        if word in MESSAGES and "string" in (outline.types or {"string"}):
            return said.texts()
        if word in STATUSES and outline.types & {"integer", "number"}:
            return [said.status]
        if word in STATUSES - {"code", "errorcode"}:
            return [str(said.status)]
        return self._fields.lone(name, schema, said.faults) or self._fields.named(name, schema, said.faults)

    def _lists(self, outline: Outline, old: list[Any] | None, said: "_Said") -> list[Any]:
        """Candidate lists of errors: of objects, or of texts."""
        items = True if outline.items is None else outline.items
        template = old[0] if old else None
        if template is None and old is None and not self._schemas.outline(items).properties:
            return []
        listed = self._fields.listed(items, said.faults, template)
        # google.rpc: a detail says nothing of a fault itself, and has a list of faults.
        holder = self._holder(items) if not any(self._fields.listed(items, said.faults, None)) else None
        if holder is not None:
            name, inner = holder
            known = template if isinstance(template, dict) else {}
            return [[{**known, name: self._fields.listed(inner, said.faults, None)}]]
        texts = said.reasons or [said.error.detail]
        return [listed, listed[:1]] if self._schemas.outline(items).properties else [texts, listed]

    def _holder(self, schema: Schema) -> tuple[str, Schema] | None:
        """The property of an object that lists faults, with the schema of its items; None without one."""
        for name, one in self._schemas.outline(schema).properties.items():
            items = self._schemas.outline(one).items
            if normalised(name) in _LISTS and items is not None and self._schemas.outline(items).properties:
                return name, items
        return None


@dataclass(frozen=True, slots=True)
class _Said:
    """The contents of an error body: the error, its status, and the faults by field."""

    error: ApiError
    status: int
    faults: Sequence[FieldFault]

    @property
    def reasons(self) -> list[str]:
        """Each violation with its place, except those that only repeat the detail."""
        said = self.error.detail.rstrip(".")
        return [str(entry) for entry in self.error.violations if entry.message.rstrip(".") != said]

    def texts(self) -> list[str]:
        """The whole error as one text, the most complete first."""
        detail, reasons = self.error.detail, self.reasons
        return [": ".join([detail.rstrip("."), "; ".join(reasons)]), detail] if reasons else [detail]


def _has_own_list(outline: Outline) -> bool:
    """Whether the document's problem details have a list of errors in the document's own format."""
    listed = {normalised(name) for name in outline.properties} & (_LISTS - MESSAGES)
    return bool(listed)
