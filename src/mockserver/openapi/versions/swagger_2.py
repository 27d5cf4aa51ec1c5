"""Read the parts of a Swagger 2.0 operation into the same values as for OpenAPI 3.

In Swagger the body and the form fields are parameters, media types are listed in `consumes` and `produces`,
and arrays are serialised by `collectionFormat`.
"""

from collections.abc import Mapping
from typing import Any

from mockserver.openapi.operation import Header, MediaType, Parameter, RequestBody, Schema
from mockserver.openapi.versions.openapi_3 import Entries, OpenAPI3Reader, described, mapping, schema_of

_JSON = "application/json"
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_NOT_SCHEMA = {"name", "in", "required", "description", "collectionFormat", "allowEmptyValue", "schema"}
_STYLES = {"ssv": "spaceDelimited", "pipes": "pipeDelimited", "tsv": "tabDelimited"}


def schema_in(value: Mapping[str, Any]) -> Schema:
    """The schema of a parameter, form field or header, which contains the schema's keywords itself."""
    schema = {name: entry for name, entry in value.items() if name not in _NOT_SCHEMA}
    if schema.get("type") == "file":
        schema |= {"type": "string", "format": "binary"}
    if "x-example" in schema:
        schema.setdefault("example", schema["x-example"])
    return schema


def _style(value: Mapping[str, Any]) -> tuple[str, bool]:
    """The style and `explode` for a `collectionFormat`; the default is `csv`."""
    written = value.get("collectionFormat", "csv")
    plain = "form" if value["in"] in {"query", "formData"} else "simple"
    return _STYLES.get(written, plain), written == "multi"


class SwaggerReader(OpenAPI3Reader):
    """Reads parts of one Swagger 2.0 document."""

    def parameter(self, value: Mapping[str, Any], pointer: str) -> Parameter:
        """Read one parameter that is neither a body nor a form field."""
        style, explode = _style(value)
        return Parameter(
            name=value["name"],
            location=value["in"],
            required=value["in"] == "path" or value.get("required") is True,
            style=style,
            explode=explode,
            schema=schema_in(value),
            media_type=None,
            pointer=pointer,
            allows_empty=value["in"] == "query" and value.get("allowEmptyValue") is True,
        )

    def _media_types(self, operation: Mapping[str, Any], key: str) -> list[str]:
        """The media types of `consumes` or `produces`: the operation's, else the document's."""
        written = operation.get(key, self.root.get(key))
        return [str(name) for name in written] if isinstance(written, list) else []

    def request_body(
        self, operation: Mapping[str, Any], pointer: str, entries: Entries
    ) -> RequestBody | None:
        """The request body from a body parameter or from form fields."""
        del pointer
        bodies = [(value, place) for value, place in entries if value.get("in") == "body"]
        fields = {value["name"]: value for value, _ in entries if value.get("in") == "formData"}
        consumed = self._media_types(operation, "consumes")
        if bodies:
            value, place = bodies[-1]
            schema = schema_of(value.get("schema"))
            examples = {"example": value["x-example"]} if "x-example" in value else {}
            content = {
                name.lower(): MediaType(name, schema, examples, {}, place) for name in consumed or [_JSON]
            }
            return RequestBody(value.get("required") is True, content, place)
        place = next((place for value, place in entries if value.get("in") == "formData"), "")
        return _form(list(fields.values()), consumed, place) if fields else None

    def response_content(
        self, response: Mapping[str, Any], operation: Mapping[str, Any], pointer: str
    ) -> dict[str, MediaType]:
        """The content of a response: none without a schema, else one for each media type of `produces`."""
        schema = schema_of(response.get("schema"))
        examples = mapping(response.get("examples"))
        if schema is None and not examples:
            return {}
        is_file = isinstance(schema, Mapping) and schema.get("type") == "file"
        produced = self._media_types(operation, "produces") or [*examples]
        names = produced or ["application/octet-stream" if is_file else _JSON]
        if is_file:
            schema = {"type": "string", "format": "binary"}
        return {
            name.lower(): MediaType(
                name, schema, {"example": examples[name]} if name in examples else {}, {}, pointer
            )
            for name in names
        }

    def header(self, name: str, value: Mapping[str, Any], pointer: str) -> Header:
        """Read one documented response header, which contains its schema's keywords."""
        example = value.get("x-example")
        return Header(name, False, schema_in(value), example, pointer, described(value))


def _form(fields: list[Mapping[str, Any]], consumed: list[str], pointer: str) -> RequestBody:
    """Combine form fields to one object, in the media types for forms."""
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {field["name"]: schema_in(field) for field in fields},
    }
    required = [field["name"] for field in fields if field.get("required") is True]
    if required:
        schema["required"] = required
    encoding = {}
    for field in fields:
        if field.get("type") == "array":
            style, explode = _style(field)
            encoding[field["name"]] = {"style": style, "explode": explode}
    with_file = any(field.get("type") == "file" for field in fields)
    names = [name for name in consumed if name.lower() in _FORMS] or list(_FORMS)
    if with_file:
        names = [name for name in names if name.lower() == _FORMS[1]] or [_FORMS[1]]
    content = {name.lower(): MediaType(name, schema, {}, encoding, pointer) for name in names}
    return RequestBody(bool(required), content, pointer)
