"""Build the request bodies of a walk: all fields, one field alone, or one invalid field among valid ones."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockserver.check.lifecycle.round_trip_bodies import RoundTripBodies
from mockserver.check.planning import sample_values
from mockserver.check.planning.planning_context import PlanningContext
from mockserver.check.stated.field_pairs import in_order
from mockserver.openapi.operation import Operation
from mockserver.openapi.schema.schema_locations import BodyField, fields_of, types_in

_ALLOWED_TEXTS = ("Größe ñandú 漢字 𠮷 {}", "First line {}\nand a second line")
_LONG = "A text that goes on and on without an end {} " * 4
_MONEY = 19.99, 0.29
"""Amounts of which `int(amount * 100)` loses a hundredth."""
_SUM = 19.75
_LONGEST = 1000
_TIMES = {"date": "2031-02-28", "date-time": "2031-02-28T10:00:00+02:00"}
_IMPOSSIBLE = {"date": "2027-02-30", "date-time": "2027-02-30T10:00:00Z"}
_NUMBERS = 300, 30, 3, 1
_BEYOND_32_BITS = 2**31 + 12_345
_WRONG = {"mockserver": ["is wrong"]}


class WalkBodies:
    """Builds the bodies of one resource's operations."""

    def __init__(self, context: PlanningContext, keys: frozenset[str]) -> None:
        self._context = context
        self._keys = keys

    def full(self, operation: Operation) -> Any:
        """A body with every changeable field, each with a value that is not empty."""
        drafts = self._drafts()
        body = drafts.body(operation, 0)
        if not isinstance(body, Mapping):
            return body
        more = {
            field.name: self.ordinary(field, self._usual(field))
            for field in self._fields(operation)
            if field.name not in body
        }
        more |= {name: one for name, one in self._context.references(operation).items() if name in more}
        more |= self._entries(operation)
        full = {**body, **{name: value for name, value in more.items() if value is not None}}
        return in_order(full, self._context.cases.pairs(operation))

    def changed(self, operation: Operation, before: Mapping[str, Any]) -> dict[str, Any]:
        """A body with another value for each field, so that every stored one shows."""
        values = {name: self.ordinary(one, before.get(name)) for name, one in self.fields(operation).items()}
        body = {name: value for name, value in values.items() if value is not None}
        return in_order(body, self._context.cases.pairs(operation))

    def modest(self, operation: Operation, body: Any) -> Any:
        """The body with a small number for each number: an amount may be limited by another record."""
        if not isinstance(body, Mapping):
            return body
        small = {
            name: next((one for one in (1, field.view.get("minimum")) if self.fits(field, one)), body[name])
            for name, field in self.fields(operation).items()
            if name in body and types_in(field.view) - {"null"} <= {"integer", "number"}
        }
        return {
            **body,
            **{name: one for name, one in small.items() if types_in(self.fields(operation)[name].view)},
        }

    def _entries(self, operation: Operation) -> dict[str, Any]:
        """A list of one entry for each field that is a list of objects."""
        schemas, found = self._context.schemas, {}
        for field in self._fields(operation):
            items = field.view.get("items")
            if types_in(field.view) - {"null"} == {"array"} and types_in(schemas.merged(items or {})) == {
                "object"
            }:
                value = [self._telling_numbers(items, sample_values.minimal(schemas, items, 1))]
                if self.fits(field, value):
                    found[field.name] = value
        return found

    def _telling_numbers(self, items: Any, entry: Mapping[str, Any]) -> dict[str, Any]:
        """An entry of a list in which no number is 0, if that is allowed: sums tell something then."""
        changed = dict(entry)
        for field in fields_of(self._context.schemas, items):
            is_number = types_in(field.view) - {"null"} <= {"integer", "number"} and types_in(field.view)
            if field.name in entry and is_number and "enum" not in field.view:
                changed[field.name] = next(
                    (one for one in _NUMBERS if self.fits(field, one)), entry[field.name]
                )
        return changed

    @staticmethod
    def _usual(field: BodyField) -> Any:
        """The default of a number: another one tells more. Other defaults may hide a record from lists."""
        is_number = types_in(field.view) - {"null"} <= {"integer", "number"}
        return field.view.get("default", 0) if is_number else None

    def least(self, operation: Operation) -> Any:
        """A body with the required fields, unique per record."""
        return self._drafts().body(operation, 0)

    def fresh(self, operation: Operation, body: Any) -> Any:
        """The body with another text for each field with a pattern."""
        return self._drafts().fresh(operation, body)

    def is_shared(self, operation: Operation) -> bool:
        """Whether the request body shares the record's schema, server-assigned fields included."""
        return self._drafts().is_shared(operation)

    def _drafts(self) -> RoundTripBodies:
        drafts = RoundTripBodies(self._context, self._keys)
        drafts.suffix = f"-{secrets.token_hex(4)}"
        return drafts

    def _fields(self, operation: Operation) -> list[BodyField]:
        content = self._context.cases.content(operation)
        return self._drafts().changeable(content.schema) if content is not None else []

    def fields(self, operation: Operation) -> dict[str, BodyField]:
        """The changeable fields of a body that are scalars or lists of scalars."""
        return {field.name: field for field in self._fields(operation)}

    def ordinary(self, field: BodyField, present: Any = None) -> Any:
        """A value that is not empty and not `present`, the current one; None if none can be made."""
        kinds = types_in(field.view) - {"null"}
        if kinds == {"array"}:
            return self._items(field, present)
        if kinds == {"boolean"}:
            return not present
        return self._drafts().another(field, present)

    def _items(self, field: BodyField, present: Any) -> Any:
        view = self._context.schemas.merged(field.view.get("items", {}))
        item = BodyField((*field.tokens, "[]"), field.view.get("items", {}), view, False, field.is_inferred)
        if types_in(view) - {"null"} not in ({"string"}, {"integer"}, {"number"}):
            return None
        known = present if isinstance(present, list) else []
        one = self._drafts().another(item, known[0] if known else None)
        value = [one]
        return value if one is not None and one not in known and self.fits(field, value) else None

    def telling(self, field: BodyField) -> Iterator[Any]:
        """Values of which faulty servers lose a part."""
        kinds, mark = types_in(field.view) - {"null"}, secrets.token_hex(3)
        found: list[Any] = []
        if kinds == {"string"} and not field.view.get("format") and "pattern" not in field.view:
            found = [text.replace("{}", mark) for text in (*_ALLOWED_TEXTS, _LONG)]
            most = field.view.get("maxLength")
            if isinstance(most, int) and len(mark) < most <= _LONGEST:
                # Valid for those who count characters; too long for those who count bytes.
                found.append(mark + "é" * (most - len(mark)))
        elif kinds == {"string"} and field.view.get("format") in _TIMES and "pattern" not in field.view:
            found = [_TIMES[field.view["format"]]]
        elif kinds == {"array"} and self._items(field, None) is not None:
            found = [[f"second, {mark}", f"first {mark}"]]
        elif kinds == {"number"}:
            found = [*_MONEY, _SUM]
        elif kinds == {"integer"} and field.view.get("format") != "int32":
            found = [_BEYOND_32_BITS]
        if kinds == {"string"} and "format" not in field.view:
            found.append(f"00{secrets.randbelow(9000) + 1000}")  # a number for some
        yield from (value for value in found if "enum" not in field.view and self.fits(field, value))

    def empty(self, field: BodyField) -> Any:
        """A falsy value that faulty servers ignore: 0, false, an empty list; None if none is allowed."""
        kinds = types_in(field.view) - {"null"}
        found = {"number": 0, "integer": 0, "boolean": False, "array": []}.get(next(iter(kinds), ""))
        return found if len(kinds) == 1 and found is not None and self.fits(field, found) else None

    def unlike(self, field: BodyField, known: Sequence[Any]) -> Any:
        """A value that differs from all these; None if none can be made."""
        candidates = self._drafts().several(field)
        return next((one for one in candidates if one not in known and self.fits(field, one)), None)

    def impossible(self, field: BodyField) -> str | None:
        """A well-formed date or time that does not exist; None for other fields."""
        text = _IMPOSSIBLE.get(str(field.view.get("format")))
        return None if text is None or self.fits(field, text) else text

    def takes_null(self, field: BodyField) -> bool:
        """Whether the document allows null for the field."""
        return "null" in types_in(field.view) and self.fits(field, None)

    def bad(self, operation: Operation, good: Mapping[str, Any]) -> tuple[str, Any] | None:
        """A field that is not in `good`, with a value that its schema does not allow."""
        for field in self._fields(operation):
            if field.name not in good and types_in(field.view) and not self.fits(field, _WRONG):
                return field.name, _WRONG
        return None

    def fits(self, field: BodyField, value: Any) -> bool:
        """Whether the field's schema allows a value in a request."""
        return bool(self._context.service.compiler.compile(field.schema, "request").is_valid(value))
