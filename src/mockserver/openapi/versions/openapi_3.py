"""Read the parts of an OpenAPI 3 operation into values, their references followed.

What cannot be understood is left out rather than refused: `mockserver lint` names it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mockserver.openapi import pointers
from mockserver.openapi.operation import DocumentedResponse, Header, MediaType, Parameter, RequestBody, Schema

_DEFAULT_STYLES = {
    "path": "simple",
    "query": "form",
    "header": "simple",
    "cookie": "form",
    "querystring": "form",
}
# OpenAPI 4.7.12.1: these headers are described elsewhere, a parameter of that name is ignored.
_IGNORED_HEADERS = {"accept", "content-type", "authorization"}
# What HTTP says of a message or a connection, and the server writes itself: not for a document to say.
_WRITTEN_BY_HTTP = {
    *("connection", "content-encoding", "content-length", "date", "keep-alive", "proxy-connection", "te"),
    *("trailer", "transfer-encoding", "upgrade"),
    "content-type",  # OpenAPI 4.7.17.1: ignored there
}
_EXAMPLES = ("dataValue", "value", "serializedValue")
"""Where an example has its value; the others than `value` are those of OpenAPI 3.2."""
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.1
_UNWRITABLE = re.compile(r"[^\t -~\xa0-\xff]")
_TEMPLATED = re.compile(r"\{([^{}]+)\}")

Parameters = dict[tuple[str, str], Parameter]
Entries = Sequence[tuple[Mapping[str, Any], str]]
"""Parameters as a document writes them, references followed, each with its pointer."""


def mapping(value: Any) -> Mapping[str, Any]:
    """The value when it is an object, else an empty one: `responses:` with nothing below it is null."""
    return value if isinstance(value, Mapping) else {}


def schema_of(value: Any) -> Schema | None:
    """The value when it can be a schema, else None."""
    return value if isinstance(value, Mapping | bool) else None


def is_field_name(name: str) -> bool:
    """Whether a header field, or a cookie, can have this name."""
    return _FIELD_NAME.fullmatch(name) is not None


def is_field_value(text: str) -> bool:
    """Whether a header field can have this value: no line ends, nothing outside Latin-1."""
    return _UNWRITABLE.search(text) is None


def template_names(path: str) -> list[str]:
    """The names in a path template, in their order."""
    return _TEMPLATED.findall(path)


class OpenAPI3Reader:
    """Reads parts of one document; every part knows the pointer it came from."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root

    def follow(self, value: Any, pointer: str) -> tuple[Any, str]:
        """Follow references; the pointer is the target's where there was one."""
        target, place = pointers.follow(self.root, value)
        return target, pointer if place is None else place

    def entries(self, item: Mapping[str, Any], pointer: str) -> Iterator[tuple[Mapping[str, Any], str]]:
        """The parameters as the document writes them, of a path item or an operation."""
        written = item.get("parameters")
        for number, entry in enumerate(written if isinstance(written, list) else ()):
            value, place = self.follow(entry, pointers.join(["parameters", number], pointer))
            if isinstance(value, Mapping) and isinstance(value.get("name"), str):
                yield value, place

    def parameters(self, entries: Entries, path: str) -> Parameters:
        """Parameters by name and location; each name in the path has one, declared or not."""
        names = template_names(path)
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
        """One parameter, written in place."""
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
        """The `content` map of a body or response, by media type in lower case."""
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
        """Named examples; the unnamed one is called `example`."""
        examples = {"example": entry["example"]} if "example" in entry else {}
        for name, example in mapping(entry.get("examples")).items():
            try:
                value, _ = self.follow(example, "")
            except KeyError:  # an example that is missing is no reason to refuse the operation
                continue
            written = next((word for word in _EXAMPLES if isinstance(value, Mapping) and word in value), None)
            if written is not None:
                examples[name] = value[written]
        return examples

    def request_body(
        self, operation: Mapping[str, Any], pointer: str, entries: Entries
    ) -> RequestBody | None:
        """The body of an operation, if it takes one; `entries` are the parameters, which may be its body."""
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
        """What a response may carry, by media type in lower case."""
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
        """One documented header of a response."""
        # Whoever serves the API names its software, or does not: that is no part of the API.
        required = value.get("required") is True and name.lower() != "server"
        schema, example = schema_of(value.get("schema")), value.get("example")
        return Header(name, required, schema, example, pointer, described(value))


def described(value: Mapping[str, Any]) -> str:
    """The description of a part of a document; empty where it has none."""
    said = value.get("description")
    return said if isinstance(said, str) else ""


def _undeclared(name: str) -> Parameter:
    """A name in the path that nothing declares is text, so that the operation can be called."""
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
