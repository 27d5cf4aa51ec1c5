"""Render records into documented response bodies, in their envelope."""

from collections.abc import Callable, Hashable, Mapping
from functools import cached_property
from typing import Any

from mockserver.behaviour.backend import Collection
from mockserver.resources.body_paths import put_at, value_at
from mockserver.resources.plan import Resource, View
from mockserver.resources.records.record_writer import RecordWriter
from mockserver.state.baseline import Record

_MOST_SHOWN = 1_000
"""Maximum number of records in the cached bodies of one collection."""
_WEIGHT = range(5 * _MOST_SHOWN)
"""What these bodies count as, in rows of cached results: a rendered record takes more memory than a row."""


class ShownBodies(dict[Hashable, Any]):
    """Cached bodies of answers about one collection, all valid; must not be changed."""

    __slots__ = ("_shown",)

    def __init__(self) -> None:
        super().__init__()
        self._shown = 0

    def keep(self, place: Hashable, body: Any, records: int) -> None:
        """Cache a valid body that shows a number of records."""
        if self._shown + records > _MOST_SHOWN:
            self.clear()
            self._shown = 0
        if records <= _MOST_SHOWN:
            self[place] = body
            self._shown += records


def shown_bodies(collection: Collection) -> ShownBodies:
    """The cached bodies about a collection, as a session sees it; empty again after each write to it."""
    bodies: Any = collection.derived("bodies", _no_bodies)[1]
    found: ShownBodies = bodies
    return found


def _no_bodies() -> tuple[range, ShownBodies]:
    return _WEIGHT, ShownBodies()


class Renderer:
    """Renders records by one view; `template` makes a documented body to put them in."""

    def __init__(
        self, view: View, resource: Resource, records: RecordWriter, template: Callable[[], Any]
    ) -> None:
        self.view = view
        self._records = records
        self._resource = resource
        self._template = template
        #: The validators of whole bodies, and of the values that show a record.
        self._checker, self._shown_checker = records.checker(view.schema), records.checker(view.shown)
        # A view without the record's key shows something else about the record: a receipt, a job.
        self._shows_key = view.properties is None or resource.key is None or resource.key in view.properties

    @cached_property
    def template(self) -> Any:
        """A documented body."""
        return self._template()

    def record(self, record: Record, name: str, key: str) -> Any:
        """The value that shows a record; None when no valid one can be made."""
        view = self.view
        properties = view.properties
        shown: dict[str, Any] = (
            dict(record)
            if properties is None
            else {field: value for field, value in record.items() if field in properties}
        )
        says_something = bool(shown) or not record or not view.properties
        if view.sources:
            shown |= self._elsewhere(record)
        if self._shows_key and says_something and self._shown_checker.is_valid(shown):
            return shown
        generated = self._records.object_of(view.shown, name, key, self._resource.word)
        if generated is None:
            return None
        kept = {field: value for field, value in shown.items() if field in generated}
        kept |= self._records.id_in(view, key)
        return self._records.mended(view.shown, {**generated, **kept}, generated)

    def _elsewhere(self, record: Record) -> dict[str, Any]:
        """The properties that the record has under other names than the view."""
        known = self._records.properties_of(self.view.shown)
        found = {}
        for name, path in self.view.sources.items():
            value = value_at(record, path)
            fitting = (one for one in (value, [value]) if self._records.fits(known[name], one))
            if value is not None and (shown := next(fitting, None)) is not None:
                found[name] = shown
        return found

    def body(self, record: Record, name: str, key: str) -> Any:
        """The whole body with one record; None when no valid one can be made."""
        shown = self.record(record, name, key)
        if shown is None or not self.view.place:
            return shown
        body = put_at(self.template, self.view.place, shown)
        return body if self._checker.is_valid(body) else None

    def _entry(self, record: Record, name: str, key: str) -> Any:
        """The list element of a record: the record, or its id alone; None when neither is valid."""
        return (
            self._records.server_fields.fitting(self.view.shown, key)
            if self.view.ids
            else self.record(record, name, key)
        )

    def _framed(self, entry: Any, name: str, key: str) -> Any:
        """The element of the list that has a record, and more: its cursor, the time when it was added."""
        schema = True if self.view.element is None else self.view.element
        made = self._records.object_of(schema, name, key, "element", dynamic=True) or {}
        cursors = {place: key for place in self.view.cursors if isinstance(made.get(place), str)}
        return put_at({**made, **cursors}, self.view.within, entry)

    def list(self, rows: list[tuple[str, Record]], name: str, fill: Callable[[Any], Any]) -> Any:
        """The whole body with a list of records; None when no valid one can be made."""
        shown = [self._entry(record, name, key) for key, record in rows]
        if self.view.element is not None:
            keys = [key for key, _ in rows]
            shown = [self._framed(entry, name, key) for entry, key in zip(shown, keys, strict=True)]
        else:
            shown = [put_at({}, self.view.within, entry) for entry in shown if entry is not None]
        if not self.view.place:
            return shown if self._checker.is_valid(shown) else None
        plain = put_at(self.template, self.view.place, shown)
        filled = fill(plain)
        return next((body for body in (filled, plain) if self._checker.is_valid(body)), None)


def unwrapped(body: Any, place: tuple[str, ...]) -> Mapping[str, Any]:
    """The record in a request body; empty when there is none."""
    for name in place:
        body = body.get(name) if isinstance(body, Mapping) else None
    return body if isinstance(body, Mapping) else {}
