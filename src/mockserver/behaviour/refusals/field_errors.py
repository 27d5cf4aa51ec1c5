"""Describe the invalid fields of a request in the document's own error format."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mockserver.errors import ApiError, Location, Violation
from mockserver.openapi import pointers
from mockserver.openapi.names import normalised
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.schema_reader import Outline, SchemaReader

MISSING = object()
MESSAGES = frozenset(
    {
        *("message", "detail", "details", "msg", "errormessage", "errordescription", "reason", "description"),
        *("error", "usermessage", "errormsg", "developermessage", "title", "text", "mensaje"),
    }
)
"""The names of properties with an error message, normalised."""
STATUSES = frozenset(
    {"status", "statuscode", "code", "httpstatus", "errorcode", "httpcode", "httpstatuscode"}
)
_FIELDS = frozenset(
    {
        *("field", "fields", "fieldname", "fieldpath", "property", "propertyname", "propertypath", "param"),
        *("parameter", "parametername", "attribute", "loc", "location", "pointer", "path", "jsonpointer"),
        *("jsonpath", "instancepath", "instancelocation", "datapath", "campo"),
    }
)
_PERHAPS_FIELDS = frozenset({"name", "key", "target", "source", "element", "member", "in"})
"""Names that mean a field if no other property of the same object does."""
_LONE_FIELDS = frozenset({"field", "fieldname", "param", "parameter", "property", "propertyname", "pointer"})
"""Names that mean a field in an object about one error, regardless of its other properties."""
_POINTERS = frozenset({"pointer", "jsonpointer", "instancepath", "instancelocation"})
_SENT = frozenset(
    {
        *("rejectedvalue", "value", "invalidvalue", "actual", "actualvalue", "input", "received", "given"),
        "badvalue",
    }
)
_KEYWORDS = frozenset({"type", "rule", "keyword", "constraint", "errortype", "kind", "code", "errorcode"})
_MAPS = frozenset(
    {"errors", "fielderrors", "validationerrors", "fields", "violations", "invalidfields", "details"}
)
"""The names of objects whose keys are field names."""
_PYDANTIC = {
    "required": "missing",
    "minLength": "string_too_short",
    "maxLength": "string_too_long",
    "pattern": "string_pattern_mismatch",
    "minimum": "greater_than_equal",
    "maximum": "less_than_equal",
    "exclusiveMinimum": "greater_than",
    "exclusiveMaximum": "less_than",
    "multipleOf": "multiple_of",
    "enum": "enum",
    "const": "literal_error",
    "minItems": "too_short",
    "maxItems": "too_long",
    "additionalProperties": "extra_forbidden",
    "unevaluatedProperties": "extra_forbidden",
    "syntax": "json_invalid",
}
"""FastAPI's error types (`type` next to `loc`), by JSON Schema keyword."""
_DEEPEST = 3

Fits = Callable[[Schema, Any], bool]


@dataclass(frozen=True, slots=True)
class FieldFault:
    """One fault of a request.

    Attributes:
        status: the status of the response.
        location: the part of the request; None when the whole request is refused.
        tokens: path of the field: the parameter's name, or the tokens of a JSON pointer into the body.
        message: the reason.
        whole: the reason with its place.
        keyword: the violated keyword.
        value: the value that was sent; `MISSING` when there was none, or it is unknown.
    """

    status: int
    location: Location | None
    tokens: tuple[str, ...]
    message: str
    whole: str
    keyword: str
    value: Any = MISSING

    @property
    def field(self) -> str:
        """The field in dotted notation: `items.0.name`."""
        return ".".join(self.tokens)


def faults_of(error: ApiError, status: int, sent: Any) -> list[FieldFault]:
    """Convert an error's violations to faults by field; `sent` is the parsed request body."""
    faults = [
        FieldFault(
            status,
            violation.location,
            tokens,
            violation.message,
            str(violation),
            violation.keyword,
            _sent(violation, tokens, sent),
        )
        for violation in error.violations
        for tokens in _ways(violation)
    ]
    return faults or [FieldFault(status, None, (), error.detail, error.detail, "")]


def _ways(violation: Violation) -> list[tuple[str, ...]]:
    """The fields of a violation: for a missing property its own path, not that of the object."""
    if violation.location == "body":
        tokens = tuple(pointers.split(violation.pointer))
    else:
        name, *rest = violation.pointer.split("/")
        tokens = (name, *map(pointers.unescape, rest)) if name else ()
    return [(*tokens, name) for name in violation.names] or [tokens]


def _sent(violation: Violation, tokens: tuple[str, ...], sent: Any) -> Any:
    if violation.location != "body" or sent is None:
        return MISSING
    try:
        return pointers.resolve(sent, pointers.join(tokens))
    except KeyError:
        return MISSING


class FieldErrors:
    """Formats faults according to the schemas of one document."""

    def __init__(self, schemas: SchemaReader, fits: Fits) -> None:
        self._schemas = schemas
        self._fits = fits

    def listed(self, items: Schema, faults: Sequence[FieldFault], template: Any) -> list[Any]:
        """Format the faults as items of a list; `template` is an item of a generated or documented list."""
        return [self.item(items, fault, template) for fault in faults]

    def item(self, schema: Schema, fault: FieldFault, template: Any, depth: int = 0) -> Any:
        """Format one fault: an object with the required fields and those about the fault; or a text."""
        outline = self._schemas.outline(schema)
        if not outline.properties:
            return fault.whole
        known = template if isinstance(template, Mapping) else {}
        made: dict[str, Any] = {}
        for name, inner in outline.properties.items():
            for value in self._said(name, inner, known.get(name), fault, outline, depth):
                if self._fits(inner, value):
                    made[name] = value
                    break
            else:
                if name in outline.required and name in known:
                    made[name] = known[name]
        return made

    def mapped(self, name: str, schema: Schema, faults: Sequence[FieldFault]) -> Iterator[Any]:
        """Yield an object with a key for each invalid field, if the schema allows that.

        Yields nothing when the object's name means something else, or its properties are no fields.
        """
        outline = self._schemas.outline(schema)
        placed = [fault for fault in faults if fault.tokens]
        if not placed or not ("object" in outline.types and normalised(name) in _MAPS):
            return
        grouped: dict[str, list[FieldFault]] = {}
        for fault in placed:
            spelled = (fault.field, fault.tokens[-1], fault.tokens[0])
            known = (way for way in spelled if way in outline.properties)
            field = next(known, None if outline.properties else fault.field)
            if field is not None:
                grouped.setdefault(field, []).append(fault)
        rest = self._schemas.rest(schema)
        made = {
            field: self._about_field(outline.properties.get(field, rest), found)
            for field, found in grouped.items()
        }
        if made and None not in made.values():
            yield made

    def lone(self, name: str, schema: Schema, faults: Sequence[FieldFault]) -> list[Any]:
        """The field as a property of a response about one error; empty when it has no such meaning."""
        placed = next((fault for fault in faults if fault.tokens), None)
        if placed is None or normalised(name) not in _LONE_FIELDS:
            return []
        return _places(normalised(name), None, placed, self._schemas.outline(schema))

    def named(self, name: str, schema: Schema, faults: Sequence[FieldFault]) -> list[Any]:
        """The messages about the field that a property is named after, as in Django; empty if none."""
        messages = [fault.message for fault in faults if name in {fault.field, *fault.tokens[:1]}]
        return [messages] if messages and self._schemas.outline(schema).is_array else []

    def _about_field(self, schema: Schema, faults: list[FieldFault]) -> Any:
        """The messages about one field: a list of them, the first, or objects."""
        messages = [fault.message for fault in faults]
        items = self._schemas.items(schema)
        for value in (
            messages,
            messages[0],
            [self.item(items, fault, None) for fault in faults],
            self.item(schema, faults[0], None),
        ):
            if self._fits(schema, value):
                return value
        return None

    def _said(
        self, name: str, schema: Schema, template: Any, fault: FieldFault, error_outline: Outline, depth: int
    ) -> list[Any]:
        """Candidate values of one property of a fault, the best first."""
        word, outline = normalised(name), self._schemas.outline(schema)
        words = {normalised(entry) for entry in error_outline.properties}
        if word == "constraints" and "object" in outline.types:  # class-validator
            return [{fault.keyword or "request": fault.message}]
        if outline.properties and "object" in outline.types:
            if word not in _FIELDS | _PERHAPS_FIELDS or depth > _DEEPEST:
                return []
            return [self.item(schema, fault, template, depth + 1)]
        if word in _FIELDS or (word in _PERHAPS_FIELDS and not words & _FIELDS):
            return _location_or_place(word, words, template, fault, outline)
        if word in MESSAGES:
            # If no other property can hold the field, the message names it.
            message = fault.message if words & (_FIELDS | _PERHAPS_FIELDS) else fault.whole
            return [message, [message]]
        if word in _SENT:
            return [] if fault.value is MISSING else [fault.value, _text(fault.value)]
        codes = self._codes(word, words, schema, fault) if word in _KEYWORDS else []
        if word in STATUSES and (outline.types & {"integer", "number"} or word not in _KEYWORDS):
            return [fault.status, str(fault.status)]
        return codes or (["error", "ERROR", "Error"] if word in {"severity", "level"} else [])

    def _codes(self, word: str, words: set[str], schema: Schema, fault: FieldFault) -> list[Any]:
        """Codes for a fault: documented ones, else FastAPI's, else the keyword."""
        values = self._schemas.target(schema).get("enum")
        if isinstance(values, list):
            wanted = [normalised(text) for text in (fault.keyword, _PYDANTIC.get(fault.keyword, "")) if text]
            alike = [value for value in values if any(part in normalised(str(value)) for part in wanted)]
            return alike or [value for value in values if "invalid" in normalised(str(value))]
        if word == "type" and "loc" in words:
            return [_PYDANTIC.get(fault.keyword, "value_error")]
        return [fault.keyword] if fault.keyword else []


def _location_or_place(
    word: str, words: set[str], template: Any, fault: FieldFault, outline: Outline
) -> list[Any]:
    """The location or the path of a fault; next to a field name, `in` and `location` mean the location."""
    if fault.location is None:
        return []
    if word == "in" or (word == "location" and words & (_FIELDS | {"name"}) - {"location"}):
        return [fault.location]
    in_body = fault.location == "body"
    if words >= {"pointer", "parameter"}:  # JSON:API: each is for one part of the request
        own = {"body": "pointer", "header": "header"}.get(fault.location, "parameter")
        if word != own and not (own == "header" and "header" not in words):
            return []
    return _places(word, template, fault, outline) if fault.tokens or in_body else []


def _places(word: str, template: Any, fault: FieldFault, outline: Outline) -> list[Any]:
    """Candidate formats of a field's path for a property of this name, the best first."""
    tokens = [int(token) if token.isdecimal() else token for token in fault.tokens]
    if "array" in outline.types:
        whole = [fault.location, *tokens]
        own = [tokens, list(fault.tokens), [fault.field]]
        return [whole, list(map(str, whole)), *own] if word in {"loc", "location"} else own
    pointer = pointers.join(fault.tokens)
    if isinstance(template, str) and template.startswith("#"):
        return ["#" + pointer]
    if word in _POINTERS or (isinstance(template, str) and template.startswith("/")):
        return [pointer if fault.location == "body" else fault.field]
    if word == "jsonpath":
        return ["$." + fault.field]
    return [fault.field] if fault.tokens else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
