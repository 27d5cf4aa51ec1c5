"""Check one document: play the planned scenarios, and collect and confirm the issues."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from mockserver.check.check_options import Options
from mockserver.check.findings.finalise import finalise
from mockserver.check.findings.finding_collector import FindingCollector
from mockserver.check.findings.issues import (
    Category,
    Issue,
    Rule,
    Subject,
    TriedCase,
    Verdict,
)
from mockserver.check.findings.phrases import name_some
from mockserver.check.lifecycle.resource_groups import groups, listed_groups
from mockserver.check.outcome import ApiOutcome, OperationRecord, TimeBudget
from mockserver.check.planning.cases import Case, CaseSequence
from mockserver.check.planning.check_plan import NOT_SAFE, CheckPlan, make_plan
from mockserver.check.planning.learned_values import LearnedValues
from mockserver.check.planning.own_records import OwnRecords
from mockserver.check.planning.planning_context import PlanningContext
from mockserver.check.planning.unread_references import UnreadReferences
from mockserver.check.reached_parts import OperationCoverage
from mockserver.check.reference.paired_run import PairedRun, PlayedSequence
from mockserver.check.reference.reference_model import ReferenceModel
from mockserver.check.rules import leak_rules
from mockserver.check.rules.document_rules import who
from mockserver.check.rules.own_rules import read_rules
from mockserver.check.target import credentials, hosting
from mockserver.check.target.credentials import HEADER_IDENTITY, Credentials
from mockserver.check.target.http_messages import HttpRequest, is_basic
from mockserver.check.target.implementation import Implementation
from mockserver.check.target.reachability import Reachability
from mockserver.check.target_exploration import TargetExploration
from mockserver.errors import NoAnswerError, NotSentError, NoVerdictError
from mockserver.http.request.operation_behaviour import handler_of
from mockserver.http.served_api import Service
from mockserver.openapi.operation import Operation
from mockserver.state.identities import Identities, Identity

_FUZZ = CaseSequence((), "fuzz")
_LIVES = CaseSequence((), "sequence")
_LEFT_OUT = {
    "tainted": "for want of a record on which nothing had been wrong before (--reset-url brings them back)",
    "silent": "because requests of the operation were not answered",
    "foreign": "because they change records that the check has not made (--destructive changes them)",
}
_FOREIGN = (
    "it changes records that the check has not made (--fixtures names those that may be changed, --reset-url "
    "brings all back, --destructive changes them for good)"
)
_PLANNED_SHARE = 0.7
_WALKING_SHARE = 0.4
_FAILURE = 500
_WITHOUT_IDENTITY = 3
"""The first callers of `strangers` whose credentials are not derived from an identity's token."""
_ROUNDS = 3
"""How often operations without a success are retried with newly learned ids: records are nested."""
_UNANSWERED = 5
"""An operation is skipped after so many requests without a response: each may take the full timeout."""


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
        self._tokens = {**_passwords(service), **static, **credentials.by_identity(options.identities)}
        header = ""
        if options.auth_header:
            header, self._tokens[HEADER_IDENTITY] = credentials.split_header(options.auth_header)
        bases = {
            name: host.base_url(key.base_paths[0])
            for name, key in service.document.index.items()
            if key.base_paths
        }
        credential = Credentials(self._tokens, schemes, header)
        self.target = Implementation(
            host.base_url(service.document.base_path), credential, bases=bases, trust=options.trust
        )
        model_credentials = Credentials(_model_tokens(service, self._identities), schemes)
        reset = None if host.reset is None else partial(host.reset.carry_out, self.target)
        rules = read_rules(options.hooks)
        self._run = PairedRun(
            service, model, self.target, model_credentials, reset, diff=options.diff, own_rules=rules
        )
        callers = credentials.callers(self._identities, self._tokens, service.clock)
        self._context = PlanningContext(model, service, model_credentials, callers)
        self._context.keeps_learned = host.reset is None
        self._own = OwnRecords(
            self._context,
            self._run.step,
            may_change_all=options.destructive or host.reset is not None or options.url is None,
        )
        self._learned = LearnedValues(service, self._context.addresses)
        self._run.listener = self._listen
        unread = self._unread = UnreadReferences(service.document)
        operations = {
            one.id: OperationRecord(
                one,
                OperationCoverage(one, service.document.schemas if unread.of(one) is None else None),
            )
            for one in self._selected()
        }
        #: The outcome so far.
        self.outcome = ApiOutcome(service, self.target.base_url, operations, can_reset=host.reset is not None)
        self._findings = FindingCollector(
            self.outcome, self._run, self._own, self.target, self._tokens, host.reset, options.trust
        )
        self._exploration = TargetExploration(service, self._context, self.target)
        self._unanswered: Counter[str] = Counter()
        self._left_out: dict[str, Counter[str]] = {kind: Counter() for kind in _LEFT_OUT}
        self._reached = Reachability()
        self._remote: set[str] = set()

    def _listen(self, step: TriedCase) -> None:
        self._own.note(step)
        self._learned.note(step)

    def _selected(self) -> list[Operation]:
        options = self._options
        return [
            operation
            for operation in self._service.document.understood()
            if (not options.only or any(_fits(operation, self._service, one) for one in options.only))
            and not any(_fits(operation, self._service, one) for one in options.exclude)
        ]

    def run(self) -> None:
        """Try everything that is planned until the time is up, and record the results in `outcome`."""
        self._leave_out_remote()
        operations = [record.operation for record in self.outcome.operations.values() if not record.unreached]
        if self._options.dry_run:
            self._tell_plan(self._plan(operations))
            return
        try:
            note = self._exploration.send_identities(operations)
            self.outcome.notes += [note] if note else []
            self._exploration.learn_ids(operations)
            plan = self._plan(operations)
            for operation, reason in plan.unreached:
                record = self.outcome.operations[operation.id]
                record.unreached, record.is_left_alone = reason, reason == NOT_SAFE
            if self._options.repro is not None:
                # Lifecycle checks need few requests, and find their issues without the plan.
                self._watch_lives()
            plan = self._reach(operations, plan)
            self._require_reached()
            others = [one for one in plan.scenarios if one.group != "reach"]
            if self._options.repro is None:
                self._watch_lives()
                self._ask_from_another_site()
                self._compare_callers()
            self._carry_out(others, share=self._share)
            self._generate([one for one in operations if not self.outcome.operations[one.id].unreached])
            self._clean_up()
        except NoVerdictError as error:
            self.outcome.no_verdict = str(error)
        finally:
            self._tell_left_out()
            self._tell_way()
            self._finalise()

    def _reach(self, operations: Sequence[Operation], plan: CheckPlan) -> CheckPlan:
        """Try each operation once; return the plan for the rest.

        Operations without a success are retried with ids learned from responses. Operations that delete
        come last: deleting a record also deletes the records below it.
        """
        records, first = self.outcome.operations, plan
        self._carry_out([one for one in plan.scenarios if one.group == "reach" and not _removes(one)])
        known = 0
        for _ in range(_ROUNDS):
            if self._learned.count == known or all(one.served for one in records.values()):
                break
            known = self._learned.count
            plan = self._planned_anew(operations)
            again = [one for one in plan.scenarios if one.group == "reach" and not _removes(one)]
            self._carry_out([one for one in again if not records[one.operation.id].served])
        known = self._learned.count
        removing = [one for one in plan.scenarios if one.group == "reach" and _removes(one)]
        removing.reverse()  # documents usually describe parents before children
        removing.sort(key=lambda one: -one.operation.path.count("{"))
        self._carry_out(removing)
        return self._planned_anew(operations) if plan is not first or known != self._learned.count else plan

    def _planned_anew(self, operations: Sequence[Operation]) -> CheckPlan:
        """Make the plan again, with the values learned from responses so far."""
        self._context.forget_places()
        self._own.try_again()
        return self._plan(operations)

    def _finalise(self) -> None:
        finalise(
            self.outcome,
            self._findings.found.values(),
            self._run,
            self._tokens,
            self._options.repro,
            warnings_fail=self._options.fail_on == "warning",
        )

    def _leave_out_remote(self) -> None:
        """Leave out operations that refer to a document that could not be loaded."""
        self.outcome.notes += [f"left out: {one.message}" for one in self._service.document.broken()]
        for record in self.outcome.operations.values():
            reason = self._unread.of(record.operation)
            if reason is not None:
                self._remote.add(record.operation.id)
                record.unreached = reason

    @property
    def _share(self) -> float:
        """The share of the time for planned requests; generated ones get the rest."""
        return _PLANNED_SHARE if self._options.fuzz and not self._options.safe else 1.0

    def _plan(self, operations: Sequence[Operation]) -> CheckPlan:
        unknown = credentials.strangers(
            self._identities,
            self._tokens,
            self._service.clock,
            # The model has a copy of the fixtures: the provider's key is not in it.
            replace(self._service.settings, fixtures=self._options.fixtures),
        )
        if self._options.auth_header:  # a header value of any format cannot be expired or tampered with
            unknown = unknown[:_WITHOUT_IDENTITY]
        return make_plan(self._context, operations, unknown, safe=self._options.safe)

    def _tell_plan(self, plan: CheckPlan) -> None:
        """Note which requests would be sent, one line for those that are alike."""
        lines: Counter[str] = Counter()
        for scenario in plan.scenarios:
            for case in scenario.cases:
                request = case.request
                is_own = not self._own.may_send(case)
                if is_own and not self._own.can_bind(case.operation):
                    continue
                path = case.operation.path if is_own else request.target
                made = ", on a record that the check makes" if is_own else ""
                lines[f"{request.method} {path} by {request.caller.name}{made}"] += 1
        self.outcome.planned = [f"{line} ({count} times)" for line, count in lines.items()]

    def _clean_up(self) -> None:
        """Delete the records that the check created if there is no reset; note those that are left."""
        if self._own.may_change_all:
            return
        try:
            left = list(self._own.left_behind())
        except NoAnswerError as error:
            left = [f"what was made ({error})"]
        if left:
            self.outcome.notes.append(f"left behind: {name_some(left)}")

    def _carry_out(self, scenarios: Sequence[CaseSequence], share: float = 1.0) -> None:
        reserved = self._deadline.left * (1 - share)
        for number, scenario in enumerate(scenarios):
            if self._deadline.left <= reserved:
                left = len(scenarios) - number
                self.outcome.notes.append(
                    f"the time was up: {left} of {len(scenarios)} scenarios were not tried"
                )
                break
            if self._is_repeated():
                break
            bound = self._bound(scenario)
            if bound is None:
                continue
            self._progress(f"{self._service.name} {number + 1}/{len(scenarios)} {scenario.operation.id}")
            try:
                self._try(bound)
            except KeyboardInterrupt:
                self.outcome.notes.append(f"interrupted: {number} of {len(scenarios)} scenarios were tried")
                raise

    def _bound(self, scenario: CaseSequence) -> CaseSequence | None:
        """The scenario on records that it may change; without any, note the reason and return None."""
        name = scenario.operation.id
        if self._unanswered[name] >= _UNANSWERED:
            self._left_out["silent"][name] += 1
            return None
        if self._run.is_tainted(scenario):
            self._left_out["tainted"][name] += 1
            return None
        try:
            bound = self._own.bound(scenario)
        except NoAnswerError:
            bound = None
        if bound is None and scenario.group != "method":  # an undocumented method needs no note
            self._left_out["foreign"][name] += 1
        return bound

    def _tell_left_out(self) -> None:
        for kind, counts in self._left_out.items():
            if counts:
                names = ", ".join(f"{name} ({count})" for name, count in counts.items())
                self.outcome.notes.append(
                    f"{counts.total()} scenarios were left out, {_LEFT_OUT[kind]}: {names}"
                )
        for name in self._left_out["foreign"]:
            record = self.outcome.operations[name]
            if not record.tried and not record.unreached:
                record.unreached, record.is_left_alone = _FOREIGN, True

    def _tell_way(self) -> None:
        """Note what clients must do to reach operations: another path, a condition, waiting."""
        moved = [
            self.outcome.operations[name].operation
            for name in self.target.moved & self.outcome.operations.keys()
        ]
        if moved:
            paths = name_some(sorted({one.path for one in moved}))
            self.outcome.notes.append(
                f"the implementation redirects {paths} to the same with a slash more or less at its end: "
                "clients that follow no redirect need the document to say so"
            )
        if self.target.conditional:
            self.outcome.notes.append(
                "the implementation asks for a condition (428) that the document does not ask for: "
                f"{name_some(sorted(self.target.conditional))} were sent `If-Match: *`"
            )
        documented = (
            (f"{record.operation.id} ({status})", count)
            for record in self.outcome.operations.values()
            for status, count in record.failures.items()
            if record.operation.response(status) is not None
        )
        for what, count in documented:
            # Documented, and yet clients have to deal with it.
            self.outcome.notes.append(
                f"{what}: {count} answers are errors of the server, which is documented"
            )
        if self.target.waits:
            self.outcome.notes.append(
                f"the implementation asked {self.target.waits} times to wait (429): without a limit "
                "on the number of requests, more is tried in the time"
            )

    def _watch_lives(self) -> None:
        """Check the implementation against itself: written records can be read, deleted ones are gone."""
        if self._options.safe or self._options.stateless:
            return
        from mockserver.check.lifecycle.round_trip import RoundTrips

        lives = RoundTrips(
            self._run,
            self._context,
            self._findings.add_confirmed,
            self._no_answer,
            lambda: self._deadline.left == 0,
        )
        records = self.outcome.operations.values()
        operations = (one.operation for one in records if one.operation.id not in self._remote)
        lives.run(groups(operations, self._service.fallback.plan))
        self._count(PlayedSequence(_LIVES, tuple(lives.steps), None))
        if not self._is_repeated():
            self._walk()

    def _ask_from_another_site(self) -> None:
        """Send a cross-origin request (CORS), to see whether any site may read the response."""
        operations = [one.operation for one in self.outcome.operations.values() if one.served]
        for operation in [one for one in operations if one.method == "get"][:1]:
            for place in self._context.places(operation)[:1]:
                case = self._context.cases.plain(operation, place.address, place.caller, topic="read")
                headers = (*case.request.headers, ("Origin", leak_rules.ORIGIN))
                case = replace(case, request=replace(case.request, headers=headers))
                try:
                    step = self._run.step(case)
                except NoAnswerError:
                    return
                for issue in leak_rules.issues(step):
                    played = PlayedSequence(CaseSequence((case,), "read"), (step,), issue)
                    self._findings.add_confirmed(played, issue, is_stable=True)

    def _compare_callers(self) -> None:
        """Compare what two callers are shown of themselves."""
        from mockserver.check.comparisons import own_pages

        operations = [one.operation for one in self.outcome.operations.values() if one.served]
        try:
            for played in own_pages.compare(self._run, self._context, operations):
                if played.issue is not None:
                    self._findings.add_confirmed(played, played.issue, is_stable=True)
        except NoAnswerError:
            return

    def _walk(self) -> None:
        """Compare the records in responses with what was sent, and with other responses."""
        from mockserver.check.lifecycle.upload_walk import file_pairs
        from mockserver.check.lifecycle.walks import Walks

        reserved = self._deadline.left * (1 - _WALKING_SHARE)
        walks = Walks(
            self._run,
            self._context,
            self._findings.add_confirmed,
            self._no_answer,
            lambda: self._deadline.left - reserved,
        )
        records = self.outcome.operations.values()
        operations = [one.operation for one in records if one.operation.id not in self._remote]
        plan_of = self._service.fallback.plan
        found = [*groups(operations, plan_of, nested=True), *listed_groups(operations, plan_of)]
        walks.run(found, file_pairs(operations))
        self._count(PlayedSequence(_LIVES, tuple(walks.steps), None))

    def _is_repeated(self) -> bool:
        """Whether the finding of `--repro` has been found."""
        return self._options.repro in self._findings.found

    def _generate(self, operations: Sequence[Operation]) -> None:
        """Have Schemathesis generate requests."""
        options = self._options
        if not options.fuzz or options.safe or not operations or self._is_repeated():
            return
        from mockserver.check.fuzz.schemathesis_process import generate
        from mockserver.check.fuzz.traffic_observer import Observer

        self._run.begin()
        observer = Observer(self._run, self._context, self._findings.add, self._no_answer, self._own.may_send)
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
            # Where a handler implements the operation, the model reports it more precisely.
            if handler_of(verdict.issue.operation, self._service) is None:
                self._findings.add_confirmed(verdict.played, verdict.issue, verdict.is_stable)
        if note:
            self.outcome.notes.append(note)
        if observer.failure is not None:
            raise observer.failure

    def _require_reached(self) -> None:
        reason = self._reached.reason_for_no_verdict()
        if reason:
            self._findings.found.clear()
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
        causes: dict[int, str] = {}
        for one in played.found:
            issue = one.issue
            if issue is not None:
                is_drift = issue.verdict is Verdict.DRIFT
                cause = causes.setdefault(len(one.steps), issue.id) if is_drift else issue.id
                self._findings.add(one, issue, None if cause == issue.id else cause)

    def _count(self, played: PlayedSequence) -> None:
        for step in played.steps:
            record = self.outcome.operations.get(step.case.operation.id)
            if record is None:
                continue
            record.tried += 1
            record.served += step.answer.succeeded
            record.groups.add(played.scenario.group)
            if step.answer.status >= _FAILURE:
                record.failures[step.answer.status] += 1
            record.coverage.note(step, is_own=played.scenario is _LIVES)
            if step.case.topic == "reach" and _should_work(step):
                self._reached.note(step)
                record.answers.add(step.answer.status)

    def _no_answer(self, scenario: CaseSequence, error: NoAnswerError) -> None:
        """Record a finding for an unanswered request; if no request is answered, there is no verdict."""
        case = self._run.latest or scenario.cases[0]
        self._unanswered[case.operation.id] += 1
        if not self._answers_otherwise(case):
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
        if case.request.method not in {"GET", "HEAD"}:  # its effect is unknown
            self._run.taint(scenario)
        if issue.id not in self._findings.found:
            is_stable = scenario.group == "fuzz" or self._run.stays_unanswered(scenario)
            self._findings.keep(issue, PlayedSequence(scenario, (), issue), is_stable=is_stable)

    def _answers_otherwise(self, case: Case) -> bool:
        """Whether the implementation answers another request, to this operation or at the root."""
        plain = self._context.cases.plain(case.operation, case.address, case.request.caller).request
        for request, operation_id in ((plain, case.operation.id), (HttpRequest("GET", "/"), "")):
            try:
                self.target.send(request, operation_id)
            except NoAnswerError:
                continue
            return True
        return False


def _removes(scenario: CaseSequence) -> bool:
    return scenario.operation.method == "delete"


def _should_work(step: TriedCase) -> bool:
    model = step.model
    return model is None or not model.is_informed or model.answer.succeeded


def _fits(operation: Operation, service: Service, selector: str) -> bool:
    """Whether a selector of `--only` or `--exclude` matches: an operationId, a tag, or a path prefix."""
    key = service.document.index[operation.id]
    tags = key.find(service.document.root["paths"][key.path]).get("tags") or ()
    return (
        selector == operation.id
        or selector in tags
        or (selector.startswith("/") and operation.path.startswith(selector))
    )


def _identities(service: Service, options: Options) -> Identities:
    """The fixture's identities; without any, one with nothing but a name for each given token."""
    if len(service.fixture.identities):
        return service.fixture.identities
    names = dict.fromkeys(name.partition(".")[0] for name in options.identities)
    if options.auth_header:
        names[HEADER_IDENTITY] = None
    return Identities(Identity(name, name, frozenset()) for name in names)


def _model_tokens(service: Service, identities: Identities) -> dict[str, str]:
    """Tokens that the model accepts: those of the fixture, else newly issued ones."""
    from mockserver.behaviour.access_tokens import issue_token

    key, now = service.settings.signing_key, service.clock.now()
    tokens = {
        identity.name: identity.token
        # A token that the implementation has to refuse must be refused by the model, too.
        or issue_token(
            identity, signing_key=key, now=now, seconds=24 * 3600 if identity.refusal(now) is None else -60
        )
        for identity in identities
    }
    users = {
        f"{identity.name}.{name}": f"{identity.name}:{identity.password or ''}"
        for identity in identities
        for name, scheme in service.document.security_schemes.items()
        if is_basic(scheme)
    }
    return {**tokens, **users}


def _passwords(service: Service) -> dict[str, str]:
    """Names and passwords of the fixture's identities, for a document whose only scheme is HTTP Basic."""
    schemes = service.document.security_schemes
    if not schemes or not all(map(is_basic, schemes.values())):
        return {}
    return {one.name: f"{one.name}:{one.password}" for one in service.fixture.identities if one.password}
