"""Read one operation of an OpenAPI 3 document into values, its references followed."""

from collections.abc import Mapping
from typing import Any

from mockserver.openapi import pointer as pointers
from mockserver.openapi.model import (
    Header,
    MediaType,
    Operation,
    Parameter,
    RequestBody,
    Response,
)

_DEFAULT_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
# OpenAPI 4.7.12.1: these headers are described elsewhere, a parameter of that name is ignored.
_IGNORED_HEADERS = {"accept", "content-type", "authorization"}


class _Reader:
    """Reads parts of one document; every part knows the pointer it came from."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root

    def follow(self, value: Any, pointer: str) -> tuple[Any, str]:
        target, place = pointers.follow(self.root, value)
        return target, pointer if place is None else place

    def parameters(self, item: Mapping[str, Any], pointer: str) -> dict[tuple[str, str], Parameter]:
        """Parameters of a path item or an operation, by name and location."""
        found = {}
        for number, entry in enumerate(item.get("parameters") or []):
            value, place = self.follow(entry, pointers.join(["parameters", number], pointer))
            location = value["in"]
            if location == "header" and value["name"].lower() in _IGNORED_HEADERS:
                continue
            found[value["name"], location] = self._parameter(value, place)
        return found

    def _parameter(self, value: Mapping[str, Any], pointer: str) -> Parameter:
        location = value["in"]
        style = value.get("style", _DEFAULT_STYLES[location])
        schema, media_type = value.get("schema", True), None
        if value.get("content"):
            media_type, content = next(iter(value["content"].items()))
            schema = content.get("schema", True)
        return Parameter(
            name=value["name"],
            location=location,
            required=bool(value.get("required", location == "path")),
            style=style,
            explode=bool(value.get("explode", style == "form")),
            schema=schema,
            media_type=media_type,
            pointer=pointer,
        )

    def content(self, value: Mapping[str, Any], pointer: str) -> dict[str, MediaType]:
        """The `content` map of a body or response, by media type in lower case."""
        found = {}
        for name, entry in (value.get("content") or {}).items():
            place = pointers.join(["content", name], pointer)
            found[name.lower()] = MediaType(
                name=name,
                schema=entry.get("schema"),
                examples=self._examples(entry),
                encoding=entry.get("encoding") or {},
                pointer=place,
            )
        return found

    def _examples(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Named examples; the unnamed one is called `example`."""
        examples = {"example": entry["example"]} if "example" in entry else {}
        for name, example in (entry.get("examples") or {}).items():
            value, _ = self.follow(example, "")
            if isinstance(value, Mapping) and "value" in value:
                examples[name] = value["value"]
        return examples

    def request_body(self, value: Any, pointer: str) -> RequestBody | None:
        if value is None:
            return None
        body, place = self.follow(value, pointers.join(["requestBody"], pointer))
        return RequestBody(bool(body.get("required", False)), self.content(body, place), place)

    def responses(self, value: Mapping[str, Any], pointer: str) -> dict[str, Response]:
        found = {}
        for status, entry in value.items():
            if status.startswith("x-"):
                continue
            response, place = self.follow(entry, pointers.join(["responses", status], pointer))
            key = status if status == "default" else status.upper()
            found[key] = Response(key, self.content(response, place), self._headers(response, place), place)
        return found

    def _headers(self, response: Mapping[str, Any], pointer: str) -> dict[str, Header]:
        found = {}
        for name, entry in (response.get("headers") or {}).items():
            header, place = self.follow(entry, pointers.join(["headers", name], pointer))
            if name.lower() == "content-type":  # OpenAPI 4.7.17.1: ignored there
                continue
            found[name.lower()] = Header(
                name, bool(header.get("required", False)), header.get("schema"), header.get("example"), place
            )
        return found


def read_operation(api: str, root: Mapping[str, Any], operation_id: str, path: str, method: str) -> Operation:
    """Read one operation.

    Raises:
        KeyError: a reference leads nowhere; its argument is the reference.
    """
    reader = _Reader(root)
    item_pointer = pointers.join(["paths", path])
    item, item_pointer = reader.follow(root["paths"][path], item_pointer)
    value = item[method]
    pointer = pointers.join([method], item_pointer)
    parameters = reader.parameters(item, item_pointer) | reader.parameters(value, pointer)
    security = value.get("security", root.get("security")) or []
    access = value.get("x-access")
    return Operation(
        api=api,
        id=operation_id,
        method=method,
        path=path,
        parameters=tuple(parameters.values()),
        request_body=reader.request_body(value.get("requestBody"), pointer),
        responses=reader.responses(value.get("responses") or {}, pointer),
        security=tuple({name: tuple(scopes or ()) for name, scopes in entry.items()} for entry in security),
        roles=frozenset(access["roles"]) if access else None,
        overrides=(value.get("x-method-override") or {}).get("operationId"),
        deprecated=bool(value.get("deprecated", False)),
        pointer=pointer,
    )
