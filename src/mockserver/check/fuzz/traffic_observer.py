"""Send generated requests to the implementation and the model, and judge the responses."""

import json
import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Lock
from urllib.parse import unquote

from mockserver.check.findings.issues import Issue, TriedCase
from mockserver.check.fuzz.chain_verdicts import Contradiction
from mockserver.check.planning.cases import Case, CaseSequence, Topic, dotted, names_in, schemes_of
from mockserver.check.planning.path_values import PathValues
from mockserver.check.planning.planning_context import PlanningContext
from mockserver.check.planning.situations import Situation, SituationKind
from mockserver.check.reference.paired_run import PairedRun, PlayedSequence
from mockserver.check.target.http_messages import HttpRequest, HttpResponse
from mockserver.errors import NoAnswerError, NotSentError, NoVerdictError
from mockserver.openapi.operation import Operation

_REMEMBERED = 12
_UNJUDGED = {"HEAD", "OPTIONS", "TRACE"}
_GENERATED = Situation(SituationKind.GENERATED)

Collect = Callable[[PlayedSequence, Issue], None]
Unanswered = Callable[[CaseSequence, NoAnswerError], None]


class Observer:
    """Receives requests from the proxy, forwards them, and collects issues."""

    def __init__(
        self,
        run: PairedRun,
        context: PlanningContext,
        collect: Collect,
        unanswered: Unanswered,
        may_send: Callable[[Case], bool],
    ) -> None:
        """`unanswered` records a request without a response; it raises if no request is answered any more."""
        self._run = run
        self._context = context
        self._collect = collect
        self._unanswered = unanswered
        self._may_send = may_send
        self._lock = Lock()
        self._history: deque[Case] = deque(maxlen=_REMEMBERED)
        self._routes = [
            (re.compile(re.sub(r"\\\{[^}]+\\\}", "([^/]+)", re.escape(operation.path))), operation)
            for operation in context.service.document.understood()
        ]
        self._taken: deque[TriedCase] = deque(maxlen=200)
        self._is_apart = False
        #: The error that ends the run; None while there is none.
        self.failure: NoVerdictError | None = None
        #: The contradictions that Schemathesis reports, once it has finished.
        self.verdicts: Sequence[Contradiction] = ()
        #: The steps taken, by the operation's id.
        self.steps: list[TriedCase] = []

    def answer(self, request: HttpRequest) -> HttpResponse:
        """Forward a request to the implementation, and collect the issues of its response."""
        with self._lock:
            case = self._case(request)
            if case is not None and not self._may_send(case):
                return HttpResponse(
                    404, {"content-type": "text/plain"}, b"not sent: the record is not the check's"
                )
            try:
                if case is None or self._is_apart:
                    return self._run.target.send(request, "" if case is None else case.operation.id)
                return self._judged(case)
            except NotSentError as error:
                return HttpResponse(400, {"content-type": "text/plain"}, str(error).encode())
            except NoAnswerError as error:
                self._keep_unanswered(case, error)
                return HttpResponse(502, {"content-type": "text/plain"}, str(error).encode())

    def _keep_unanswered(self, case: Case | None, error: NoAnswerError) -> None:
        if case is None:
            return
        try:
            self._unanswered(CaseSequence((case,), "fuzz"), error)
        except NoVerdictError as reason:
            self.failure = reason
        self._join()

    def _judged(self, case: Case) -> HttpResponse:
        step = self._run.step(case)
        self.steps.append(step)
        self._history.append(case)
        issues = self._run.judge(step, self._taken)
        if issues:
            earlier = tuple(self._history)
            for issue in issues:
                alone = PlayedSequence(CaseSequence((case,), "fuzz"), (step,), issue)
                self._collect(alone if self._comes_again(case, issue) else _with(alone, earlier), issue)
            self._join()
        elif not self._run.keep_in_step(step):
            self._join()
        elif step.answer.succeeded:
            self._taken.append(step)
        return step.answer

    def _comes_again(self, case: Case, issue: Issue) -> bool:
        """Whether the request alone, after a reset, shows the issue again."""
        if not self._run.can_reset:
            return True
        played = self._run.play(CaseSequence((case,), "fuzz"))
        return played.showing(issue) is not None

    def _join(self) -> None:
        """Give model and implementation the same state after an issue; without reset, stop comparing."""
        self._history.clear()
        self._taken.clear()
        if self._run.can_reset:
            self._run.begin()
        else:
            self._is_apart = True

    def _case(self, request: HttpRequest) -> Case | None:
        if request.method in _UNJUDGED:
            return None
        path = request.path
        fitting = [
            (operation, match) for route, operation in self._routes if (match := route.fullmatch(path))
        ]
        if not fitting:
            return None
        exact = [entry for entry in fitting if entry[0].method.upper() == request.method]
        operation, match = (exact or fitting)[0]
        address = self._address(operation, match)
        topic: Topic = "fuzz" if exact else "method"
        request = replace(request, schemes=schemes_of(operation))
        return Case(operation, _GENERATED, topic, request, address, _sent(request), is_promised=False)

    def _address(self, operation: Operation, match: re.Match[str]) -> PathValues:
        names = [entry.name for entry in self._context.addresses.parameters(operation)]
        values = dict(zip(names, map(unquote, match.groups()), strict=False))
        for address in self._context.addresses.known(operation):
            if all(str(address.values.get(name, value)) == value for name, value in values.items()):
                return PathValues(values, address.collection, address.key)
        return PathValues(values, self._context.addresses.collection_of(operation), None)


def _sent(request: HttpRequest) -> frozenset[str]:
    """The dotted names of the fields that a body sets."""
    body = request.body or b""
    if "json" in (request.header("content-type") or ""):
        try:
            return frozenset(names_in(json.loads(body)))
        except (ValueError, RecursionError):
            return frozenset()
    fields = re.findall(rb'name="([^"]*)"', body) or [part.split(b"=")[0] for part in body.split(b"&")]
    return frozenset(dotted(unquote(name.decode("utf-8", "replace"))) for name in fields)


def _with(played: PlayedSequence, cases: tuple[Case, ...]) -> PlayedSequence:
    """The same issue, shown by all the requests before it."""
    steps = tuple(TriedCase(case, HttpResponse(0), None) for case in cases[:-1])
    return PlayedSequence(CaseSequence(cases, "fuzz"), (*steps, *played.steps), played.issue)
