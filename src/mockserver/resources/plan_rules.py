"""Lint rules about plans: corrections that have no effect, conventions that do not exist."""

from collections.abc import Iterator

from mockserver.openapi import pointers
from mockserver.openapi.defects import Defect
from mockserver.openapi.document import Document
from mockserver.openapi.extensions import MOCK
from mockserver.resources.conventions.registry import ALL, is_known, switches
from mockserver.resources.infer.inference import ResourceInference
from mockserver.resources.infer.operation_plans import PlanInference

_RULE = "ineffective-correction"


def check_plans(document: Document) -> Iterator[Defect]:
    """The corrections of a document that have no effect on its plans, and unknown conventions."""
    yield from _conventions(document)
    yield from _references(document)
    plans = PlanInference(document, ResourceInference(document, ()))
    for operation in document.understood():
        for correction, reason in plans.no_effects(operation):
            place = pointers.join([MOCK, "plan", correction.field], operation.pointer)
            yield Defect(_RULE, "warning", place, reason)


def _conventions(document: Document) -> Iterator[Defect]:
    known = ", ".join(convention.name for convention in ALL)
    for name, wanted in switches(document.root).items():
        place = pointers.join([MOCK, "conventions", str(name)])
        if not is_known(str(name)):
            reason = f"Unknown convention {name!r}. Known: {known}."
            yield Defect("unknown-convention", "warning", place, reason)
        elif not isinstance(wanted, bool):
            reason = f"`{name}` is {wanted!r}; true or false is expected."
            yield Defect("unknown-convention", "warning", place, reason)


def _references(document: Document) -> Iterator[Defect]:
    """The corrections of references that name no property, or no resource."""
    inference = ResourceInference(document, ())
    for path in document.root.get("paths", {}):
        resource = inference.resource(inference.paths.segments(path) or ())
        for name, wanted in inference.corrected_references(resource).items() if resource else ():
            place = pointers.join(["paths", path, MOCK, "references", str(name)])
            if resource is not None and name not in resource.properties:
                yield Defect(_RULE, "warning", place, f"The records of {resource.name} have no {name!r}.")
            elif wanted is not None and inference.named(str(wanted), 0) is None:
                yield Defect(_RULE, "warning", place, f"There is no resource {wanted!r}.")
