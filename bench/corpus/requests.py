"""Make a valid request for an operation from its document alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from mockserver.behaviour import xml_writer
from mockserver.generation import ValueGenerator
from mockserver.openapi import media_types
from mockserver.openapi.document import Document
from mockserver.openapi.operation import MediaType, Operation, Parameter
from mockserver.openapi.schema.schema_reader import SchemaReader

_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}
_BOUNDARY = "corpus-boundary"


@dataclass
class Request:
    """A request as it goes over the wire.

    Attributes:
        values: those of the parameters, by location and name, before they were written.
        value: the body's.
    """

    method: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    values: dict[tuple[str, str], Any] = field(default_factory=dict)
    value: Any = None

    @property
    def query_string(self) -> bytes:
        """The query, percent-encoded."""
        return urlencode(self.query).encode()


def request_for(
    operation: Operation,
    document: Document,
    generator: ValueGenerator,
    given: Mapping[tuple[str, str], Any] | None = None,
    body: Callable[[Any], Any] = lambda value: value,
) -> Request:
    """Make a request with every required parameter and a body.

    Args:
        operation: what is called.
        document: whose operation it is.
        generator: where values come from.
        given: the parameters' values that are known, by location and name.
        body: makes the body's value of the one that was generated.
    """
    values: dict[tuple[str, str], Any] = {}
    for parameter in operation.parameters:
        place = (parameter.location, parameter.name)
        if given is not None and place in given:
            values[place] = given[place]
        elif parameter.required:
            values[place] = _generated(operation, parameter, generator)
    plain, _, beside = operation.path.replace("#", "?").partition("?")
    request = Request(operation.method.upper(), document.base_path + plain, values=values)
    for parameter in operation.parameters:
        if (parameter.location, parameter.name) in values:
            _place(request, parameter, values[parameter.location, parameter.name])
    known = {name.lower() for name in [*dict(request.query), *request.headers]}
    for part in beside.replace("#", "&").split("&"):
        name, _, value = part.partition("=")
        if name and name.lower() not in known:
            request.query.append((name, str(values.get(("path", value.strip("{}")), value or "1"))))
    if operation.request_body is not None and operation.request_body.content:
        media_type = preferred(operation.request_body.content)
        request.value = {}
        if media_type.schema is not None:
            request.value = generator.value(
                media_type.schema, key=(operation.id, "body"), direction="request"
            )
        request.value = body(request.value)
        request.headers["content-type"], request.body = _body(media_type, request.value, document.schemas)
    return request


def _generated(operation: Operation, parameter: Parameter, generator: ValueGenerator) -> Any:
    """A value that fits; for `If-Match` any, as who does not know a record's tag takes it in any state."""
    schema = parameter.schema if isinstance(parameter.schema, Mapping) else {}
    if parameter.name.lower() == "if-match" and not {"enum", "pattern", "format"} & schema.keys():
        return "*"
    key = (operation.id, parameter.location, parameter.name)
    return generator.value(parameter.schema, key=key, direction="request", name=parameter.name)


def _place(request: Request, parameter: Parameter, value: Any) -> None:
    name = parameter.name
    if parameter.media_type is not None:
        value = json.dumps(value)
    if parameter.location == "query":
        request.query += _in_query(parameter, value)
    elif parameter.location == "header":
        request.headers[name.lower()] = _joined(value, parameter.explode)
    elif parameter.location == "cookie":
        before = request.headers.get("cookie", "")
        request.headers["cookie"] = (
            before + "; " if before else ""
        ) + f"{name}={quote(_joined(value, False))}"
    else:
        request.path = request.path.replace("{" + name + "}", _in_path(parameter, value))


def _text(value: Any) -> str:
    if isinstance(value, bool | None):
        return {True: "true", False: "false", None: "null"}[value]
    return json.dumps(value) if isinstance(value, dict | list) else str(value)


def _joined(value: Any, explode: bool, separator: str = ",") -> str:
    if isinstance(value, list):
        return separator.join(map(_text, value))
    if isinstance(value, dict):
        pairs = [(name, _text(entry)) for name, entry in value.items()]
        parts = [f"{n}={v}" for n, v in pairs] if explode else [part for pair in pairs for part in pair]
        return separator.join(parts)
    return _text(value)


def _in_path(parameter: Parameter, value: Any) -> str:
    def text(entry: Any) -> str:
        return quote(_joined(entry, parameter.explode), safe=",=")

    if parameter.style == "label":
        separator = "." if parameter.explode else ","
        return "." + quote(_joined(value, parameter.explode, separator), safe=",=.")
    if parameter.style == "matrix":
        if parameter.explode and isinstance(value, list):
            return "".join(f";{parameter.name}={text(entry)}" for entry in value)
        if parameter.explode and isinstance(value, dict):
            return "".join(f";{name}={text(entry)}" for name, entry in value.items())
        return f";{parameter.name}={text(value)}"
    return text(value)


def _in_query(parameter: Parameter, value: Any) -> list[tuple[str, str]]:
    name = parameter.name
    if isinstance(value, dict) and parameter.style == "deepObject":
        return [pair for key, entry in value.items() for pair in _deep(f"{name}[{key}]", entry)]
    if isinstance(value, dict) and parameter.explode:
        return [(key, _text(entry)) for key, entry in value.items()]
    if isinstance(value, list) and parameter.explode:
        return [(name, _text(entry)) for entry in value]
    return [(name, _joined(value, False, _SEPARATORS.get(parameter.style, ",")))]


def _deep(name: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, list):
        return [(name, _text(entry)) for entry in value]
    return [(name, _text(value))]


def preferred(content: Mapping[str, MediaType]) -> MediaType:
    """JSON when the operation takes it, else a form, else the first."""
    ways: list[Callable[[str], bool]] = [
        lambda name: media_types.is_json(name) and "json-patch" not in name,
        lambda name: "form" in name,
    ]
    for way in ways:
        for name, media_type in content.items():
            if way(name):
                return media_type
    return next(iter(content.values()))


def _body(media_type: MediaType, value: Any, schemas: SchemaReader) -> tuple[str, bytes]:
    name = media_type.name.replace("*/*", "application/json").replace("*+json", "json")
    name = name.replace("/*", "/plain")
    plain = name.partition(";")[0].strip().lower()
    encoding = media_type.encoding.items()
    deep = {
        key for key, entry in encoding if isinstance(entry, Mapping) and entry.get("style") == "deepObject"
    }
    if plain == "application/x-www-form-urlencoded" and isinstance(value, dict):
        return name, urlencode(_fields(value, deep)).encode()
    if plain == "multipart/form-data" and isinstance(value, dict):
        parts = [
            f'--{_BOUNDARY}\r\ncontent-disposition: form-data; name="{field}"\r\n\r\n{text}\r\n'
            for field, text in _fields(value, deep)
        ]
        return f"{name}; boundary={_BOUNDARY}", ("".join(parts) + f"--{_BOUNDARY}--\r\n").encode()
    if media_types.is_xml(plain) and not isinstance(value, str):
        return name, xml_writer.write(schemas, media_type.schema, value).encode()
    if media_types.is_json(plain) or not isinstance(value, str):
        return name, json.dumps(value).encode()
    return name, value.encode("utf-8" if plain.startswith("text/") else "latin-1", "replace")


def _fields(value: Mapping[str, Any], deep: Collection[str]) -> list[tuple[str, str]]:
    fields = []
    for name, entry in value.items():
        if name in deep and isinstance(entry, dict | list):
            fields += _brackets(name, entry)
        elif isinstance(entry, list):
            fields += [(name, _text(one)) for one in entry]
        else:
            fields.append((name, _text(entry)))
    return fields


def _brackets(name: str, value: Any) -> list[tuple[str, str]]:
    entries = (
        enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else None
    )
    if entries is None:
        return [(name, _text(value))]
    return [pair for key, entry in entries for pair in _brackets(f"{name}[{key}]", entry)]
