"""Serialize parameters by their style (OpenAPI 4.7.12.2): the inverse of `parameter_styles`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from mockserver.http import json_text
from mockserver.http.request.parameter_styles import SEPARATORS
from mockserver.openapi.operation import Parameter

Written = Sequence[tuple[Parameter, Any]]
"""Parameters with their values."""


def path(template: str, written: Written) -> str:
    """A path template filled in with its values."""
    for parameter, value in written:
        if parameter.location == "path":
            template = template.replace("{" + parameter.name + "}", _in_path(parameter, value))
    return template


def query(written: Written) -> list[str]:
    """The percent-encoded `name=value` pairs of a query."""
    whole = [value for parameter, value in written if parameter.location == "querystring"]
    return [urlencode(nested(value)) for value in whole if isinstance(value, Mapping)] + [
        pair
        for parameter, value in written
        if parameter.location == "query"
        for pair in _in_query(parameter, value)
    ]


def headers(written: Written) -> list[tuple[str, str]]:
    """The header parameters as header fields."""
    return [
        (parameter.name, _joined(parameter, value, ",", str))
        for parameter, value in written
        if parameter.location == "header"
    ]


def cookies(written: Written) -> list[str]:
    """The `name=value` pairs of a Cookie field."""
    return [
        f"{parameter.name}={_joined(parameter, value, ',', _quoted)}"
        for parameter, value in written
        if parameter.location == "cookie"
    ]


def nested(value: Any, name: str = "") -> list[tuple[str, str]]:
    """The fields of an object, nested names in brackets; the items of a simple list share one name."""
    if isinstance(value, Mapping):
        inner = ((f"{name}[{key}]" if name else str(key), entry) for key, entry in value.items())
        return [pair for key, entry in inner for pair in nested(entry, key)]
    if isinstance(value, list):
        if any(isinstance(entry, Mapping | list) for entry in value):
            return [pair for place, entry in enumerate(value) for pair in nested(entry, f"{name}[{place}]")]
        return [(name, _text(entry)) for entry in value]
    return [(name, _text(value))]


def _in_query(parameter: Parameter, value: Any) -> Iterator[str]:
    name = quote(parameter.name, safe="[]")
    if parameter.media_type is not None:
        yield f"{name}={_quoted(json_text.encode(value).decode())}"
    elif parameter.style == "deepObject" and isinstance(value, Mapping):
        yield from (f"{quote(key, safe='[]')}={_quoted(text)}" for key, text in nested(value, parameter.name))
    elif isinstance(value, list) and parameter.explode:
        yield from (f"{name}={_quoted(_text(entry))}" for entry in value)
    elif isinstance(value, Mapping) and parameter.explode:
        yield from (f"{quote(str(key), safe='')}={_quoted(_text(entry))}" for key, entry in value.items())
    else:
        separator = SEPARATORS.get(parameter.style, ",").replace(" ", "%20")
        yield f"{name}={_joined(parameter, value, separator, _quoted)}"


def _in_path(parameter: Parameter, value: Any) -> str:
    if parameter.style == "label":
        return "." + _joined(parameter, value, "." if parameter.explode else ",", _quoted)
    if parameter.style != "matrix":
        return _joined(parameter, value, ",", _quoted)
    if not parameter.explode or not isinstance(value, list | Mapping):
        return f";{parameter.name}={_joined(parameter, value, ',', _quoted)}"
    if isinstance(value, list):
        return "".join(f";{parameter.name}={_quoted(_text(entry))}" for entry in value)
    return "".join(f";{key}={_quoted(_text(entry))}" for key, entry in value.items())


def _joined(parameter: Parameter, value: Any, separator: str, encode: Any) -> str:
    """Join a list's items, or an object's names and values, with a separator."""
    if parameter.media_type is not None:
        return str(encode(json_text.encode(value).decode()))
    if isinstance(value, list):
        return separator.join(encode(_text(entry)) for entry in value)
    if isinstance(value, Mapping):
        between = "=" if parameter.explode else separator
        return separator.join(
            f"{encode(str(key))}{between}{encode(_text(entry))}" for key, entry in value.items()
        )
    return str(encode(_text(value)))


def _quoted(text: str) -> str:
    return quote(text, safe="")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json_text.encode(value).decode()
