"""Disagreements over whether a request is served at all."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import parse_qsl

from mockserver.contract.cases import Case
from mockserver.contract.findings import Blame, Rule, Step, Verdict
from mockserver.contract.messages import NOBODY
from mockserver.contract.referee import described
from mockserver.contract.shadow import Opinion
from mockserver.errors import Violation
from mockserver.openapi import pointer as pointers
from mockserver.openapi.model import Operation
from mockserver.openapi.schema.fields import is_inferred, is_marked
from mockserver.server.service import Service

_GONE = {404, 410}
SERVES_NOTHING = "serves what does not exist"
UNKNOWN_CALLER = "unknown caller"
_UNAUTHORIZED = 401
_INVALID = {400, 422}
STILL_THERE = "still there"
REACHED = "reached through another's"


def blame(step: Step, history: Sequence[Step], service: Service) -> Blame | None:
    """Compare the two statuses; None when they agree, or when the document leaves the choice."""
    opinion = step.opinion
    if opinion is None:
        return None
    expected, got = opinion.answer.status, step.answer.status
    if opinion.answer.succeeded:
        if step.answer.succeeded or not opinion.is_informed:
            return None
        return _refused(step, history, opinion, service)
    if got >= 500:
        return None
    if step.answer.succeeded or 300 <= got < 400:
        return _served(step, history, opinion, service)
    if expected in {401, 403} and step.case.topic in {"auth", "role"}:
        return _told_otherwise(step, opinion, service)
    return None


def _make(
    step: Step,
    rule: Rule,
    locus: str,
    message: str,
    expected: str,
    *,
    blamed: Operation | None = None,
    verdict: Verdict = "contract",
    pointer: str | None = None,
) -> Blame:
    operation = blamed or step.case.operation
    got = described(step.answer)
    return Blame(operation, rule, verdict, locus, message, expected, got, pointer or operation.pointer)


def _refused(step: Step, history: Sequence[Step], opinion: Opinion, service: Service) -> Blame | None:
    """The model serves what the implementation refuses."""
    case, got = step.case, step.answer.status
    if not case.is_promised:
        return None
    expected = str(opinion.answer.status)
    earlier = last_effect(step, history)
    # Whether there is such an operation at all may have been inferred.
    is_sure = not is_marked(service.document.schemas, case.operation.pointer)
    if earlier is not None and got in _GONE and (is_sure or step.is_known_to_work):
        return gone(step, earlier, opinion)
    if got < 500 and not is_sure:
        return None
    if got in {401, 403}:
        return _refuses_caller(step, expected, service)
    if got == 405:
        return _make(step, "method", "refused", f"{case.title}: the method is refused with 405.", expected)
    if got == 415:
        sent = case.request.header("content-type")
        message = f"{case.title}: the documented media type {sent} is refused."
        return _make(step, "media-type", f"{sent} refused".split(";")[0], message, expected)
    rule: Rule = "body-validation" if case.topic == "input" and got in _INVALID else "status"
    if rule == "status" and case.topic == "reach" and got == 400 and case.request.body is None:
        rule = "body-validation"
    message = f"{case.title}: a request that the document allows is refused."
    found = _make(step, rule, case.title, message, expected)
    if got in _INVALID or case.address.key is None:
        return found
    # Whoever does not call the request itself invalid has a rule of which the document says nothing.
    sentence = f"{case.operation.id} answers {expected} for a record like {case.address.key}."
    sentence = sentence if earlier is None else _afterwards(step, earlier, expected)
    return replace(found, verdict="drift", sentence=sentence)


def _refuses_caller(step: Step, expected: str, service: Service) -> Blame:
    case, status = step.case, step.answer.status
    caller = case.request.caller.name
    message = f"{caller} may do this, and is refused with {status}."
    found = _make(step, "role", f"{caller} refused", message, expected)
    if not _names_roles(case.operation, service):
        found = replace(found, verdict="drift", sentence=f"{case.operation.id} serves {caller}{_of(case)}.")
    return replace(found, keyword=UNKNOWN_CALLER) if status == _UNAUTHORIZED else found


def _names_roles(operation: Operation, service: Service) -> bool:
    """Whether the document itself says who may call an operation."""
    is_told = operation.roles is not None
    return is_told and not is_marked(service.document.schemas, operation.pointer + "/x-access")


def gone(step: Step, earlier: Step, opinion: Opinion) -> Blame:
    """Blame the operation after which a record is no longer there."""
    operation, status = step.case.operation.id, step.answer.status
    message = f"After {earlier.case.operation.id} the record is gone: {operation} answers {status}."
    expected = str(opinion.answer.status)
    found = _make(
        step, "state", "record gone", message, expected, blamed=earlier.case.operation, verdict="drift"
    )
    return replace(found, seen_by=operation, sentence=_afterwards(step, earlier, expected))


def _afterwards(step: Step, earlier: Step, status: str) -> str:
    is_same = step.case.address.key == earlier.case.address.key
    which = "for the same record" if is_same else "for other records"
    return f"After {earlier.case.operation.id}, {step.case.operation.id} answers {status} {which}."


def last_effect(step: Step, history: Sequence[Step]) -> Step | None:
    """The last step before this one that did something, to the same record unless this one only looks."""
    own = step.case.address
    done = (
        entry
        for entry in reversed(history)
        if entry.answer.succeeded
        and entry.opinion is not None
        and entry.opinion.answer.succeeded
        and entry.case.topic != "read"
        and (step.case.topic == "read" or (own.key is not None and entry.case.address.key == own.key))
    )
    return next(done, step.writer)


def _served(step: Step, history: Sequence[Step], opinion: Opinion, service: Service) -> Blame | None:
    """The implementation serves what the model refuses."""
    case, status = step.case, opinion.answer.status
    if status == 401:
        if case.request.caller.is_identity and case.topic not in {"auth", "role"}:
            return None  # the model does not know the token that the user has given
        caller = case.request.caller
        who = "a caller who shows none" if caller == NOBODY else caller.name
        message = f"The operation asks for a credential, and serves {who}."
        return _make(step, "auth", f"serves {_kind(case)}", message, "401")
    if status == 403:
        return _serves_forbidden(step, service)
    if status == 415:
        sent = case.request.header("content-type") or "no media type"
        return _make(
            step, "media-type", f"serves {sent}", f"A body sent as {sent} is accepted.", _media_types(case)
        )
    if status == 405:
        return None  # the effect of undocumented methods is judged where it shows
    if opinion.violations:
        return _serves_invalid(step, opinion.violations, service)
    if not opinion.is_informed:
        return None
    return _serves_impossible(step, history, status)


def _kind(case: Case) -> str:
    caller = case.request.caller
    return caller.name.partition(", ")[2] or caller.name


def _media_types(case: Case) -> str:
    body = case.operation.request_body
    return ", ".join(body.content) if body else "no body"


def _serves_forbidden(step: Step, service: Service) -> Blame:
    case = step.case
    caller, roles, operation = case.request.caller.name, case.operation.roles, case.operation
    verdict: Verdict = "contract" if _names_roles(operation, service) else "drift"
    sentence = f"{operation.id} answers 403 to {caller}{_of(case) if roles is None else ''}."
    if roles is not None:
        message = f"{caller} has none of the roles {', '.join(sorted(roles))}, and is served."
        pointer = operation.pointer + "/x-access"
        found = _make(step, "role", f"serves {caller}", message, "403", verdict=verdict, pointer=pointer)
    else:
        message = f"{caller} is served on a record that is somebody else's{_of(case)}."
        found = _make(step, "ownership", f"serves {caller}", message, "403", verdict=verdict)
    return found if verdict == "contract" else replace(found, sentence=sentence)


def _of(case: Case) -> str:
    return f" ({', '.join(f'{name}={value}' for name, value in case.address.values.items())})"


def _serves_invalid(step: Step, violations: Sequence[Violation], service: Service) -> Blame | None:
    operation = step.case.operation
    for violation in violations:
        if violation.location == "query" and _is_left_blank(step.case, violation.pointer):
            continue
        schema, pointer = _schema_of(operation, violation, service)
        tokens = pointers.split(violation.pointer) if violation.location == "body" else []
        if violation.keyword == "exists" or is_inferred(
            service.document.schemas, schema, tokens, violation.keyword
        ):
            continue
        in_override = operation.overrides is not None and violation.location == "query"
        rule: Rule = "method" if in_override else "body-validation"
        if violation.location == "path":
            rule = "status"
        message = f"{step.case.title}: accepted, though {str(violation).rstrip('.')}."
        locus = f"{violation.location} {violation.pointer} {violation.keyword}"
        return _make(step, rule, locus, message, "a client error such as 400 or 422", pointer=pointer)
    return None


def _is_left_blank(case: Case, name: str) -> bool:
    """Whether a parameter was sent without a value, which many take for one that was not sent."""
    sent = [value for key, value in parse_qsl(case.request.query, keep_blank_values=True) if key == name]
    return bool(sent) and not any(sent) and case.operation.overrides is None


def _schema_of(operation: Operation, violation: Violation, service: Service) -> tuple[object, str]:
    """The schema that a violation is about, and where in the document the part stands that asks for it."""
    if violation.location != "body":
        found = [entry for entry in operation.parameters if entry.name == violation.pointer.split("/")[0]]
        return (found[0].schema, found[0].pointer) if found else (True, operation.pointer)
    if operation.overrides is not None:
        operation = service.document.operation(operation.overrides)
    body = operation.request_body
    if body is None or not body.content:
        return True, operation.pointer
    content = next(iter(body.content.values()))
    return content.schema or True, content.pointer


def _serves_impossible(step: Step, history: Sequence[Step], status: int) -> Blame | None:
    """The model refuses because of what it holds: the record is gone, was never there, or is protected."""
    case = step.case
    earlier = last_effect(step, history)
    is_possible_alone = step.alone is None or 200 <= step.alone < 300
    if earlier is not None and earlier.has_written and is_possible_alone:
        message = (
            f"After {earlier.case.operation.id}, {case.operation.id} is served as if nothing had happened."
        )
        found = _make(
            step, "state", STILL_THERE, message, str(status), blamed=earlier.case.operation, verdict="drift"
        )
        sentence = _afterwards(step, earlier, str(status))
        return replace(found, seen_by=case.operation.id, sentence=sentence)
    if case.address.key is not None:
        message = f"The operation is not possible on this record{_of(case)}, and is served."
        found = _make(step, "state", "not possible", message, str(status), verdict="drift")
        sentence = f"{case.operation.id} answers {status} for a record like {case.address.key}."
        return replace(found, sentence=sentence)
    if case.address.what.startswith("another's"):
        message = f"The record is reached through {case.address.what}, which is not its own."
        return _make(step, "ownership", REACHED, message, str(status))
    message = f"{case.title}: what does not exist is served."
    return _make(step, "status", SERVES_NOTHING, message, str(status))


def _told_otherwise(step: Step, opinion: Opinion, service: Service) -> Blame | None:
    """Both refuse, with 401 and 403 exchanged: one asks to sign in, the other says that it would not help."""
    expected, got = opinion.answer.status, step.answer.status
    documented = step.case.operation.responses.get(str(expected))
    if documented is None or expected == got or got not in {401, 403}:
        return None
    if is_marked(service.document.schemas, documented.pointer):
        return None
    caller = step.case.request.caller.name
    rule: Rule = "auth" if expected == 401 else "role"
    message = f"{caller} is refused with {got}; the document has {expected} for this."
    return _make(step, rule, f"{got} for {expected}", message, str(expected), pointer=documented.pointer)
