"""Issues about whether a request succeeds or is refused."""

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import parse_qsl

from mockserver.check.findings.issues import Category, Issue, Rule, Subject, TriedCase, Verdict, in_lists
from mockserver.check.planning.cases import Case
from mockserver.check.planning.situations import CallerKind, PathValueKind, SampleKind
from mockserver.check.reference.reference_model import ModelResponse
from mockserver.check.rules.document_rules import described, who
from mockserver.check.target.http_messages import ANONYMOUS, NEAR_MISSES
from mockserver.errors import Violation
from mockserver.http.served_api import Service
from mockserver.openapi import pointers
from mockserver.openapi.operation import Operation
from mockserver.openapi.schema.schema_locations import is_inferred, is_marked, is_read_only

_GONE = {404, 410}
_UNAUTHORIZED = 401
_INVALID = {400, 422}
_TOO_MANY_REQUESTS = 429
"""Not an issue of the request; if an operation is never served for it, the outcome notes that."""


def find_issue(step: TriedCase, history: Sequence[TriedCase], service: Service) -> Issue | None:
    """Compare the two statuses; None if they agree, or if the document allows both."""
    model = step.model
    if model is None:
        return None
    expected, got = model.answer.status, step.answer.status
    if model.answer.succeeded:
        if step.answer.succeeded and _is_nearly_right(step) and not len(service.fixture.identities):
            return _serves_credential(step)  # without identities the model accepts every credential
        if step.answer.succeeded or not model.is_informed:
            return None
        return _refused(step, history, model, service)
    if got >= 500:
        return None
    if step.answer.succeeded or 300 <= got < 400:
        return _served(step, history, model, service)
    if expected in {401, 403} and step.case.topic in {"auth", "role"}:
        return _exchanged_refusal(step, model, service)
    return None


def _make(
    step: TriedCase,
    rule: Rule,
    category: Category,
    subject: Subject,
    message: str,
    expected: str,
    *,
    blamed: Operation | None = None,
    verdict: Verdict = Verdict.CONTRACT,
    pointer: str | None = None,
) -> Issue:
    operation = blamed or step.case.operation
    got, place = described(step.answer), pointer or operation.pointer
    return Issue(operation, rule, category, subject, message, expected, got, place, verdict)


def _refused(
    step: TriedCase, history: Sequence[TriedCase], model: ModelResponse, service: Service
) -> Issue | None:
    """The issue if the model serves what the implementation refuses."""
    case, got = step.case, step.answer.status
    if not case.is_promised or got == _TOO_MANY_REQUESTS:
        return None
    expected = str(model.answer.status)
    earlier = last_effect(step, history)
    # The operation itself may be inferred (`x-inferred`).
    is_sure = not is_marked(service.document.schemas, case.operation.pointer)
    if earlier is not None and got in _GONE and (is_sure or step.is_known_to_work):
        return gone(step, earlier, model)
    if got < 500 and not is_sure:
        return None
    if got in {401, 403}:
        return _refuses_caller(step, expected, service)
    if got == 405:
        message = f"{case.title}: the method is refused with 405."
        return _make(step, Rule.METHOD, Category.METHOD_REFUSED, Subject(), message, expected)
    if got == 415:
        message = f"{case.title}: the documented media type {_media_type(case)} is refused."
        subject = Subject(media_type=_media_type(case))
        return _make(step, Rule.MEDIA_TYPE, Category.MEDIA_TYPE_REFUSED, subject, message, expected)
    is_invalid = case.topic == "input" and got in _INVALID
    is_bare = case.topic == "reach" and got == 400 and case.request.body is None
    rule = Rule.BODY_VALIDATION if is_invalid or is_bare else Rule.STATUS
    message = f"{case.title}: a request that the document allows is refused."
    subject = Subject(situation=case.situation, **who(case))
    found = _make(step, rule, Category.REQUEST_REFUSED, subject, message, expected)
    if got in _INVALID or case.address.key is None:
        return found
    # A status that does not mean an invalid request implies an undocumented rule of the implementation.
    suggested_clause = f"{case.operation.id} answers {expected} for a record like {case.address.key}."
    suggested_clause = suggested_clause if earlier is None else _afterwards(step, earlier, expected)
    return replace(found, verdict=Verdict.DRIFT, suggested_clause=suggested_clause)


def _refuses_caller(step: TriedCase, expected: str, service: Service) -> Issue | None:
    case, status = step.case, step.answer.status
    if case.request.caller.kind not in {CallerKind.IDENTITY, CallerKind.ANONYMOUS}:
        return None  # without identities the model accepts every credential
    is_recognized = status != _UNAUTHORIZED
    is_documented = case.operation.roles is not None and _names_roles(case.operation, service)
    if is_recognized and not is_documented and case.operation.response(status) is not None:
        return None  # the document has a 403, but no roles
    caller = case.request.caller.name
    message = f"{caller} may do this, and is refused with {status}."
    category = Category.CALLER_REFUSED if is_recognized else Category.CALLER_NOT_RECOGNIZED
    found = _make(step, Rule.ROLE, category, _of_caller(case), message, expected)
    is_open = case.request.caller == ANONYMOUS and bool(service.document.security_schemes)
    if is_open or _names_roles(case.operation, service):
        return found
    clause = f"{case.operation.id} serves {caller}{_of(case)}."
    return replace(found, verdict=Verdict.DRIFT, suggested_clause=clause)


def _of_caller(case: Case) -> Subject:
    caller = case.request.caller
    return Subject(caller=caller.kind, identity=caller.identity or "")


def _names_roles(operation: Operation, service: Service) -> bool:
    """Whether the document says which roles may call an operation."""
    said = service.access_of(operation)
    is_documented = operation.roles is not None and (said is None or said.roles is None)
    return is_documented and not is_marked(service.document.schemas, operation.pointer + "/x-access")


def gone(step: TriedCase, earlier: TriedCase, model: ModelResponse) -> Issue:
    """The issue of the operation after which a record is missing."""
    operation, status = step.case.operation.id, step.answer.status
    message = f"After {earlier.case.operation.id} the record is gone: {operation} answers {status}."
    expected = str(model.answer.status)
    found = _make(
        step,
        Rule.STATE,
        Category.RECORD_GONE,
        Subject(other=operation),
        message,
        expected,
        blamed=earlier.case.operation,
        verdict=Verdict.DRIFT,
    )
    return replace(found, suggested_clause=_afterwards(step, earlier, expected))


def _afterwards(step: TriedCase, earlier: TriedCase, status: str) -> str:
    is_same = step.case.address.key == earlier.case.address.key
    which = "for the same record" if is_same else "for other records"
    return f"After {earlier.case.operation.id}, {step.case.operation.id} answers {status} {which}."


def last_effect(step: TriedCase, history: Sequence[TriedCase]) -> TriedCase | None:
    """The last earlier step that wrote; to the same record, unless this step only reads."""
    own = step.case.address
    done = (
        entry
        for entry in reversed(history)
        if entry.answer.succeeded
        and entry.model is not None
        and entry.model.answer.succeeded
        and entry.case.topic != "read"
        and (step.case.topic == "read" or (own.key is not None and entry.case.address.key == own.key))
    )
    return next(done, step.writer)


def _served(
    step: TriedCase, history: Sequence[TriedCase], model: ModelResponse, service: Service
) -> Issue | None:
    """The issue if the implementation serves what the model refuses."""
    case, status = step.case, model.answer.status
    if model.rule:
        return _ignores_rule(step, model)
    if status == 401:
        if case.request.caller.is_identity and case.topic not in {"auth", "role"}:
            return None  # the model does not know the user's token
        return _serves_credential(step)
    if status == 403:
        return _serves_forbidden(step, service)
    if status == 415:
        message = f"A body sent as {_media_type(case) or 'no media type'} is accepted."
        subject = Subject(media_type=_media_type(case))
        return _make(
            step, Rule.MEDIA_TYPE, Category.MEDIA_TYPE_ACCEPTED, subject, message, _media_types(case)
        )
    if status == 405:
        return None  # effects of undocumented methods are judged by later reads
    if model.violations:
        return _serves_invalid(step, model.violations, service)
    if not model.is_informed:
        return None
    return _serves_impossible(step, history, status)


def _is_nearly_right(step: TriedCase) -> bool:
    return step.case.topic == "auth" and step.case.request.caller.kind in NEAR_MISSES


def _serves_credential(step: TriedCase) -> Issue:
    """The issue that a caller with a missing or wrong credential is served."""
    caller = step.case.request.caller
    shown = "a caller who shows none" if caller == ANONYMOUS else caller.name
    message = f"The operation asks for a credential, and serves {shown}."
    # The kind of wrong credential counts, not its identity.
    subject = Subject(caller=caller.kind) if not caller.is_identity else _of_caller(step.case)
    return _make(step, Rule.AUTH, Category.CALLER_SERVED, subject, message, "401")


def _ignores_rule(step: TriedCase, model: ModelResponse) -> Issue:
    """The issue that a request is served which a rule of the fixture file refuses."""
    case, status = step.case, str(model.answer.status)
    message = f"{case.title}: served, though the rule {model.rule} answers {status}."
    subject = Subject((model.rule,))
    found = _make(step, Rule.RULE, Category.RULE_IGNORED, subject, message, status, verdict=Verdict.DRIFT)
    clause = f"{case.operation.id} answers {status} to requests as the rule {model.rule} has them."
    return replace(found, suggested_clause=clause)


def _media_type(case: Case) -> str:
    """The media type of the request, without its parameters."""
    return (case.request.header("content-type") or "").partition(";")[0].strip().lower()


def _media_types(case: Case) -> str:
    body = case.operation.request_body
    return ", ".join(body.content) if body else "no body"


def _serves_forbidden(step: TriedCase, service: Service) -> Issue:
    case = step.case
    caller, roles, operation = case.request.caller.name, service.roles_of(case.operation), case.operation
    verdict = Verdict.CONTRACT if _names_roles(operation, service) else Verdict.DRIFT
    suggested_clause = f"{operation.id} answers 403 to {caller}{_of(case) if roles is None else ''}."
    if roles is not None:
        message = f"{caller} has none of the roles {', '.join(sorted(roles))}, and is served."
        pointer = operation.pointer + ("/x-access" if operation.roles == roles else "")
        rule = Rule.ROLE
    else:
        message = f"{caller} is served on another user's record{_of(case)}."
        rule, pointer = Rule.OWNERSHIP, operation.pointer
    category, subject = Category.FORBIDDEN_CALLER_SERVED, _of_caller(case)
    found = _make(step, rule, category, subject, message, "403", verdict=verdict, pointer=pointer)
    return found if verdict is Verdict.CONTRACT else replace(found, suggested_clause=suggested_clause)


def _of(case: Case) -> str:
    return f" ({', '.join(f'{name}={value}' for name, value in case.address.values.items())})"


def _serves_invalid(step: TriedCase, violations: Sequence[Violation], service: Service) -> Issue | None:
    operation, tried = step.case.operation, step.case.situation.sample
    if tried is SampleKind.IMPOSSIBLE:
        return None  # some servers roll such dates over; returning one violates the schema
    for violation in violations:
        if violation.location == "query" and _is_left_blank(step.case, violation.pointer):
            continue
        schema, pointer = _schema_of(operation, violation, service)
        tokens = pointers.split(violation.pointer) if violation.location == "body" else []
        if violation.keyword == "exists" or is_inferred(
            service.document.schemas, schema, tokens, violation.keyword
        ):
            continue
        if is_read_only(service.document.schemas, schema, tokens):
            continue  # not part of the request: most servers ignore it
        in_override = operation.overrides is not None and violation.location == "query"
        rule = Rule.METHOD if in_override else Rule.BODY_VALIDATION
        if violation.location == "path":
            rule = Rule.STATUS
        message = f"{step.case.title}: accepted, though {str(violation).rstrip('.')}."
        named = tokens if violation.location == "body" else violation.pointer.split("/")
        place = (violation.location, *in_lists(named), *violation.names)
        subject = Subject(place, keyword=violation.keyword, situation=step.case.situation)
        expected = "a client error such as 400 or 422"
        return _make(step, rule, Category.INVALID_ACCEPTED, subject, message, expected, pointer=pointer)
    return None


def _is_left_blank(case: Case, name: str) -> bool:
    """Whether a parameter was sent without a value, which many servers treat as not sent."""
    sent = [value for key, value in parse_qsl(case.request.query, keep_blank_values=True) if key == name]
    return bool(sent) and not any(sent) and case.operation.overrides is None


def _schema_of(operation: Operation, violation: Violation, service: Service) -> tuple[object, str]:
    """The schema that a violation is about, and the pointer to its place in the document."""
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


def _serves_impossible(step: TriedCase, history: Sequence[TriedCase], status: int) -> Issue | None:
    """The issue if the model refuses because a record is deleted, never existed, or is protected."""
    case = step.case
    earlier = last_effect(step, history)
    is_possible_alone = step.alone is None or 200 <= step.alone < 300
    if earlier is not None and earlier.has_written and is_possible_alone:
        message = f"After {earlier.case.operation.id}, {case.operation.id} still succeeds."
        found = _make(
            step,
            Rule.STATE,
            Category.STILL_THERE,
            Subject(other=case.operation.id),
            message,
            str(status),
            blamed=earlier.case.operation,
            verdict=Verdict.DRIFT,
        )
        return replace(found, suggested_clause=_afterwards(step, earlier, str(status)))
    if case.address.key is not None:
        message = f"The operation is not possible on this record{_of(case)}, and is served."
        subject = Subject(situation=case.situation, **who(case))
        found = _make(
            step,
            Rule.STATE,
            Category.NOT_POSSIBLE,
            subject,
            message,
            str(status),
            verdict=Verdict.DRIFT,
        )
        suggested_clause = f"{case.operation.id} answers {status} for a record like {case.address.key}."
        return replace(found, suggested_clause=suggested_clause)
    if case.address.kind is PathValueKind.FOREIGN:
        message = f"The record is reached through {case.address.phrase}, which is not its own."
        subject = Subject(("path", case.address.parameter))
        return _make(step, Rule.OWNERSHIP, Category.REACHED_THROUGH_ANOTHER, subject, message, str(status))
    message = f"{case.title}: a record that does not exist is served."
    subject = Subject(situation=case.situation)
    return _make(step, Rule.STATUS, Category.UNKNOWN_SERVED, subject, message, str(status))


def _exchanged_refusal(step: TriedCase, model: ModelResponse, service: Service) -> Issue | None:
    """The issue if both refuse, but one with 401 and the other with 403."""
    expected, got = model.answer.status, step.answer.status
    documented = step.case.operation.responses.get(str(expected))
    if documented is None or expected == got or got not in {401, 403}:
        return None
    if is_marked(service.document.schemas, documented.pointer):
        return None
    caller = step.case.request.caller.name
    rule = Rule.AUTH if expected == 401 else Rule.ROLE
    message = f"{caller} is refused with {got}; the document has {expected} for this."
    subject = replace(_of_caller(step.case), status=got)
    return _make(
        step,
        rule,
        Category.STATUS_EXCHANGED,
        subject,
        message,
        str(expected),
        pointer=documented.pointer,
    )
