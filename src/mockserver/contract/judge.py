"""Decide whether an answer deserves blame: by the document first, then by what the model answers."""

from collections.abc import Sequence
from dataclasses import replace

from mockserver.contract import bodies, refusals
from mockserver.contract.compare import Knowledge, clock_of, scalars
from mockserver.contract.findings import Blame, Step
from mockserver.contract.messages import Request
from mockserver.contract.referee import Referee, described
from mockserver.contract.shadow import Records
from mockserver.contract.twins import Twins
from mockserver.data.store import DEFAULT_SESSION
from mockserver.server.service import Service

_MOCK = "The mock itself breaks its document here: this is a defect of mockserver, not of the implementation."
_CAUSES = {"auth", "role", "ownership", "body-validation", "media-type"}
"""What was wrongly accepted explains what is wrong with the answer to it."""


class Judge:
    """Judges the answers of one implementation of one document."""

    def __init__(self, service: Service, seeded: Records, twins: Twins) -> None:
        self._service = service
        self._referee = Referee(service)
        self._twins = twins
        records = [
            dict(one) for (api, _), found in seeded.items() if api == service.name for one in found.values()
        ]
        self._seeded = frozenset(scalars(records))
        self._records = seeded
        self._unknown: dict[str, tuple[int, bytes]] = {}
        self._keys = {
            name: key
            for (api, name), key in service.store.collections(DEFAULT_SESSION).items()
            if api == service.name
        }

    def blame(self, step: Step, history: Sequence[Step]) -> Blame | None:
        """The first thing that is wrong with an answer; None when nothing is, or nothing can be said."""
        opinion = step.opinion
        if opinion is not None and opinion.is_informed and self._is_mock_defect(step):
            operation = step.case.operation
            got = described(opinion.answer)
            return Blame(
                operation, "server-error", "mock", step.case.title, _MOCK, "", got, operation.pointer
            )
        gone = self._gone(step, history)
        if gone is not None:
            return gone
        knowledge = self._knowledge(step, history)
        documented = next(self._referee.blames(step), None)
        refused = None if opinion is None else refusals.blame(step, history, self._service)
        if documented is not None:
            is_cause = documented.rule == "schema" and refused is not None and refused.rule in _CAUSES
            return refused if is_cause else self._refined(documented, step, history, knowledge)
        if opinion is None:
            return None
        if refused is not None or not (opinion.is_informed and self._both_served(step)):
            return refused
        return bodies.blame(self._sight(step, history, knowledge))

    def _sight(self, step: Step, history: Sequence[Step], knowledge: Knowledge) -> bodies.Sight:
        return bodies.Sight(step, history, knowledge, self._service, self._keys, self._records)

    def learn_unknown(self, step: Step) -> None:
        """Remember how the implementation answers for a record that does not exist."""
        self._unknown[step.case.operation.id] = (step.answer.status, step.answer.body)

    def _gone(self, step: Step, history: Sequence[Step]) -> Blame | None:
        """Blame whoever made a record vanish, where what does not exist is answered with a documented 5xx."""
        opinion = step.opinion
        answer = (step.answer.status, step.answer.body)
        if answer[0] < 500 or opinion is None or not opinion.answer.succeeded:
            return None
        earlier = refusals.last_effect(step, history)
        if earlier is None or earlier.case.address.key != step.case.address.key:
            return None
        is_same = self._unknown.get(step.case.operation.id) == answer
        return refusals.gone(step, earlier, opinion) if is_same else None

    @staticmethod
    def _both_served(step: Step) -> bool:
        opinion = step.opinion
        return opinion is not None and step.answer.status == opinion.answer.status

    @staticmethod
    def _is_mock_defect(step: Step) -> bool:
        opinion = step.opinion
        if opinion is None or opinion.answer.status != 500:
            return False
        return step.case.operation.response(500) is None

    def _refined(self, blame: Blame, step: Step, history: Sequence[Step], knowledge: Knowledge) -> Blame:
        """Say what a wrong constant in an answer means: something was kept, or is misspelled."""
        opinion = step.opinion
        if (
            blame.keyword != "enum"
            or opinion is None
            or not (opinion.is_informed and opinion.answer.succeeded)
        ):
            return blame
        rule = bodies.rule_of_constant(blame, self._sight(step, history, knowledge))
        return blame if rule is None else replace(blame, rule=rule)

    def _knowledge(self, step: Step, history: Sequence[Step]) -> Knowledge:
        told = [mark for entry in [*history, step] for mark in _told(entry.case.request)]
        clock = self._service.clock
        now = clock_of(step.answer, clock)
        return Knowledge(self._seeded, frozenset(told), clock.now(), now, self._twins.counterpart)


def _told(request: Request) -> list[str]:
    import json

    try:
        return list(scalars(json.loads(request.body or b"null")))
    except ValueError:
        return []
