"""Lint rules about plans: corrections that have no effect."""

from collections.abc import Iterator

from mockserver.openapi import pointers
from mockserver.openapi.defects import Defect
from mockserver.openapi.document import Document
from mockserver.openapi.extensions import MOCK
from mockserver.resources.infer.inference import ResourceInference
from mockserver.resources.infer.operation_plans import PlanInference


def check_plans(document: Document) -> Iterator[Defect]:
    """The corrections of a document that change nothing in its plans."""
    plans = PlanInference(document, ResourceInference(document, ()))
    for operation in document.understood():
        for correction, reason in plans.no_effects(operation):
            place = pointers.join([MOCK, "plan", correction.field], operation.pointer)
            yield Defect("ineffective-correction", "warning", place, reason)
