"""Read the parameters of an operation from a request (OpenAPI 4.7.12, styles and `explode`)."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any
from urllib.parse import unquote

from mockserver.errors import BadRequestError, Location, Violation
from mockserver.http import json_text
from mockserver.http.exchange import Exchange
from mockserver.http.request import form_bodies
from mockserver.http.request.parameter_styles import MISSING, RemainingNames, finder
from mockserver.openapi import media_types
from mockserver.openapi.operation import MediaType, Operation, Parameter
from mockserver.openapi.schema.coercion import Coercion
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.openapi.schema.validators import Checker, SchemaCompiler


class ParameterReader:
    """One compiled parameter."""

    def __init__(
        self,
        parameter: Parameter,
        schemas: SchemaReader,
        checker: Checker,
        query_names: Iterable[str] = (),
    ) -> None:
        """`query_names` are the names of all query parameters of the operation."""
        self._parameter = parameter
        self._checker = checker
        self._schemas = schemas
        self._location: Location = "query" if parameter.location == "querystring" else parameter.location
        types = schemas.types(parameter.schema)
        self.key = (parameter.location, parameter.name)
        others = RemainingNames(query_names, is_open=_is_open(schemas, parameter.schema))
        properties = schemas.properties(parameter.schema)
        self._find = finder(parameter, types, properties, others, partial(schemas.has_list, parameter.schema))
        self._coerce = Coercion(schemas, parameter.schema)
        # Fast path for the usual case: text with a single value needs no decoding.
        self._is_text = types == {"string"} and parameter.style in {"simple", "form"}
        self._is_text = self._is_text and parameter.media_type is None and parameter.location != "querystring"
        #: Whether the parameter can be skipped if the request has no query.
        self.needs_query = parameter.location in {"query", "querystring"} and not parameter.required
        self._is_flag = parameter.allows_empty and "string" not in types

    def read(self, exchange: Exchange) -> Sequence[Violation]:
        """Store the parameter's value in the exchange; return the violations."""
        try:
            raw = self._find(exchange)
            if raw is MISSING:
                return [self._violation("is required", "required")] if self._parameter.required else ()
            if self._is_flag and raw in ("", [""], []):  # present without a value: OpenAPI 4.7.12.2.2
                return ()
            value = raw if self._is_text else self._decode(raw)
        except BadRequestError as error:
            return [self._violation(_reason(error), "syntax")]
        if not self._checker.is_valid(value):
            read = _from_json(value)
            if self._checker.is_valid(read):
                exchange.arguments[self.key] = read
                return ()
            if self.key[0] == "path":  # lenient requests are served without it
                exchange.arguments[self.key] = value
            found = self._checker.violations(value, self._location)
            name = self._parameter.name
            return [Violation(v.location, name + v.pointer, v.message, v.keyword) for v in found]
        exchange.arguments[self.key] = value
        return ()

    def _violation(self, message: str, keyword: str) -> Violation:
        return Violation(self._location, self._parameter.name, message, keyword)

    def _decode_query(self, raw: bytes) -> Any:
        """Decode the whole query: a form, JSON, or text."""
        media_type = self._parameter.media_type or ""
        if media_types.is_urlencoded(media_type):
            pairs = form_bodies.read_urlencoded(raw)
            return form_bodies.flat(pairs, _media_type(self._parameter), self._schemas)
        text = unquote(raw.decode("latin-1"))
        return json_text.decode(text.encode()) if media_types.is_json(media_type) else self._coerce(text)

    def _decode(self, raw: Any) -> Any:
        media_type = self._parameter.media_type
        if self._parameter.location == "querystring":
            return self._decode_query(raw)
        if media_type is not None and media_types.is_json(media_type):
            return json_text.decode(str(raw).encode())
        return self._coerce(raw)


def _media_type(parameter: Parameter) -> MediaType:
    return MediaType(parameter.media_type or "", parameter.schema, {}, {}, parameter.pointer)


def _from_json(value: Any) -> Any:
    """Parse objects and lists nested in a value, if they are written as JSON.

    OpenAPI does not define how a query contains a list of objects; Swagger UI writes each object as JSON.
    """
    if isinstance(value, list):
        return [_from_json(entry) for entry in value]
    if isinstance(value, dict):
        return {name: _from_json(entry) for name, entry in value.items()}
    if not isinstance(value, str) or value[:1] not in {"{", "["}:
        return value
    try:
        return json_text.decode(value.encode())
    except BadRequestError:
        return value


def _reason(error: BadRequestError) -> str:
    """Why a parameter could not be parsed."""
    if error.violations and error.violations[0].location != "body":
        return error.violations[0].message
    return "is not JSON"


def _is_open(schemas: SchemaReader, schema: Any) -> bool:
    """Whether an object allows undocumented properties: it says so, or documents no properties."""
    target = schemas.target(schema)
    if not target or target.get("additionalProperties") is False:
        return False
    return bool(target.get("additionalProperties")) or not schemas.properties(schema)


class ParameterReaders:
    """The readers of all parameters of an operation."""

    def __init__(self, operation: Operation, compiler: SchemaCompiler) -> None:
        query_names = frozenset(entry.name for entry in operation.parameters if entry.location == "query")
        self._readers = [
            ParameterReader(
                parameter, compiler.schemas, compiler.compile(parameter.schema, "request"), query_names
            )
            for parameter in operation.parameters
        ]
        self._without_query = [reader for reader in self._readers if not reader.needs_query]

    def read(self, exchange: Exchange) -> None:
        """Validate every parameter and store it in `exchange.arguments`.

        Raises:
            BadRequestError: parameters are missing or invalid; each violation names its parameter.
        """
        violations: list[Violation] = []
        for reader in self._readers if exchange.query_string else self._without_query:
            found = reader.read(exchange)
            if found:
                violations += found
        if violations:
            raise BadRequestError("The request's parameters do not fit the document.", violations=violations)
