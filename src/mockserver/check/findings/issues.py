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
    """The kind of promise that an issue breaks; `RULES` describes each in a sentence."""

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
    """Whose promise is broken: the document's, the model's where the document is silent, or the mock's.

    A warning is about something that no document promises; it fails a check only if the user asks for it.
    """

    CONTRACT = "contract"
    DRIFT = "drift"
    MOCK = "mock"
    WARNING = "warning"


class Category(StrEnum):
    """How a promise is broken."""

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
    Rule.OWNERSHIP: "Records of another user cannot be reached.",
    Rule.STATE: "What an operation did is there afterwards, and nothing else has changed.",
    Rule.VALUE: "A value that was sent or stored is shown as it is.",
    Rule.SERVER_ERROR: "No request ends in an error of the server that the document does not describe.",
    Rule.RULE: "What a rule of the fixture file is for is answered as it says.",
    Rule.LEAK: "An answer shows nothing of the inside of the server, and nothing to other sites.",
    Rule.OWN: "What a rule of the file of --hooks asks for is there.",
    Rule.METHOD: "A path takes the documented methods, and no others.",
}
OVERLAPPING = {Category.OVERLAP_LOST, Category.CONDITION_RACED}
"""Race conditions, shown by simultaneous requests: they need not recur each time."""
ASKED_FOR = {Rule.OWN, Rule.LEAK}
"""Opt-in rules: reports omit them if they have no findings."""
_ABOUT_THE_REQUEST = {
    Category.SERVER_ERROR,
    Category.NO_ANSWER,
    Category.REQUEST_REFUSED,
    Category.UNKNOWN_SERVED,
}
"""Issues of these categories are alike only if their requests differ only in a value."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an issue is about, as stable values: no text for people, nothing that depends on the run.

    Attributes:
        place: a field of a body as the names that lead to it, `[]` for the entries of a list; a parameter as
            its location and its name; a header field.
        status: of the answer.
        keyword: the violated keyword of JSON Schema, or parameter rule.
        media_type: of the answer, or of the request that is served or refused.
        method: an undocumented one.
        caller: the kind of caller, if that matters.
        identity: the caller's identity, if that matters.
        situation: what the request tries, if that matters.
        other: the other operation whose response shows the effect of this one.
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
    """The tokens of a JSON pointer as a `Subject.place`: every list index becomes `[]`."""
    return tuple("[]" if token.isdigit() else token for token in tokens)


@dataclass(frozen=True, slots=True)
class TriedCase:
    """A case that was tried, its responses, and the model's records before it.

    Attributes:
        has_written: whether it changed a record, according to the model.
        alone: the status of the model on fresh records, if it was asked for that.
        writer: the step of an earlier scenario that last changed the same record.
        is_known_to_work: whether the implementation has served this operation, now or before.
        undecided: fields of the record that may have any value because the document is silent.
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
    """One disagreement, as it was observed.

    Attributes:
        message: what is wrong, for people, as are `expected`, `got` and `suggested_clause`.
        pointer: the place in the document that is violated.
        path: the exact place in the response body, if it is about a part of it.
        absent: a missing field; an issue only if other responses have it.
        suggested_clause: a sentence that would make the document unambiguous.
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
        """A short id, a hash of fields and not of texts: distinct per defect, unchanged by rewording."""
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
        """What is wrong and where, regardless of the tried value and of the rule."""
        return self.operation.api, self.operation.id, self.category, self._plain_subject

    @property
    def defect(self) -> Hashable:
        """A key equal for issues of the same defect, in any operation and with any tried value."""
        situation = self.subject.situation if self.category in _ABOUT_THE_REQUEST else None
        if situation is not None:
            situation = replace(situation, sample=None, about="", number=0)
        return self.category, self._plain_subject, situation

    @property
    def merge_key(self) -> Hashable:
        """A key equal for issues that are merged into one finding."""
        return self.rule, self.verdict, self.operation.api, self.operation.id, self.defect

    @property
    def _plain_subject(self) -> Subject:
        return replace(self.subject, situation=None, other="")


@dataclass(frozen=True, slots=True)
class SentExchange:
    """A request of a finding and its response, None without one.

    Attributes:
        schemes: the security schemes that say where the credential is put.
    """

    request: HttpRequest
    base_url: str
    schemes: tuple[Mapping[str, Any], ...]
    answer: HttpResponse | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """An issue with the requests that show it.

    Attributes:
        line: the line of the document that the pointer refers to.
        steps: the fewest requests that show it, as curl commands.
        title: what was tried, for people.
        is_stable: whether it recurred when the requests were repeated.
        follows: the id of the finding that explains this one.
        count: how many scenarios showed it.
        alike: findings merged into this one: the same defect, shown by other requests.
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
        """The findings that were merged into this one, itself first."""
        return (replace(self, alike=()), *self.alike)

    def as_json(self) -> dict[str, Any]:
        """The finding in the format of the JSON report."""
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
    """Merge findings that are alike and have the same cause, in the order of the first of each."""
    groups: dict[Hashable, list[Finding]] = {}
    for finding in findings:
        for member in finding.members:
            groups.setdefault((member.issue.merge_key, member.follows), []).append(member)
    return [replace(first, alike=tuple(alike)) for first, *alike in groups.values()]
