"""Walk a document's objects, each with its kind: a schema, a parameter, a response."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mockserver.openapi import pointers
from mockserver.openapi.operation import BUNDLED, METHODS

# The kind of the value under each key of an object of some kind. `*` is every key, `[…]` each entry of a
# list, `{…}` each value of an object.
_SCHEMA = {
    **dict.fromkeys(("items", "not", "if", "then", "else", "contains", "propertyNames"), "schema"),
    **dict.fromkeys(("additionalProperties", "unevaluatedProperties", "unevaluatedItems"), "schema"),
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), "[schema]"),
    **dict.fromkeys(("properties", "patternProperties", "dependentSchemas", "$defs"), "{schema}"),
}
_COMPONENTS = {
    "schemas": "{schema}",
    "parameters": "{parameter}",
    "headers": "{header}",
    "requestBodies": "{body}",
    "responses": "{response}",
    "pathItems": "{item}",
    "callbacks": "{callback}",
    "examples": "{example}",
    "mediaTypes": "{media}",
}
_CHILDREN: Mapping[str, Mapping[str, str]] = {
    "document": {
        "paths": "{item}",
        "webhooks": "{item}",
        "components": "components",
        "definitions": "{schema}",
        "parameters": "{parameter}",
        "responses": "{response}",
    },
    "components": _COMPONENTS,
    "item": {
        "parameters": "[parameter]",
        "additionalOperations": "{operation}",
        **dict.fromkeys((*METHODS, "query"), "operation"),
    },
    "operation": {
        "parameters": "[parameter]",
        "requestBody": "body",
        "responses": "{response}",
        "callbacks": "{callback}",
    },
    "callback": {"*": "item"},
    "parameter": {"schema": "schema", "content": "{media}", "examples": "{example}"},
    "header": {"schema": "schema", "content": "{media}", "examples": "{example}"},
    "body": {"content": "{media}"},
    "response": {"content": "{media}", "headers": "{header}", "schema": "schema"},
    "media": {"schema": "schema", "itemSchema": "schema", "examples": "{example}", "encoding": "{encoding}"},
    "encoding": {"headers": "{header}"},
    "example": {},
    "reference": {},
    "schema": _SCHEMA,
}


@dataclass(frozen=True, slots=True)
class DocumentNode:
    """An object of the document, with its kind and its pointer."""

    kind: str
    pointer: str
    value: Any


def walk(root: Mapping[str, Any]) -> Iterator[DocumentNode]:
    """Yield each object once, parents first; objects from other files where they were bundled."""
    stack = [DocumentNode("document", "", root)]
    bundled: set[str] = set()
    while stack:
        node = stack.pop()
        yield node
        value = node.value
        if not isinstance(value, Mapping):
            continue
        reference = value.get("$ref")
        if isinstance(reference, str) and reference.startswith(f"#/{BUNDLED}/") and reference not in bundled:
            bundled.add(reference)
            target = root[BUNDLED].get(pointers.split(reference)[-1])
            stack.append(DocumentNode(node.kind, reference[1:], target))
        stack.extend(reversed(list(_children(node))))


def _children(node: DocumentNode) -> Iterator[DocumentNode]:
    kinds = _CHILDREN[node.kind]
    every = kinds.get("*")
    for key, value in node.value.items():
        kind = every or kinds.get(key)
        if kind is None or str(key).startswith("x-"):
            continue
        place = pointers.join([key], node.pointer)
        if kind[0] == "[" or (kind == "schema" and isinstance(value, list)):
            entries = enumerate(value) if isinstance(value, list) else ()
            for number, entry in entries:
                yield DocumentNode(kind.strip("[]"), f"{place}/{number}", entry)
        elif kind[0] == "{":
            yield from _named(kind[1:-1], place, value)
        else:
            yield DocumentNode(kind, place, value)


def _named(kind: str, place: str, value: Any) -> Iterator[DocumentNode]:
    if not isinstance(value, Mapping):
        return
    if isinstance(value.get("$ref"), str) and kind != "schema":
        yield DocumentNode("reference", place, value)
        return
    for name, entry in value.items():
        if not (name.startswith("x-") and kind in {"item", "response"}):
            yield DocumentNode(kind, pointers.join([name], place), entry)
