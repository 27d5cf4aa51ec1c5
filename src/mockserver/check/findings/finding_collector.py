"""Collect the issues of one document's check as findings, and confirm the first of each kind."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from mockserver.check.findings.finalise import note_once
from mockserver.check.findings.issues import OVERLAPPING, Finding, Issue, SentExchange, Verdict
from mockserver.check.outcome import ApiOutcome
from mockserver.check.planning.own_records import OwnRecords
from mockserver.check.reference.paired_run import PairedRun, PlayedSequence
from mockserver.check.target.http_messages import HttpResponse, curl
from mockserver.check.target.implementation import Implementation
from mockserver.check.target.resetting import Reset
from mockserver.http.outgoing.server_trust import ServerTrust
from mockserver.openapi.reading.source_lines import line_of

_NOT_AS_DESCRIBED = (
    "answers differ from the start: without --reset-url the implementation has to hold exactly "
    "the records of --fixtures when the check begins"
)
_CONFIRMED = 3
"""How many findings of one rule about one operation are confirmed; the others are like them."""


class FindingCollector:
    """The findings of one document's check; tokens are masked in them."""

    def __init__(
        self,
        outcome: ApiOutcome,
        run: PairedRun,
        own: OwnRecords,
        target: Implementation,
        tokens: Mapping[str, str],
        reset: Reset | None,
        trust: ServerTrust,
    ) -> None:
        self._outcome = outcome
        self._run = run
        self._own = own
        self._target = target
        self._tokens = tokens
        self._reset = reset
        self._trust = trust
        self._confirmed: Counter[tuple[str, str]] = Counter()
        #: The findings by id.
        self.found: dict[str, Finding] = {}

    def add(self, played: PlayedSequence, issue: Issue, cause: str | None = None) -> None:
        """Record an issue; `cause` is the id of another issue of the same response."""
        known = self.found.get(issue.id)
        if known is not None:
            follows = known.follows if cause is not None else None
            self.found[issue.id] = replace(known, count=known.count + 1, follows=follows)
            return
        if played.scenario.group == "reach" and issue.verdict is Verdict.DRIFT and not self._run.can_reset:
            note_once(self._outcome, _NOT_AS_DESCRIBED)
        group = (issue.operation.id, issue.rule)
        if played.scenario.group == "fuzz" and (self._confirmed[group] > 0 or self._is_seen(issue)):
            return  # planned requests have already found it
        alike = next((one for one in self.found.values() if one.issue.merge_key == issue.merge_key), None)
        if alike is not None:
            self.keep(issue, played, is_stable=alike.is_stable, follows=cause)
            return
        self._confirmed[group] += 1
        is_stable = True
        if self._confirmed[group] <= _CONFIRMED:
            played, is_stable = self._run.confirm(played)
        self.keep(issue, played, is_stable=is_stable, follows=cause)

    def _is_seen(self, issue: Issue) -> bool:
        """Whether an issue at the same place is already recorded, if under another rule."""
        return any(one.issue.place == issue.place for one in self.found.values())

    def add_confirmed(self, played: PlayedSequence, issue: Issue, is_stable: bool) -> None:
        """Record an issue that has been confirmed, or cannot be; `is_stable` says whether it was repeated."""
        if issue.operation.id not in self._outcome.operations:
            return  # an operation that was not selected, used only to compare
        known = self.found.get(issue.id)
        if known is None:
            self.keep(issue, played, is_stable=is_stable)
        else:
            self.found[issue.id] = replace(known, count=known.count + 1)

    def keep(
        self, issue: Issue, played: PlayedSequence, *, is_stable: bool, follows: str | None = None
    ) -> None:
        """Record an issue as a finding, with the requests that show it."""
        file, pointer = self._outcome.service.document.origin(issue.pointer)
        issue = self._masked(replace(issue, pointer=pointer))
        shown = [*self._own.makers(played.steps), *played.steps]
        cases = [step.case for step in shown] or list(played.scenario.cases)
        used = self._target.credentials.used
        answers: list[HttpResponse | None] = [step.answer for step in shown] or [None]
        exchanges = tuple(
            SentExchange(
                case.request, self._target.base_of(case.operation.id), tuple(used(case.request)), answer
            )
            for case, answer in zip(cases, answers, strict=False)
        )
        is_race = issue.category in OVERLAPPING
        at_once = [is_race and step.is_overlapping for step in shown] or [False]
        tls = self._trust.curl_options()
        steps = [
            curl(one.request, one.base_url, one.schemes, tls) + (" &" if is_overlapping else "")
            for one, is_overlapping in zip(exchanges, at_once, strict=False)
        ]
        if self._reset is not None:
            steps.insert(0, self._reset.curl(tls))
        found = Finding(issue, str(file), line_of(file, issue.pointer), tuple(steps), cases[-1].title)
        self.found[issue.id] = replace(found, is_stable=is_stable, follows=follows, exchanges=exchanges)

    def _masked(self, issue: Issue) -> Issue:
        """Replace tokens in an issue: an implementation may echo what it was sent."""
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
        words = [word for token in self._tokens.values() for word in (token, token.split(" ")[-1])]
        for token in [*words, *(self._reset.secrets if self._reset else ())]:
            text = text.replace(token, "***") if len(token) > 3 else text
        return text
