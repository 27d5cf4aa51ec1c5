"""The bundled documents and fixtures as values, and records as the fixtures make them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from openapi_schema_validator import OAS30Validator, oas30_format_checker

from mockserver.openapi.document import load
from mockserver.openapi.schema.validators import SchemaCompiler
from mockserver.state.fixtures.fixture_loader import load_fixture

ROOT = Path(__file__).parents[2]
NAMES = ("sqod", "reservations", "citas")
METHODS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", "trace"})

Node = dict[str, Any]


@cache
def document(name: str) -> Node:
    """Return the OpenAPI document of one API."""
    return _read(ROOT / "specs" / f"{name}.yaml")


@cache
def fixture(name: str) -> Node:
    """Return the fixture file of one API."""
    return _read(ROOT / "fixtures" / f"{name}.yaml")


def _read(path: Path) -> Node:
    content = yaml.safe_load(path.read_text("utf-8"))
    assert isinstance(content, dict)
    return content


@cache
def records(name: str, collection: str, seed: int) -> dict[str, Node]:
    """Return the records of a collection by key, those written down and those made from the seed."""
    read = load(ROOT / "specs" / f"{name}.yaml")
    made = load_fixture(ROOT / "fixtures" / f"{name}.yaml", read, SchemaCompiler(read.root), seed)
    found = {key: dict(record) for key, record in made.collections[collection].all().items()}
    assert found, f"{collection} of {name} has no records to test"
    return found


def operations(name: str) -> Iterator[tuple[str, str, Node]]:
    """Yield path, method and operation of everything that the document offers."""
    found = [
        (path, method, item[method])
        for path, item in document(name)["paths"].items()
        for method in METHODS & item.keys()
    ]
    assert found, f"{name} has no operations to test"
    yield from found


def operation(name: str, operation_id: str) -> Node:
    """Return the operation with this operationId."""
    return next(found for _, _, found in operations(name) if found["operationId"] == operation_id)


def schema(name: str, component: str) -> Node:
    """Return the named schema component."""
    found: Node = document(name)["components"]["schemas"][component]
    return found


def resolved(name: str, node: Node) -> Node:
    """Follow a local reference, if the node is one."""
    while "$ref" in node:
        target: Any = document(name)
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def nodes(value: object, pointer: str = "#") -> Iterator[tuple[str, Node]]:
    """Yield every mapping below a value with the pointer to it."""
    if isinstance(value, dict):
        yield pointer, value
        for key, child in value.items():
            yield from nodes(child, f"{pointer}/{key}")
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from nodes(child, f"{pointer}/{index}")


def texts(value: object) -> Iterator[str]:
    """Yield every string below a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from texts(child)
    elif isinstance(value, list):
        for child in value:
            yield from texts(child)


def fields(name: str, component: str) -> dict[str, str]:
    """Describe each property of a schema as type, format and `?` for nullable."""
    return {field: _brief(name, found) for field, found in schema(name, component)["properties"].items()}


def _brief(name: str, node: Node) -> str:
    if "$ref" in node and resolved(name, node)["type"] == "object":
        return str(node["$ref"]).rsplit("/", 1)[-1]
    node = resolved(name, node)
    form = ":".join(part for part in (node["type"], node.get("format")) if part)
    return form + ("?" if node.get("nullable") else "")


def errors(name: str, node: Node, value: object) -> list[str]:
    """List what is wrong with a value by a schema of the document."""
    whole = {"allOf": [node], "components": document(name)["components"]}
    validator = OAS30Validator(whole, format_checker=oas30_format_checker)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
