"""References that lead nowhere."""

import difflib
from collections.abc import Iterator, Mapping

from mockserver.openapi import pointer as pointers
from mockserver.openapi.findings import Finding
from mockserver.openapi.lint.walk import Node
from mockserver.openapi.modern import find
from mockserver.openapi.schema.reader import SchemaReader

_BEYOND = "it leads beyond the document, where nothing was found or may be read"


def check_reference(reader: SchemaReader, node: Node) -> Iterator[Finding]:
    """Find out whether an object's reference, or a discriminator's, leads to something."""
    value = node.value
    if not isinstance(value, Mapping):
        return
    reference = value.get("$ref")
    if isinstance(reference, str):
        reason = _reason(reader, reference, node.kind == "schema")
        if reason:
            place = pointers.join(["$ref"], node.pointer)
            yield Finding(
                "unresolved-reference", "error", place, f"the reference {reference} leads nowhere: {reason}"
            )
    elif reference is not None and not isinstance(reference, Mapping):
        yield Finding("unresolved-reference", "error", node.pointer, "`$ref` is no text")
    if node.kind == "schema":
        yield from _check_mapping(reader, node)


def _reason(reader: SchemaReader, reference: str, is_schema: bool) -> str | None:
    """Why a reference cannot be followed; None when it can."""
    if is_schema and not reference.startswith("#/") and reader.is_modern:
        return None if find(reader.root, reader.root, reference)[0] is not True else _BEYOND
    if not reference.startswith("#"):
        return _BEYOND
    try:
        target, _ = pointers.follow(reader.root, {"$ref": reference})
    except KeyError as error:
        if _exists(reader, error.args[0]):
            return "it comes back to itself and never to anything"
        where = "" if error.args[0] == reference else f", at {error.args[0]}"
        return f"nothing is there{where}{_meant(reader, error.args[0])}"
    return "what is there is no object" if not isinstance(target, Mapping | bool) else None


def _exists(reader: SchemaReader, reference: str) -> bool:
    try:
        pointers.resolve(reader.root, reference)
    except (KeyError, RecursionError):
        return False
    return True


def _meant(reader: SchemaReader, reference: str) -> str:
    """What stands beside the missing one and is called nearly so."""
    *way, last = pointers.split(reference) or [""]
    try:
        beside = pointers.resolve(reader.root, pointers.join(way))
    except KeyError:
        return ""
    names = [name for name in beside if isinstance(name, str)] if isinstance(beside, Mapping) else []
    close = difflib.get_close_matches(last, names, 1)
    return f"; did you mean #{pointers.join([*way, close[0]])}?" if close else ""


def _check_mapping(reader: SchemaReader, node: Node) -> Iterator[Finding]:
    discriminator = node.value.get("discriminator")
    mapping = discriminator.get("mapping") if isinstance(discriminator, Mapping) else None
    for name, target in mapping.items() if isinstance(mapping, Mapping) else ():
        if isinstance(target, str) and target.startswith("#") and _reason(reader, target, True):
            place = pointers.join(["discriminator", "mapping", name], node.pointer)
            yield Finding("unresolved-reference", "error", place, f"{target} leads nowhere")
