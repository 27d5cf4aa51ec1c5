"""Build valid request bodies with ordinary values to create and update a record."""

import secrets
import uuid
from collections.abc import Collection, Iterator, Mapping
from random import Random
from typing import Any

from mockserver.check.planning import sample_values
from mockserver.check.planning.planning_context import PlanningContext
from mockserver.check.planning.situations import SampleKind
from mockserver.check.planning.values_by_name import is_text, usual
from mockserver.check.stated.field_pairs import in_order
from mockserver.generation.regex_text import PatternError, pattern
from mockserver.openapi.operation import Operation
from mockserver.openapi.schema.schema_locations import BodyField, fields_of, types_in

_LONG = 60


class RoundTripBodies:
    """Builds the bodies for one resource."""

    def __init__(self, context: PlanningContext, keys: Collection[str]) -> None:
        """`keys` are the possible names of the property that identifies a record."""
        self._context = context
        self._keys = frozenset(keys)
        #: A part of names that distinguishes them from those of an earlier check.
        self.suffix = ""

    def body(self, operation: Operation, variant: int) -> Any:
        """A valid body; each variant has other texts and numbers."""
        content = self._context.cases.content(operation)
        body = self._context.cases.minimal_body(operation)
        if content is None or not isinstance(body, Mapping):
            return body
        changed, references = dict(body), self._context.cases.references(operation)
        for field in fields_of(self._context.schemas, content.schema):
            if len(field.tokens) == 1 and field.view.get("readOnly") is not True and field.name in body:
                if field.name in references:
                    continue
                changed[field.name] = self._value(field, variant, body[field.name])
                if field.name in self._keys:
                    changed[field.name] = self._unused(field, changed[field.name])
                if variant == 0 and (isinstance(body[field.name], bool) or "enum" in field.view):
                    changed[field.name] = body[field.name]  # so that every list shows the record
        return in_order(changed, self._context.cases.pairs(operation))

    def fresh(self, operation: Operation, body: Any) -> Any:
        """The body with another text for each field with a pattern: a number of a book is used once."""
        content = self._context.cases.content(operation)
        if content is None or not isinstance(body, Mapping):
            return body
        changed, references = dict(body), self._context.cases.references(operation)
        for field in fields_of(self._context.schemas, content.schema):
            is_own = len(field.tokens) == 1 and isinstance(body.get(field.name), str)
            if is_own and "enum" not in field.view and field.name not in references:
                is_valid = self._context.service.compiler.compile(field.schema, "request").is_valid
                written = next(_written(field.view), None)
                changed[field.name] = written if is_valid(written) else body[field.name]
        return changed

    def _unused(self, field: BodyField, otherwise: Any) -> Any:
        """A key that no other record has, for a record whose key the request gives."""
        is_valid = self._context.service.compiler.compile(field.schema, "request").is_valid
        if isinstance(otherwise, str) and self.suffix and otherwise.endswith(self.suffix):
            return otherwise
        if types_in(field.view) - {"null"} == {"integer"}:
            candidates: list[Any] = [secrets.randbelow(10**6) + 10**6, secrets.randbelow(900) + 100]
        else:
            mark = secrets.token_hex(4)
            texts = (
                f"check-{mark}",
                f"check{mark}",
                f"c{mark[:5]}",
                str(secrets.randbelow(9 * 10**7) + 10**7),
            )
            candidates = [form for text in texts for form in (text, text.upper())]
            candidates += [str(uuid.uuid4()), *_written(field.view)]
        return next((one for one in candidates if is_valid(one)), otherwise)

    def is_shared(self, operation: Operation) -> bool:
        """Whether the request body shares the record's schema, id included.

        Such a document does not say which fields are server-assigned.
        """
        content = self._context.cases.content(operation)
        fields = fields_of(self._context.schemas, content.schema if content else None)
        return any(
            len(field.tokens) == 1 and field.name in self._keys and field.view.get("readOnly") is not True
            for field in fields
        )

    def choices(self, operation: Operation) -> set[str]:
        """The boolean and enum fields."""
        content = self._context.cases.content(operation)
        fields = fields_of(self._context.schemas, content.schema if content else None)
        return {field.name for field in fields if "enum" in field.view or "boolean" in types_in(field.view)}

    def one_field(self, operation: Operation) -> Any:
        """A body with only the first field that can be sent alone, if no field is required."""
        content = self._context.cases.content(operation)
        for field in fields_of(self._context.schemas, content.schema if content else None):
            identifies = field.name in self._keys
            if len(field.tokens) == 1 and field.view.get("readOnly") is not True and not identifies:
                value = self._value(field, 1, None)
                if value is not None:
                    return {field.name: value}
        return None

    def changeable(self, schema: Any) -> list[BodyField]:
        """The scalar fields of a body that have a known type."""
        return [
            field
            for field in fields_of(self._context.schemas, schema)
            if len(field.tokens) == 1
            and field.view.get("readOnly") is not True
            and field.view.get("writeOnly") is not True
            and not field.is_inferred
            and field.name not in self._keys
        ]

    def another(self, field: BodyField, present: Any) -> Any:
        """Another value for the field; None if none can be made."""
        candidates = [self._plain(field, 2), *self._ordinary(field)]
        return next((value for value in candidates if value is not None and value != present), None)

    def several(self, field: BodyField) -> list[Any]:
        """All ordinary values that there are."""
        return [value for value in (self._plain(field, 2), *self._ordinary(field)) if value is not None]

    def _value(self, field: BodyField, variant: int, otherwise: Any) -> Any:
        plain = self._plain(field, variant)
        if plain is not None:
            return plain
        found = self._ordinary(field)
        # The first one is often an edge case that equals the field's default.
        return found[(variant + 1) % len(found)] if found else otherwise

    def _plain(self, field: BodyField, variant: int) -> str | None:
        """Ordinary text, unique per record if the field requires that."""
        view = field.view
        if types_in(view) - {"null"} != {"string"} or "enum" in view:
            return None
        if view.get("format", "email") != "email" or ("example" in view and not self.suffix):
            return None
        meant = usual(field.name) or ""
        is_address = "format" in view or "@" in meant
        if meant and not is_address and not is_text(meant):
            return None
        text = f"check-{variant + 1}{self.suffix}" + ("@example.com" if is_address else "")
        fits = self._context.service.compiler.compile(field.schema, "request").is_valid(text)
        return text if fits else None

    def _ordinary(self, field: BodyField) -> list[Any]:
        """Ordinary values of a field, which no server has a reason to normalise."""
        found = [
            sample
            for sample in sample_values.valid(self._context.service.compiler, field)
            if sample.value not in ("", None)
            and sample.kind is not SampleKind.PADDED_TEXT
            and len(str(sample.value)) < _LONG
        ]
        is_named = usual(field.name) is not None
        return [sample.value for sample in found if not (is_named and sample.is_edge)]


def _written(view: Mapping[str, Any]) -> Iterator[str]:
    """A random text that matches the pattern of a field, if it has one."""
    if "pattern" not in view:
        return
    most = view.get("maxLength")
    try:
        yield pattern(str(view["pattern"])).write(
            Random(secrets.randbits(64)),
            max(int(view.get("minLength", 0)), 1),
            *([] if most is None else [int(most)]),
        )
    except PatternError:
        return
