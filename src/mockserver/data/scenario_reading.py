"""Read the scenarios of a fixture file, and hold them to the document at start-up."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from mockserver.data.conditions import ForcedAnswer
from mockserver.data.forced import ForcedAnswerError, read_answer
from mockserver.data.scenarios import ANY_OPERATION, Changes, Scenario, Step, put_in_moments
from mockserver.data.store import BaselineCollection
from mockserver.errors import FixtureError
from mockserver.openapi import pointer as pointers
from mockserver.openapi import reading
from mockserver.openapi.document import Document
from mockserver.openapi.schemas import Checker, SchemaCompiler

_SCENARIO = ("description", "records", "remove", "answers", "steps")
_STEP = ("after", "records", "remove", "answers")
_AFTER = ("calls", "of", "seconds")
_ANSWER = ("status", "example", "body", "media_type", "count")


class ScenarioReader:
    """Reads the `scenarios` of one fixture file, once its collections are known."""

    def __init__(
        self,
        file: Path,
        document: Document,
        compiler: SchemaCompiler,
        collections: Mapping[str, BaselineCollection],
        checkers: Mapping[str, Checker],
        clock: datetime,
    ) -> None:
        self._document = document
        self._compiler = compiler
        self._collections = collections
        self._checkers = checkers
        self._clock = clock
        self._file = file

    def read(self, content: Any) -> dict[str, Scenario]:
        """Read all of them.

        Raises:
            FixtureError: something in them is unknown, or would break the document.
        """
        self._object(content, None, "/scenarios")
        return {
            name: self._scenario(name, value, pointers.join(["scenarios", name]))
            for name, value in content.items()
        }

    def _fail(self, reason: str, pointer: str, remedy: str = "") -> NoReturn:
        raise FixtureError(reason, reading.place(self._file, pointer), remedy)

    def _object(self, value: Any, names: tuple[str, ...] | None, pointer: str) -> None:
        if not isinstance(value, dict):
            self._fail("an object is expected", pointer)
        unknown = sorted(set(value) - set(value if names is None else names))
        if unknown:
            allowed = f"Allowed are {', '.join(names or ())}."
            self._fail(f"unknown key {unknown[0]!r}", pointers.join([unknown[0]], pointer), allowed)

    def _scenario(self, name: str, value: Any, pointer: str) -> Scenario:
        self._object(value, _SCENARIO, pointer)
        description = value.get("description")
        if not isinstance(description, str):
            self._fail("a description is needed: people choose by it", pointer)
        steps = value.get("steps", [])
        if not isinstance(steps, list):
            self._fail("a list is expected", pointer + "/steps")
        return Scenario(
            name,
            description,
            self._changes(value, pointer),
            self._answers(name, value.get("answers"), pointer + "/answers"),
            tuple(
                self._step(f"{name}/{number}", step, pointers.join(["steps", number], pointer))
                for number, step in enumerate(steps)
            ),
        )

    def _step(self, name: str, value: Any, pointer: str) -> Step:
        self._object(value, _STEP, pointer)
        after = value.get("after")
        self._object(after, _AFTER, pointer + "/after")
        calls, seconds = after.get("calls", 0), after.get("seconds", 0)
        if not _is_amount(calls) or not _is_amount(seconds) or bool(calls) == bool(seconds):
            self._fail("either `calls` or `seconds` is expected, greater than 0", pointer + "/after")
        of = after.get("of", ANY_OPERATION)
        if of != ANY_OPERATION and of not in self._document.index:
            known = f"There are {', '.join(self._document.index)}."
            self._fail(f"there is no operation {of!r}", pointer + "/after/of", known)
        answers = self._answers(name, value.get("answers"), pointer + "/answers")
        return Step(int(calls), of, float(seconds), self._changes(value, pointer), answers)

    def _answers(self, name: str, value: Any, pointer: str) -> tuple[ForcedAnswer, ...]:
        if value is None:
            return ()
        self._object(value, None, pointer)
        answers = []
        for wanted, rule in value.items():
            place = pointers.join([wanted], pointer)
            self._object(rule, _ANSWER, place)
            if "count" in rule and (not _is_amount(rule["count"]) or not rule["count"]):
                self._fail("a whole number greater than 0 is expected", place + "/count")
            for operation in self._document.index if wanted == ANY_OPERATION else [wanted]:
                id_ = f"{self._document.name}/{name}/{operation}"
                try:
                    answers.append(read_answer(self._document, self._compiler, operation, rule, id_))
                except ForcedAnswerError as error:
                    self._fail(str(error), place + error.pointer)
        return tuple(answers)

    def _changes(self, value: Mapping[str, Any], pointer: str) -> Changes:
        records = value.get("records") or {}
        self._object(records, None, pointer + "/records")
        fields = {}
        for name, entries in records.items():
            place = pointers.join(["records", name], pointer)
            key = self._collection(name, place).key
            if not isinstance(entries, list):
                self._fail("a list of records is expected", place)
            fields[name] = {
                str(entry[key]): entry
                for number, entry in enumerate(entries)
                if self._is_record(name, key, entry, pointers.join([number], place))
            }
        return Changes(fields, self._removed(value.get("remove") or {}, pointer + "/remove"))

    def _removed(self, value: Any, pointer: str) -> dict[str, tuple[str, ...]]:
        self._object(value, None, pointer)
        for name, keys in value.items():
            self._collection(name, pointers.join([name], pointer))
            if not isinstance(keys, list):
                self._fail("a list of keys is expected", pointers.join([name], pointer))
        return {name: tuple(map(str, keys)) for name, keys in value.items()}

    def _collection(self, name: str, pointer: str) -> BaselineCollection:
        if name not in self._collections:
            known = f"There are {', '.join(self._collections) or 'none'}."
            self._fail(f"there is no collection {name!r}", pointer, known)
        return self._collections[name]

    def _is_record(self, name: str, key: str, entry: Any, pointer: str) -> bool:
        """Hold the fields, laid over a record that is written down, to the collection's schema."""
        if not isinstance(entry, dict) or key not in entry:
            self._fail(f"a record needs its key, {key!r}", pointer)
        base = self._collections[name].records.get(str(entry[key]), {})
        record = put_in_moments({**base, **entry}, self._clock)
        checker = self._checkers.get(name)
        if checker is not None and not checker.is_valid(record):
            violation = checker.violations(record, "body", 1)[0]
            self._fail(f"breaks the document: {violation.message}", pointer + violation.pointer)
        return True


def _is_amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
