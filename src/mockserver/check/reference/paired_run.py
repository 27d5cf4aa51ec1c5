"""Send the same requests to the implementation and the reference model, and keep both in the same state."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from mockserver.behaviour.request_rules.idempotency import is_key_header
from mockserver.check.findings.issues import Category, Issue, Rule, TriedCase, Verdict
from mockserver.check.planning.cases import Case, CaseSequence
from mockserver.check.planning.path_values import PathValueFinder
from mockserver.check.planning.situations import PathValueKind
from mockserver.check.reference.id_map import IdMap
from mockserver.check.reference.reference_model import MAIN, ModelResponse, ReferenceModel
from mockserver.check.rules import leak_rules
from mockserver.check.rules.body_comparison import shown
from mockserver.check.rules.judge import Judge
from mockserver.check.rules.own_rules import NO_RULES, OwnRules
from mockserver.check.rules.undocumented_methods import issue_of, traced_to_method
from mockserver.check.target.credentials import Credentials
from mockserver.check.target.http_messages import MISSING, Caller
from mockserver.check.target.implementation import Implementation
from mockserver.errors import NoAnswerError
from mockserver.http.served_api import Service


@dataclass(frozen=True, slots=True)
class PlayedSequence:
    """A played scenario, up to the first issue after which the two sides have different states.

    Attributes:
        issue: the first issue.
        found: all issues, each with the steps that lead to it.
    """

    scenario: CaseSequence
    steps: tuple[TriedCase, ...]
    issue: Issue | None
    found: "tuple[PlayedSequence, ...]" = ()

    def showing(self, issue: Issue) -> "PlayedSequence | None":
        """The steps up to this issue; None if it did not occur."""
        return next((one for one in self.found if one.issue is not None and one.issue.id == issue.id), None)


_FORM = {Rule.SCHEMA, Rule.MEDIA_TYPE, Rule.HEADER}
"""Rules about the form of a response: a violation does not affect the records."""
_READING = {"GET", "HEAD"}


def _is_about_the_form(issue: Issue, step: TriedCase) -> bool:
    if issue.verdict is Verdict.WARNING or issue.rule is Rule.OWN:
        return True
    is_agreed = step.model is not None and step.model.answer.succeeded == step.answer.succeeded
    return is_agreed and issue.verdict is Verdict.CONTRACT and issue.rule in _FORM


def _played(
    scenario: CaseSequence, steps: tuple[TriedCase, ...], found: Sequence[PlayedSequence]
) -> PlayedSequence:
    return PlayedSequence(scenario, steps, found[0].issue if found else None, tuple(found))


class PairedRun:
    """Plays scenarios on the implementation and the model at once."""

    def __init__(
        self,
        service: Service,
        model: ReferenceModel,
        target: Implementation,
        model_credentials: Credentials,
        reset: Callable[[], None] | None,
        *,
        diff: bool = True,
        own_rules: OwnRules = NO_RULES,
    ) -> None:
        self.service = service
        self.target = target
        self.can_reset = reset is not None
        self._model = model
        self._credentials = model_credentials
        self._reset = reset
        #: The records that both sides have created since the last reset.
        self.id_map = IdMap(service.name, PathValueFinder(service, model.records("baseline")))
        self._judge = Judge(service, model.records("baseline"), self.id_map)
        self._is_fresh = False
        self._diff = diff
        self._own_rules = own_rules
        self._writers: dict[tuple[str | None, str | None], TriedCase] = {}
        self._undecided: dict[tuple[str | None, str | None], frozenset[str]] = {}
        #: Fields that the implementation has shown in responses, as dotted names.
        self.shown: set[str] = set()
        self._working: set[str] = set()
        #: How many idempotency keys were made.
        self._keys = 0
        #: Called with every step.
        self.listener: Callable[[TriedCase], None] = lambda _: None
        #: The case that was sent last, answered or not.
        self.latest: Case | None = None
        #: Callers whose credential was not refused, and those whose was.
        self.known_callers: set[Caller] = set()
        self.refused_callers: set[Caller] = set()
        #: Records whose state differs between both sides, and cannot be reset.
        self.tainted: set[tuple[str | None, str | None]] = set()

    def begin(self) -> None:
        """Reset both sides if that is possible."""
        if self._reset is None or self._is_fresh:
            return
        self._reset()
        self._model.reset()
        self.id_map.clear()
        self._writers.clear()
        self._undecided.clear()
        self._is_fresh = True

    def play(self, scenario: CaseSequence) -> PlayedSequence:
        """Play a scenario until there is an issue.

        Raises:
            NoAnswerError: the implementation did not answer.
        """
        self.begin()
        history: list[TriedCase] = []
        found: list[PlayedSequence] = []
        for case in scenario.cases:
            step = self.step(case)
            if case.topic == "path" and case.address.kind is PathValueKind.UNKNOWN:
                self._judge.learn_unknown(step)
            issues = self._issues(step, history)
            history.append(step)
            steps = tuple(history)
            found += [PlayedSequence(scenario, steps, traced_to_method(issue, steps)) for issue in issues]
            if not all(_is_about_the_form(issue, step) for issue in issues):
                self._part(scenario, step, issues)
                earlier, decisive = found[: -len(issues)], found[-len(issues)]
                elsewhere = self._elsewhere(decisive)
                return _played(scenario, steps, found if elsewhere is None else [*earlier, elsewhere])
            if not self.keep_in_step(step):
                self.taint(scenario)
                return _played(scenario, steps, found)
        # A final read without an issue has shown that nothing changed: the next scenario needs no reset.
        has_looked = bool(history) and history[-1].case.topic == "read"
        self._is_fresh = has_looked and not any(step.has_written for step in history)
        return _played(scenario, tuple(history), found)

    def _issues(self, step: TriedCase, history: Sequence[TriedCase]) -> list[Issue]:
        undocumented = issue_of(step, self._declared(step), self.service)
        found = self._judge.issues(step, history) or ([undocumented] if undocumented else [])
        return [*found, *self._own_rules.issues(step), *leak_rules.issues(step)]

    def _elsewhere(self, played: PlayedSequence) -> PlayedSequence | None:
        """If a write has not changed its record, check whether it has changed one of those read next."""
        looks = played.scenario.cases[len(played.steps) :]
        is_lost = played.issue is not None and played.issue.category is Category.FIELD_UNCHANGED
        if not is_lost or any(case.topic != "read" for case in looks):
            return None
        steps = list(played.steps)
        for case in looks:
            step = self.step(case)
            issues = self._judge.issues(step, steps)
            steps.append(step)
            if issues:
                is_there = issues[0].category is Category.OTHER_RECORD_CHANGED
                return PlayedSequence(played.scenario, tuple(steps), issues[0]) if is_there else None
        return None

    def step(self, case: Case) -> TriedCase:
        """Send one request to both sides."""
        case = self._with_own_key(case)
        named, case = case, self.id_map.addressed(case)
        before = self._model.records()
        self._is_fresh = False
        self.latest = case
        answer = self.target.send(case.request, case.operation.id)
        model = self._model.ask(self.service, self.id_map.request(case), self._credentials)
        after = self._model.records()
        self.id_map.learn(before, after, model.answer, answer)
        if not self._diff:
            model = replace(model, is_informed=False)
        value = answer.value() if answer.body else MISSING
        if value is not MISSING and answer.succeeded:
            self.shown.update(shown(value))
        if answer.succeeded:
            self._working.add(case.operation.id)
        # Operations without security, and refused requests, say nothing about the credential.
        if case.operation.security and model.answer.succeeded:
            callers = self.refused_callers if answer.status == 401 else self.known_callers
            callers.add(case.request.caller)
        is_odd = answer.succeeded and model.is_informed and not model.answer.succeeded
        alone = self._alone(case) if is_odd and case is named else None
        mark = (case.address.collection, case.address.key)
        writer = self._writers.get(mark) if case.address.key is not None else None
        is_working = case.operation.id in self._working
        if model.answer.succeeded:
            self._undecided[mark] = (self._undecided.get(mark, frozenset()) - case.sent).union(model.decided)
        undecided = self._undecided.get(mark, frozenset())
        step = TriedCase(case, answer, model, before, after != before, alone, writer, is_working, undecided)
        if step.has_written and answer.succeeded:
            self._writers[mark] = replace(step, writer=None)
        self.listener(step)
        return step

    def together(self, cases: Sequence[Case], *, keeps_keys: bool = False) -> list[TriedCase]:
        """Send requests simultaneously; the model gets them in sequence, and judges none of them.

        Args:
            cases: the requests.
            keeps_keys: whether they keep their idempotency keys, so that the server recognises a repetition.
        """
        cases = [self.id_map.addressed(case if keeps_keys else self._with_own_key(case)) for case in cases]
        self._is_fresh, self.latest = False, cases[0]
        answers = self.target.together([(case.request, case.operation.id) for case in cases])
        steps = []
        for case, answer in zip(cases, answers, strict=True):
            before = self._model.records()
            model = self._model.ask(self.service, self.id_map.request(case), self._credentials)
            self.id_map.learn(before, self._model.records(), model.answer, answer)
            if not answer.succeeded:
                self._model.restore(before, MAIN)
            step = TriedCase(case, answer, None, before, is_overlapping=True)
            self.listener(step)
            steps.append(step)
        return steps

    def _with_own_key(self, case: Case) -> Case:
        """The case with a new idempotency key, so that the server executes it."""
        if not any(is_key_header(name) for name, _ in case.request.headers):
            return case
        self._keys += 1
        key = str(uuid.UUID(int=self._keys, version=4))
        headers = tuple((name, key if is_key_header(name) else value) for name, value in case.request.headers)
        return replace(case, request=replace(case.request, headers=headers))

    def _alone(self, case: Case) -> int:
        """The model's status for a case on fresh records."""
        session = self._model.fork("baseline")
        model = self._model.ask(self.service, self.id_map.request(case), self._credentials, session)
        self._model.reset(session)
        return model.answer.status

    def keep_in_step(self, step: TriedCase) -> bool:
        """Undo on the model what the implementation refused, where the document leaves the choice.

        Returns:
            False if the implementation served what the model refused: its state is unknown then.
        """
        model = step.model
        if model is None or step.answer.succeeded == model.answer.succeeded:
            return True
        if step.has_written:
            self._model.restore(step.before, MAIN)
        return not (step.answer.succeeded and model.is_informed and step.case.request.method != "GET")

    def judge(self, step: TriedCase, history: Sequence[TriedCase]) -> list[Issue]:
        """See `Judge.issues`; issues of the user's own rules come last."""
        return [*self._judge.issues(step, history), *self._own_rules.issues(step), *leak_rules.issues(step)]

    def _declared(self, step: TriedCase) -> ModelResponse | None:
        """The model's response for the documented operation, if an undocumented method was tried."""
        if step.case.topic != "method" or not step.answer.succeeded:
            return None
        session = self._model.fork()
        method = step.case.operation.method.upper()
        request = replace(step.case.request, method=method)
        model = self._model.ask(self.service, request, self._credentials, session)
        has_changed = self._model.records(session) != self._model.records(MAIN)
        self._model.reset(session)
        return model if has_changed else None

    def _part(self, scenario: CaseSequence, step: TriedCase, issues: Sequence[Issue]) -> None:
        """Leave a record out from now on if the implementation's state of it is unknown.

        It stays known after requests that the model does not simulate, and after refused ones.
        """
        model = step.model
        if model is None or not model.is_informed:
            return
        if not step.answer.succeeded and step.has_written:
            self._model.restore(step.before, MAIN)
        is_changed = step.answer.succeeded and step.case.request.method not in {"GET", "HEAD"}
        if is_changed or any(issue.verdict is Verdict.DRIFT for issue in issues):
            self.taint(scenario)

    def taint(self, scenario: CaseSequence) -> None:
        """Leave out the records of a scenario from now on if they cannot be reset."""
        if not self.can_reset:
            known = (case.address for case in scenario.cases if case.address.key is not None)
            self.tainted.update((address.collection, address.key) for address in known)

    def is_tainted(self, scenario: CaseSequence) -> bool:
        """Whether a scenario is about a record whose state differs between the sides."""
        return any((case.address.collection, case.address.key) in self.tainted for case in scenario.cases)

    def confirm(self, played: PlayedSequence) -> tuple[PlayedSequence, bool]:
        """Repeat an issue with as few requests as show it; without a reset only if they all only read.

        Returns:
            The shortest sequence that shows it, and whether it recurred.
        """
        if played.issue is None or not (self.can_reset or _is_reading(played)):
            return played, True
        cases = tuple(step.case for step in played.steps)
        again = self._try(replace(played.scenario, cases=cases))
        if again is None or again.showing(played.issue) is None:
            return played, False
        best = played
        for number in reversed(range(len(cases) - 1)):
            fewer = (*cases[:number], *cases[number + 1 :])
            played_again = self._try(replace(played.scenario, cases=fewer))
            shorter = played_again.showing(played.issue) if played_again is not None else None
            if shorter is not None:
                best, cases = shorter, tuple(step.case for step in shorter.steps)
        return best, True

    def stays_unanswered(self, scenario: CaseSequence) -> bool:
        """Whether a scenario is again not answered; assumed if nothing can be repeated."""
        return not self.can_reset or self._try(scenario) is None

    def _try(self, scenario: CaseSequence) -> PlayedSequence | None:
        try:
            return self.play(scenario)
        except NoAnswerError:
            return None


def _is_reading(played: PlayedSequence) -> bool:
    return all(step.case.request.method in _READING for step in played.steps)
