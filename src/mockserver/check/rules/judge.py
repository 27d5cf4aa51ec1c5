"""Find the issues of a response: by the document first, then by the reference model's response."""

from collections.abc import Sequence
from dataclasses import replace

from mockserver.check.findings.issues import Category, Issue, Rule, Subject, TriedCase, Verdict
from mockserver.check.reference.id_map import IdMap
from mockserver.check.reference.reference_model import ModelResponse, RecordsByCollection
from mockserver.check.rules import body_differences, refusal_rules
from mockserver.check.rules.body_comparison import KnownValues, clock_of, scalars
from mockserver.check.rules.document_rules import DocumentRules, described
from mockserver.check.target.http_messages import HttpRequest
from mockserver.http.served_api import Service

_MOCK = "The mock itself breaks its document here: this is a defect of mockserver, not of the implementation."
_CAUSES = {Rule.AUTH, Rule.ROLE, Rule.OWNERSHIP, Rule.BODY_VALIDATION, Rule.MEDIA_TYPE}
"""A request accepted by mistake explains the issues of its response body."""
_ABOUT_STATUS = {Category.SERVER_ERROR, Category.UNDOCUMENTED_STATUS}
"""Issues about a status, which imply that the request was not served."""


class Judge:
    """Judges the responses of one implementation of one document."""

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

    def issues(self, step: TriedCase, history: Sequence[TriedCase]) -> list[Issue]:
        """All issues of a response, the most severe first."""
        model = step.model
        if model is not None and model.is_informed and self._is_mock_defect(step):
            return [self._mock_defect(step, model)]
        gone = self._gone(step, history)
        if gone is not None:
            return [gone]
        documented = list(self._referee.issues(step))
        refused = None if model is None else refusal_rules.find_issue(step, history, self._service)
        if refused is not None:
            return _with_refusal(documented, refused, step)
        is_comparable = model is not None and model.is_informed and self._both_served(step)
        if not documented and not is_comparable:
            return []
        knowledge = self._knowledge(step, history)
        found = [self._refined(issue, step, history, knowledge) for issue in documented]
        if is_comparable:
            places = [issue.subject.place for issue in documented if issue.rule is Rule.SCHEMA]
            context = self._context(step, history, knowledge)
            found += [
                issue
                for issue in body_differences.find_issues(context)
                if not any(_overlap(issue.subject.place, place) for place in places)
            ]
        return found

    @staticmethod
    def _mock_defect(step: TriedCase, model: ModelResponse) -> Issue:
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

    def _context(
        self, step: TriedCase, history: Sequence[TriedCase], knowledge: KnownValues
    ) -> body_differences.AnswerContext:
        return body_differences.AnswerContext(
            step, history, knowledge, self._service, self._keys, self._records
        )

    def learn_unknown(self, step: TriedCase) -> None:
        """Remember the implementation's response for a record that does not exist."""
        self._unknown[step.case.operation.id] = (step.answer.status, step.answer.body)

    def _gone(self, step: TriedCase, history: Sequence[TriedCase]) -> Issue | None:
        """The issue of a lost record, if missing ones are answered with a documented 5xx."""
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
        """Classify a wrong constant in a response: the value was not updated, or is misspelled."""
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
        sent = [mark for entry in [*history, step] for mark in _sent_scalars(entry.case.request)]
        clock = self._service.clock
        now = clock_of(step.answer, clock)
        return KnownValues(self._seeded, frozenset(sent), clock.now(), now, self._id_map.counterpart)


def _sent_scalars(request: HttpRequest) -> list[str]:
    import json

    try:
        return list(scalars(json.loads(request.body or b"null")))
    except ValueError:
        return []


def _with_refusal(documented: Sequence[Issue], refused: Issue, step: TriedCase) -> list[Issue]:
    """The document's issues about the form of a response, together with the wrong refusal or acceptance."""
    if step.answer.succeeded:
        is_cause = refused.rule in _CAUSES
        return [*(one for one in documented if not (is_cause and one.rule is Rule.SCHEMA)), refused]
    is_about_status = any(one.category in _ABOUT_STATUS for one in documented)
    return [*documented, *([] if is_about_status else [refused])]


def _overlap(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two places in a body are equal, or one contains the other."""
    length = min(len(one), len(other))
    return tuple(one[:length]) == tuple(other[:length])
