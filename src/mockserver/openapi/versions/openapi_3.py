"""Read the parts of an OpenAPI 3 operation into values, with references resolved.

Invalid parts are skipped rather than refused: `mockserver lint` reports them.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockserver.openapi import pointers
from mockserver.openapi.operation import (
    DocumentedResponse,
    Header,
    MediaType,
    Parameter,
    RequestBody,
    Schema,
    path_parameters,
)

_DEFAULT_STYLES = {
    "path": "simple",
    "query": "form",
    "header": "simple",
    "cookie": "form",
    "querystring": "form",
}
# OpenAPI 4.7.12.1: these headers are described elsewhere, and parameters of these names are ignored.
_IGNORED_HEADERS = {"accept", "content-type", "authorization"}
FRAMING = frozenset(
    ("connection", "content-length", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding")
) | {"upgrade"}
"""Headers about a message's length or its connection (RFC 9110 section 7.6.1); the server writes them."""
# Headers that the document does not define; OpenAPI 4.7.17.1 ignores Content-Type.
_WRITTEN_BY_HTTP = FRAMING | {"content-encoding", "content-type", "date"}
_EXAMPLES = ("dataValue", "value", "serializedValue")
"""Keys for the value of an example; all but `value` are new in OpenAPI 3.2."""
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.1
_UNWRITABLE = re.compile(r"[^\t -~\xa0-\xff]")

Parameters = dict[tuple[str, str], Parameter]
Entries = Sequence[tuple[Mapping[str, Any], str]]
"""Unparsed parameters of a document, with references resolved, each with its pointer."""


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one: `responses:` with nothing below it is null."""
    return value if isinstance(value, Mapping) else {}


def schema_of(value: Any) -> Schema | None:
    """The value if it can be a schema, else None."""
    return value if isinstance(value, Mapping | bool) else None


def is_field_name(name: str) -> bool:
    """Whether a header or a cookie can have this name."""
    return _FIELD_NAME.fullmatch(name) is not None


def is_field_value(text: str) -> bool:
    """Whether a header can have this value: no line breaks, and only Latin-1 characters."""
    return _UNWRITABLE.search(text) is None


class OpenAPI3Reader:
    """Reads parts of one document; every part keeps its pointer."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root

    def follow(self, value: Any, pointer: str) -> tuple[Any, str]:
        """Follow references; the pointer is the target's if there was a reference."""
        target, place = pointers.follow(self.root, value)
        return target, pointer if place is None else place

    def entries(self, item: Mapping[str, Any], pointer: str) -> Iterator[tuple[Mapping[str, Any], str]]:
        """The unparsed parameters of a path item or an operation."""
        written = item.get("parameters")
        for number, entry in enumerate(written if isinstance(written, list) else ()):
            value, place = self.follow(entry, pointers.join(["parameters", number], pointer))
            if isinstance(value, Mapping) and isinstance(value.get("name"), str):
                yield value, place

    def parameters(self, entries: Entries, path: str) -> Parameters:
        """Parameters by name and location; each name in the path has one, even if undeclared."""
        names = path_parameters(path)
        found: Parameters = {}
        for value, place in entries:
            location, name = value.get("in"), value["name"]
            if location not in _DEFAULT_STYLES or (location == "path" and name not in names):
                continue
            if location == "header" and name.lower() in _IGNORED_HEADERS:
                continue
            found[name, location] = self.parameter(value, place)
        for name in names:
            found.setdefault((name, "path"), _undeclared(name))
        return found

    def parameter(self, value: Mapping[str, Any], pointer: str) -> Parameter:
        """Read one parameter, with references already resolved."""
        location = value["in"]
        style = str(value.get("style", _DEFAULT_STYLES[location]))
        schema, media_type = schema_of(value.get("schema", True)), None
        if mapping(value.get("content")):
            media_type, content = next(iter(value["content"].items()))
            schema = schema_of(mapping(content).get("schema", True))
        return Parameter(
            name=value["name"],
            location=location,
            required=location == "path" or value.get("required") is True,
            style=style,
            explode=bool(value.get("explode", style == "form")),
            schema=True if schema is None else schema,
            media_type=media_type,
            pointer=pointer,
            allows_empty=location == "query" and value.get("allowEmptyValue") is True,
        )

    def content(self, value: Mapping[str, Any], pointer: str) -> dict[str, MediaType]:
        """Read the `content` of a body or response, by media type in lower case."""
        found = {}
        for name, written in mapping(value.get("content")).items():
            target, place = self.follow(written, pointers.join(["content", name], pointer))
            entry = mapping(target)
            if not is_field_value(name):
                raise ValueError(f"{place}: {name!r} cannot be a media type")
            found[name.lower()] = MediaType(
                name=name,
                schema=schema_of(entry.get("schema")),
                examples=self._examples(entry),
                encoding=mapping(entry.get("encoding")),
                pointer=place,
                item_schema=schema_of(entry.get("itemSchema")),
            )
        return found

    def _examples(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Examples by name; the unnamed one gets the name `example`."""
        examples = {"example": entry["example"]} if "example" in entry else {}
        for name, example in mapping(entry.get("examples")).items():
            try:
                value, _ = self.follow(example, "")
            except KeyError:  # the operation can be served without the missing example
                continue
            written = next((word for word in _EXAMPLES if isinstance(value, Mapping) and word in value), None)
            if written is not None:
                examples[name] = value[written]
        return examples

    def request_body(
        self, operation: Mapping[str, Any], pointer: str, entries: Entries
    ) -> RequestBody | None:
        """The request body of an operation, if it has one; `entries` are parameters, which Swagger uses."""
        del entries
        if not mapping(operation.get("requestBody")):
            return None
        body, place = self.follow(operation["requestBody"], pointers.join(["requestBody"], pointer))
        body = mapping(body)
        return RequestBody(body.get("required") is True, self.content(body, place), place)

    def responses(self, operation: Mapping[str, Any], pointer: str) -> dict[str, DocumentedResponse]:
        """The documented responses by status."""
        found = {}
        for status, entry in mapping(operation.get("responses")).items():
            if status.startswith("x-"):
                continue
            response, place = self.follow(entry, pointers.join(["responses", status], pointer))
            key = status if status == "default" else status.upper()
            response = mapping(response)
            content = self.response_content(response, operation, place)
            headers = self._headers(response, place)
            found[key] = DocumentedResponse(key, content, headers, place, described(response))
        return found

    def response_content(
        self, response: Mapping[str, Any], operation: Mapping[str, Any], pointer: str
    ) -> dict[str, MediaType]:
        """The content of a response, by media type in lower case."""
        del operation
        return self.content(response, pointer)

    def _headers(self, response: Mapping[str, Any], pointer: str) -> dict[str, Header]:
        found = {}
        for name, entry in mapping(response.get("headers")).items():
            header, place = self.follow(entry, pointers.join(["headers", name], pointer))
            if name.lower() in _WRITTEN_BY_HTTP:
                continue
            read = self.header(name, mapping(header), place)
            if is_field_name(name):
                found[name.lower()] = read
            elif read.required:
                raise ValueError(f"{place}: {name!r} cannot be the name of a header field")
        return found

    def header(self, name: str, value: Mapping[str, Any], pointer: str) -> Header:
        """Read one documented response header."""
        # The `Server` header names the serving software, so it is not part of the API.
        required = value.get("required") is True and name.lower() != "server"
        schema, example = schema_of(value.get("schema")), value.get("example")
        return Header(name, required, schema, example, pointer, described(value))


def described(value: Mapping[str, Any]) -> str:
    """The description of a part of a document; empty when it has none."""
    said = value.get("description")
    return said if isinstance(said, str) else ""


def _undeclared(name: str) -> Parameter:
    """The parameter for an undeclared name in the path: a string, so that the operation can be called."""
    return Parameter(
        name=name,
        location="path",
        required=True,
        style="simple",
        explode=False,
        schema={"type": "string"},
        media_type=None,
        pointer="",
    )
