"""Plans: what is inferred of resources and operations, as frozen values; executors carry them out."""

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
"""At the end of a collection's name: what belongs to a new record, and so begins with nothing in it."""

GONE = "~gone"
"""The collection of what was deleted in a session and may be restored, by collection and key."""

OWN = "~own"
"""The collection of what callers without a record among the users are shown as their own, by subject."""

PASSWORDS = "~passwords"
"""The collection of the passwords that users of a session gave themselves, by collection and key."""

BELOW = "~below"
"""The collection of which records were created below which others, by collection, parents and key."""

BORN = "~born"
"""The collection of what was created in a session, by collection and key."""

FILES = "~files"
"""The collection of the files that were uploaded in a session, by the collection and key of their record."""

WORK = "~work"
"""The collection of what was accepted with 202 and goes on, by collection and key."""

SINGLE = "self"
"""The key of the only record of a resource that is one thing: `/users/{id}/settings`."""


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


@dataclass(frozen=True, slots=True)
class PageField:
    """A property of an envelope that says something about the list in it.

    Attributes:
        meaning: what it says, a key of `usual.METADATA` or one of `usual.FLAGS`.
        schema: of the property.
        outer: the schema of the envelope's property that it is in, or that it is.
        forms: how it may name a neighbouring page, the first that fits: `link`, `cursor`, `number`, `start`.
        ends_at: what is removed where there is no neighbour: it, or the object that it is in.
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
        schema: of the whole body.
        place: where the record, or the list, stands in it.
        shown: the schema of the record that is shown.
        properties: those of a record that may be shown; None when all may.
        within: where a record stands in an element of a list.
        ids: the list is one of ids.
        key: the property that has the record's id, where another thing than the record is shown.
        metadata: what the envelope says about the list.
        sources: where a record has what is shown of it under another name: a summary's `labels` are
            `config.labels`.
    """

    status: int
    media_type: MediaType
    schema: Schema
    place: BodyPath
    shown: Schema
    properties: frozenset[str] | None
    within: BodyPath = ()
    ids: bool = False
    key: str | None = None
    metadata: tuple[PageField, ...] = ()
    sources: Mapping[str, BodyPath] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resource:
    """Records of one kind.

    Attributes:
        name: unique in its document, such as `customers.orders`; the state's collections are called so.
        word: what its records are called in the path: `orders`.
        template: the collection's path.
        item_path: an item's path as it is written; None when items have none.
        single: it is one thing and not a collection.
        key: the property that identifies a record; None when records have none.
        key_schema: the schema of the path's parameter that identifies a record.
        record: the schema of a record.
        identity: equal for schemas that are the same.
        properties: of a record.
        parents: the properties of a record that hold the ids above it in the path, by position.
        inside: where in its `metadata` a record has ids of its path, by position; its own comes last.
        fixture: the fixture's collection of this name, if there is one: the world is closed.
        one: the response that shows a record.
        several: the response that shows the list, if there is one.
        raw: a record is what was uploaded, a picture say, or no more than that it is there.
        located: a record's id is its whole path, and its name the end of that.
        reasons: why `key` identifies a record.
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
    located: bool = False
    reasons: "tuple[Reason, ...]" = ()

    @property
    def depth(self) -> int:
        """How many ids stand above a record in its path."""
        return sum(segment is None for segment in self.template)

    def collection(self, parents: tuple[str, ...]) -> str:
        """The state's collection for what belongs to these parents."""
        if self.fixture is not None:
            return self.fixture
        inner = ",".join(quote(parent, safe="") for parent in parents)
        return f"{self.name}:{inner}" if parents else self.name


def split_collection(name: str) -> tuple[str, tuple[str, ...]]:
    """Take a collection's name apart: the resource's name and the parents."""
    resource, colon, parents = name.removesuffix(EMPTY).partition(":")
    return resource, tuple(unquote(parent) for parent in parents.split(",")) if colon else ()


Key = tuple[str, str]
"""A parameter's location and name."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a field of a plan is as it is.

    Attributes:
        field: as a correction calls it.
        because: what in the document decided.
        convention: whose custom that is, where it is not one of all.
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
        operator: how it compares, a key of `compare.BOUNDS`.
        ignored: the values that leave nothing out: `state=all`.
        named: the resource whose records a value may name instead of their id: a category by its slug.
    """

    parameter: Key
    path: BodyPath
    operator: str = "eq"
    ignored: frozenset[str] = frozenset()
    named: "Resource | None" = None


@dataclass(frozen=True, slots=True)
class Selection:
    """The query parameters that select and order records.

    Attributes:
        filters: those that select by one property.
        nested: those that hold whole filters: `filter[status]=open`, OData's `$filter`.
        paths: where records have what parameters name, by normalised name.
    """

    paths: PropertyPaths
    filters: tuple[Filter, ...] = ()
    nested: tuple[Key, ...] = ()
    search: Key | None = None
    sort: Key | None = None
    direction: Key | None = None

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to select or order by."""
        return not (self.filters or self.nested or self.search or self.sort)

    @property
    def narrowing(self) -> frozenset[Key]:
        """The parameters that leave records out."""
        found = [*(entry.parameter for entry in self.filters), *self.nested]
        return frozenset([*found, self.search] if self.search else found)

    @property
    def ordering(self) -> frozenset[Key]:
        """The parameters that say in which order."""
        return frozenset(key for key in (self.sort, self.direction) if key is not None)


@dataclass(frozen=True, slots=True)
class Pagination:
    """The query parameters that say which part of a list is shown.

    Attributes:
        base: the number of the first page.
        default_size: how many records a part has where the request does not say.
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
        """All of them."""
        found = (self.page, self.size, self.offset, self.after, self.before)
        return tuple(key for key in found if key is not None)


@dataclass(frozen=True, slots=True)
class AssignedFields:
    """The properties of a record that the server assigns.

    Attributes:
        created: get the moment of creation.
        updated: get the moment of creation, and of each change.
        reached: get the moment at which the record comes into a state, by what that state says: `cancel`.
        states: say in which state the record is.
        initial: what a new record has where the request does not say.
        generated: what the server generates for each new record: names, numbers, links.
        later: belong to what may happen later: a new record is without.
        empty: what there is of a property as long as nothing happened: no elements, a count of 0.
    """

    created: frozenset[str] = frozenset()
    updated: frozenset[str] = frozenset()
    reached: Mapping[str, str] = field(default_factory=dict)
    states: frozenset[str] = frozenset()
    initial: Mapping[str, Any] = field(default_factory=dict)
    generated: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()
    empty: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """How a record that was accepted with 202 goes on.

    Attributes:
        property: has its state.
        states: those that it goes through, the first to the last.
        seconds: so long a state lasts at most, by the session's clock; None until it is read.
        by_polls: whether a state is over once it was read.
        numbers: the properties that say how far it is, each with what it is at the end.
        results: the properties that it has at the end.
        starts: the properties that have the moment at which its first state was over.
        ends: those that have the moment of the end.
        assigned: what the server assigns when it goes on: moments.
        lazily: it is accepted when it is read first.
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
        status: the status of success.
        view: how the response shows the record or the list; None when it does not.
        listed: the response shows the one record in a list.
        entity_tags: answers have an `ETag`, and requests may be conditional.
        responses: how responses of other statuses and media types show the record or the list.
        below: for each parameter that the path begins with the property of a record that has its value, None
            where no property has it; empty where the records are not those of a collection at another path.
        counted: the property of the record above that says how many of these there are.
        caller: the record is the caller's own, whatever the path says: `/me`.
        otherwise: the plan for callers of whom nothing is known; None where the document's answer does.
        progress: how what is accepted with 202 goes on; None where nothing is.
        starts: the record of another resource that is made besides: the task that does what was accepted.
        reasons: why each field is as it is.
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
        fields_in: the object of the record that those properties are in; empty for the record itself.
    """

    fields: Key | None = None
    fields_in: BodyPath = ()


@dataclass(frozen=True, kw_only=True)
class WritePlan(Plan):
    """Change or delete a record.

    Attributes:
        sent: where the record stands in the request's body.
        accepted: the properties that a record may have there, called as the record calls them.
        placed: where the record has what the request's body calls otherwise, or has elsewhere.
        asked: the properties of a record that query parameters say, by the names of these: `?name=web`.
        key_in: where the request's body has the record's id; None where it has none.
        location: whoever creates a record needs `Location` to find it: the answer does not have its id.
        assigned: the properties that the server assigns.
        unique: the properties whose values no two records share: a request that does so is refused.
    """

    sent: BodyPath = ()
    accepted: Mapping[str, Schema] = field(default_factory=dict)
    placed: Mapping[str, BodyPath] = field(default_factory=dict)
    asked: Mapping[str, str] = field(default_factory=dict)
    key_in: BodyPath | None = None
    location: bool = False
    assigned: AssignedFields = AssignedFields()
    unique: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class CreatePlan(WritePlan):
    """Create records.

    Attributes:
        many: where the request's body has a list of them; None for one record.
        naming: the query parameter that has the new record's id.
        bare: the answer is the new record's id alone.
        tokens: what the answer says of the token with which the new user is logged in, by what it means.
    """

    many: BodyPath | None = None
    naming: Key | None = None
    bare: bool = False
    tokens: Mapping[BodyPath, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StartPlan(CreatePlan):
    """Make the record that tells how what was accepted with 202 goes on: a task, a job.

    Attributes:
        parents: the parameters of the path that have the ids above it.
    """

    parents: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReplacePlan(WritePlan):
    """Replace a record.

    Attributes:
        creates: a record that is not there yet is created.
        origin: the resource whose records are only added to something here; None where requests have records.
    """

    creates: bool = False
    origin: Resource | None = None


@dataclass(frozen=True, kw_only=True)
class DeletePlan(WritePlan):
    """Delete a record; where it is `restorable`, an action brings it back."""

    restorable: bool = False


@dataclass(frozen=True, kw_only=True)
class ActionPlan(WritePlan):
    """Do to a record what the end of the path says.

    Attributes:
        action: what that is: `cancel`.
        sets: the values that properties get by it: `status: cancelled`.
        counts: the properties that it counts up, or down.
        restores: it brings back what was deleted.
        conflicts: the values of properties with which it is refused: `status: [cancelled]`.
        elements: the list of the record to which it adds an element, or from which it takes one.
    """

    action: str = ""
    sets: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    restores: bool = False
    conflicts: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    elements: str | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """What a stream of events tells of records: it stays open and says what changes.

    Attributes:
        media_type: of the stream.
        value: the schema of one value.
        within: where a value has the record.
        is_text: the record is JSON in a text there.
        is_event: a value is a whole event, and not what its data is.
        change: the property of a value that says what happened to the record.
        changes: what it says: `created`, `updated` and `deleted` in the words of the document.
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
        searched: the request's body says what the query would.
        fields: the parameter that chooses the properties shown.
        fields_in: the object of a record that those properties are in; empty for the record itself.
        headers: what header fields of the answer say about the list: `total`, `link`.
        queries: all query parameters.
        watch: how a stream of the list tells what changes; None where there is no such stream.
    """

    selection: Selection
    pagination: Pagination = Pagination()
    searched: bool = False
    fields: Key | None = None
    fields_in: BodyPath = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    queries: tuple[str, ...] = ()
    watch: Watch | None = None


@dataclass(frozen=True, kw_only=True)
class WatchPlan(ListPlan):
    """Tell what changes in a collection, or of one record; `content` is that of the stream."""

    content: MediaType


@dataclass(frozen=True, kw_only=True)
class CountPlan(Plan):
    """Count records.

    Attributes:
        numbers: the properties that have the number, none where the answer is it.
        groups: where the answer has how many of the records have which value of a property: `(status, open)`;
            by all values where none is named, and all records where no property is.
    """

    selection: Selection
    numbers: frozenset[str] = frozenset()
    groups: Mapping[BodyPath, tuple[Any, ...]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LoginPlan(Plan):
    """Answer with a token for whoever logs in; `view` shows their record.

    Attributes:
        credentials: where the request's body says who logs in, by what it means: one of `login_words.SENT`.
        tokens: where the answer says what of the token, by place: one of `login_words.MEANINGS`.
        cookie: the cookie that carries the token; None where the answer's body does.
    """

    credentials: Mapping[str, BodyPath] = field(default_factory=dict)
    tokens: Mapping[BodyPath, str] = field(default_factory=dict)
    cookie: str | None = None


@dataclass(frozen=True, kw_only=True)
class EchoPlan(Plan):
    """Answer with what the document offers, and show in it what the request says of the same name.

    Attributes:
        shown: the parameters that properties of the answer show.
        echoed: the properties of the answer that a request's body has, too.
        fresh: each answer is another one: it names what was accepted.
    """

    shown: Mapping[str, Key] = field(default_factory=dict)
    echoed: frozenset[str] = frozenset()
    fresh: bool = False


@dataclass(frozen=True, kw_only=True)
class ClearPlan(Plan):
    """Delete the records of a collection that the request chooses.

    Attributes:
        ids: the parameters that list ids.
        names: the properties by which a list may name records, besides their id.
        all: the properties of the request's body that, when true, mean all records; None where the
            document does not say which properties it has.
        unknown: the query parameters that are not understood: a request that sends one deletes nothing.
        flags: those of them that may be sent as `true`.
        numbers: the properties that say how many records were deleted.
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
        """The parameters that choose."""
        return sorted({name for _, name in (*self.ids, *self.selection.narrowing)})


def text_of(value: Any) -> str:
    """A parameter's value as the key of a record."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else str(value)
