"""Coverage of a document: which statuses, parameters and body fields a check has tried and reached."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

from mockserver.check.findings.issues import TriedCase
from mockserver.check.planning.cases import Case
from mockserver.openapi import media_types
from mockserver.openapi.operation import Operation
from mockserver.openapi.schema.schema_locations import fields_of
from mockserver.openapi.schema.schema_reader import SchemaReader

Part = tuple[str, str]
"""Of an operation: `path`, `query`, `header`, `cookie` or `body`, and the name of the parameter or field."""


class Verified(StrEnum):
    """What the responses to requests with a part were compared with."""

    DOCUMENT = "document"
    MODEL = "reference model"
    OWN_ANSWERS = "other answers"


@dataclass(slots=True)
class PartCoverage:
    """Coverage of one part of an operation.

    Attributes:
        tried: how many requests contained it.
        reached: how many of them were served.
        verified: what the responses were compared with.
    """

    tried: int = 0
    reached: int = 0
    verified: set[Verified] = field(default_factory=set)


class OperationCoverage:
    """Coverage of the statuses and parts of one operation."""

    def __init__(self, operation: Operation, schemas: SchemaReader | None) -> None:
        """Count for an operation; without schemas (an unresolved reference) no body field is counted."""
        self.parts: dict[Part, PartCoverage] = {part: PartCoverage() for part in _parts(operation, schemas)}
        #: How many responses had each documented status; `4XX` and `default` count the others.
        self.statuses: Counter[str] = Counter(dict.fromkeys(map(str, operation.responses), 0))
        self._operation = operation

    def note(self, step: TriedCase, *, is_own: bool) -> None:
        """Count one request; `is_own` if its response is compared with other responses."""
        answer, model = step.answer, step.model
        found = self._operation.response(answer.status)
        for name in (str(answer.status), f"{answer.status // 100}XX", "default"):
            if found is not None and self._operation.responses.get(name) is found:
                self.statuses[name] += 1
                break
        verified = {Verified.DOCUMENT}
        if model is not None and model.is_informed:
            verified.add(Verified.MODEL)
        if is_own:
            verified.add(Verified.OWN_ANSWERS)
        for part in _sent(step.case) & self.parts.keys():
            coverage = self.parts[part]
            coverage.tried += 1
            coverage.reached += answer.succeeded
            coverage.verified |= verified

    @property
    def share(self) -> tuple[int, int]:
        """How many statuses and parts were reached, of how many."""
        reached = [count > 0 for count in self.statuses.values()]
        reached += [one.reached > 0 for one in self.parts.values()]
        return sum(reached), len(reached)

    @property
    def status_share(self) -> tuple[int, int]:
        """How many documented statuses were returned, of how many."""
        return sum(count > 0 for count in self.statuses.values()), len(self.statuses)


def percent(shares: Iterable[tuple[int, int]]) -> float:
    """The percentage reached in total; 100 if there is nothing to reach."""
    found = list(shares)
    whole = sum(total for _, total in found)
    return 100.0 * sum(reached for reached, _ in found) / whole if whole else 100.0


def _parts(operation: Operation, schemas: SchemaReader | None) -> Iterator[Part]:
    yield from ((entry.location, entry.name) for entry in operation.parameters)
    body = operation.request_body
    content = media_types.preferred(body.content) if body is not None else None
    if content is None or schemas is None:
        return
    yield ("body", "")
    fields = (one for one in fields_of(schemas, content.schema) if len(one.tokens) == 1)
    yield from (("body", one.name) for one in fields if one.view.get("readOnly") is not True)


def _sent(case: Case) -> set[Part]:
    request = case.request
    found: set[Part] = {("query", name) for name, _ in parse_qsl(request.query, keep_blank_values=True)}
    found |= {("path", name) for name in case.address.values}
    found |= {
        ("header", entry.name) for entry in case.operation.parameters if request.header(entry.name.lower())
    }
    if request.body is not None:
        found.add(("body", ""))
        found |= {("body", name) for name in _names(request.body) or _first_names(case.sent)}
    return found


def _names(body: bytes) -> set[str]:
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        return set()
    return set(map(str, value)) if isinstance(value, Mapping) else set()


def _first_names(sent: Iterable[str]) -> set[str]:
    return {name.partition(".")[0].partition("[")[0] for name in sent}
