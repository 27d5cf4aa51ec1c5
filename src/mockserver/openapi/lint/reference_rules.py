"""References that cannot be resolved."""

import difflib
from collections.abc import Iterator, Mapping

from mockserver.openapi import pointers
from mockserver.openapi.defects import Defect
from mockserver.openapi.lint.document_walk import DocumentNode
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.openapi.versions.dialect_31 import find

_BEYOND = "it leads out of the document, to a place that was not found or may not be read"


class ReferenceTargets:
    """The references of one document, with cached results of whether each resolves to something."""

    def __init__(self, reader: SchemaReader) -> None:
        self._reader = reader
        self._known: dict[tuple[str, bool], str | None] = {}
        #: Local references that resolve to an object, directly or through others.
        self._good: set[str] = set()

    def reason(self, reference: str, is_schema: bool) -> str | None:
        """The reason why a reference cannot be resolved; None when it can."""
        key = (reference, is_schema)
        if key not in self._known:
            is_good = reference.startswith("#/") and self._leads(reference)
            self._known[key] = None if is_good else _reason(self._reader, reference, is_schema)
        return self._known[key]

    def _leads(self, reference: str) -> bool:
        """Whether a chain of references ends in an object; caches the result for all links of the chain."""
        chain: dict[str, None] = {}
        while reference not in self._good:
            if reference in chain or not reference.startswith("#"):
                return False
            chain[reference] = None
            try:
                target = pointers.resolve(self._reader.root, reference)
            except KeyError:
                return False
            following = target.get("$ref") if isinstance(target, Mapping) else None
            if not isinstance(following, str):
                if not isinstance(target, Mapping | bool):
                    return False
                break
            reference = following
        self._good.update(chain)
        return True


def check_reference(references: ReferenceTargets, node: DocumentNode) -> Iterator[Defect]:
    """Report an object's reference, or a discriminator's, that cannot be resolved."""
    value = node.value
    if not isinstance(value, Mapping):
        return
    reference = value.get("$ref")
    if isinstance(reference, str):
        reason = references.reason(reference, node.kind == "schema")
        if reason:
            place = pointers.join(["$ref"], node.pointer)
            yield Defect(
                "unresolved-reference", "error", place, f"the reference {reference} leads nowhere: {reason}"
            )
    elif reference is not None and not isinstance(reference, Mapping):
        yield Defect("unresolved-reference", "error", node.pointer, "`$ref` is not a string")
    if node.kind == "schema":
        yield from _check_mapping(references, node)


def _reason(reader: SchemaReader, reference: str, is_schema: bool) -> str | None:
    """The reason why a reference cannot be resolved; None when it can."""
    if is_schema and not reference.startswith("#/") and reader.is_modern:
        return None if find(reader.root, reader.root, reference)[0] is not True else _BEYOND
    if not reference.startswith("#"):
        return _BEYOND
    try:
        target, _ = pointers.follow(reader.root, {"$ref": reference})
    except KeyError as error:
        if _exists(reader, error.args[0]):
            return "it leads back to itself"
        where = "" if error.args[0] == reference else f", at {error.args[0]}"
        return f"nothing is there{where}{_meant(reader, error.args[0])}"
    return "the value there is not an object" if not isinstance(target, Mapping | bool) else None


def _exists(reader: SchemaReader, reference: str) -> bool:
    try:
        pointers.resolve(reader.root, reference)
    except (KeyError, RecursionError):
        return False
    return True


def _meant(reader: SchemaReader, reference: str) -> str:
    """A suggestion: the sibling of the missing value with the most similar name."""
    *way, last = pointers.split(reference) or [""]
    try:
        siblings = pointers.resolve(reader.root, pointers.join(way))
    except KeyError:
        return ""
    names = [name for name in siblings if isinstance(name, str)] if isinstance(siblings, Mapping) else []
    close = difflib.get_close_matches(last, names, 1)
    return f"; did you mean #{pointers.join([*way, close[0]])}?" if close else ""


def _check_mapping(references: ReferenceTargets, node: DocumentNode) -> Iterator[Defect]:
    discriminator = node.value.get("discriminator")
    mapping = discriminator.get("mapping") if isinstance(discriminator, Mapping) else None
    for name, target in mapping.items() if isinstance(mapping, Mapping) else ():
        if isinstance(target, str) and target.startswith("#") and references.reason(target, True):
            place = pointers.join(["discriminator", "mapping", name], node.pointer)
            yield Defect("unresolved-reference", "error", place, f"{target} leads nowhere")
