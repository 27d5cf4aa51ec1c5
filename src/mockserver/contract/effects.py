"""Whether a method that the document does not have did something all the same."""

from collections.abc import Sequence
from dataclasses import replace

from mockserver.contract.compare import Knowledge, clock_of, differences
from mockserver.contract.findings import Blame, Step
from mockserver.contract.messages import MISSING
from mockserver.contract.referee import described
from mockserver.contract.shadow import Opinion
from mockserver.server.service import Service


def of_undocumented_method(step: Step, declared: Opinion | None, service: Service) -> Blame | None:
    """Blame a method that answers what the documented operation answers after it has changed something.

    A method that merely answers is left alone: an implementation may have more than its document tells.
    """
    if declared is None or not declared.answer.succeeded or not declared.answer.body:
        return None
    expected, got = declared.answer.value(), step.answer.value()
    if expected is MISSING or got is MISSING:
        return None
    clock = service.clock
    knowledge = Knowledge(frozenset(), frozenset(), clock.now(), clock_of(step.answer, clock))
    if any(differences(expected, got, knowledge)):
        return None
    return _blame(step)


def _blame(step: Step) -> Blame:
    operation, method = step.case.operation, step.case.request.method
    message = f"{method} is not documented for {operation.path}, and does what {operation.id} does."
    return Blame(
        operation,
        "method",
        "contract",
        f"{method} undocumented",
        message,
        "405",
        described(step.answer),
        operation.pointer,
    )


def traced_to_method(blame: Blame, steps: Sequence[Step]) -> Blame:
    """Lay what shows after an undocumented method at its door, when it was served."""
    tried = steps[0]
    if (
        len(steps) < 2
        or tried.case.topic != "method"
        or not tried.answer.succeeded
        or blame.verdict == "mock"
    ):
        return blame
    found = _blame(tried)
    return replace(
        found, message=f"{found.message} Afterwards: {blame.message}", expected=blame.expected, got=blame.got
    )
