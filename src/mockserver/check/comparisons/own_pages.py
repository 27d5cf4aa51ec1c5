"""Compare what different callers are shown of themselves, by operations such as `GET /me`."""

from collections.abc import Iterable, Iterator, Mapping

from mockserver.check.findings.issues import Category, Issue, Rule, Subject, TriedCase, Verdict
from mockserver.check.planning.cases import CaseSequence
from mockserver.check.planning.planning_context import PlanningContext
from mockserver.check.reference.paired_run import PairedRun, PlayedSequence
from mockserver.check.rules.document_rules import described
from mockserver.check.target.http_messages import Caller
from mockserver.openapi.names import normalised
from mockserver.openapi.operation import Operation

_OWN = {"me", "self", "myself", "whoami", "currentuser", "userinfo", "myprofile"}
"""Last segments of paths that name the caller."""
_TWO = 2


def compare(
    run: PairedRun, context: PlanningContext, operations: Iterable[Operation]
) -> Iterator[PlayedSequence]:
    """Call each such operation as two callers: an answer that is the same for both may be a cached one.

    Raises:
        NoAnswerError: the implementation did not answer.
    """
    for operation in operations:
        callers = [one for one in context.candidates(operation) if one.is_identity]
        is_own = normalised(operation.path.rstrip("/").rpartition("/")[2]) in _OWN
        places = context.places(operation)
        if (
            operation.method != "get"
            or "{" in operation.path
            or not is_own
            or len(callers) < _TWO
            or not places
        ):
            continue
        steps = [
            run.step(context.cases.plain(operation, places[0].address, caller, topic="read"))
            for caller in callers[:_TWO]
        ]
        first, second = (step.answer.value() for step in steps)
        if isinstance(first, Mapping) and first and first == second and all(map(_is_served, steps)):
            cases = tuple(step.case for step in steps)
            issue = _issue(operation, steps[1], _are_others(context, callers))
            yield PlayedSequence(CaseSequence(cases, "read"), tuple(steps), issue)


def _is_served(step: TriedCase) -> bool:
    return step.answer.succeeded


def _are_others(context: PlanningContext, callers: list[Caller]) -> bool:
    """Whether the fixtures say that the first two callers are two users."""
    subjects = {one.name: one.subject for one in context.service.fixture.identities}
    one, other = (subjects.get(caller.identity or "") for caller in callers[:_TWO])
    return one is not None and other is not None and one != other


def _issue(operation: Operation, step: TriedCase, is_certain: bool) -> Issue:
    """The issue; without fixtures two tokens may be of one user, so it is a warning."""
    return Issue(
        operation,
        Rule.OWNERSHIP,
        Category.ANSWER_KEPT,
        Subject(),
        f"{operation.id} shows two callers the same.",
        "each caller is shown another user",
        described(step.answer),
        operation.pointer,
        Verdict.DRIFT if is_certain else Verdict.WARNING,
        suggested_clause=f"{operation.id} shows each caller the own user." if is_certain else "",
    )
