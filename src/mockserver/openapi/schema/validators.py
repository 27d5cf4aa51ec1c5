"""Compile the schemas of a document into validators (jsonschema-rs), each at its first use.

A schema is converted to JSON Schema with only the definitions that it reaches: the cost of a document with
thousands of schemas depends on those that are used.
"""

import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from itertools import islice
from typing import Any

import jsonschema_rs

from mockserver.errors import Location, Violation
from mockserver.openapi import pointers
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.regular_expressions import tolerant
from mockserver.openapi.schema.schema_cost import MAXIMUM, is_exorbitant
from mockserver.openapi.schema.schema_reader import OBJECT, SchemaReader
from mockserver.openapi.versions.dialect_30 import SPELLED, UUID, Direction, SchemaTranslation
from mockserver.openapi.versions.dialect_31 import SchemaGathering

__all__ = ["Checker", "Direction", "SchemaCompiler", "UncompilableSchemaError"]

_UUID = re.compile(UUID)
_LOST_PLUS = re.compile(r"T\d\d:\d\d\S* \d\d:?\d\d$")
"""A timestamp whose zone lost its plus sign when the query was decoded."""
_MAXIMUM_REPAIRS = 200
MAXIMUM_WEIGHT = 30_000
"""Maximum number of definitions in compiled validators: about 5 kB each."""
_LISTED = 150
"""Maximum length of an enumeration that a message lists in full."""
_2020_12 = "https://json-schema.org/draft/2020-12/schema"
_VALIDATORS = {
    "draft-04": jsonschema_rs.Draft4Validator,
    "draft-06": jsonschema_rs.Draft6Validator,
    "draft-07": jsonschema_rs.Draft7Validator,
    "2019-09": jsonschema_rs.Draft201909Validator,
}


class UncompilableSchemaError(ValueError):
    """A schema that cannot be compiled; the text explains why."""


def _is_uuid(text: str) -> bool:
    """Validate the format `uuid` (RFC 9562 section 4), which JSON Schema draft 4 does not define."""
    return _UUID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A part of a value that violates its schema, for code that repairs it.

    Attributes:
        path: the property names and indexes that lead to the part.
        keyword: the violated keyword.
        missing: the required property that is missing.
        unexpected: the properties that are not allowed.
    """

    path: tuple[str, ...]
    keyword: str
    missing: str | None
    unexpected: tuple[str, ...]


class Checker:
    """A compiled schema."""

    __slots__ = ("_compile", "_validator", "is_valid")

    def __init__(self, validator: Any, compile_again: Callable[[], Any] | None = None) -> None:
        self._compile = compile_again
        self._validator = validator
        #: Whether a value is valid; the fastest check.
        self.is_valid: Callable[[Any], bool] = validator.is_valid

    def rest(self) -> None:
        """Free the validator's memory; it is compiled again on demand."""
        if self._compile is not None:
            self._validator = None
            self.is_valid = self._wake

    def _wake(self, value: Any) -> bool:
        return bool(self._awake().is_valid(value))

    def _awake(self) -> Any:
        if self._validator is None and self._compile is not None:
            self._validator = self._compile()
            self.is_valid = self._validator.is_valid
        return self._validator

    def violations(self, value: Any, location: Location, limit: int = 20) -> list[Violation]:
        """List the violations of a value; empty when it is valid."""
        found = []
        for error in self._errors(value):
            found.append(_violation(error, location))
            if len(found) == limit:
                break
        return found

    def mismatches(self, value: Any, limit: int = 20) -> list[Mismatch]:
        """The parts of a value that violate the schema; empty when it is valid."""
        return [_mismatch(error) for error in islice(self._errors(value), limit)]

    def _errors(self, value: Any) -> Iterator[Any]:
        return iter(self._awake().iter_errors(value))


def _mismatch(error: Any) -> Mismatch:
    kind = error.kind
    return Mismatch(
        tuple(map(str, error.instance_path)),
        kind.name,
        getattr(kind, "property", None),
        tuple(getattr(kind, "unexpected", ())),
    )


def _violation(error: Any, location: Location) -> Violation:
    tokens = list(error.instance_path)
    keyword = str(error.schema_path[-1]) if error.schema_path else "false schema"
    message = error.message
    if keyword == "required" or (len(error.schema_path) > 1 and error.schema_path[-2] == "required"):
        keyword = "required"
    if keyword == "pattern":
        for form, pattern in SPELLED.items():
            if error.kind.pattern == pattern:
                message, keyword = f'{_shown(error.instance)} is not a "{form}"', "format"
    if keyword == "enum":
        message = _with_every_choice(error)
    if error.kind.name == "falseSchema" or (keyword == "not" and error.kind.schema == {}):
        message, keyword = "is not allowed here", "not"
    if location == "query" and keyword == "format" and _LOST_PLUS.search(str(error.instance)):
        message += "; a `+` in a query is a space: write it as %2B"
    closest = _closest(error) if keyword in {"oneOf", "anyOf"} else None
    if closest is not None:
        place = pointers.join(list(closest.instance_path)[len(tokens) :])
        message = (
            f"matches no schema of `{keyword}`; the closest: {place + ' ' if place else ''}{closest.message}"
        )
    if len(message) > 300:
        message = message[:140] + " … " + message[-140:]
    return Violation(location, pointers.join(tokens), message, keyword, _names(error.kind))


def _names(kind: Any) -> tuple[str, ...]:
    """The names of missing or unexpected properties."""
    missing = getattr(kind, "property", None)
    return (missing,) if isinstance(missing, str) else tuple(getattr(kind, "unexpected", None) or ())


def _with_every_choice(error: Any) -> str:
    """The message with all values of a short enumeration; the library lists only two."""
    choices = ", ".join(map(_shown, error.kind.options))
    message: str = error.message
    return f"{_shown(error.instance)} is not one of {choices}" if len(choices) <= _LISTED else message


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _closest(error: Any) -> Any:
    """The error for the alternative that a value matches best; None when it matches several.

    An alternative whose `enum` or `const` does not match is rarely the intended one, because these (and
    discriminators) distinguish alternatives. Of the others, the one with the most names in common is chosen.
    """
    branches = [branch for branch in getattr(error.kind, "context", None) or () if branch]
    if not branches or isinstance(error.kind, jsonschema_rs.ValidationErrorKind.OneOfMultipleValid):
        return None

    def tells(entry: Any) -> bool:
        keyword = str(entry.schema_path[-1]) if entry.schema_path else ""
        return keyword in _TELLING or (keyword == "type" and entry.instance_path == error.instance_path)

    def strange(entry: Any) -> int:
        """How many property names are missing or unexpected."""
        return len(_names(entry.kind)) if entry.instance_path == error.instance_path else 0

    def distance(branch: list[Any]) -> tuple[int, int, int]:
        return sum(map(tells, branch)), sum(map(strange, branch)), len(branch)

    return min(branches, key=distance)[0]


_TELLING = {"enum", "const", "not"}


class SchemaCompiler:
    """Compiles schemas of one document; the same schema and direction are compiled once."""

    def __init__(
        self, root: Mapping[str, Any], schemas: SchemaReader | None = None, weight: int = MAXIMUM_WEIGHT
    ) -> None:
        """`weight` is the maximum number of definitions in all validators that are kept compiled."""
        self._root = root
        self._maximum_weight = weight
        #: The reader of the document's schemas.
        self.schemas = SchemaReader(root) if schemas is None else schemas
        self._compiled: dict[tuple[int | str, Direction], tuple[Schema, Checker]] = {}
        self._translations: dict[Direction, SchemaTranslation] = {}
        self._gatherings: dict[tuple[Direction, str], SchemaGathering] = {}
        self._awake: deque[tuple[Checker, int]] = deque()
        self._weight = 0
        dialect = root.get("jsonSchemaDialect")
        self._dialect = dialect if isinstance(dialect, str) else _2020_12

    def compile(self, schema: Schema, direction: Direction) -> Checker:
        """Compile a schema as it applies to requests or to responses (OpenAPI 4.7.24: readOnly, writeOnly).

        A reference that leads nowhere accepts any value, and a keyword with an invalid value is ignored:
        `mockserver lint` reports both.

        Raises:
            UncompilableSchemaError: it cannot be compiled; the text explains why.
        """
        key = (_identity(schema), direction)
        known = self._compiled.get(key)
        if known is None:
            validator, weight = self._validator(schema, direction)
            checker = Checker(validator, lambda: self._again(schema, direction, checker))
            # Keep the schema alive: otherwise its id could be reused.
            known = self._compiled[key] = (schema, checker)
            self._make_room(checker, weight)
        return known[1]

    def _again(self, schema: Schema, direction: Direction, checker: Checker) -> Any:
        validator, weight = self._validator(schema, direction)
        self._make_room(checker, weight)
        return validator

    def _make_room(self, checker: Checker, weight: int) -> None:
        """Evict the validators that were compiled longest ago when all together exceed the maximum.

        In some documents every operation reaches nearly every schema, others have ten thousand operations:
        all validators of all operations would take gigabytes.
        """
        self._awake.append((checker, weight + 1))
        self._weight += weight + 1
        while self._weight > self._maximum_weight and len(self._awake) > 1:
            old, weight = self._awake.popleft()
            self._weight -= weight
            old.rest()

    def _validator(self, schema: Schema, direction: Direction) -> tuple[Any, int]:
        """Compile a validator, and return it with the number of its definitions."""
        if self.schemas.is_modern:
            return self._modern_validator(schema, direction)
        translation = self._translations.get(direction)
        if translation is None:
            translation = self._translations[direction] = SchemaTranslation(self._root, direction)
        translated = translation.run(schema)
        return _compile(jsonschema_rs.Draft4Validator, translated), len(translated.get("definitions", ()))

    def _modern_validator(self, schema: Schema, direction: Direction) -> tuple[Any, int]:
        dialect = self._dialect
        if isinstance(schema, Mapping) and isinstance(schema.get("$schema"), str):
            dialect = schema["$schema"]
        drafts = (kind for draft, kind in _VALIDATORS.items() if draft in dialect)
        kind = next(drafts, jsonschema_rs.Draft202012Validator)
        gathering = self._gatherings.get((direction, dialect))
        if gathering is None:
            gathering = SchemaGathering(self._root, direction, dialect)
            self._gatherings[direction, dialect] = gathering
        gathered = gathering.run(schema)
        weight = len(gathered.get("$defs", ())) if isinstance(gathered, dict) else 0
        return _compile(kind, gathered), weight


def _identity(schema: Schema) -> int | str:
    """A key that is equal for equal schemas: the object's id, or the reference if the schema is just that."""
    if isinstance(schema, OBJECT) and len(schema) == 1 and isinstance(schema.get("$ref"), str):
        return str(schema["$ref"])
    return id(schema)


def _compile(kind: Any, schema: Any) -> Any:
    """Compile a validator; remove keywords that its draft does not allow from the schema, one by one."""
    if is_exorbitant(schema):
        raise UncompilableSchemaError(
            f"a value would have to be validated against more than {MAXIMUM:,} schemas"
        )
    for _ in range(_MAXIMUM_REPAIRS):
        try:
            return kind(
                schema,
                formats={"uuid": _is_uuid},
                validate_formats=True,
                ignore_unknown_formats=True,
                offline=True,
            )
        except jsonschema_rs.ValidationError as error:
            path = list(error.instance_path)
            if not path:
                raise UncompilableSchemaError(error.message) from None
            _repair(schema, path)
    raise UncompilableSchemaError("too many of its keywords are invalid")


def _repair(schema: Any, path: list[Any]) -> None:
    """Rewrite an invalid pattern, or remove the invalid keyword."""
    *way, last = path
    for token in way:
        # The values belong to the document, so copy them before changing anything.
        schema[token] = copy(schema[token])
        schema = schema[token]
    value = schema[last]
    mended = tolerant(value) if last == "pattern" and isinstance(value, str) else value
    if mended != value:
        schema[last] = mended
    else:
        del schema[last]
