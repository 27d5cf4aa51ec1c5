"""Translate schemas of Swagger 2.0 and OpenAPI 3.0, and all they reach, to JSON Schema draft 4."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from mockserver.openapi import pointers
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.discriminators import told_apart_by_value
from mockserver.openapi.schema.regular_expressions import unwrapped

Direction = Literal["request", "response"]

_SUBSCHEMAS = ("items", "additionalProperties", "not")
_SUBSCHEMA_LISTS = ("allOf", "anyOf", "oneOf")
_VALUES = (
    *("type", "enum", "format", "pattern", "multipleOf", "required"),
    *("maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength", "minLength"),
    *("maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties"),
)
UUID = "^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
"""RFC 9562 section 4. Draft 4 lacks this format; a pattern is validated without calling Python."""
# Before 3.1 no standard defines `time`; documents use clock times with and without a zone.
_TIME = r"^\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:[zZ]|[+-]\d{2}:?\d{2})?$"
SPELLED = {"uuid": UUID, "time": _TIME}
"""Formats that draft 4 lacks, as patterns."""

INTEGERS = {
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}
"""The minimum and maximum of each integer format (OpenAPI's registry of formats)."""


def within_format(result: dict[str, Any]) -> dict[str, Any]:
    """Add the range of an integer format to a translated schema."""
    limits = INTEGERS.get(str(result.get("format")))
    kinds = result.get("type")
    if limits is not None and {"integer", "number"} & set(kinds if isinstance(kinds, list) else [kinds]):
        result.setdefault("minimum", limits[0])
        result.setdefault("maximum", limits[1])
    return result


NONE: frozenset[str] = frozenset()
_TYPES = {"array", "boolean", "integer", "null", "number", "object", "string"}


class HiddenProperties:
    """The properties to ignore in a direction: read-only ones in requests, write-only ones in responses."""

    def __init__(self, root: Mapping[str, Any], direction: Direction) -> None:
        self._root = root
        self._keyword = "readOnly" if direction == "request" else "writeOnly"
        self._names: dict[int, frozenset[str]] = {}
        self._needed: dict[int, frozenset[str]] = {}

    def names(self, schema: Mapping[str, Any]) -> frozenset[str]:
        """The hidden properties of a schema, including those of its `allOf`."""
        found = self._names.get(id(schema))
        if found is None:
            self._names[id(schema)] = NONE  # a schema that includes itself adds nothing
            own = self.own(schema)
            for target in self._parts(schema, ("allOf",)):
                own |= self.names(target)
            found = self._names[id(schema)] = frozenset(own) if own else NONE
        return found

    def needed(self, schema: Any, hidden: frozenset[str]) -> frozenset[str]:
        """The hidden names that a schema requires, itself or in subschemas for the same value."""
        if not hidden:
            return NONE  # the usual case: references need not be followed
        target = self._target(schema)
        return hidden & self._required(target) if isinstance(target, Mapping) else NONE

    def _required(self, schema: Mapping[str, Any]) -> frozenset[str]:
        found = self._needed.get(id(schema))
        if found is None:
            self._needed[id(schema)] = NONE
            written = schema.get("required")
            own = {name for name in written if isinstance(name, str)} if isinstance(written, list) else set()
            for target in self._parts(schema):
                own |= self._required(target)
            found = self._needed[id(schema)] = frozenset(own)
        return found

    def _parts(
        self, schema: Mapping[str, Any], words: Sequence[str] = _SUBSCHEMA_LISTS
    ) -> Iterator[Mapping[str, Any]]:
        """The subschemas for the same value, with references resolved."""
        for word in words:
            parts = schema.get(word)
            for part in parts if isinstance(parts, list) else ():
                target = self._target(part)
                if isinstance(target, Mapping):
                    yield target

    def own(self, schema: Mapping[str, Any]) -> set[str]:
        """The hidden properties among those that a schema lists itself."""
        properties = schema.get("properties")
        if not isinstance(properties, Mapping):
            return set()
        return {name for name, entry in properties.items() if self._hides(entry)}

    def _hides(self, schema: Any) -> bool:
        if not isinstance(schema, Mapping):
            return False
        if schema.get(self._keyword) is True:
            return True
        target = self._target(schema)
        return isinstance(target, Mapping) and target.get(self._keyword) is True

    def _target(self, schema: Any) -> Any:
        try:
            return pointers.follow(self._root, schema)[0]
        except KeyError:
            return None


class Definitions:
    """Referenced schemas, each converted once."""

    def __init__(self, convert: Callable[[str], Any]) -> None:
        self._convert = convert
        self._known: dict[str, tuple[Any, list[str]]] = {}
        #: The names that the schema being converted refers to.
        self.needed: list[str] = []

    def collect(self, convert: Callable[[], Any]) -> tuple[Any, dict[str, Any]]:
        """Convert a schema, and return it with all schemas that it reaches, even by circular references."""
        self.needed = []
        converted, waiting = convert(), self.needed
        reached: dict[str, Any] = {}
        while waiting:
            name = waiting.pop()
            if name not in reached:
                if name not in self._known:
                    self.needed = []
                    self._known[name] = self._convert(name), self.needed
                reached[name], more = self._known[name]
                waiting += more
        return converted, reached


class SchemaTranslation:
    """Translates schemas of one document for one direction, with the definitions that they reach."""

    def __init__(self, root: Mapping[str, Any], direction: Direction) -> None:
        self._root = root
        self._hidden = HiddenProperties(root, direction)
        self._direction = direction
        self._names: dict[tuple[str, frozenset[str]], str] = {}
        self._references: dict[str, tuple[str, frozenset[str]]] = {}
        self._definitions = Definitions(self._definition)

    def run(self, schema: Schema) -> Any:
        """Translate a schema and everything it refers to."""
        translated, reached = self._definitions.collect(lambda: self._schema(schema))
        return {**translated, "definitions": reached} if reached else translated

    def _definition(self, name: str) -> Any:
        reference, hidden = self._references[name]
        return self._schema(self._find(reference), hidden)

    def _find(self, reference: str) -> Any:
        """The target of a reference; `True`, which accepts anything, if there is none (`lint` reports it)."""
        try:
            return pointers.resolve(self._root, reference) if reference.startswith("#") else True
        except KeyError:
            return True

    def _reference(self, reference: str, hidden: frozenset[str]) -> str:
        """Name a referenced schema; it is translated later, once."""
        key = (reference, hidden)
        name = self._names.setdefault(key, f"d{len(self._names)}")
        self._references[name] = key
        self._definitions.needed.append(name)
        return f"#/definitions/{name}"

    def _schema(self, schema: Any, also_hidden: frozenset[str] = NONE) -> Any:
        """Translate a schema; `also_hidden` are properties hidden elsewhere, not required here either."""
        if not isinstance(schema, Mapping):
            return {"not": {}} if schema is False else {}
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return {"$ref": self._reference(reference, self._hidden.needed(schema, also_hidden))}
        hidden = self._hidden.names(schema) | also_hidden
        result = _spelled({name: schema[name] for name in _VALUES if name in schema})
        for name in _SUBSCHEMAS:
            if isinstance(schema.get(name), Mapping):
                result[name] = self._schema(schema[name])
            elif isinstance(schema.get(name), list):
                result[name] = [self._schema(entry) for entry in schema[name]]
            elif name in schema and schema[name] is not None:
                result[name] = schema[name]
        for name in _SUBSCHEMA_LISTS:
            if isinstance(schema.get(name), list) and schema[name]:
                branches = [self._schema(entry, hidden) for entry in schema[name]]
                result[name] = told_apart_by_value(self._root, schema, name, branches)
        self._properties(schema, result, hidden)
        return _nullable(schema, within_format(_repaired(result)))

    def _properties(self, schema: Mapping[str, Any], result: dict[str, Any], hidden: frozenset[str]) -> None:
        if hidden and isinstance(result.get("required"), list):
            result["required"] = [name for name in result["required"] if name not in hidden]
        written = schema.get("properties")
        if isinstance(written, Mapping):
            properties = {name: self._schema(entry) for name, entry in written.items()}
            if self._direction == "response":
                properties |= {name: {"not": {}} for name in hidden if name in properties}
            result["properties"] = properties


def _spelled(result: dict[str, Any]) -> dict[str, Any]:
    """Write formats that draft 4 lacks, and JavaScript regex literals, as patterns."""
    if isinstance(result.get("pattern"), str):
        result["pattern"] = unwrapped(result["pattern"])
    spelled = SPELLED.get(str(result.get("format")))
    if spelled is not None:
        result.setdefault("pattern", spelled)
        del result["format"]
    return result


def _repaired(result: dict[str, Any]) -> dict[str, Any]:
    """Fix what draft 4 does not allow: invalid types, numbers in place of flags, empty lists."""
    kind = result.get("type")
    if kind == "file":
        result["type"] = "string"
    elif isinstance(kind, str) and kind not in _TYPES:
        del result["type"]
    if not result.get("required", True):
        del result["required"]
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        value = result.get(exclusive)
        if isinstance(value, int | float) and not isinstance(value, bool):
            # OpenAPI 3.1's syntax in an older document: the meaning is clear.
            result[bound], result[exclusive] = value, True
        elif value is not None and bound not in result:
            del result[exclusive]
    return result


def _nullable(schema: Mapping[str, Any], result: dict[str, Any]) -> Any:
    if schema.get("nullable") is not True and schema.get("x-nullable") is not True:
        return result
    kind = result.get("type")
    if isinstance(kind, str):
        return {**result, "type": [kind, "null"]}
    # Without a type OpenAPI 3.0.3 gives `nullable` no meaning; but next to allOf or a reference,
    # documents mean that null is allowed.
    return {"anyOf": [{"enum": [None]}, result]}
