"""Play scenarios: lay their records over one another, take their steps, give the answers that are forced."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from mockserver.errors import ApiError, SessionFullError, error_of
from mockserver.state.answer_rules import AnswerRule
from mockserver.state.baseline import Record
from mockserver.state.fault_model import Fault
from mockserver.state.overlay import Overlay
from mockserver.state.scenario_model import ANY_OPERATION, Changes, Scenario, ScenarioStep, put_in_moments
from mockserver.state.session_overrides import (
    ORDINARY,
    Entry,
    ForcedAnswer,
    Playing,
    RecordId,
    SessionOverrides,
)

FitsSchema = Callable[[str, str, Mapping[str, Any]], bool]
"""Whether a record fits the schema of an API's collection."""

Complete = Callable[[str, str, str, Record, datetime], Record]
"""Works out the computed fields of a record: of an API and a collection, by its key, at a moment."""

_RUNS = "scenario runs"
_BEFORE_VALIDATION = {401, 403}
FORCED = "An answer that was forced in this session."


def in_run(rules: Iterable[AnswerRule], playing: Playing) -> list[AnswerRule]:
    """The rules of a scenario that is on; what is counted is counted from when it was switched on."""
    return [replace(rule, answer=_of_run(rule.answer, playing)) for rule in rules]


def _of_run(answer: ForcedAnswer, playing: Playing) -> ForcedAnswer:
    id_ = answer.id if answer.count is None else f"{answer.id} {playing.run}"
    return replace(answer, id=id_, scenario=playing.name)


class ScenarioPlayer:
    """The scenarios of every API, and what is on in each session."""

    def __init__(
        self,
        scenarios: Mapping[str, Mapping[str, Scenario]],
        fits: FitsSchema,
        complete: Complete = lambda *record: record[3],
    ) -> None:
        self._fits = fits
        self._complete = complete
        #: By API and name.
        self.scenarios = scenarios

    def begin(self, scenarios: Iterable[tuple[str, str]], session: Overlay, now: datetime) -> None:
        """Switch on what a session begins with: scenarios by API and name."""
        for api, name in scenarios:
            self.start(session, api, name, now)

    def start(self, session: Overlay, api: str, name: str, now: datetime) -> None:
        """Switch a scenario on; those that are on stay so, and what it says is laid over them.

        One that is on already begins anew, as the latest.

        Raises:
            SessionFullError: the session would hold more than it may; nothing was changed.
        """
        self.stop(session, api, name)
        self._lay(session, api, self.scenarios[api][name].changes, now)
        playing = Playing(api, name, now, session.count(_RUNS))
        conditions = session.conditions or ORDINARY
        session.set_conditions(replace(conditions, playing=(*conditions.playing, playing)))

    def stop(self, session: Overlay, api: str, name: str | None = None) -> bool:
        """Switch a scenario of an API off, or all of them; False when there was none to switch off.

        The records that scenarios changed are what they were before; those that stay on are laid anew.
        """
        conditions = session.conditions or ORDINARY
        stopped = [one for one in conditions.playing if one.api == api and name in {None, one.name}]
        if not stopped:
            return False
        session.apply(
            {record: entry for record, entry in conditions.originals.items() if record[0][0] == api}
        )
        left = tuple(playing for playing in conditions.playing if playing not in stopped)
        others = {record: entry for record, entry in conditions.originals.items() if record[0][0] != api}
        session.set_conditions(replace(conditions, playing=left, originals=others))
        for playing in left:
            if playing.api == api:
                self._lay_again(session, playing)
        return True

    def _lay_again(self, session: Overlay, playing: Playing) -> None:
        """Lay the records of a scenario that stays on, as they were laid, with those of its steps."""
        scenario = self.scenarios.get(playing.api, {}).get(playing.name)
        if scenario is None:
            return
        self._lay(session, playing.api, scenario.changes, playing.since)
        for number, moment in playing.done.items():
            if number < len(scenario.steps):
                self._lay(session, playing.api, scenario.steps[number].changes, moment)

    def advance(self, session: Overlay, now: datetime) -> None:
        """Take the steps that are due; a unit of work begins with this.

        Raises:
            SessionFullError: the session would hold more than it may; none of the steps was taken.
        """
        try:
            for playing in (session.conditions or ORDINARY).playing:
                scenario = self.scenarios.get(playing.api, {}).get(playing.name)
                if scenario is not None and len(playing.done) < len(scenario.steps):
                    self._take_steps(session, scenario, playing, now)
        except SessionFullError:
            session.rollback()
            raise

    def _take_steps(self, session: Overlay, scenario: Scenario, playing: Playing, now: datetime) -> None:
        done = dict(playing.done)
        for number, step in enumerate(scenario.steps):
            if number not in done and self._is_due(session, step, playing, now):
                self._lay(session, playing.api, step.changes, now)
                done[number] = now
        if len(done) == len(playing.done):
            return
        conditions = session.conditions or ORDINARY
        stepped = (replace(one, done=done) if one.run == playing.run else one for one in conditions.playing)
        session.set_conditions(replace(conditions, playing=tuple(stepped)))

    def call(self, session: Overlay, api: str, operation: str) -> ForcedAnswer | None:
        """Count a call that passed every check, and the forced answer that it gets, if it gets one."""
        answer = self.forced(session, api, operation)
        for playing in (session.conditions or ORDINARY).played(api):
            session.count(playing.counter(operation))
            session.count(playing.counter(ANY_OPERATION))
        if answer is not None:
            session.count(answer.counter)
        return answer

    def refusal(self, session: Overlay, api: str, operation: str) -> ApiError | None:
        """The forced answer that says who may call, as an error: it comes before everything else."""
        answer = self.forced(session, api, operation)
        if answer is None or answer.status not in _BEFORE_VALIDATION or not answer.own_words:
            return None
        session.count(answer.counter)
        return error_of(answer.status, FORCED)

    def forced(self, session: Overlay, api: str, operation: str) -> ForcedAnswer | None:
        """The answer that an operation has to give now; None when it may answer as it does."""
        for answer in self._answers(session.conditions or ORDINARY, api):
            if answer.api == api and answer.operation == operation:
                used = session.counts.get(answer.counter, 0) if answer.count is not None else 0
                if answer.count is None or used < answer.count:
                    return answer
        return None

    @staticmethod
    def strikes(session: Overlay, fault: Fault, api: str, operation: str) -> int:
        """Count a call that a fault may strike; which call it strikes, counted from 1, or 0 for none."""
        if not api or not fault.concerns(api, operation):
            return 0
        if fault.count is not None and session.counts.get(fault.hits, 0) >= fault.count:
            return 0
        call = session.count(fault.calls)
        if not fault.strikes(call):
            return 0
        session.count(fault.hits)
        return call

    def _answers(self, conditions: SessionOverrides, api: str) -> Iterable[ForcedAnswer]:
        """What was forced by hand comes first, then the latest scenario: its latest steps, then itself."""
        yield from conditions.answers
        for playing in conditions.played(api):
            scenario = self.scenarios.get(api, {}).get(playing.name)
            if scenario is None:
                continue
            for number in sorted(playing.done, reverse=True):
                if number < len(scenario.steps):
                    yield from (_of_run(answer, playing) for answer in scenario.steps[number].answers)
            yield from (_of_run(answer, playing) for answer in scenario.answers)

    @staticmethod
    def _is_due(session: Overlay, step: ScenarioStep, playing: Playing, now: datetime) -> bool:
        if step.calls:
            return session.counts.get(playing.counter(step.of), 0) >= step.calls
        return (now - playing.since).total_seconds() >= step.seconds

    def _lay(self, session: Overlay, api: str, changes: Changes, now: datetime) -> None:
        """Change records as one step, and remember what they were before any scenario."""
        entries: dict[RecordId, Entry] = {}
        for name, records in changes.fields.items():
            for key, fields in records.items():
                current = session.get((api, name), key) or {}
                record = self._complete(api, name, key, {**current, **put_in_moments(fields, now)}, now)
                # A record that the session has bent in the meantime may not take the change.
                if self._fits(api, name, record):
                    entries[(api, name), key] = record
        for name, keys in changes.removed.items():
            entries |= {((api, name), key): None for key in keys}
        if entries:
            before = dict(session.apply(entries))
            conditions = session.conditions or ORDINARY
            session.set_conditions(replace(conditions, originals={**before, **conditions.originals}))
