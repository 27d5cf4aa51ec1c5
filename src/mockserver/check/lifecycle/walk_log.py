"""Send the requests of a walk, and record its steps and issues."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypedDict, Unpack

from mockserver.check.findings.issues import Category, Issue, Rule, Subject, TriedCase, Verdict
from mockserver.check.planning.cases import FILLED, Case, CaseSequence, Topic
from mockserver.check.planning.path_values import PathValues, parameter_names, shape
from mockserver.check.planning.planning_context import PlanningContext
from mockserver.check.planning.situations import Situation
from mockserver.check.reference.paired_run import PairedRun, PlayedSequence
from mockserver.check.rules.document_rules import brief
from mockserver.check.target.http_messages import ANONYMOUS, MISSING, Caller, HttpRequest, HttpResponse
from mockserver.openapi.operation import Operation


class TimeUpError(Exception):
    """The time for a walk is up."""


class RequestParts(TypedDict, total=False):
    """The parts of a request that a walk chooses.

    Attributes:
        body: the body as a value; by default, and for `MISSING`, the smallest valid one.
        data: a media type and a body as bytes, in place of `body`.
        query: query parameters in addition to the required ones.
        headers: further header fields.
        caller: the sender; by default the first caller who may call the operation.
        situation: what is special about the body; by default nothing.
    """

    body: Any
    data: tuple[str, bytes]
    query: Mapping[str, Any]
    headers: Iterable[tuple[str, str]]
    caller: Caller | None
    situation: Situation


class WalkLog:
    """Sends requests in sequence; document and model judge each response, too."""

    def __init__(
        self, run: PairedRun, context: PlanningContext, is_time_up: Callable[[], bool] = lambda: False
    ) -> None:
        self._is_time_up = is_time_up
        self._run = run
        self._context = context
        self._judged: set[tuple[str, Rule]] = set()
        self._is_apart = False
        #: Every request that was sent, with its response.
        self.steps: list[TriedCase] = []
        #: The issues, each with the steps that show it.
        self.issues: list[PlayedSequence] = []

    def send(self, operation: Operation, values: Sequence[Any], **parts: Unpack[RequestParts]) -> TriedCase:
        """Send one request; see `case`.

        Raises:
            TimeUpError: the time for the walk is up.
        """
        if self._is_time_up():
            raise TimeUpError
        made = self.case(operation, values, **parts)
        callers = self._context.candidates(operation)
        return self._sent(made, is_stranger=made.request.caller == ANONYMOUS != (callers or [ANONYMOUS])[0])

    def together(self, cases: Sequence[Case], *, keeps_keys: bool = False) -> list[TriedCase]:
        """Send requests simultaneously; only the document judges their responses.

        Raises:
            TimeUpError: the time for the walk is up.
        """
        if self._is_time_up():
            raise TimeUpError
        plain = [replace(one, topic="sequence", is_promised=False) for one in cases]
        steps = self._run.together(plain, keeps_keys=keeps_keys)
        for step in steps:
            for issue in self._run.judge(step, self.steps):
                self._keep(issue, [*self._makers(step), step])
        self.steps += steps
        return steps

    def case(self, operation: Operation, values: Sequence[Any], **parts: Unpack[RequestParts]) -> Case:
        """Build a request.

        Args:
            operation: the operation to call.
            values: its path parameters, in order.
            parts: what differs from the smallest request that the operation may accept.
        """
        address = PathValues(dict(zip(parameter_names(operation.path), values, strict=False)))
        callers = self._context.candidates(operation)
        who = parts.get("caller") or (callers[0] if callers else ANONYMOUS)
        case = self._context.cases.plain(operation, address, who)
        if "body" in parts and parts["body"] is not MISSING:
            case = self._context.cases.with_body(case, parts["body"], parts.get("situation", FILLED))
        if data := parts.get("data"):
            case = self._context.cases.with_bytes(case, data[1], [("Content-Type", data[0])], FILLED)
        request = case.request
        if query := parts.get("query"):
            request = replace(request, query=self._context.cases.query(operation, query))
        request = replace(request, headers=(*request.headers, *parts.get("headers", ())))
        return replace(case, request=request)

    def _sent(self, case: Case, *, is_stranger: bool) -> TriedCase:
        topic: Topic = "read" if case.request.method == "GET" else "sequence"
        topic = "auth" if is_stranger else topic
        step = self._run.step(replace(case, topic=topic, is_promised=False))
        issues = [] if self._is_apart else self._run.judge(step, self.steps)
        self.steps.append(step)
        for issue in issues:
            self._judged.add((issue.operation.id, issue.rule))
            self._keep(issue, [*self._makers(step), step])
        if issues or not self._run.keep_in_step(step):
            self._is_apart = self._is_apart or not self._run.keep_in_step(step)
        return step

    def get(self, path: str) -> HttpResponse | None:
        """GET a path of the implementation; None if it matches no documented GET operation."""
        for operation in self._context.service.document.understood():
            parts, own = path.strip("/").split("/"), operation.path.strip("/").split("/")
            fits = len(parts) == len(own) and all(
                one == other or other.startswith("{") for one, other in zip(parts, own, strict=True)
            )
            if operation.method == "get" and fits:
                values = [one for one, other in zip(parts, own, strict=True) if other.startswith("{")]
                return self.send(operation, values).answer
        return None

    def wrong(
        self,
        operation: Operation,
        category: Category,
        message: str,
        expected: Any,
        got: Any,
        clause: str,
        shows: Sequence[TriedCase],
        *,
        rule: Rule = Rule.STATE,
        subject: Subject | None = None,
        verdict: Verdict = Verdict.DRIFT,
    ) -> None:
        """Record an issue, unless the model has reported it, which is more precise."""
        if (operation.id, rule) in self._judged:
            return
        issue = Issue(
            operation,
            rule,
            category,
            subject or Subject(),
            message,
            expected if isinstance(expected, str) else brief(expected),
            got if isinstance(got, str) else brief(got),
            operation.pointer,
            verdict,
            suggested_clause=clause if verdict is Verdict.DRIFT else "",
        )
        self._keep(issue, shows)

    def _keep(self, issue: Issue, steps: Sequence[TriedCase]) -> None:
        scenario = CaseSequence(tuple(step.case for step in steps), "sequence")
        self.issues.append(PlayedSequence(scenario, tuple(steps), issue))

    def _makers(self, step: TriedCase) -> list[TriedCase]:
        """The steps that created the record that a step is about."""
        values = {str(value) for value in step.case.address.values.values()}
        made = (one for one in self.steps if one.case.request.method == "POST" and one.answer.succeeded)
        return [one for one in made if _id_in(one.answer) in values][-1:] if values else []


def _id_in(answer: HttpResponse) -> str:
    value = answer.value()
    named = value.get("id") if isinstance(value, Mapping) else None
    return "" if named is None else str(named)


def values_for(operation: Operation, item_path: str, values: Sequence[Any]) -> list[Any] | None:
    """An operation's path parameters, taken from those of a record's path; None if it has more.

    Args:
        operation: an operation at the record's path, below it, or above it.
        item_path: the path that names a record.
        values: that path's parameters, in order.
    """
    wanted, known = parameter_names(operation.path), parameter_names(item_path)
    is_below = (shape(operation.path) + "/").startswith(shape(item_path) + "/")
    is_above = shape(item_path).startswith(shape(operation.path) + "/")
    if not (is_below or is_above) or len(wanted) > len(known):
        return None
    return list(values[: len(wanted)])


def request_of(step: TriedCase) -> HttpRequest:
    """The request of a step."""
    return step.case.request
