"""Names that HTTP cannot carry: header fields, and parameters in them."""

from collections.abc import Iterator, Mapping

from mockserver.openapi import pointers
from mockserver.openapi.defects import Defect
from mockserver.openapi.lint.document_walk import DocumentNode
from mockserver.openapi.versions.openapi_3 import is_field_name, mapping


def check_fields(node: DocumentNode) -> Iterator[Defect]:
    """Find header fields whose names cannot be sent; media types and API keys break their operations."""
    if not isinstance(node.value, Mapping):
        return
    if node.kind == "response":
        for header in mapping(node.value.get("headers")):
            if not is_field_name(header):
                yield _finding(header, pointers.join(["headers", header], node.pointer))
    name = node.value.get("name")
    is_field = node.kind == "parameter" and node.value.get("in") in {"header", "cookie"}
    if is_field and isinstance(name, str) and not is_field_name(name):
        yield _finding(name, node.pointer)


def _finding(name: str, pointer: str) -> Defect:
    return Defect("impossible-name", "error", pointer, f"{name!r} cannot be the name of a header field")
