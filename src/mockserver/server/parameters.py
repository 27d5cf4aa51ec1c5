"""Take the parameters of an operation out of a request (OpenAPI 4.7.12, styles and `explode`)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from mockserver.errors import BadRequestError, Violation
from mockserver.openapi.model import Operation, Parameter
from mockserver.openapi.schemas import Checker, SchemaCompiler
from mockserver.server import json_text
from mockserver.server.coercion import coerce, properties_of, types_of
from mockserver.server.exchange import Exchange

_MISSING = object()
SEPARATORS = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t", "simple": ","}


class ParameterReader:
    """One compiled parameter."""

    def __init__(self, parameter: Parameter, root: Mapping[str, Any], checker: Checker) -> None:
        self._parameter = parameter
        self._root = root
        self._checker = checker
        self._types = types_of(root, parameter.schema)
        self.key = (parameter.location, parameter.name)
        self._properties = properties_of(root, parameter.schema)
        self._header = parameter.name.lower()
        # Text that is one value needs no decoding: the usual case, and a quick one.
        self._is_text = self._types == {"string"} and parameter.style in {"simple", "form"}
        self._is_text = self._is_text and parameter.media_type is None

    def read(self, exchange: Exchange) -> list[Violation]:
        """Put the parameter's value into the exchange, or say what is wrong with it."""
        raw = self._find(exchange)
        if raw is _MISSING:
            return [self._violation("is required", "required")] if self._parameter.required else []
        try:
            value = raw if self._is_text else self._decode(raw)
        except BadRequestError:
            return [self._violation("is not JSON", "syntax")]
        if not self._checker.is_valid(value):
            found = self._checker.violations(value, self._parameter.location)
            name = self._parameter.name
            return [Violation(v.location, name + v.pointer, v.message, v.keyword) for v in found]
        exchange.arguments[self.key] = value
        return []

    def _violation(self, message: str, keyword: str) -> Violation:
        return Violation(self._parameter.location, self._parameter.name, message, keyword)

    def _find(self, exchange: Exchange) -> Any:
        location, name = self.key
        if location == "path":
            return exchange.path_parameters.get(name, _MISSING)
        if location == "query":
            return self._find_in_query(exchange.query)
        if location == "header":
            value = exchange.header(self._header)
            return _MISSING if value is None else value
        return _cookies(exchange).get(name, _MISSING)

    def _find_in_query(self, query: Mapping[str, list[str]]) -> Any:
        name, style = self._parameter.name, self._parameter.style
        if style == "deepObject":
            prefix = name + "["
            found = {
                key[len(prefix) : -1]: values[-1] for key, values in query.items() if key.startswith(prefix)
            }
            return found or _MISSING
        if "object" in self._types and self._parameter.explode and self._parameter.media_type is None:
            # An exploded object is its properties, side by side with the other parameters.
            found = {key: query[key][-1] for key in self._properties if key in query}
            return found or _MISSING
        values = query.get(name)
        if values is None:
            return _MISSING
        if "array" in self._types and self._parameter.explode and self._parameter.media_type is None:
            return values
        return values[-1]

    def _decode(self, raw: Any) -> Any:
        parameter = self._parameter
        if parameter.media_type is not None:
            return json_text.decode(str(raw).encode())
        if isinstance(raw, str):
            if parameter.style in {"label", "matrix"}:
                raw = _strip_prefix(raw, parameter)
            if self._types.isdisjoint({"string"}):
                raw = self._take_apart(raw)
        return coerce(self._root, parameter.schema, raw)

    def _take_apart(self, raw: str) -> Any:
        """Split an array or object that is written in one text."""
        if self._types.isdisjoint({"array", "object"}):
            return raw
        separator = SEPARATORS.get(self._parameter.style, "." if self._parameter.style == "label" else ",")
        if not self._parameter.explode and self._parameter.style in {"label", "matrix"}:
            separator = ","
        if self._parameter.style == "matrix" and self._parameter.explode:
            separator = ";"
        parts = raw.split(separator) if raw else []
        if self._parameter.location == "header":
            parts = [part.strip() for part in parts]  # RFC 9110 section 5.6.1 allows for white space
        if "array" in self._types:
            name = self._parameter.name + "="
            return [part.removeprefix(name) for part in parts] if separator == ";" else parts
        if self._parameter.explode:
            return dict(part.partition("=")[::2] for part in parts)
        return dict(zip(parts[::2], parts[1::2], strict=False))


def _strip_prefix(raw: str, parameter: Parameter) -> str:
    if parameter.style == "label":
        return raw.removeprefix(".")
    raw = raw.removeprefix(";")
    return raw if parameter.explode and "=" not in raw else raw.removeprefix(parameter.name + "=")


def _cookies(exchange: Exchange) -> Mapping[str, str]:
    # Taken apart by hand: what others put into the header must not cost us ours (RFC 6265 section 4.2.1).
    pairs = (part.strip().partition("=") for part in (exchange.header("cookie") or "").split(";"))
    return {name: unquote(value.strip('"')) for name, equals, value in pairs if equals}


class ParameterReaders:
    """All parameters of an operation."""

    def __init__(self, operation: Operation, root: Mapping[str, Any], compiler: SchemaCompiler) -> None:
        self._readers = [
            ParameterReader(parameter, root, compiler.compile(parameter.schema, "request"))
            for parameter in operation.parameters
        ]

    def read(self, exchange: Exchange) -> None:
        """Put every parameter into `exchange.arguments`.

        Raises:
            BadRequestError: some are missing or do not fit; each violation names its parameter.
        """
        violations: list[Violation] = []
        for reader in self._readers:
            violations += reader.read(exchange)
        if violations:
            raise BadRequestError("The request's parameters do not fit the document.", violations=violations)
