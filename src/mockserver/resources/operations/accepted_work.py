"""Advance records accepted with 202 through their states, with each read or by the clock."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from mockserver.behaviour.backend import Backend
from mockserver.resources.plan import WORK, Progress, Resource
from mockserver.resources.records.record_writer import RecordWriter
from mockserver.state.baseline import Record


def begin(backend: Backend, name: str, key: str) -> None:
    """Store the moment at which a record was accepted."""
    backend.collection(WORK).put(f"{name}/{key}", {"next": 0, "at": backend.moment.isoformat()})


def state_now(
    backend: Backend, name: str, key: str, progress: Progress, *, lazily: bool = False
) -> int | None:
    """Return the index of a record's current state, and advance it for the next read.

    None when it was not accepted with 202, or is done. With `lazily` the first read accepts it.
    """
    notes, place = backend.collection(WORK), f"{name}/{key}"
    note = notes.get(place)
    if note is None and lazily:
        note = {"next": 0, "at": backend.moment.isoformat()}
    if note is None:
        return None
    last = len(progress.states) - 1
    since = (backend.moment - datetime.fromisoformat(note["at"])).total_seconds()
    gone = int(since // progress.seconds) if progress.seconds and since > 0 else 0
    number: int = min(note["next"] + gone, last)
    if number == last and not lazily:
        notes.delete(place)
    else:
        after = number + (1 if progress.by_polls else 0)
        moment = backend.now() if after != note["next"] else note["at"]
        if after != note["next"] or not notes.has(place):
            notes.put(place, {"next": min(after, last), "at": moment})
    return number


def fields_in_state(
    progress: Progress, number: int, record: Mapping[str, Any], made: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the fields of a record in a state: state, progress, and at the end results from `made`."""
    last = len(progress.states) - 1
    found: dict[str, Any] = {progress.property: progress.states[number]}
    for name, whole in progress.numbers.items():
        found[name] = round(whole * number / last) if whole > 1 else whole * number / last
    for name in progress.results:
        if number == last and record.get(name) in (None, [], {}) and made.get(name) is not None:
            found[name] = made[name]
    return found


def in_first_state(records: RecordWriter, resource: Resource, progress: Progress, record: Record) -> Record:
    """Return a new record in its first state, without results."""
    new = {**record, **fields_in_state(progress, 0, record, {})}
    for name in (progress.results | progress.starts | progress.ends) & new.keys():
        if records.fits(resource.properties[name], None):
            new[name] = None
        elif name not in resource.required:
            del new[name]
    return records.mended(resource.record, new, record) or record


def advanced(
    backend: Backend,
    records: RecordWriter,
    resource: Resource,
    progress: Progress,
    place: tuple[str, str],
    record: Record,
) -> Record:
    """Return a record in its current state; `place` is its collection and key."""
    name, key = place
    if record.get(progress.property) not in progress.states:
        backend.collection(WORK).delete(
            f"{name}/{key}"
        )  # another operation changed the state, such as a cancellation
        return record
    number = state_now(backend, name, key, progress)
    if number is None:
        return record
    is_last = number == len(progress.states) - 1
    made = records.object_of(resource.record, name, key, resource.word, dynamic=True) if is_last else {}
    fields = fields_in_state(progress, number, record, made or {})
    for one in (progress.starts if number else frozenset()) | (progress.ends if is_last else frozenset()):
        moment = records.server_fields.moment(resource.properties[one], backend.moment, one)
        if moment is not None and record.get(one) is None:
            fields[one] = moment
    changes = {one: value for one, value in fields.items() if one in record or one not in progress.numbers}
    if all(record.get(one) == value for one, value in changes.items()):
        return record
    write = records.compiled(resource, {}, progress.assigned)
    return records.changed(write, record, record, backend.moment, {}, changes) or record
