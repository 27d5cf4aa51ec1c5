"""Issues that a check sees, and the findings that it reports, with ids that stay the same from run to run."""

import hashlib
import json
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from mockserver.check.planning.cases import Case
from mockserver.check.planning.situations import CallerKind, PathValueKind, Situation
from mockserver.check.reference.reference_model import ModelResponse, RecordsByCollection
from mockserver.check.target.http_messages import HttpRequest, HttpResponse
from mockserver.openapi.operation import Operation


class Rule(StrEnum):
    """The promise that is broken; `RULES` says each in a sentence."""

    STATUS = "status"
    SCHEMA = "schema"
    MEDIA_TYPE = "media-type"
    HEADER = "header"
    BODY_VALIDATION = "body-validation"
    AUTH = "auth"
    ROLE = "role"
    OWNERSHIP = "ownership"
    STATE = "state"
    VALUE = "value"
    SERVER_ERROR = "server-error"
    METHOD = "method"
    RULE = "rule"
    OWN = "own-rule"
    LEAK = "leak"


class Verdict(StrEnum):
    """Which promise is broken: the document's, or the model's where the document is silent; or ours.

    A warning is about what no document promises: it is reported, and fails a check where that is asked for.
    """

    CONTRACT = "contract"
    DRIFT = "drift"
    MOCK = "mock"
    WARNING = "warning"


class Category(StrEnum):
    """In which way a promise is broken."""

    UNDOCUMENTED_STATUS = "undocumented-status"
    SERVER_ERROR = "server-error"
    NO_ANSWER = "no-answer"
    HEADER_MISSING = "header-missing"
    HEADER_VALUE = "header-value"
    MEDIA_TYPE = "media-type"
    NOT_JSON = "not-json"
    SCHEMA = "schema"
    REQUEST_REFUSED = "request-refused"
    METHOD_REFUSED = "method-refused"
    MEDIA_TYPE_REFUSED = "media-type-refused"
    CALLER_REFUSED = "caller-refused"
    CALLER_NOT_RECOGNIZED = "caller-not-recognized"
    STATUS_EXCHANGED = "status-exchanged"
    CALLER_SERVED = "caller-served"
    FORBIDDEN_CALLER_SERVED = "forbidden-caller-served"
    MEDIA_TYPE_ACCEPTED = "media-type-accepted"
    INVALID_ACCEPTED = "invalid-accepted"
    UNDOCUMENTED_METHOD = "undocumented-method"
    UNKNOWN_SERVED = "unknown-served"
    REACHED_THROUGH_ANOTHER = "reached-through-another"
    NOT_POSSIBLE = "not-possible"
    RULE_IGNORED = "rule-ignored"
    RECORD_GONE = "record-gone"
    STILL_THERE = "still-there"
    NOT_STORED = "not-stored"
    MADE_TWICE = "made-twice"
    READING_CHANGES = "reading-changes"
    LIST_DIFFERS = "list-differs"
    LISTED_ELSEWHERE = "listed-elsewhere"
    PAGE_REPEATS = "page-repeats"
    PAGE_LEAVES_OUT = "page-leaves-out"
    TOTAL_DIFFERS = "total-differs"
    FILTER_LEAVES_OUT = "filter-leaves-out"
    ORDER_IGNORED = "order-ignored"
    COUNT_DIFFERS = "count-differs"
    FILE_DIFFERS = "file-differs"
    READ_ONLY_TAKEN = "read-only-taken"
    TAG_KEPT = "tag-kept"
    NOT_MODIFIED_WRONGLY = "not-modified-wrongly"
    CONDITION_IGNORED = "condition-ignored"
    OVERLAP_LOST = "overlap-lost"
    CONDITION_RACED = "condition-raced"
    LOCATION_OF_ANOTHER = "location-of-another"
    ANSWER_KEPT = "answer-kept"
    NOT_LISTED = "not-listed"
    REMOVED_STILL_LISTED = "removed-still-listed"
    LIMIT_IGNORED = "limit-ignored"
    FILTER_IGNORED = "filter-ignored"
    REPEAT_REFUSED = "repeat-refused"
    CHANGED_THOUGH_REFUSED = "changed-though-refused"
    UNSENT_FIELD_CHANGED = "unsent-field-changed"
    VALUE_DIFFERS = "value-differs"
    FIELD_UNCHANGED = "field-unchanged"
    FIELD_NOT_SAVED = "field-not-saved"
    OTHER_RECORD_SHOWN = "other-record-shown"
    OTHER_RECORD_CHANGED = "other-record-changed"
    MOCK_DEFECT = "mock-defect"
    OWN_RULE = "own-rule"
    INSIDE_SHOWN = "inside-shown"
    OPEN_TO_ALL_SITES = "open-to-all-sites"
    COOKIE_OPEN = "cookie-open"
    FAILS_SOMETIMES = "fails-sometimes"


RULES: dict[Rule, str] = {
    Rule.STATUS: "The status is one that the document has for such a request.",
    Rule.SCHEMA: "The body of an answer fits its schema.",
    Rule.MEDIA_TYPE: "Bodies have a documented media type, and no other is accepted.",
    Rule.HEADER: "An answer has the header fields that the document, or HTTP, asks for.",
    Rule.BODY_VALIDATION: (
        "What the document does not allow in a request is refused, what it allows is served."
    ),
    Rule.AUTH: "Without a valid credential nothing is served, and 401 says so.",
    Rule.ROLE: "Each role may do what the document says, and no more.",
    Rule.OWNERSHIP: "What belongs to somebody else cannot be reached.",
    Rule.STATE: "What an operation did is there afterwards, and nothing else has changed.",
    Rule.VALUE: "A value that was sent or stored is shown as it is.",
    Rule.SERVER_ERROR: "No request ends in an error of the server that the document does not describe.",
    Rule.RULE: "What a rule of the fixture file is for is answered as it says.",
    Rule.LEAK: "An answer shows nothing of the inside of the server, and nothing to other sites.",
    Rule.OWN: "What a rule of the file of --hooks asks for is there.",
    Rule.METHOD: "A path takes the documented methods, and no others.",
}
OVERLAPPING = {Category.OVERLAP_LOST, Category.CONDITION_RACED}
"""Issues that requests show which are sent at the same moment: they need not come each time."""
ASKED_FOR = {Rule.OWN, Rule.LEAK}
"""Rules that fail a check only where the user asks for it: reports have nothing of them without findings."""
_ABOUT_THE_REQUEST = {
    Category.SERVER_ERROR,
    Category.NO_ANSWER,
    Category.REQUEST_REFUSED,
    Category.UNKNOWN_SERVED,
}
"""Issues of these are alike only if their requests differ in no more than a value."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an issue is about. Nothing here is written for people, and nothing depends on the run.

    Attributes:
        place: a field of a body as the names that lead to it, `[]` for the entries of a list; a parameter as
            its location and its name; a header field.
        status: of the answer.
        keyword: of JSON Schema, or the rule of a parameter, that is broken at the place.
        media_type: of the answer, or of the request that is served or refused.
        method: an undocumented one.
        caller: who sent the request, where that matters.
        identity: the caller's, where it matters which.
        situation: what the request tries, where that matters.
        other: the other operation that takes part, whose answer shows what this one did.
    """

    place: tuple[str, ...] = ()
    status: int | None = None
    keyword: str = ""
    media_type: str = ""
    method: str = ""
    caller: CallerKind | None = None
    identity: str = ""
    situation: Situation | None = None
    other: str = ""

    def as_json(self) -> dict[str, Any]:
        """The fields that have a value."""
        found = {name: value for name, value in asdict(self).items() if value not in ("", None, ())}
        if self.situation is not None:
            situation = asdict(self.situation)
            known = PathValueKind.KNOWN, "", None, 0
            found["situation"] = {name: value for name, value in situation.items() if value not in known}
        return found


def in_lists(tokens: Iterable[str]) -> tuple[str, ...]:
    """The tokens of a JSON pointer as a `Subject.place`: the entries of a list are all one."""
    return tuple("[]" if token.isdigit() else token for token in tokens)


@dataclass(frozen=True, slots=True)
class TriedCase:
    """A case that was tried, what came of it, and what the model held before.

    Attributes:
        has_written: whether it changed something, according to the model.
        alone: the status that the model would have given on fresh records, where that was asked.
        writer: the step of an earlier scenario that last changed the same record.
        is_known_to_work: whether the implementation has served this operation, now or before.
        undecided: the fields of the record that may have any value, as the document is silent about them.
        is_overlapping: whether it was sent at the same moment as another one.
    """

    case: Case
    answer: HttpResponse
    model: ModelResponse | None
    before: RecordsByCollection = field(default_factory=dict)
    has_written: bool = False
    alone: int | None = None
    writer: "TriedCase | None" = None
    is_known_to_work: bool = False
    undecided: frozenset[str] = frozenset()
    is_overlapping: bool = False


@dataclass(frozen=True, slots=True)
class Issue:
    """One disagreement, as it was seen.

    Attributes:
        message: what is wrong, for people, as are `expected`, `got` and `suggested_clause`.
        pointer: the place in the document that says otherwise.
        path: where in the answer, exactly, when it is about a part of it.
        absent: a field that is not shown, which counts only where it is shown otherwise.
        suggested_clause: what the document could say to make clear who is right.
    """

    operation: Operation
    rule: Rule
    category: Category
    subject: Subject
    message: str
    expected: str
    got: str
    pointer: str
    verdict: Verdict = Verdict.CONTRACT
    path: tuple[str, ...] = ()
    absent: str | None = None
    suggested_clause: str = ""

    @property
    def id(self) -> str:
        """A short name, made of fields alone: no two defects share one, and rewording changes none."""
        fields = [
            self.operation.api,
            self.operation.id,
            self.rule,
            self.category,
            self.subject.as_json(),
        ]
        return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:10]

    @property
    def place(self) -> Hashable:
        """What is wrong where, whatever was tried and by which rule."""
        return self.operation.api, self.operation.id, self.category, self._plain_subject

    @property
    def defect(self) -> Hashable:
        """Equal for issues of which the same is wrong, in any operation and with any value that was tried."""
        situation = self.subject.situation if self.category in _ABOUT_THE_REQUEST else None
        if situation is not None:
            situation = replace(situation, sample=None, about="", number=0)
        return self.category, self._plain_subject, situation

    @property
    def kin(self) -> Hashable:
        """Equal for issues that one finding shows."""
        return self.rule, self.verdict, self.operation.api, self.operation.id, self.defect

    @property
    def _plain_subject(self) -> Subject:
        return replace(self.subject, situation=None, other="")


@dataclass(frozen=True, slots=True)
class SentExchange:
    """A request of a finding and its answer, None where none came.

    Attributes:
        schemes: the security schemes that say where the credential is put.
    """

    request: HttpRequest
    base_url: str
    schemes: tuple[Mapping[str, Any], ...]
    answer: HttpResponse | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A disagreement with the requests that show it.

    Attributes:
        line: the line of the document at which the pointer's value stands.
        steps: the fewest requests that show it, as curl commands.
        title: what was tried, for people.
        is_stable: it came again when it was repeated.
        follows: the id of the finding that explains this one.
        count: how many scenarios showed it.
        alike: findings that are merged into this one: the same is wrong where something else was tried.
        exchanges: the same requests as values, without the reset.
    """

    issue: Issue
    file: str
    line: int | None
    steps: tuple[str, ...]
    title: str
    is_stable: bool = True
    follows: str | None = None
    count: int = 1
    alike: "tuple[Finding, ...]" = ()
    exchanges: tuple[SentExchange, ...] = ()

    @property
    def id(self) -> str:
        """See `Issue.id`."""
        return self.issue.id

    @property
    def members(self) -> "tuple[Finding, ...]":
        """The findings that this one was merged of, itself the first."""
        return (replace(self, alike=()), *self.alike)

    def as_json(self) -> dict[str, Any]:
        """The finding as the JSON report has it."""
        issue = self.issue
        return {
            "id": self.id,
            "members": [member.id for member in self.members],
            "rule": issue.rule,
            "category": issue.category,
            "subject": issue.subject.as_json(),
            "verdict": issue.verdict,
            "api": issue.operation.api,
            "operation": issue.operation.id,
            "method": issue.operation.method.upper(),
            "path": issue.operation.path,
            "document": {"file": self.file, "line": self.line, "pointer": issue.pointer},
            "tried": self.title,
            "message": issue.message,
            "expected": issue.expected,
            "got": issue.got,
            "suggested_clause": issue.suggested_clause or None,
            "steps": list(self.steps),
            "stable": self.is_stable,
            "follows": self.follows,
            "scenarios": sum(member.count for member in self.members),
        }


def merged(findings: Iterable[Finding]) -> list[Finding]:
    """One finding for all that are alike and have the same cause, in the order of their first."""
    groups: dict[Hashable, list[Finding]] = {}
    for finding in findings:
        for member in finding.members:
            groups.setdefault((member.issue.kin, member.follows), []).append(member)
    return [replace(first, alike=tuple(alike)) for first, *alike in groups.values()]
