"""The check of one document: its plan carried out, what is wrong collected and confirmed."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from mockserver.check.check_options import Options
from mockserver.check.findings.finalise import finalise, note_once
from mockserver.check.findings.issues import Category, Finding, Issue, Rule, Subject, TriedCase, Verdict
from mockserver.check.lifecycle.resource_groups import groups
from mockserver.check.outcome import ApiOutcome, OperationRecord, TimeBudget
from mockserver.check.planning.cases import CaseSequence
from mockserver.check.planning.check_plan import make_plan
from mockserver.check.planning.planning_context import PlanningContext
from mockserver.check.reference.paired_run import PairedRun, PlayedSequence
from mockserver.check.reference.reference_model import ReferenceModel
from mockserver.check.rules.document_rules import who
from mockserver.check.target import credentials, hosting
from mockserver.check.target.credentials import Credentials
from mockserver.check.target.http_messages import HttpRequest, curl
from mockserver.check.target.implementation import Implementation
from mockserver.check.target.reachability import Reachability
from mockserver.errors import NoAnswerError, NotSentError, NoVerdictError
from mockserver.http.endpoint import handler_of
from mockserver.http.served_api import Service
from mockserver.openapi.operation import Operation
from mockserver.openapi.reading.source_lines import line_of
from mockserver.state.identities import Identities, Identity

_NOT_AS_DESCRIBED = (
    "answers differ from the start: without --reset-url the implementation has to hold exactly "
    "the records of --fixtures when the check begins"
)
_FUZZ = CaseSequence((), "fuzz")
_LIVES = CaseSequence((), "sequence")
_CONFIRMED = 3
"""So many findings of one rule about one operation are repeated; the others are like them."""


class ApiRun:
    """The check of one document."""

    def __init__(
        self,
        options: Options,
        model: ReferenceModel,
        service: Service,
        host: hosting.HostedTarget,
        deadline: TimeBudget,
        progress: Callable[[str], None],
    ) -> None:
        self._options = options
        self._service = service
        self._deadline = deadline
        self._progress = progress
        schemes = service.document.security_schemes
        self._identities = _identities(service, options)
        static = {one.name: one.token for one in self._identities if one.token}
        self._tokens = {**static, **credentials.by_identity(options.identities)}
        bases = {
            name: host.base_url(key.base_paths[0])
            for name, key in service.document.index.items()
            if key.base_paths
        }
        credential = Credentials(self._tokens, schemes)
        self.target = Implementation(host.base_url(service.document.base_path), credential, bases=bases)
        model_credentials = Credentials(_model_tokens(service, self._identities), schemes)
        self._reset = host.reset
        reset = None if host.reset is None else partial(host.reset.carry_out, self.target)
        self._run = PairedRun(service, model, self.target, model_credentials, reset, diff=options.diff)
        callers = credentials.callers(self._identities, self._tokens, service.clock)
        self._context = PlanningContext(model, service, model_credentials, callers)
        operations = {one.id: OperationRecord(one) for one in self._selected()}
        #: What is known so far.
        self.outcome = ApiOutcome(service, self.target.base_url, operations)
        self._found: dict[str, Finding] = {}
        self._absent: dict[str, str] = {}
        self._confirmed: Counter[tuple[str, str]] = Counter()
        self._reached = Reachability()

    def _selected(self) -> list[Operation]:
        options = self._options
        return [
            operation
            for operation in self._service.document.operations()
            if (not options.only or any(_fits(operation, self._service, one) for one in options.only))
            and not any(_fits(operation, self._service, one) for one in options.exclude)
        ]

    def run(self) -> None:
        """Try everything that is planned and there is time for; the outcome grows as it goes."""
        operations = [record.operation for record in self.outcome.operations.values()]
        unknown = credentials.strangers(self._identities, self._tokens, self._service.clock)
        plan = make_plan(self._context, operations, unknown, safe=self._options.safe)
        for operation, reason in plan.unreached:
            self.outcome.operations[operation.id].unreached = reason
        try:
            if self._options.repro is None:
                self._carry_out(plan.scenarios)
                self._watch_lives()
            else:  # the lives of things are few requests: whatever shows there is found without the plan
                self._watch_lives()
                self._carry_out(plan.scenarios)
            self._generate([one for one in operations if not self.outcome.operations[one.id].unreached])
        except NoVerdictError as error:
            self.outcome.no_verdict = str(error)
        finally:
            finalise(self.outcome, self._found.values(), self._run, self._tokens, self._options.repro)

    def _carry_out(self, scenarios: Sequence[CaseSequence]) -> None:
        is_reaching = True
        left_out: Counter[str] = Counter()
        for number, scenario in enumerate(scenarios):
            if is_reaching and scenario.group != "reach":
                is_reaching = False
                self._require_reached()
            if self._deadline.left == 0:
                left = len(scenarios) - number
                self.outcome.notes.append(
                    f"the time was up: {left} of {len(scenarios)} scenarios were not tried"
                )
                break
            if self._is_repeated():
                break
            if self._run.is_tainted(scenario):
                left_out[scenario.operation.id] += 1
                continue
            self._progress(f"{self._service.name} {number + 1}/{len(scenarios)} {scenario.operation.id}")
            try:
                self._try(scenario)
            except KeyboardInterrupt:
                self.outcome.notes.append(f"interrupted: {number} of {len(scenarios)} scenarios were tried")
                raise
        self._tell_left_out(left_out)
        if is_reaching:
            self._require_reached()

    def _tell_left_out(self, left_out: Counter[str]) -> None:
        if left_out:
            names = ", ".join(f"{name} ({count})" for name, count in left_out.items())
            self.outcome.notes.append(
                f"{left_out.total()} scenarios were left out, for want of a record on which nothing had been "
                f"wrong before: {names}; --reset-url brings the records back"
            )

    def _watch_lives(self) -> None:
        """Check the implementation against itself: what is written can be read, what is removed is gone."""
        if self._options.safe or self._options.stateless:
            return
        from mockserver.check.lifecycle.round_trip import RoundTrips

        lives = RoundTrips(self._run, self._context, self._collect_life, lambda: self._deadline.left == 0)
        try:
            operations = (record.operation for record in self.outcome.operations.values())
            lives.run(groups(operations, self._service.fallback.plan))
        except NoAnswerError as error:
            self._require_answer(error)
        self._count(PlayedSequence(_LIVES, tuple(lives.steps), None))

    def _is_repeated(self) -> bool:
        """Whether the one finding that is wanted is found."""
        return self._options.repro in self._found

    def _generate(self, operations: Sequence[Operation]) -> None:
        """Have Schemathesis try what it can think of."""
        options = self._options
        if not options.fuzz or options.safe or not operations or self._is_repeated():
            return
        from mockserver.check.fuzz.schemathesis_process import generate
        from mockserver.check.fuzz.traffic_observer import Observer

        self._run.begin()
        observer = Observer(self._run, self._context, self._collect)
        note = generate(
            self._context,
            operations,
            self._options,
            observer,
            self._deadline.left,
            lambda count: self._progress(f"{self._service.name} {count} generated requests"),
        )
        self._count(PlayedSequence(_FUZZ, tuple(observer.steps), None))
        for verdict in observer.verdicts:
            # Where a handler knows how operations behave, the model has seen it, and says it better.
            if handler_of(verdict.issue.operation, self._service) is None:
                self._collect_life(verdict.played, verdict.issue, verdict.is_stable)
        if note:
            self.outcome.notes.append(note)
        if observer.failure is not None:
            self._require_answer(observer.failure)

    def _require_answer(self, failure: NoAnswerError) -> None:
        try:
            self.target.send(HttpRequest("GET", "/"))
        except NoAnswerError:
            raise NoVerdictError(f"{self.target.base_url} {failure}") from None

    def _require_reached(self) -> None:
        reason = self._reached.reason_for_no_verdict()
        if reason:
            self._found.clear()
            raise NoVerdictError(f"{self.target.base_url}: {reason}")

    def _try(self, scenario: CaseSequence) -> None:
        try:
            played = self._run.play(scenario)
        except NotSentError:
            return
        except NoAnswerError as error:
            self._no_answer(scenario, error)
            return
        self._count(played)
        if played.issue is not None:
            self._collect(played, played.issue)

    def _count(self, played: PlayedSequence) -> None:
        for step in played.steps:
            record = self.outcome.operations.get(step.case.operation.id)
            if record is None:
                continue
            record.tried += 1
            record.served += step.answer.succeeded
            record.groups.add(played.scenario.group)
            if step.case.topic == "reach" and _should_work(step):
                self._reached.note(step)
                record.answers.add(step.answer.status)

    def _no_answer(self, scenario: CaseSequence, error: NoAnswerError) -> None:
        """One request without an answer is a finding; none with an answer is no verdict."""
        case = scenario.cases[0]
        look = self._context.cases.plain(case.operation, case.address, case.request.caller)
        try:
            self.target.send(look.request, case.operation.id)
        except NoAnswerError:
            raise NoVerdictError(f"{self.target.base_url} {error}") from None
        reason = str(error).rstrip(".")
        issue = Issue(
            case.operation,
            Rule.SERVER_ERROR,
            Category.NO_ANSWER,
            Subject(situation=case.situation, **who(case)),
            f"{case.title}: the implementation {reason}.",
            ", ".join(case.operation.responses),
            "no answer",
            case.operation.pointer,
        )
        self._keep(issue, PlayedSequence(scenario, (), issue), is_stable=self._run.stays_unanswered(scenario))

    def _collect(self, played: PlayedSequence, issue: Issue) -> None:
        known = self._found.get(issue.id)
        if known is not None:
            self._found[issue.id] = replace(known, count=known.count + 1)
            return
        if played.scenario.group == "reach" and issue.verdict is Verdict.DRIFT and not self._run.can_reset:
            note_once(self.outcome, _NOT_AS_DESCRIBED)
        group = (issue.operation.id, issue.rule)
        if played.scenario.group == "fuzz" and (self._confirmed[group] > 0 or self._is_seen(issue)):
            return  # generated requests meet again what was found on purpose
        alike = next((one for one in self._found.values() if one.issue.kin == issue.kin), None)
        if alike is not None:
            self._keep(issue, played, is_stable=alike.is_stable)
            return
        self._confirmed[group] += 1
        is_stable = True
        if self._confirmed[group] <= _CONFIRMED:
            played, is_stable = self._run.confirm(played)
        self._keep(issue, played, is_stable=is_stable)

    def _is_seen(self, issue: Issue) -> bool:
        """Whether the same is known to be wrong at the same place, if under another rule."""
        return any(one.issue.place == issue.place for one in self._found.values())

    def _collect_life(self, played: PlayedSequence, issue: Issue, is_stable: bool) -> None:
        known = self._found.get(issue.id)
        if known is None:
            self._keep(issue, played, is_stable=is_stable)
        else:
            self._found[issue.id] = replace(known, count=known.count + 1)

    def _keep(self, issue: Issue, played: PlayedSequence, *, is_stable: bool) -> None:
        file, pointer = self._service.document.origin(issue.pointer)
        issue = self._masked(replace(issue, pointer=pointer))
        cases = [step.case for step in played.steps] or list(played.scenario.cases)
        used = self.target.credentials.used
        steps = [
            curl(case.request, self.target.base_of(case.operation.id), used(case.request)) for case in cases
        ]
        if self._reset is not None:
            steps.insert(0, self._reset.curl())
        self._found[issue.id] = Finding(
            issue, str(file), line_of(file, issue.pointer), tuple(steps), cases[-1].title, is_stable
        )

    def _masked(self, issue: Issue) -> Issue:
        """The same with no token in it: an implementation may show what it was sent."""
        hide = self._without_tokens
        return replace(
            issue,
            subject=replace(issue.subject, place=tuple(map(hide, issue.subject.place))),
            message=hide(issue.message),
            expected=hide(issue.expected),
            got=hide(issue.got),
            suggested_clause=hide(issue.suggested_clause),
        )

    def _without_tokens(self, text: str) -> str:
        for token in [*self._tokens.values(), *(self._reset.secrets if self._reset else ())]:
            text = text.replace(token, "***") if len(token) > 3 else text
        return text


def _should_work(step: TriedCase) -> bool:
    model = step.model
    return model is None or not model.is_informed or model.answer.succeeded


def _fits(operation: Operation, service: Service, selector: str) -> bool:
    """Whether `--only` or `--exclude` names the operation: by id, by a tag, by the beginning of its path."""
    key = service.document.index[operation.id]
    tags = key.find(service.document.root["paths"][key.path]).get("tags") or ()
    return (
        selector == operation.id
        or selector in tags
        or (selector.startswith("/") and operation.path.startswith(selector))
    )


def _identities(service: Service, options: Options) -> Identities:
    """The fixture's; where it has none, those whose tokens were given, of whom nothing else is known."""
    if len(service.fixture.identities):
        return service.fixture.identities
    names = dict.fromkeys(name.partition(".")[0] for name in options.identities)
    return Identities(Identity(name, name, frozenset()) for name in names)


def _model_tokens(service: Service, identities: Identities) -> dict[str, str]:
    """Tokens that the model takes: the fixture's, or issued ones."""
    from mockserver.http.access.bearer_tokens import issue_token

    key, now = service.settings.signing_key, service.clock.now()
    return {
        identity.name: identity.token or issue_token(identity, signing_key=key, now=now, seconds=24 * 3600)
        for identity in identities
    }
