"""Values to try for a schema: valid ones, edge cases above all, and invalid ones."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from mockserver.check.planning.situations import SampleKind
from mockserver.check.planning.values_by_name import usual
from mockserver.generation.regex_text import PatternError, pattern
from mockserver.openapi.schema.schema_locations import BodyField, types_in
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.openapi.schema.validators import SchemaCompiler

_ITEMS = 4
_ITEMS_AT_MOST = 100
LONG = "Lorem ipsum dolor sit amet, consectetur adipiscing elit. " * 6


@dataclass(frozen=True, slots=True)
class Sample:
    """A value and what is special about it.

    Attributes:
        about: the detail of the kind, such as the format or the type.
        number: index among the values of one kind.
        is_edge: whether it is valid but unusual, so that an implementation may have a reason to refuse it.
    """

    value: Any
    kind: SampleKind
    about: str = ""
    number: int = 0
    is_edge: bool = False


_FORMATS: Mapping[str, tuple[str, ...]] = {
    "date-time": ("2031-07-04T13:45:30.000Z", "2030-12-31T23:30:00+02:00", "2032-02-29T00:00:00Z"),
    "date": ("1984-02-29", "1999-12-31", "2001-01-01"),
    "email": ("mockserver.check@example.com", "o'neil+check@example.co.uk"),
    "uuid": ("5f0c2b1e-7a44-4c1d-9b8e-2f6d3a9c1e07",),
    "uri": ("https://example.com/check?a=1&b=2",),
    "url": ("https://example.com/check",),
    "ipv4": ("192.0.2.17",),
    "hostname": ("check.example.com",),
    "byte": ("bW9ja3NlcnZlcg==",),
    "phone": ("+442079460958",),
    "decimal": ("9.50",),
}
MEANT_TYPES: Mapping[str, str] = {
    **dict.fromkeys(("int", "int32", "int64", "long", "Integer", "Int"), "integer"),
    **dict.fromkeys(("float", "double", "decimal", "Number", "Float"), "number"),
    **dict.fromkeys(("bool", "Boolean"), "boolean"),
    **dict.fromkeys(("str", "text", "String", "date", "datetime", "uuid"), "string"),
    **dict.fromkeys(("list", "List", "Array"), "array"),
    **dict.fromkeys(("dict", "Object", "map"), "object"),
}
"""Invalid types that documents have, and the meant ones: their values are tried, but not promised."""
_IMPOSSIBLE: Mapping[str, tuple[str, ...]] = {
    "date": ("2027-02-30", "2027-13-01"),
    "date-time": ("2027-02-30T10:00:00Z", "2027-01-01T25:00:00Z"),
}
_LONGEST = 100_000
_STRICT = {"date-time", "date", "email", "uuid", "uri", "ipv4"}
"""Formats whose violation violates the document: the compiled validator checks them."""


def _texts(view: Mapping[str, Any]) -> Iterator[Sample]:
    name = str(view.get("format"))
    if name in _FORMATS:
        for number, text in enumerate(_FORMATS[name]):
            is_edge = name == "email" and number > 0
            yield Sample(text, SampleKind.FORMAT, name, number, is_edge=is_edge)
        return
    yield Sample("Check of the contract", SampleKind.PLAIN_TEXT)
    yield Sample("", SampleKind.EMPTY_TEXT, is_edge=True)
    yield Sample("¡Perdón! Größe 漢字 🦊", SampleKind.NON_ASCII_TEXT)
    yield Sample("  spaces around  ", SampleKind.PADDED_TEXT)
    yield Sample(LONG, SampleKind.LONG_TEXT, str(len(LONG)), is_edge=True)
    yield Sample('O\'Brien "quoted" <b>&amp; 100% \\n', SampleKind.SPECIAL_TEXT)
    if isinstance(view.get("maxLength"), int) and view["maxLength"] <= 10_000:
        yield Sample("x" * view["maxLength"], SampleKind.LONGEST_TEXT)
    if isinstance(view.get("minLength"), int):
        yield Sample("x" * view["minLength"], SampleKind.SHORTEST_TEXT)


def _named_texts(view: Mapping[str, Any], meant: str) -> Iterator[Sample]:
    """Text that fits the field's name, such as a URL: a server may refuse any other."""
    yield Sample(meant, SampleKind.NAMED)
    yield from (replace(sample, is_edge=True) for sample in _texts(view))


def _numbers(view: Mapping[str, Any]) -> Iterator[Sample]:
    low, high = view.get("minimum"), view.get("maximum")
    if low is not None:
        yield Sample(low, SampleKind.MINIMUM)
    if high is not None:
        yield Sample(high, SampleKind.MAXIMUM)
    for number in (45, 1, 0, -1):
        yield Sample(number, SampleKind.NUMBER, str(number), is_edge=number < 1)
    if view.get("format") != "int32":
        yield Sample(3_000_000_000, SampleKind.BEYOND_32_BITS, is_edge=True)
    if view.get("type") == "number":
        yield Sample(0.5, SampleKind.FRACTION, is_edge=True)


def _booleans(_: Mapping[str, Any]) -> Iterator[Sample]:
    yield Sample(False, SampleKind.FALSE)
    yield Sample(True, SampleKind.TRUE)


_BY_TYPE = {"string": _texts, "integer": _numbers, "number": _numbers, "boolean": _booleans}


def valid(compiler: SchemaCompiler, field: BodyField) -> Iterator[Sample]:
    """Values that the schema of a scalar field allows, the documented ones first."""
    checker = compiler.compile(field.schema, "request")
    seen: list[tuple[type, Any]] = []
    for sample in _candidates(field.view, usual(field.name)):
        mark = (type(sample.value), sample.value)
        if mark not in seen and checker.is_valid(sample.value):
            seen.append(mark)
            yield sample


def _candidates(view: Mapping[str, Any], meant: str | None) -> Iterator[Sample]:
    for value in view.get("enum") or ():
        if value is None:
            yield Sample(value, SampleKind.NULL)
        else:
            yield Sample(value, SampleKind.ENUMERATED, json.dumps(value, ensure_ascii=False))
    if "enum" not in view:
        if "example" in view:
            yield Sample(view["example"], SampleKind.EXAMPLE)
        if "pattern" in view:
            yield Sample(_scalar(view, "string"), SampleKind.PATTERN)
        for name in sorted(types_in(view)):
            yield from _of_type(name, view, meant)
    if "enum" not in view and "null" in types_in(view):
        yield Sample(None, SampleKind.NULL)


def _of_type(name: str, view: Mapping[str, Any], meant: str | None) -> Iterator[Sample]:
    """Values of a type; `meant` is the usual text for the field's name."""
    if name == "string" and meant is not None and "format" not in view:
        yield from _named_texts(view, meant)
    elif name in _BY_TYPE:
        yield from _BY_TYPE[name](view)
    elif MEANT_TYPES.get(name) in _BY_TYPE:
        yield from (replace(one, is_edge=True) for one in _BY_TYPE[MEANT_TYPES[name]](view))


def lists(schemas: SchemaReader, compiler: SchemaCompiler, field: BodyField) -> Iterator[Sample]:
    """Valid lists: empty, with one item of each valid value, with two items."""
    checker, seen = compiler.compile(field.schema, "request"), []
    view = schemas.merged(field.view.get("items", {}))
    item = BodyField((*field.tokens, "[]"), field.view.get("items", {}), view, False, field.is_inferred)
    scalars = list(valid(compiler, item)) if types_in(view) & _BY_TYPE.keys() else []
    smallest = minimal(schemas, field.view.get("items", {}), 1)
    candidates = [
        Sample([], SampleKind.EMPTY_LIST, is_edge=True),
        Sample([smallest], SampleKind.ONE_ITEM, "as small as allowed", is_edge=True),
        Sample([smallest, *(one.value for one in scalars[1:2])], SampleKind.TWO_ITEMS, is_edge=True),
        *(
            Sample([one.value], SampleKind.ONE_ITEM, one.kind.value, number, is_edge=True)
            for number, one in enumerate(scalars[:_ITEMS], 1)
        ),
    ]
    for sample in candidates:
        if sample.value not in seen and checker.is_valid(sample.value):
            seen.append(sample.value)
            yield sample


def wrong_lists(schemas: SchemaReader, compiler: SchemaCompiler, field: BodyField) -> Iterator[Sample]:
    """Lists with an item that the schema does not allow."""
    checker = compiler.compile(field.schema, "request")
    for about, value in (("null", None), ("a number", 7), ("a list", []), ("an object", {})):
        if not checker.is_valid([value]):
            yield Sample([value], SampleKind.WRONG_ITEM, about)
    yield from _wrong_lengths(schemas, compiler, field)


def _wrong_lengths(schemas: SchemaReader, compiler: SchemaCompiler, field: BodyField) -> Iterator[Sample]:
    """Lists of valid items that are too long, or have a duplicate item."""
    checker, items = compiler.compile(field.schema, "request"), field.view.get("items", {})
    item = BodyField((*field.tokens, "[]"), items, schemas.merged(items), False, field.is_inferred)
    most = field.view.get("maxItems")
    is_text = types_in(item.view) - {"null"} == {"string"} and not item.view.keys() & {
        "enum",
        "pattern",
        "format",
    }
    if isinstance(most, int) and most < _ITEMS_AT_MOST and is_text:
        long = [f"check{number}" for number in range(most + 1)]
        if checker.is_valid(long[:-1]) and not checker.is_valid(long):
            yield Sample(long, SampleKind.TOO_MANY_ITEMS)
    smallest = minimal(schemas, items, 1)
    if field.view.get("uniqueItems") is True and checker.is_valid([smallest]):
        yield Sample([smallest, smallest], SampleKind.REPEATED_ITEM)


def object_in(schemas: SchemaReader, schema: Any) -> Any:
    """The schema of an object with properties: itself, else the first of its alternatives that is one."""
    view = schemas.merged(schema)
    if view.get("properties"):
        return schema
    for name in ("oneOf", "anyOf"):
        for branch in view.get(name) or ():
            if schemas.merged(branch).get("properties"):
                return branch
    return schema


def alternatives(schemas: SchemaReader, compiler: SchemaCompiler, schema: Any) -> Iterator[Sample]:
    """Whole bodies: the smallest of each alternative, and lists if allowed."""
    checker, view = compiler.compile(schema, "request"), schemas.merged(schema)
    branches = [*(view.get("oneOf") or ()), *(view.get("anyOf") or ())]
    found = [
        Sample(minimal(schemas, branch, 1), SampleKind.ALTERNATIVE, str(number), is_edge=True)
        for number, branch in enumerate(branches, 1)
    ]
    for branch in branches or [schema]:
        below = schemas.merged(branch)
        if below.get("type") == "array":
            field = BodyField((), branch, below, False, False)
            found += [*lists(schemas, compiler, field)]
    for sample in found:
        if checker.is_valid(sample.value):
            yield sample


def invalid(compiler: SchemaCompiler, field: BodyField) -> Iterator[Sample]:
    """Values that the schema does not allow."""
    checker = compiler.compile(field.schema, "request")
    kinds = types_in(field.view)
    for sample in _wrong(field.view, kinds):
        if not checker.is_valid(sample.value):
            yield sample


def _wrong(view: Mapping[str, Any], kinds: set[str]) -> Iterator[Sample]:
    yield Sample(None, SampleKind.NULL_NOT_ALLOWED)
    if "enum" in view:
        yield Sample("mockserver-check", SampleKind.OUTSIDE_ENUM)
        yield Sample("", SampleKind.EMPTY_OUTSIDE_ENUM)
    if view.get("format") in _STRICT:
        yield Sample("not-a-" + view["format"], SampleKind.NOT_FORMAT, view["format"])
        yield Sample("", SampleKind.EMPTY_NOT_FORMAT, view["format"])
    for text in _IMPOSSIBLE.get(str(view.get("format")), ()):
        yield Sample(text, SampleKind.IMPOSSIBLE, text)
    if "string" in kinds:
        yield from _wrong_texts(view)
    if kinds & {"integer", "number", "boolean"}:
        yield Sample("mockserver-check", SampleKind.TEXT_INSTEAD, sorted(kinds - {"null"})[0])
    if kinds & {"integer", "number"}:
        yield Sample("60", SampleKind.QUOTED_NUMBER)
        yield from _out_of_range(view)
    if "boolean" in kinds:
        yield Sample("true", SampleKind.QUOTED_BOOLEAN)
    if "integer" in kinds:
        yield Sample(1.5, SampleKind.FRACTION_INSTEAD)
    wanted = "/".join(sorted(kinds - {"null"}) or ["value"])
    yield Sample(7, SampleKind.NUMBER_INSTEAD, wanted)
    yield Sample([], SampleKind.LIST_INSTEAD, wanted)
    yield Sample({}, SampleKind.OBJECT_INSTEAD, wanted)


def _wrong_texts(view: Mapping[str, Any]) -> Iterator[Sample]:
    """Texts that violate only one rule: with a trailing line break, one character too long or too short."""
    text, most = _scalar(view, "string"), view.get("maxLength")
    if "pattern" in view and "enum" not in view:
        yield Sample(text + "\n", SampleKind.LINE_BREAK_ADDED)
    if isinstance(most, int) and most < _LONGEST and not view.keys() & {"pattern", "format", "enum"}:
        yield Sample("x" * (most + 1), SampleKind.TOO_LONG)
    least = view.get("minLength")
    if isinstance(least, int) and 1 < least < _LONGEST and not view.keys() & {"pattern", "format", "enum"}:
        yield Sample("x" * (least - 1), SampleKind.TOO_SHORT)


def _out_of_range(view: Mapping[str, Any]) -> Iterator[Sample]:
    if isinstance(view.get("minimum"), int):
        yield Sample(view["minimum"] - 1, SampleKind.BELOW_MINIMUM)
    if isinstance(view.get("maximum"), int):
        yield Sample(view["maximum"] + 1, SampleKind.ABOVE_MAXIMUM)


def minimal(schemas: SchemaReader, schema: Any, depth: int = 0) -> Any:
    """A small valid value: the example, else only the required fields; for bodies preferably an object."""
    view = schemas.merged(schema if depth else object_in(schemas, schema))
    if "example" in view and depth:
        return view["example"]
    if view.get("enum"):
        return view["enum"][0]
    for name in ("oneOf", "anyOf"):
        if view.get(name):
            return minimal(schemas, view[name][0], depth + 1)
    kind = next(iter(types_in(view) - {"null"}), "object" if "properties" in view else "string")
    kind = MEANT_TYPES.get(kind, kind)
    if kind == "object":
        return _object(schemas, view, depth)
    if kind == "array":
        count = int(view.get("minItems", 0))
        return [minimal(schemas, view.get("items", {}), depth + 1) for _ in range(min(count, 5))]
    return _scalar(view, kind)


def _object(schemas: SchemaReader, view: Mapping[str, Any], depth: int) -> dict[str, Any]:
    properties = view.get("properties") or {}
    if depth > 6:
        return {}
    needed = [name for name in dict.fromkeys(view.get("required") or ()) if name in properties]
    return {
        name: minimal(schemas, properties[name], depth + 1)
        for name in needed
        if schemas.merged(properties[name]).get("readOnly") is not True
    }


def _scalar(view: Mapping[str, Any], kind: str) -> Any:
    if kind == "boolean":
        return True
    if kind in {"integer", "number"}:
        low = view.get("minimum", 1)
        return low + 1 if view.get("exclusiveMinimum") is True else low
    text = _FORMATS.get(str(view.get("format")), ("check",))[0]
    short, long = int(view.get("minLength", 0)), view.get("maxLength")
    text = text + "x" * max(0, short - len(text))
    text = text if long is None else text[: int(long)]
    return text if "pattern" not in view else _patterned(str(view["pattern"]), text, short, long)


def _patterned(expression: str, text: str, short: int, long: Any) -> str:
    """The text, or another one if it does not match the pattern."""
    try:
        if re.search(expression, text):
            return text
        return pattern(expression).write(Random(1), max(short, 1), *([] if long is None else [int(long)]))
    except (PatternError, re.error):
        return text
