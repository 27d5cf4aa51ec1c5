"""Examples and defaults that violate their schemas."""

from collections.abc import Iterator, Mapping
from typing import Any

from mockserver.openapi import pointers
from mockserver.openapi.defects import Defect, Severity
from mockserver.openapi.lint.document_walk import DocumentNode
from mockserver.openapi.operation import Schema
from mockserver.openapi.schema.validators import SchemaCompiler
from mockserver.openapi.versions.openapi_3 import mapping, schema_of
from mockserver.openapi.versions.swagger_2 import schema_in

_TEXTUAL = ("xml", "form", "text", "csv", "octet-stream", "yaml", "html")


def check_examples(root: Mapping[str, Any], compiler: SchemaCompiler, node: DocumentNode) -> Iterator[Defect]:
    """Validate the examples and the default of one object against its schema."""
    if not isinstance(node.value, Mapping) or "$ref" in node.value:
        return
    schema = _schema(root, node)
    if schema is None:
        return
    for keys, value, severity in _values(root, node):
        try:
            reason = _reason(compiler, schema, value)
        except (ValueError, RecursionError) as error:
            reason = f"its schema cannot be compiled ({error})"
        if reason:
            what = "default" if keys == ["default"] else "example"
            place = pointers.join(keys, node.pointer)
            yield Defect(f"{what}-breaks-schema", severity, place, f"the {what} breaks its schema: {reason}")


def _schema(root: Mapping[str, Any], node: DocumentNode) -> Schema | None:
    """The schema for the examples of an object; None when it has none."""
    value = node.value
    if node.kind == "schema":
        return schema_of(value)
    if "swagger" in root:
        return schema_in(value) if node.kind == "parameter" and value.get("in") != "body" else None
    if node.kind == "media":
        name = pointers.split(node.pointer)[-1].lower()
        # Examples of other types than JSON are written as text, which cannot be validated.
        return None if any(kind in name for kind in _TEXTUAL) else schema_of(value.get("schema"))
    return schema_of(value.get("schema")) if node.kind in {"parameter", "header"} else None


def _values(root: Mapping[str, Any], node: DocumentNode) -> Iterator[tuple[list[str | int], Any, Severity]]:
    """Examples and the default, with the path to each from the object."""
    value = node.value
    is_schema = node.kind == "schema" or "swagger" in root
    if is_schema and "default" in value:
        yield ["default"], value["default"], "error"
    if "example" in value:
        yield ["example"], value["example"], "warning"
    examples = value.get("examples")
    if is_schema and isinstance(examples, list):
        for number, example in enumerate(examples):
            yield ["examples", number], example, "warning"
    for name, written in mapping(examples).items() if not is_schema else ():
        try:
            example, _ = pointers.follow(root, written)
        except KeyError:
            continue
        if isinstance(example, Mapping) and "value" in example:
            yield ["examples", name], example["value"], "warning"


def _reason(compiler: SchemaCompiler, schema: Schema, value: Any) -> str | None:
    """How a value violates a schema, both as part of a request and of a response."""
    checker = compiler.compile(schema, "response")
    if checker.is_valid(value) or compiler.compile(schema, "request").is_valid(value):
        return None
    violations = checker.violations(value, "response", 1)
    return f"{violations[0].pointer} {violations[0].message}".strip() if violations else None
