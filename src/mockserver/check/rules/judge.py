"""Decide whether an answer is an issue: by the document first, then by what the reference model answers."""

from collections.abc import Sequence
from dataclasses import replace

from mockserver.check.findings.issues import Category, Issue, Rule, Subject, TriedCase, Verdict
from mockserver.check.reference.id_map import IdMap
from mockserver.check.reference.reference_model import RecordsByCollection
from mockserver.check.rules import body_differences, refusal_rules
from mockserver.check.rules.body_comparison import KnownValues, clock_of, scalars
from mockserver.check.rules.document_rules import DocumentRules, described
from mockserver.check.target.http_messages import HttpRequest
from mockserver.http.served_api import Service

_MOCK = "The mock itself breaks its document here: this is a defect of mockserver, not of the implementation."
_CAUSES = {Rule.AUTH, Rule.ROLE, Rule.OWNERSHIP, Rule.BODY_VALIDATION, Rule.MEDIA_TYPE}
"""What was wrongly accepted explains what is wrong with the answer to it."""


class Judge:
    """Judges the answers of one implementation of one document."""

    def __init__(self, service: Service, seeded: RecordsByCollection, id_map: IdMap) -> None:
        self._service = service
        self._referee = DocumentRules(service)
        self._id_map = id_map
        records = [
            dict(one) for (api, _), found in seeded.items() if api == service.name for one in found.values()
        ]
        self._seeded = frozenset(scalars(records))
        self._records = seeded
        self._unknown: dict[str, tuple[int, bytes]] = {}
        self._keys = {
            name: collection.key
            for (api, name), collection in service.sessions.baseline.items()
            if api == service.name
        }

    def find_issue(self, step: TriedCase, history: Sequence[TriedCase]) -> Issue | None:
        """The first thing that is wrong with an answer; None when nothing is, or nothing can be said."""
        model = step.model
        if model is not None and model.is_informed and self._is_mock_defect(step):
            operation, subject = step.case.operation, Subject(situation=step.case.situation)
            return Issue(
                operation,
                Rule.SERVER_ERROR,
                Category.MOCK_DEFECT,
                subject,
                _MOCK,
                "",
                described(model.answer),
                operation.pointer,
                Verdict.MOCK,
            )
        gone = self._gone(step, history)
        if gone is not None:
            return gone
        knowledge = self._knowledge(step, history)
        documented = next(self._referee.issues(step), None)
        refused = None if model is None else refusal_rules.find_issue(step, history, self._service)
        if documented is not None:
            is_cause = documented.rule is Rule.SCHEMA and refused is not None and refused.rule in _CAUSES
            return refused if is_cause else self._refined(documented, step, history, knowledge)
        if model is None:
            return None
        if refused is not None or not (model.is_informed and self._both_served(step)):
            return refused
        return body_differences.find_issue(self._context(step, history, knowledge))

    def _context(
        self, step: TriedCase, history: Sequence[TriedCase], knowledge: KnownValues
    ) -> body_differences.AnswerContext:
        return body_differences.AnswerContext(
            step, history, knowledge, self._service, self._keys, self._records
        )

    def learn_unknown(self, step: TriedCase) -> None:
        """Remember how the implementation answers for a record that does not exist."""
        self._unknown[step.case.operation.id] = (step.answer.status, step.answer.body)

    def _gone(self, step: TriedCase, history: Sequence[TriedCase]) -> Issue | None:
        """The issue of a vanished record, where a missing one is answered with a documented 5xx."""
        model = step.model
        answer = (step.answer.status, step.answer.body)
        if answer[0] < 500 or model is None or not model.answer.succeeded:
            return None
        earlier = refusal_rules.last_effect(step, history)
        if earlier is None or earlier.case.address.key != step.case.address.key:
            return None
        is_same = self._unknown.get(step.case.operation.id) == answer
        return refusal_rules.gone(step, earlier, model) if is_same else None

    @staticmethod
    def _both_served(step: TriedCase) -> bool:
        model = step.model
        return model is not None and step.answer.status == model.answer.status

    @staticmethod
    def _is_mock_defect(step: TriedCase) -> bool:
        model = step.model
        if model is None or model.answer.status != 500:
            return False
        return step.case.operation.response(500) is None

    def _refined(
        self, issue: Issue, step: TriedCase, history: Sequence[TriedCase], knowledge: KnownValues
    ) -> Issue:
        """Say what a wrong constant in an answer means: something was kept, or is misspelled."""
        model = step.model
        if (
            issue.subject.keyword != "enum"
            or model is None
            or not (model.is_informed and model.answer.succeeded)
        ):
            return issue
        rule = body_differences.rule_of_constant(issue, self._context(step, history, knowledge))
        return issue if rule is None else replace(issue, rule=rule)

    def _knowledge(self, step: TriedCase, history: Sequence[TriedCase]) -> KnownValues:
        told = [mark for entry in [*history, step] for mark in _told(entry.case.request)]
        clock = self._service.clock
        now = clock_of(step.answer, clock)
        return KnownValues(self._seeded, frozenset(told), clock.now(), now, self._id_map.counterpart)


def _told(request: HttpRequest) -> list[str]:
    import json

    try:
        return list(scalars(json.loads(request.body or b"null")))
    except ValueError:
        return []
