"""Run all lint rules: each checks one kind of object, or the whole document."""

from collections.abc import Callable, Iterator

from mockserver.openapi.defects import Defect
from mockserver.openapi.document import Document
from mockserver.openapi.lint import (
    endless_schemas,
    example_rules,
    operation_rules,
    reference_rules,
    schema_rules,
    structure_rules,
)
from mockserver.openapi.lint.document_walk import walk
from mockserver.openapi.schema.validators import SchemaCompiler

LintProgress = Callable[[int], None]
"""Called with the number of objects that were checked."""


def lint(document: Document, progress: LintProgress | None = None) -> Iterator[Defect]:
    """Find every defect of a document, in no particular order."""
    yield from document.findings
    known = {finding.pointer for finding in document.findings}
    root = document.root
    yield from document.broken()
    yield from structure_rules.check_structure(root, document.version)
    yield from operation_rules.check_operations(document)
    compiler = SchemaCompiler(root, document.schemas)
    known_references, circles = (
        reference_rules.ReferenceTargets(document.schemas),
        schema_rules.RecursiveSchemas(root),
    )
    finite = endless_schemas.FiniteSchemas(document.schemas)
    for number, node in enumerate(walk(root)):
        if progress is not None:
            progress(number)
        found = reference_rules.check_reference(known_references, node)
        yield from (finding for finding in found if finding.pointer not in known)
        if node.kind == "schema":
            yield from schema_rules.check_schema(document.schemas, node)
            yield from schema_rules.check_circle(circles, node)
            yield from endless_schemas.check_endless(finite, node)
        yield from operation_rules.check_fields(node)
        yield from example_rules.check_examples(root, compiler, node)
