"""Put the rules together: each looks at one kind of object, or at the document as a whole."""

from collections.abc import Callable, Iterator

from mockserver.openapi.document import Document
from mockserver.openapi.findings import Finding
from mockserver.openapi.lint import examples, fields, operations, references, schemas, structure
from mockserver.openapi.lint.walk import walk
from mockserver.openapi.schemas import SchemaCompiler

Progress = Callable[[int], None]
"""Told how many objects have been looked at."""


def lint(document: Document, progress: Progress | None = None) -> Iterator[Finding]:
    """Find every defect of a document, in no particular order."""
    yield from document.findings
    known = {finding.pointer for finding in document.findings}
    root = document.root
    yield from document.broken()
    yield from structure.check_structure(root, document.version)
    yield from operations.check_operations(document)
    compiler = SchemaCompiler(root, document.schemas)
    known_references, circles = references.References(document.schemas), schemas.Circles(root)
    for number, node in enumerate(walk(root)):
        if progress is not None:
            progress(number)
        found = references.check_reference(known_references, node)
        yield from (finding for finding in found if finding.pointer not in known)
        if node.kind == "schema":
            yield from schemas.check_schema(document.schemas, node)
            yield from schemas.check_circle(circles, node)
        yield from fields.check_fields(node)
        yield from examples.check_examples(root, compiler, node)
