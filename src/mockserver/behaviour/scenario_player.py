"""Play scenarios: put their records in place, take their steps, give the answers that are forced."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from mockserver.state.scenario_model import ANY_OPERATION, Changes, Scenario, ScenarioStep, put_in_moments
from mockserver.state.session_overrides import (
    ORDINARY,
    Entry,
    ForcedAnswer,
    Playing,
    RecordId,
    SessionOverrides,
)
from mockserver.state.session_store import SessionStore

FitsSchema = Callable[[str, str, Mapping[str, Any]], bool]
"""Whether a record fits the schema of an API's collection."""

_RUNS = "scenario runs"


class ScenarioPlayer:
    """The scenarios of every API, and what is on in each session."""

    def __init__(
        self, store: SessionStore, scenarios: Mapping[str, Mapping[str, Scenario]], fits: FitsSchema
    ) -> None:
        self._store = store
        self._fits = fits
        #: By API and name.
        self.scenarios = scenarios

    def start(self, session: str, api: str, name: str, now: datetime) -> None:
        """Switch a scenario on; the one of this API that was on is switched off first.

        Raises:
            SessionFullError: the session would hold more than it may; nothing was changed.
        """
        with self._store.unit(session):
            self._stop(session, api)
            scenario = self.scenarios[api][name]
            conditions = self._store.conditions(session) or ORDINARY
            before = self._change(session, api, scenario.changes, now)
            playing = Playing(name, now, self._store.count(session, _RUNS), frozenset(), before)
            self._keep(session, conditions, api, playing)

    def stop(self, session: str, api: str) -> bool:
        """Switch an API's scenario off: the records that it changed are again what they were before it."""
        with self._store.unit(session):
            return self._stop(session, api)

    def _stop(self, session: str, api: str) -> bool:
        conditions = self._store.conditions(session)
        if conditions is None or api not in conditions.playing:
            return False
        self._store.apply(session, conditions.playing[api].before)
        left = {name: playing for name, playing in conditions.playing.items() if name != api}
        self._store.set_conditions(session, replace(conditions, playing=left))
        return True

    def advance(self, session: str, conditions: SessionOverrides, now: datetime) -> SessionOverrides:
        """Take the steps that are due, and return the conditions as they are then.

        Raises:
            SessionFullError: the session would hold more than it may; none of the steps was taken.
        """
        with self._store.unit(session):
            for api, playing in conditions.playing.items():
                scenario = self.scenarios.get(api, {}).get(playing.name)
                if scenario is not None and len(playing.done) < len(scenario.steps):
                    taken = self._take_steps(session, api, scenario, playing, now)
                    if taken is not playing:
                        conditions = self._keep(session, conditions, api, taken)
        return conditions

    def _take_steps(
        self, session: str, api: str, scenario: Scenario, playing: Playing, now: datetime
    ) -> Playing:
        for number, step in enumerate(scenario.steps):
            if number not in playing.done and self._is_due(session, api, step, playing, now):
                before = self._change(session, api, step.changes, now)
                playing = replace(playing, done=playing.done | {number}, before={**before, **playing.before})
        return playing

    def called(self, session: str, conditions: SessionOverrides, api: str, operation: str) -> None:
        """Note a call that passed every check."""
        playing = conditions.playing.get(api)
        if playing is not None:
            self._store.count(session, playing.counter(api, operation))
            self._store.count(session, playing.counter(api, ANY_OPERATION))

    def forced(
        self, session: str, conditions: SessionOverrides, api: str, operation: str
    ) -> ForcedAnswer | None:
        """The answer that an operation has to give now; None when it may answer as it does."""
        for answer in self._answers(conditions, api):
            if answer.api == api and answer.operation == operation:
                used = self._store.counted(session, answer.counter) if answer.count is not None else 0
                if answer.count is None or used < answer.count:
                    return answer
        return None

    def given(self, session: str, answer: ForcedAnswer) -> None:
        """Note that a forced answer was given."""
        self._store.count(session, answer.counter)

    def _answers(self, conditions: SessionOverrides, api: str) -> Iterable[ForcedAnswer]:
        """What was forced by hand comes first, then the latest steps, then the scenario itself."""
        yield from conditions.answers
        playing = conditions.playing.get(api)
        scenario = self.scenarios.get(api, {}).get(playing.name) if playing is not None else None
        if playing is None or scenario is None:
            return
        for number in sorted(playing.done, reverse=True):
            if number < len(scenario.steps):
                yield from (self._of_run(answer, playing) for answer in scenario.steps[number].answers)
        yield from (self._of_run(answer, playing) for answer in scenario.answers)

    @staticmethod
    def _of_run(answer: ForcedAnswer, playing: Playing) -> ForcedAnswer:
        id_ = answer.id if answer.count is None else f"{answer.id} {playing.run}"
        return replace(answer, id=id_, scenario=playing.name)

    def _is_due(self, session: str, api: str, step: ScenarioStep, playing: Playing, now: datetime) -> bool:
        if step.calls:
            return self._store.counted(session, playing.counter(api, step.of)) >= step.calls
        return (now - playing.since).total_seconds() >= step.seconds

    def _change(self, session: str, api: str, changes: Changes, now: datetime) -> dict[RecordId, Entry]:
        """Change records as one step, and return what they were."""
        entries: dict[RecordId, Entry] = {}
        for name, records in changes.fields.items():
            for key, fields in records.items():
                current = self._store.get(session, (api, name), key) or {}
                record = {**current, **put_in_moments(fields, now)}
                # A record that the session has bent in the meantime may not take the change.
                if self._fits(api, name, record):
                    entries[(api, name), key] = record
        for name, keys in changes.removed.items():
            entries |= {((api, name), key): None for key in keys}
        return dict(self._store.apply(session, entries))

    def _keep(
        self, session: str, conditions: SessionOverrides, api: str, playing: Playing
    ) -> SessionOverrides:
        changed = replace(conditions, playing={**conditions.playing, api: playing})
        self._store.set_conditions(session, changed)
        return changed
