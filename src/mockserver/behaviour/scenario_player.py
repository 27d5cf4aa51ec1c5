"""Run scenarios: apply their record changes and steps, and select forced responses."""

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
"""Whether a record matches the schema of an API's collection."""

Complete = Callable[[str, str, str, Record, datetime], Record]
"""Returns a record with its computed fields: called with API, collection, key, record and time."""

_RUNS = "scenario runs"
_BEFORE_VALIDATION = {401, 403}
FORCED = "An answer that was forced in this session."


def in_run(rules: Iterable[AnswerRule], playing: Playing) -> list[AnswerRule]:
    """The rules of an active scenario; their uses are counted from its activation."""
    return [replace(rule, answer=_of_run(rule.answer, playing)) for rule in rules]


def _of_run(answer: ForcedAnswer, playing: Playing) -> ForcedAnswer:
    id_ = answer.id if answer.count is None else f"{answer.id} {playing.run}"
    return replace(answer, id=id_, scenario=playing.name)


class ScenarioPlayer:
    """The scenarios of all APIs, and the active ones of each session."""

    def __init__(
        self,
        scenarios: Mapping[str, Mapping[str, Scenario]],
        fits: FitsSchema,
        complete: Complete = lambda *record: record[3],
    ) -> None:
        self._fits = fits
        self._complete = complete
        #: The scenarios by API and name.
        self.scenarios = scenarios

    def begin(self, scenarios: Iterable[tuple[str, str]], session: Overlay, now: datetime) -> None:
        """Activate the initial scenarios of a session, given by API and name."""
        for api, name in scenarios:
            self.start(session, api, name, now)

    def start(self, session: Overlay, api: str, name: str, now: datetime) -> None:
        """Activate a scenario on top of the active ones.

        One that is active already is restarted, as the latest.

        Raises:
            SessionFullError: the session would exceed its maximum size; nothing was changed.
        """
        self.stop(session, api, name)
        self._lay(session, api, self.scenarios[api][name].changes, now)
        playing = Playing(api, name, now, session.count(_RUNS))
        conditions = session.conditions or ORDINARY
        session.set_conditions(replace(conditions, playing=(*conditions.playing, playing)))

    def stop(self, session: Overlay, api: str, name: str | None = None) -> bool:
        """Deactivate a scenario of an API, or all of them; False when none was active.

        Records that scenarios changed are restored; the changes of those still active are applied again.
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
        """Apply the changes of a scenario that stays active again, including its steps."""
        scenario = self.scenarios.get(playing.api, {}).get(playing.name)
        if scenario is None:
            return
        self._lay(session, playing.api, scenario.changes, playing.since)
        for number, moment in playing.done.items():
            if number < len(scenario.steps):
                self._lay(session, playing.api, scenario.steps[number].changes, moment)

    def advance(self, session: Overlay, now: datetime) -> None:
        """Run the steps that are due; called at the start of a unit of work.

        Raises:
            SessionFullError: the session would exceed its maximum size; no step was run.
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
        """Count a call that passed every check, and return its forced response, or None."""
        answer = self.forced(session, api, operation)
        for playing in (session.conditions or ORDINARY).played(api):
            session.count(playing.counter(operation))
            session.count(playing.counter(ANY_OPERATION))
        if answer is not None:
            session.count(answer.counter)
        return answer

    def refusal(self, session: Overlay, api: str, operation: str) -> ApiError | None:
        """The forced 401 or 403 of an operation as an error; it precedes validation."""
        answer = self.forced(session, api, operation)
        if answer is None or answer.status not in _BEFORE_VALIDATION or not answer.own_words:
            return None
        session.count(answer.counter)
        return error_of(answer.status, FORCED)

    def forced(self, session: Overlay, api: str, operation: str) -> ForcedAnswer | None:
        """The forced response of an operation; None when it answers normally."""
        for answer in self._answers(session.conditions or ORDINARY, api):
            if answer.api == api and answer.operation == operation:
                used = session.counts.get(answer.counter, 0) if answer.count is not None else 0
                if answer.count is None or used < answer.count:
                    return answer
        return None

    @staticmethod
    def strikes(session: Overlay, fault: Fault, api: str, operation: str) -> int:
        """Count a call to which a fault may apply; if it does, return the call's number, from 1, else 0."""
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
        """Responses forced by hand, then those of active scenarios; later scenarios and steps come first."""
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
        """Change records as one step, and record their entries from before any scenario."""
        entries: dict[RecordId, Entry] = {}
        for name, records in changes.fields.items():
            for key, fields in records.items():
                current = session.get((api, name), key) or {}
                record = self._complete(api, name, key, {**current, **put_in_moments(fields, now)}, now)
                # If the session changed the record meanwhile, the result may not match the schema.
                if self._fits(api, name, record):
                    entries[(api, name), key] = record
        for name, keys in changes.removed.items():
            entries |= {((api, name), key): None for key in keys}
        if entries:
            before = dict(session.apply(entries))
            conditions = session.conditions or ORDINARY
            session.set_conditions(replace(conditions, originals={**before, **conditions.originals}))
