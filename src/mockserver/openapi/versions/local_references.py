"""Rewrite references by `$id`, `$anchor` and `$self` as pointers into the document, when it is loaded.

JSON Schema 2020-12 resolves a reference within the schema that has the innermost `$id` (section 8.2). All
other code here only resolves pointers into a document, so references are rewritten once. A `$dynamicRef`
whose anchor only one schema has can mean nothing but that schema, and becomes a plain reference too.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urldefrag, urljoin

from mockserver.openapi import pointers

_MARKS = (b"$id", b"$anchor", b"$dynamicAnchor", b"$self")
_DOCUMENT = "https://document.invalid/openapi"
"""The base URI of a document without `$self`."""
_NAMES = frozenset({"properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "schemas"})
"""Keys whose objects have names chosen by the author, not keywords."""


@dataclass(slots=True)
class _Resources:
    """The possible targets of references: schemas by their URIs, and anchors in them."""

    pointers: dict[str, str] = field(default_factory=dict)
    anchors: dict[tuple[str, str], str] = field(default_factory=dict)
    dynamic: dict[str, set[str]] = field(default_factory=dict)


def localise(root: dict[str, Any], content: bytes) -> None:
    """Rewrite the references of a document, parsed from this content, as pointers into it.

    A reference that leads nowhere is left unchanged.
    """
    if not any(mark in content for mark in _MARKS):
        return
    base = urljoin(_DOCUMENT, _text(root.get("$self")))
    resources, referring = _Resources({base: ""}), list[tuple[dict[str, Any], str]]()
    for node, pointer, address in _walk(root, base):
        if "$id" in node:
            resources.pointers.setdefault(address, pointer)
        for name in ("$anchor", "$dynamicAnchor"):
            if isinstance(node.get(name), str):
                resources.anchors.setdefault((address, node[name]), pointer)
        if isinstance(node.get("$dynamicAnchor"), str):
            resources.dynamic.setdefault(node["$dynamicAnchor"], set()).add(pointer)
        if isinstance(node.get("$ref"), str) or isinstance(node.get("$dynamicRef"), str):
            referring.append((node, address))
    for node, address in referring:
        _rewrite(root, resources, node, address)


def _rewrite(root: Mapping[str, Any], resources: _Resources, node: dict[str, Any], address: str) -> None:
    written = node.get("$ref")
    if isinstance(written, str):
        pointer = _target(root, resources, address, written)
        if pointer is not None:
            node["$ref"] = _reference(pointer)
    written = node.get("$dynamicRef")
    if isinstance(written, str) and "$ref" not in node:
        pointer = _target(root, resources, address, written)
        if pointer is not None and len(resources.dynamic.get(urldefrag(written).fragment, ())) < 2:
            del node["$dynamicRef"]
            node["$ref"] = _reference(pointer)


def _target(root: Mapping[str, Any], resources: _Resources, address: str, written: str) -> str | None:
    """The pointer to the target of a reference; None when it leads nowhere."""
    wanted, fragment = urldefrag(urljoin(address, written))
    resource = resources.pointers.get(wanted)
    if resource is None:
        return None
    if fragment and not fragment.startswith("/"):
        return resources.anchors.get((wanted, fragment))
    # By the standard a pointer stays within its `$id`, but documents write it from their own root too.
    for pointer in (
        resource + pointers.join(pointers.split("#" + fragment)),
        pointers.join(pointers.split("#" + fragment)),
    ):
        try:
            pointers.resolve(root, pointer)
        except KeyError:
            continue
        return pointer
    return None


def _reference(pointer: str) -> str:
    return "#" + quote(pointer, safe="/~!$&'()*+,;=:@{}")


def _walk(root: dict[str, Any], base: str) -> Iterator[tuple[dict[str, Any], str, str]]:
    """Every object that may be a schema, with its pointer and the URI of its resource."""
    waiting: list[tuple[Any, str, str, bool]] = [(root, "", base, False)]
    seen: set[int] = set()
    while waiting:
        value, pointer, address, are_names = waiting.pop()
        if isinstance(value, list):
            waiting += [(entry, f"{pointer}/{place}", address, False) for place, entry in enumerate(value)]
        if not isinstance(value, dict) or id(value) in seen:
            continue
        seen.add(id(value))
        own = value.get("$id")
        if isinstance(own, str) and not are_names and value is not root:
            address = urldefrag(urljoin(address, own)).url
        if not are_names:
            yield value, pointer, address
        for name, entry in value.items():
            if are_names or name not in pointers.DATA_KEYS:
                inner = pointers.join([name], pointer)
                waiting.append((entry, inner, address, not are_names and name in _NAMES))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
