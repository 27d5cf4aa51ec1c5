"""Plans: the inferred resources and operations as frozen values, which executors carry out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import quote, unquote

from mockserver.openapi.operation import MediaType, Schema
from mockserver.resources.body_paths import BodyPath
from mockserver.resources.infer.path_templates import Segments
from mockserver.resources.querying.property_paths import PropertyPaths

EMPTY = "!"
"""Suffix of the name of a collection below a new record, which begins empty."""

GONE = "~gone"
"""The collection of deleted records of a session that may be restored, by collection and key."""

OWN = "~own"
"""The collection of the own records of callers who are not among the users, by subject."""

PASSWORDS = "~passwords"
"""The collection of passwords that users set in a session, by collection and key."""

BELOW = "~below"
"""The collection of records created below parents at another path, by collection, parents and key."""

BORN = "~born"
"""The collection of records created in a session, by collection and key."""

FILES = "~files"
"""The collection of files uploaded in a session, by collection and key of their record."""

WORK = "~work"
"""The collection of records accepted with 202 and in progress, by collection and key."""

LISTED = "listed"
"""The property of the stored record of a list of values that holds them."""

SINGLE = "self"
"""The key of the record of a single resource: `/users/{id}/settings`."""


class OperationKind(StrEnum):
    """What an operation does with a resource."""

    LIST = "list"
    CREATE = "create"
    READ = "read"
    REPLACE = "replace"
    MERGE = "merge"
    DELETE = "delete"
    CLEAR = "clear"
    ACTION = "action"
    COUNT = "count"
    DOWNLOAD = "download"
    START = "start"
    WATCH = "watch"
    ECHO = "echo"
    LOGIN = "login"
    ADD = "add"
    CONTAINS = "contains"


@dataclass(frozen=True, slots=True)
class PageField:
    """A property of an envelope that holds list metadata.

    Attributes:
        meaning: a key of `usual.METADATA` or one of `usual.FLAGS`.
        schema: the schema of the property.
        outer: the schema of the envelope's top-level property that it is, or is inside of.
        forms: its forms for a neighbouring page, the preferred first: `link`, `cursor`, `number`, `start`.
        ends_at: the path removed when there is no neighbouring page: its own, or that of its object; empty
            where every part of the path is required.
    """

    place: BodyPath
    meaning: str
    schema: Schema
    outer: Schema
    forms: tuple[str, ...]
    ends_at: BodyPath


@dataclass(frozen=True, slots=True)
class View:
    """How a documented response shows a record or a list of them.

    Attributes:
        schema: the schema of the whole body.
        place: the path of the record, or of the list, in the body.
        shown: the schema of the record that is shown.
        properties: the properties of a record that may be shown; None for all.
        within: the path of the record in an element of the list.
        element: the schema of an element of the list that has more than the record; None when it has not.
        cursors: the properties of such an element that hold its cursor.
        ids: whether the list has ids instead of records.
        key: the property that has the record's id, when another schema than the record's is shown.
        metadata: the properties of the envelope that hold list metadata.
        sources: the record's paths of properties shown under another name: a summary's `labels` are
            `config.labels`.
    """

    status: int
    media_type: MediaType
    schema: Schema
    place: BodyPath
    shown: Schema
    properties: frozenset[str] | None
    within: BodyPath = ()
    element: Schema | None = None
    cursors: frozenset[str] = frozenset()
    ids: bool = False
    key: str | None = None
    metadata: tuple[PageField, ...] = ()
    sources: Mapping[str, BodyPath] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resource:
    """The records of one collection, or a single record, with their schema and path.

    Attributes:
        name: unique in its document, such as `customers.orders`; also the name of the state's collection.
        word: the path segment that names its records: `orders`.
        template: the collection's path.
        item_path: an item's path as it is written; None when items have none.
        single: whether it is a single record and not a collection.
        key: the property that identifies a record; None when records have none.
        key_schema: the schema of the path's parameter that identifies a record.
        record: the schema of a record.
        identity: equal for schemas that are the same.
        properties: the properties of a record.
        parents: the properties of a record that hold the parent ids in its path, by position.
        inside: the paths in a record's `metadata` of the ids in its path, by position, its own last.
        fixture: the fixture file's collection of this name; if it has one, only its records exist.
        one: the response that shows a record.
        several: the response that shows the list; None when there is none.
        raw: whether a record is uploaded content, such as a picture, a list of values, or a mark.
        is_list: whether it is such a list of values, without id each.
        located: whether a record's id is its whole path, and its name the last segment.
        reasons: the reasons why `key` identifies a record.
    """

    name: str
    word: str
    template: Segments
    item_path: str | None
    single: bool
    key: str | None
    key_schema: Schema
    record: Schema
    identity: object
    properties: Mapping[str, Schema]
    required: frozenset[str]
    parents: Mapping[int, str] = field(default_factory=dict)
    inside: Mapping[int, BodyPath] = field(default_factory=dict)
    fixture: str | None = None
    one: View | None = None
    several: View | None = None
    raw: bool = False
    is_list: bool = False
    located: bool = False
    reasons: "tuple[Reason, ...]" = ()

    @property
    def depth(self) -> int:
        """The number of parent ids in a record's path."""
        return sum(segment is None for segment in self.template)

    def collection(self, parents: tuple[str, ...]) -> str:
        """The name of the state's collection of the records below these parents."""
        if self.fixture is not None:
            return self.fixture
        inner = ",".join(quote(parent, safe="") for parent in parents)
        return f"{self.name}:{inner}" if parents else self.name


def split_collection(name: str) -> tuple[str, tuple[str, ...]]:
    """Split a collection's name into the resource's name and the parents."""
    resource, colon, parents = name.removesuffix(EMPTY).partition(":")
    return resource, tuple(unquote(parent) for parent in parents.split(",")) if colon else ()


Key = tuple[str, str]
"""A parameter's location and name."""


@dataclass(frozen=True, slots=True)
class Reason:
    """The reason for the value of a plan's field.

    Attributes:
        field: the field's name in a correction.
        because: the evidence in the document.
        convention: the convention that decided; empty for a usual name.
    """

    field: str
    because: str
    convention: str = ""

    def __str__(self) -> str:
        """One line: `filters: …  (convention: OData)`."""
        custom = f" (convention: {self.convention})" if self.convention else ""
        return f"{self.field}: {self.because}{custom}"


@dataclass(frozen=True, slots=True)
class Filter:
    """A query parameter that selects records by a property.

    Attributes:
        operator: how it compares, a key of `value_matching.BOUNDS`.
        ignored: the values that select every record: `state=all`.
        named: the resource whose records a value may name instead of their id: a category by its slug.
        named_by: the properties of those records that a value may be equal to.
    """

    parameter: Key
    path: BodyPath
    operator: str = "eq"
    ignored: frozenset[str] = frozenset()
    named: "Resource | None" = None
    named_by: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Selection:
    """The query parameters that select and order records.

    Attributes:
        filters: the parameters that filter by one property.
        nested: the parameters that hold whole filters: `filter[status]=open`, OData's `$filter`.
        paths: the paths of the records' properties, by normalised name.
    """

    paths: PropertyPaths
    filters: tuple[Filter, ...] = ()
    nested: tuple[Key, ...] = ()
    search: Key | None = None
    sort: Key | None = None
    direction: Key | None = None

    @property
    def is_plain(self) -> bool:
        """Whether there are no parameters to select or order by."""
        return not (self.filters or self.nested or self.search or self.sort)

    @property
    def narrowing(self) -> frozenset[Key]:
        """The parameters that filter records."""
        found = [*(entry.parameter for entry in self.filters), *self.nested]
        return frozenset([*found, self.search] if self.search else found)

    @property
    def ordering(self) -> frozenset[Key]:
        """The parameters that sort records."""
        return frozenset(key for key in (self.sort, self.direction) if key is not None)


@dataclass(frozen=True, slots=True)
class Pagination:
    """The pagination parameters of a list.

    Attributes:
        base: the number of the first page.
        default_size: the page size when the request gives none.
    """

    page: Key | None = None
    size: Key | None = None
    offset: Key | None = None
    after: Key | None = None
    before: Key | None = None
    base: int = 1
    default_size: int = 30

    @property
    def parameters(self) -> tuple[Key, ...]:
        """All pagination parameters."""
        found = (self.page, self.size, self.offset, self.after, self.before)
        return tuple(key for key in found if key is not None)


@dataclass(frozen=True, slots=True)
class AssignedFields:
    """The properties of a record that the server assigns.

    Attributes:
        created: the properties set to the time of creation.
        updated: the properties set to the time of creation, and of each change.
        reached: the properties set when the record enters a state, with that state's verb: `cancel`.
        states: the properties that hold the record's state.
        initial: the initial values of a new record, unless the request sets them.
        generated: the properties generated for each new record: names, numbers, links.
        revisions: the properties that count the record's changes, from 1: `version`.
        later: the properties set only by later events, which a new record lacks.
        empty: the values of properties before any event: an empty list, a count of 0.
    """

    created: frozenset[str] = frozenset()
    updated: frozenset[str] = frozenset()
    reached: Mapping[str, str] = field(default_factory=dict)
    states: frozenset[str] = frozenset()
    initial: Mapping[str, Any] = field(default_factory=dict)
    generated: frozenset[str] = frozenset()
    revisions: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()
    empty: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of a record that was accepted with 202.

    Attributes:
        property: the property that holds the state.
        states: the states that it goes through, the first to the last.
        seconds: how long a state lasts at most, by the session's clock; None for until it is read.
        by_polls: whether each read ends the current state.
        numbers: the properties that hold the progress as a number, each with its final value.
        results: the properties that are set at the end.
        starts: the properties that hold the time at which the first state ended.
        ends: the properties that hold the time of the end.
        assigned: the properties that the server assigns with each state: timestamps.
        lazily: whether the first read counts as its acceptance.
    """

    property: str
    states: tuple[Any, ...]
    seconds: float | None = 30.0
    by_polls: bool = True
    numbers: Mapping[str, float] = field(default_factory=dict)
    results: frozenset[str] = frozenset()
    starts: frozenset[str] = frozenset()
    ends: frozenset[str] = frozenset()
    assigned: AssignedFields = AssignedFields()
    lazily: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an operation does with a resource.

    Attributes:
        status: the status of a successful response.
        view: how the response shows the record or the list; None when it does not.
        listed: whether the response shows the record in a list of one.
        entity_tags: whether responses have an `ETag`, and requests may be conditional.
        responses: the views of other statuses and media types.
        below: for each parameter that the path begins with the property of a record that has its value, None
            where no property has it; empty where the records are not those of a collection at another path.
        counted: the property of the parent record that counts these records.
        counted_by: the counts of these records in others that they refer to, by the property that refers to
            them: `projectId: taskCount`.
        part_of: the property of the parent record that lists these records.
        caller: whether the record is the caller's own: `/me`.
        otherwise: the plan for anonymous callers; None for the document's example.
        progress: the progress of a record accepted with 202; None when there is none.
        starts: the plan of the job record that the operation also creates.
        reasons: the reasons for the values of the fields.
    """

    kind: OperationKind
    resource: Resource
    status: int
    view: View | None
    listed: bool = False
    entity_tags: bool = False
    responses: Mapping[tuple[int, str], View] = field(default_factory=dict)
    below: tuple[str | None, ...] = ()
    counted: str | None = None
    counted_by: Mapping[str, str] = field(default_factory=dict)
    part_of: str | None = None
    caller: bool = False
    otherwise: "Plan | None" = None
    progress: Progress | None = None
    starts: "StartPlan | None" = None
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReadPlan(Plan):
    """Show one record.

    Attributes:
        fields: the parameter that chooses the properties shown.
        fields_in: the object of the record that has those properties; empty for the record itself.
        newest_by: the path of the moment by which the newest record is shown; empty for the last of the list,
            None where the request names a record.
    """

    fields: Key | None = None
    fields_in: BodyPath = ()
    newest_by: BodyPath | None = None


@dataclass(frozen=True, kw_only=True)
class WritePlan(Plan):
    """Change or delete a record.

    Attributes:
        sent: the path of the record in the request body.
        accepted: the properties that requests may send, by the record's names.
        placed: the record's paths of properties that have another name or path in the request body.
        asked: the properties of a record that query parameters set, by parameter: `?name=web`.
        key_in: the path of the record's id in the request body; None when it has none.
        location: whether a creation needs `Location`, since the response body lacks the id.
        assigned: the properties that the server assigns.
        unique: the properties whose values are unique: a request with a duplicate is refused.
        many: the path of the list of records, or of their ids, in the request body; None for one record.
        origin: the resource whose records are added here by their ids; None when requests have records.
        numbers: the properties that hold the number of written records, when these are several.
    """

    sent: BodyPath = ()
    accepted: Mapping[str, Schema] = field(default_factory=dict)
    placed: Mapping[str, BodyPath] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    key_in: BodyPath | None = None
    location: bool = False
    assigned: AssignedFields = AssignedFields()
    unique: frozenset[str] = frozenset()
    many: BodyPath | None = None
    origin: Resource | None = None
    numbers: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class CreatePlan(WritePlan):
    """Create records.

    Attributes:
        uploads: the field of a form whose files each become a record; None when there is none.
        naming: the query parameter that has the new record's id.
        bare: whether the response body is the new record's id alone.
        tokens: the token properties of the response, with their meanings, when the new user is logged in.
        inherited: the properties that it has from the record above it in the path.
    """

    uploads: str | None = None
    naming: Key | None = None
    bare: bool = False
    tokens: Mapping[BodyPath, str] = field(default_factory=dict)
    inherited: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class StartPlan(CreatePlan):
    """Create the record that shows the progress of a request accepted with 202: a task, a job.

    Attributes:
        parents: the path parameters that hold its parent ids.
    """

    parents: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReplacePlan(WritePlan):
    """Replace a record.

    Attributes:
        creates: whether a record that does not exist is created.
    """

    creates: bool = False


@dataclass(frozen=True, kw_only=True)
class MembersPlan(WritePlan):
    """Add records to a list by their ids, or say for each id whether the list has it.

    Attributes:
        ids: the query parameters that list ids; the request body does where none is sent.
    """

    ids: tuple[Key, ...] = ()


@dataclass(frozen=True, kw_only=True)
class DeletePlan(WritePlan):
    """Delete a record; an action restores it if it is `restorable`.

    Attributes:
        confirmed: the path of the flag in the response that says that it is deleted; None without one.
        marks: the properties that a deleted record is marked by: `deletedAt`.
        kept_by: the resources whose records keep it from being deleted (409).
    """

    restorable: bool = False
    confirmed: BodyPath | None = None
    marks: frozenset[str] = frozenset()
    kept_by: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class ActionPlan(WritePlan):
    """Apply the action named by the path's last segment to a record.

    Attributes:
        action: the action's name: `cancel`.
        sets: the values that it sets, by property: `status: cancelled`.
        counts: the amounts that it adds, by property.
        restores: whether it restores a deleted record.
        moments: the properties that it sets to the time: `archivedAt`.
        copies: whether it makes a copy of the record: `duplicate`.
        every: whether it is applied to every record: `read-all`.
        singled_out: the flags that no other record keeps when it sets them: `isDefault`.
        flips: the flags that it sets to what they are not: `completed` of `toggle`.
        conflicts: the values of properties for which it is refused: `status: [cancelled]`.
        elements: the list of the record in which it adds, changes or removes an element.
        element_ids: the properties of such an element by which a path names it.
        element: how the response shows that element; None when it shows the record, or nothing.
    """

    action: str = ""
    sets: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    restores: bool = False
    moments: frozenset[str] = frozenset()
    copies: bool = False
    every: bool = False
    singled_out: frozenset[str] = frozenset()
    flips: frozenset[str] = frozenset()
    conflicts: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    elements: str | None = None
    element_ids: frozenset[str] = frozenset()
    element: View | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """How an open stream shows records and their changes.

    Attributes:
        media_type: the media type of the stream.
        value: the schema of one value.
        within: the path of the record in a value.
        is_text: whether the record is a JSON string there.
        is_event: whether a value is a whole event, and not only its data.
        change: the property of a value that holds the kind of change.
        changes: its values for `created`, `updated` and `deleted`.
    """

    media_type: str
    value: Schema
    within: BodyPath = ()
    is_text: bool = False
    is_event: bool = False
    change: str | None = None
    changes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ListPlan(Plan):
    """List records.

    Attributes:
        searched: whether the request body has the query's parameters.
        fields: the parameter that chooses the properties shown.
        fields_in: the object of a record that has those properties; empty for the record itself.
        headers: the meanings of the response headers with list metadata: `total`, `link`.
        queries: all query parameters.
        deleted: the parameter that asks for deleted records, too; None when there is none.
        watch: how a stream of the list shows changes; None when there is no such stream.
    """

    selection: Selection
    pagination: Pagination = Pagination()
    searched: bool = False
    fields: Key | None = None
    fields_in: BodyPath = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    queries: tuple[str, ...] = ()
    deleted: Key | None = None
    watch: Watch | None = None


@dataclass(frozen=True, kw_only=True)
class WatchPlan(ListPlan):
    """Stream the changes of a collection, or of one record; `content` is that of the stream."""

    content: MediaType


@dataclass(frozen=True, kw_only=True)
class CountPlan(Plan):
    """Count records.

    Attributes:
        numbers: the properties that hold the count; empty when the response body is the number.
        groups: the counts in the response by path, with the property and value counted: `(status, open)`;
            without a value it has a count for each, without a property it counts all records.
    """

    selection: Selection
    numbers: frozenset[str] = frozenset()
    groups: Mapping[BodyPath, tuple[Any, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LoginPlan(Plan):
    """Answer a login with a token; `view` shows the user's record.

    Attributes:
        credentials: the paths of the credentials in the request body, by key of `login_words.SENT`.
        tokens: the token properties of the response, with their meaning in `login_words.MEANINGS`.
        cookie: the cookie that carries the token; None when the response body does.
    """

    credentials: Mapping[str, BodyPath] = field(default_factory=dict)
    tokens: Mapping[BodyPath, str] = field(default_factory=dict)
    cookie: str | None = None


@dataclass(frozen=True, kw_only=True)
class EchoPlan(Plan):
    """Answer with the document's example, in which values of the request replace those of the same name.

    Attributes:
        shown: the parameters that properties of the response repeat.
        echoed: the properties of the response that the request body has, too.
        fresh: whether each response is generated anew: it names the accepted request.
    """

    shown: Mapping[str, Key] = field(default_factory=dict)
    echoed: frozenset[str] = frozenset()
    fresh: bool = False


@dataclass(frozen=True, kw_only=True)
class ClearPlan(Plan):
    """Delete the records of a collection that the request chooses.

    Attributes:
        ids: the parameters that list ids.
        names: the properties other than the id by which a list may name records.
        all: the properties of the request body that, when true, select all records; None when the
            document does not list its properties.
        unknown: the query parameters that are not understood: a request that sends one deletes nothing.
        flags: the ones of `unknown` that may be sent as `true`.
        numbers: the properties that hold the number of deleted records.
    """

    selection: Selection
    ids: tuple[Key, ...] = ()
    names: frozenset[str] = frozenset()
    all: frozenset[str] | None = None
    unknown: tuple[Key, ...] = ()
    flags: tuple[Key, ...] = ()
    numbers: frozenset[str] = frozenset()

    @property
    def choosing(self) -> list[str]:
        """The parameters that select records."""
        return sorted({name for _, name in (*self.ids, *self.selection.narrowing)})


def text_of(value: Any) -> str:
    """A parameter's value as the key of a record."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else str(value)
