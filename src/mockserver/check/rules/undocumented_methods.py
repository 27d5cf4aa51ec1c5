"""Find undocumented methods that change something."""

from collections.abc import Sequence
from dataclasses import replace

from mockserver.check.findings.issues import Category, Issue, Rule, Subject, TriedCase, Verdict
from mockserver.check.reference.reference_model import ModelResponse
from mockserver.check.rules.body_comparison import KnownValues, clock_of, differences
from mockserver.check.rules.document_rules import described
from mockserver.check.target.http_messages import MISSING
from mockserver.http.served_api import Service


def issue_of(step: TriedCase, declared: ModelResponse | None, service: Service) -> Issue | None:
    """The issue of a method that responds like the documented operation, and changes something.

    A method that changes nothing is no issue: an implementation may have more than its document describes.
    """
    if declared is None or not declared.answer.succeeded or not declared.answer.body:
        return None
    expected, got = declared.answer.value(), step.answer.value()
    if expected is MISSING or got is MISSING:
        return None
    clock = service.clock
    knowledge = KnownValues(frozenset(), frozenset(), clock.now(), clock_of(step.answer, clock))
    if any(differences(expected, got, knowledge)):
        return None
    return _issue(step)


def _issue(step: TriedCase) -> Issue:
    operation, method = step.case.operation, step.case.request.method
    message = f"{method} is not documented for {operation.path}, and does what {operation.id} does."
    return Issue(
        operation,
        Rule.METHOD,
        Category.UNDOCUMENTED_METHOD,
        Subject(method=method),
        message,
        "405",
        described(step.answer),
        operation.pointer,
    )


def traced_to_method(issue: Issue, steps: Sequence[TriedCase]) -> Issue:
    """Replace the cause of a later issue by the undocumented method that was served before."""
    tried = steps[0]
    if (
        len(steps) < 2
        or tried.case.topic != "method"
        or not tried.answer.succeeded
        or issue.verdict is Verdict.MOCK
    ):
        return issue
    found = _issue(tried)
    return replace(
        found, message=f"{found.message} Afterwards: {issue.message}", expected=issue.expected, got=issue.got
    )
