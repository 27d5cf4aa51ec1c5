"""Find parameters in a request and parse them by their style (OpenAPI 4.7.12.2).

An unencoded delimiter separates values, a percent-encoded one is part of a value: RFC 6570 section 3.2.1.
If all delimiters are encoded, they separate, too: many clients encode the whole value.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, unquote_plus

from mockserver.http.exchange import Exchange
from mockserver.http.request.bracketed_names import Pairs, nest, tokens_of
from mockserver.openapi.operation import Parameter

MISSING = object()
SEPARATORS = {"form": ",", "spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t", "simple": ","}

Decode = Callable[[str], str]


IsList = Callable[[Sequence[str]], bool]
"""Whether the schema has a list at this path of property names."""


def finder(
    parameter: Parameter,
    types: Collection[str],
    properties: Collection[str],
    others: "RemainingNames",
    is_list: IsList,
) -> Any:
    """A function that finds a parameter in a request: its text, a list or an object of texts, or MISSING.

    Args:
        parameter: the parameter.
        types: the types of its schema.
        properties: the property names of its schema.
        others: the other query names that an exploded object may take.
        is_list: tests which of its nested names are lists.
    """
    kind = None
    if parameter.media_type is None and "string" not in types:
        kind = "array" if "array" in types else "object" if "object" in types else None
    if parameter.media_type is None and parameter.style == "deepObject":
        return _DeepObject(parameter.name, is_list)
    if parameter.location == "querystring":
        return _QueryString()
    find: Mapping[str, Any] = {"query": _Query, "path": _Path, "header": _Header, "cookie": _Cookie}
    if kind == "object" and parameter.explode and parameter.location in {"query", "cookie"}:
        return _Exploded(parameter, properties, others, is_list)
    return find[parameter.location](parameter, kind)


class RemainingNames:
    """The undocumented names that an exploded object takes if it allows additional properties."""

    def __init__(self, names: Iterable[str], *, is_open: bool) -> None:
        self._names = frozenset(names)
        self._is_open = is_open

    def has(self, name: str) -> bool:
        """Whether an undocumented name is a property of the object."""
        return self._is_open and name not in self._names


class _Query:
    """A query parameter under its own name; a list also as PHP and jQuery write it (`tag[]=a&tag[]=b`)."""

    def __init__(self, parameter: Parameter, kind: str | None) -> None:
        self._name = parameter.name
        self._kind = kind
        self._explode = parameter.explode or parameter.style not in SEPARATORS
        self._separator = SEPARATORS.get(parameter.style, ",")

    def __call__(self, exchange: Exchange) -> Any:
        values = exchange.query.get(self._name)
        if values is None and self._kind == "array":
            values = exchange.query.get(f"{self._name}[]")
            if values is not None:
                return values
        if values is None:
            return MISSING if self._kind is None else _dotted(self._name, exchange)
        if self._kind is None:
            return values[-1]
        if self._explode:
            return values
        raw = [value for name, value in _raw_query(exchange) if unquote_plus(name) == self._name]
        return _shaped(_split(raw[-1], self._separator, unquote_plus), self._kind)


def _dotted(name: str, exchange: Exchange) -> Any:
    """Read a list or an object in the form of Amazon's clients: `Tags.member.1.Key=a`, `Tags.1.Key=a`."""
    prefix = name + "."
    pairs: Pairs = []
    for key, values in exchange.query.items():
        if key.startswith(prefix):
            parts = [part for part in key.removeprefix(prefix).split(".") if part != "member"]
            pairs.append((name + "".join(f"[{part}]" for part in parts), values[-1]))
    return nest(pairs, "query").get(name, MISSING) if pairs else MISSING


def _raw_query(exchange: Exchange) -> Iterator[tuple[str, str]]:
    for part in exchange.query_string.decode("latin-1").split("&"):
        name, _, value = part.partition("=")
        yield name, value


class _QueryString:
    """The whole query, a value of one media type (OpenAPI 3.2, `in: querystring`)."""

    def __call__(self, exchange: Exchange) -> Any:
        return exchange.query_string if exchange.query_string else MISSING


class _DeepObject:
    """An object with its properties in brackets, which may be nested and contain lists."""

    def __init__(self, name: str, is_list: IsList) -> None:
        self._prefix = name + "["
        self._name = name
        self._is_list = is_list

    def __call__(self, exchange: Exchange) -> Any:
        pairs: Pairs = []
        for key, values in exchange.query.items():
            if key.startswith(self._prefix):
                appended = key.endswith("[]")
                several = appended or self._is_list(tokens_of(key)[1:])
                name = f"{key}[]" if several and not appended else key
                pairs += [(name, value) for value in (values if several else values[-1:])]
        return nest(pairs, "query").get(self._name, MISSING) if pairs else MISSING


class _Exploded:
    """An exploded object: each of its properties is a separate query parameter or cookie."""

    def __init__(
        self, parameter: Parameter, properties: Collection[str], others: RemainingNames, is_list: IsList
    ) -> None:
        self._name = parameter.name
        self._location = parameter.location
        self._properties = properties
        self._others = others
        self._is_list = is_list

    def __call__(self, exchange: Exchange) -> Any:
        held = exchange.query if self._location == "query" else _decoded(cookies(exchange))
        found = {}
        for name, values in held.items():
            is_other = self._location == "query" and self._others.has(name)
            if name in self._properties or is_other:
                found[name] = values if self._is_list([name]) else values[-1]
        if found or self._location != "query":
            return found or MISSING
        return _dotted(self._name, exchange)


def _decoded(held: Mapping[str, list[str]]) -> Mapping[str, list[str]]:
    return {name: [unquote(value) for value in values] for name, values in held.items()}


class _Path:
    """A parameter in the path."""

    def __init__(self, parameter: Parameter, kind: str | None) -> None:
        self._parameter = parameter
        self._kind = kind
        self._is_plain = kind is None and parameter.style not in {"label", "matrix"}

    def __call__(self, exchange: Exchange) -> Any:
        text = exchange.path_parameters.get(self._parameter.name, MISSING)
        if text is MISSING or self._is_plain:
            return text
        raw = _as_it_came(exchange.path, str(text))
        style, explode = self._parameter.style, self._parameter.explode
        if style == "label":
            return self._label(raw.removeprefix("."), explode)
        if style == "matrix":
            return self._matrix(raw.removeprefix(";"), explode)
        return _shaped(_split(raw, SEPARATORS.get(style, ","), unquote), self._kind, explode)

    def _label(self, raw: str, explode: bool) -> Any:
        if self._kind is None:
            return unquote(raw)
        # OpenAPI 3.0.0 to 3.0.3 use dots with and without `explode`; RFC 6570 and 3.0.4 use commas.
        separator = "." if explode or "," not in raw else ","
        return _shaped(_split(raw, separator, unquote), self._kind, explode)

    def _matrix(self, raw: str, explode: bool) -> Any:
        mark = self._parameter.name + "="
        if self._kind is None:
            return unquote(raw.removeprefix(mark) if raw != self._parameter.name else "")
        if not explode:
            return _shaped(_split(raw.removeprefix(mark), ",", unquote), self._kind)
        parts = raw.split(";")
        if self._kind == "array":
            return [unquote(part.removeprefix(mark)) for part in parts]
        return _shaped([unquote(part) for part in parts], self._kind, explode)


def _as_it_came(path: str, text: str) -> str:
    """The raw path segment that was decoded to `text`; `text` itself if it is only a part of a segment."""
    return next((raw for raw in path.split("/") if "%" in raw and unquote(raw) == text), text)


class _Header:
    """A header field; its values are not percent-encoded (RFC 9110 section 5.5)."""

    def __init__(self, parameter: Parameter, kind: str | None) -> None:
        self._name = parameter.name.lower()
        self._kind = kind
        self._explode = parameter.explode
        self._separator = SEPARATORS.get(parameter.style, ",")

    def __call__(self, exchange: Exchange) -> Any:
        text = exchange.header(self._name)
        if text is None:
            return MISSING
        if self._kind is None:
            return text
        # RFC 9110 section 5.6.1 allows for white space.
        parts = [part.strip() for part in text.split(self._separator)] if text else []
        return _shaped(parts, self._kind, self._explode)


class _Cookie:
    """A cookie parameter."""

    def __init__(self, parameter: Parameter, kind: str | None) -> None:
        self._name = parameter.name
        self._kind = kind
        self._explode = parameter.explode

    def __call__(self, exchange: Exchange) -> Any:
        values = cookies(exchange).get(self._name)
        if values is None:
            return MISSING
        if self._kind is None:
            return unquote(values[-1])
        if self._explode and len(values) > 1:
            return [unquote(value) for value in values]
        return _shaped(_split(values[-1], ",", unquote), self._kind)


def cookies(exchange: Exchange) -> Mapping[str, list[str]]:
    """The cookies of a request, percent-encoding as received.

    Parsed by hand, so that malformed cookies of others do not hide valid ones (RFC 6265 section 4.2.1).
    """
    found: dict[str, list[str]] = {}
    for part in (exchange.header("cookie") or "").split(";"):
        name, equals, value = part.strip().partition("=")
        if equals:
            found.setdefault(name, []).append(value.strip('"'))
    return found


def _split(raw: str, separator: str, decode: Decode) -> list[str]:
    """Split a percent-encoded text into its decoded values."""
    if not raw:
        return []
    if separator in raw:
        return [decode(part) for part in raw.split(separator)]
    return decode(raw).split(separator)


def _shaped(parts: list[str], kind: str | None, explode: bool = False) -> Any:
    """Build a list, or an object from `name=value` pairs or from alternating names and values."""
    if kind != "object":
        return parts if kind == "array" else ",".join(parts)
    if explode:
        return dict(part.partition("=")[::2] for part in parts)
    return dict(zip(parts[::2], parts[1::2], strict=False))
