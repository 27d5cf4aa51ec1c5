"""Find contradictions in Schemathesis's stateful tests: created records not found, deleted ones found.

Schemathesis follows the links of a document, and those that it infers. Its other checks are disabled or
ignored: the document rules, the model and the caller scenarios find the same and more.
"""

import base64
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mockserver.check.findings.issues import Category, Issue, Rule, Subject, TriedCase, Verdict
from mockserver.check.fuzz.observing_proxy import is_forwarded
from mockserver.check.fuzz.schemathesis_configuration import MARK
from mockserver.check.lifecycle.resource_groups import says_gone
from mockserver.check.planning.cases import Case, CaseSequence, schemes_of
from mockserver.check.planning.path_values import PathValues
from mockserver.check.planning.situations import Situation, SituationKind
from mockserver.check.reference.paired_run import PlayedSequence
from mockserver.check.rules.document_rules import described
from mockserver.check.target.http_messages import ANONYMOUS, Caller, HttpRequest, HttpResponse
from mockserver.openapi.operation import Operation

_OFTEN = 2
_ACCEPTED = 202
_NOT_FOUND = 404
"""Not 410, which means that the record existed: an idempotency key may replay its creation."""
_MAKING = {"POST", "PUT", "PATCH"}
_READING = {"GET", "HEAD", "OPTIONS", "TRACE"}
_CHAIN = Situation(SituationKind.CHAIN)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Requests of which the last response contradicts the first one."""

    played: PlayedSequence
    issue: Issue
    is_stable: bool


@dataclass(frozen=True, slots=True)
class _Link:
    """One request of a chain.

    Attributes:
        parent: the request whose link was followed.
        is_documented: whether the document has the link, rather than Schemathesis's inference.
        is_followed: whether its path is the one that the link gives.
    """

    step: TriedCase
    parent: TriedCase | None
    is_documented: bool
    is_followed: bool


def read(events: Path, operations: Sequence[Operation], caller: Caller) -> list[Contradiction]:
    """Read the contradictions in an event log, each once; those that occur several times are stable."""
    if not events.exists():
        return []
    found = [
        pair
        for recorder in _recorders(events)
        for pair in _contradictions(list(_links(recorder, operations, caller)))
    ]
    counts = Counter(issue.id for _, issue in found)
    first = {issue.id: (played, issue) for played, issue in reversed(found)}
    return [Contradiction(played, issue, counts[mark] >= _OFTEN) for mark, (played, issue) in first.items()]


def _recorders(events: Path) -> Iterator[Mapping[str, Any]]:
    for line in events.read_text("utf-8", "replace").splitlines():
        try:
            event = json.loads(line)
        except ValueError:  # the incomplete last line of a killed process
            return
        scenario = event.get("ScenarioFinished") or {}
        if scenario.get("phase") == "stateful" and scenario.get("recorder"):
            yield scenario["recorder"]


def _links(recorder: Mapping[str, Any], operations: Sequence[Operation], caller: Caller) -> Iterator[_Link]:
    by_label = {(entry.method.upper(), entry.path): entry for entry in operations}
    steps: dict[str, TriedCase] = {}
    for identifier, entry in (recorder.get("cases") or {}).items():
        value, transition = entry["value"], entry.get("transition") or {}
        operation = by_label.get((value["method"], value["path"]))
        sent = (recorder.get("interactions") or {}).get(identifier) or {}
        if operation is None or not sent.get("response"):
            continue
        step = steps[identifier] = _step(sent, operation, caller)
        linked = (transition.get("parameters") or {}).get("path_parameters") or {}
        shown = value.get("path_parameters") or {}
        is_followed = bool(shown) and all(
            name in linked and linked[name].get("value") == given for name, given in shown.items()
        )
        parent = steps.get(entry.get("parent_id") or "")
        yield _Link(step, parent, transition.get("is_inferred") is False, is_followed)


def _step(sent: Mapping[str, Any], operation: Operation, caller: Caller) -> TriedCase:
    request, response = _request(sent["request"], operation, caller), sent["response"]
    answer = HttpResponse(response["status_code"], {}, _bytes(response.get("content")) or b"")
    return TriedCase(Case(operation, _CHAIN, "fuzz", request, PathValues({})), answer, None)


def _request(sent: Mapping[str, Any], operation: Operation, caller: Caller) -> HttpRequest:
    parts = urlsplit(sent["uri"])
    headers = [(name, value) for name, values in sent["headers"].items() for value in values]
    is_known = any(MARK in value for _, value in headers)
    kept = tuple((name, value) for name, value in headers if MARK not in value and is_forwarded(name))
    who = caller if is_known else ANONYMOUS
    body = _bytes(sent.get("body"))
    return HttpRequest(sent["method"], parts.path, parts.query, kept, body, who, schemes_of(operation))


def _bytes(content: Any) -> bytes | None:
    encoded = content.get("$base64") if isinstance(content, Mapping) else content
    return base64.b64decode(encoded) if isinstance(encoded, str) else None


def _contradictions(links: Sequence[_Link]) -> Iterator[tuple[PlayedSequence, Issue]]:
    removed: dict[str, TriedCase] = {}
    written: list[TriedCase] = []
    for link in links:
        step, made = link.step, link.parent
        path, method = step.case.request.path, step.case.request.method
        # An emptied collection still exists.
        is_one = step.case.operation.path.endswith("}")
        if method == "DELETE" and is_one and _is_done(step):
            removed[path] = step
        elif method in _MAKING and step.answer.succeeded:
            removed.clear()  # this request may have created the removed record again
        elif method == "GET" and path in removed:
            if step.answer.succeeded and not says_gone(step.answer):
                yield _found([removed[path], step], Category.STILL_THERE, "404")
        elif (
            method == "GET"
            and made
            and step.answer.status == _NOT_FOUND
            and _promises(made, link)
            and not _is_touched_since(made, written)
        ):
            yield _found([made, step], Category.NOT_STORED, "200")
        if method not in _READING and step.answer.succeeded:
            written.append(step)


def _is_touched_since(made: TriedCase, written: Sequence[TriedCase]) -> bool:
    """Whether another operation wrote after a record was made: emptying the collection removes it, too."""
    later = written[written.index(made) + 1 :] if made in written else written
    return any(one.case.operation.id != made.case.operation.id for one in later)


def _is_done(step: TriedCase) -> bool:
    return step.answer.succeeded and step.answer.status != _ACCEPTED


def _promises(made: TriedCase, link: _Link) -> bool:
    """Whether a request created the record of another: by a documented link, or by a path below its own."""
    below = made.case.operation.path.rstrip("/") + "/{"
    is_below = link.step.case.operation.path.startswith(below)
    is_made = made.case.request.method == "POST" and _is_done(made)
    return is_made and link.is_followed and (link.is_documented or is_below)


def _found(steps: list[TriedCase], category: Category, expected: str) -> tuple[PlayedSequence, Issue]:
    cause, last = steps[0].case.operation, steps[-1].case.operation
    is_lost = category is Category.NOT_STORED
    message = (
        "The created record cannot be found."
        if is_lost
        else f"The record that {cause.id} deleted still exists."
    )
    suggested_clause = f"After {cause.id}, {last.id} answers {expected}."
    got = described(steps[-1].answer)
    issue = Issue(
        cause,
        Rule.STATE,
        category,
        Subject(other=last.id),
        message,
        expected,
        got,
        cause.pointer,
        Verdict.DRIFT,
        suggested_clause=suggested_clause,
    )
    return PlayedSequence(
        CaseSequence(tuple(step.case for step in steps), "fuzz"), tuple(steps), issue
    ), issue
