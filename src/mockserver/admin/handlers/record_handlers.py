"""The admin API's handlers for records: list, edit, undo, snapshots, export as a fixture file."""

import asyncio
from collections.abc import Awaitable, Mapping
from typing import Any

from mockserver.admin.admin_context import NOTHING, AdminContext, AdminHandler, Session
from mockserver.admin.fixture_file import write_fixture
from mockserver.admin.removals import removed_sessions
from mockserver.behaviour.backend import Collection, Response
from mockserver.errors import BadRequestError, ConflictError, ResourceNotFoundError, Violation
from mockserver.http import json_text
from mockserver.http.served_api import Service
from mockserver.state.baseline import CollectionId, Record, SessionView
from mockserver.state.clock import FrozenClock
from mockserver.state.identities import ANYONE
from mockserver.state.overlay import SNAPSHOTS, is_note
from mockserver.state.session_overrides import UNCHANGED, Entry, RecordId, Replaced


async def reset_session(context: AdminContext, session: Session) -> Response:
    """Restore the session's initial state: records, clock, faults, forced answers, scenarios."""
    contents = await context.sessions.contents(session.name)
    await context.sessions.reset(session.name)
    kept = {} if contents is None else {session.name: contents}
    removal = await context.removals.keep(removed_sessions(kept, "reset"))
    return Response(200, {"session": session.name, "status": "reset", "removal": removal})


def get_overview(context: AdminContext, session: Session) -> Response:
    """All collections of the session."""
    return Response(200, {"session": session.name, "collections": _overview(context, session, None)})


def get_api_overview(context: AdminContext, session: Session, *, api: str) -> Response:
    """The collections of one API."""
    found = _overview(context, session, api)
    if not found:
        raise ResourceNotFoundError(f"There is no API {api!r} with state.")
    return Response(200, {"session": session.name, "collections": found})


def _overview(context: AdminContext, session: Session, wanted: str | None) -> dict[str, dict[str, Any]]:
    context.advance(session.state)
    overview: dict[str, dict[str, Any]] = {}
    changes = session.state.records_changed
    for (api, name), key in session.state.collections().items():
        if wanted in {None, api}:
            count = sum(1 for _ in session.state.records((api, name)))
            changed = len(changes.get((api, name), {}))
            overview.setdefault(api, {})[name] = {"key": key, "records": count, "changed": changed}
    for service in context.services.values():
        if wanted in {None, service.name} and service.fallback.collections:
            found = overview.setdefault(service.name, {})
            for name, key in service.fallback.collections.items():
                found.setdefault(name, {"key": key, "records": None, "changed": 0})
    return overview


def _collection(context: AdminContext, session: Session, api: str, collection: str) -> CollectionId:
    if context.sessions.key_of((api, collection)) is None:
        known = ", ".join("/".join(name) for name in session.state.collections())
        raise ResourceNotFoundError(f"There is no collection {api}/{collection}; there are {known}.")
    return api, collection


def list_records(
    context: AdminContext, session: Session, *, api: str, collection: str
) -> Awaitable[Response]:
    """Every record of a collection in the session."""
    place = _collection(context, session, api, collection)
    context.advance(session.state)
    return _list(session.state.view(place))


async def _list(records: SessionView) -> Response:
    return Response(200, await asyncio.to_thread(encoded_list, records), checked=True)


def encoded_list(records: SessionView) -> bytes:
    """A JSON array, encoded record by record, so that other threads can run in between."""
    return b"[" + b",".join(json_text.encode(record) for _, record in records) + b"]"


def get_record(context: AdminContext, session: Session, *, api: str, collection: str, key: str) -> Response:
    """One record in the session."""
    place = _collection(context, session, api, collection)
    context.advance(session.state)
    record = session.state.get(place, key)
    if record is None:
        raise ResourceNotFoundError(f"{api}/{collection} has no record {key!r} in this session.")
    return Response(200, record)


def put_record(
    context: AdminContext, session: Session, *, api: str, collection: str, key: str, body: Any
) -> Response:
    """Create or replace a record, unless it violates its schema or the session would be too large."""
    place = _collection(context, session, api, collection)
    body = _checked(context, session, place, key, body)
    known = session.state.get(place, key) is not None
    record = _records(context, session, place).put(key, body)
    return Response(200 if known else 201, record)


def _records(context: AdminContext, session: Session, place: CollectionId) -> Collection:
    """A collection with its rules."""
    clock = FrozenClock(context.now(session.state))
    return context.services[place[0]].backend(session.state, clock, ANYONE).collection(place[1])


def _checked(context: AdminContext, session: Session, place: CollectionId, key: str, record: Any) -> Record:
    """Validate a record and add its computed fields.

    Raises:
        BadRequestError: it has another key, or violates its schema.
    """
    name = context.sessions.key_of(place)
    if not isinstance(record, dict) or str(record.get(name)) != key:
        detail = f"The record must be an object whose {name!r} is {key!r}."
        raise BadRequestError(detail, violations=[Violation("body", f"/{name}", detail, "key")])
    service = context.services[place[0]]
    complete: Record = service.complete(place[1], key, record, context.now(session.state))
    checker = service.checker_of(place[1])
    if checker is not None and not checker.is_valid(complete):
        raise BadRequestError(
            "The record violates its schema.", violations=checker.violations(complete, "body")
        )
    return complete


def delete_record(
    context: AdminContext, session: Session, *, api: str, collection: str, key: str
) -> Response:
    """Remove a record from the session."""
    place = _collection(context, session, api, collection)
    if not _records(context, session, place).delete(key):
        raise ResourceNotFoundError(f"{api}/{collection} has no record {key!r} in this session.")
    return NOTHING


def revert_records(context: AdminContext, session: Session) -> Response:
    """Restore all records of the baseline, as one change; overrides stay."""
    entries: dict[RecordId, Entry] = {
        (collection, key): UNCHANGED
        for collection, records in session.state.records_changed.items()
        for key in records
    }
    return _replaced_records(context, session, session.state.apply(entries))


def undo_change(context: AdminContext, session: Session) -> Response:
    """Undo the latest change of the session's records."""
    replaced = session.state.undo()
    if replaced is None:
        reason = "changes are recorded once a session has been inspected for the first time"
        raise ConflictError(f"There is no change to undo: {reason}.")
    return _replaced_records(context, session, replaced)


def _replaced_records(context: AdminContext, session: Session, replaced: Replaced) -> Response:
    records = [
        {"api": api, "collection": name, "key": key, "record": session.state.get((api, name), key)}
        for (api, name), key in dict(replaced)
        if not is_note((api, name)) and context.sessions.key_of((api, name)) is not None
    ]
    return Response(200, {"session": session.name, "records": records, "undoable": session.state.undoable})


def list_snapshots(context: AdminContext, session: Session) -> Response:
    """The session's snapshots."""
    undoable = session.state.undoable
    return Response(
        200, {"session": session.name, "snapshots": session.state.snapshots, "undoable": undoable}
    )


def put_snapshot(context: AdminContext, session: Session, *, name: str) -> Response:
    """Save the session's records under a name, replacing a snapshot of the same name."""
    if not session.state.snapshot(name):
        raise ConflictError(f"A session has at most {SNAPSHOTS} snapshots: delete one first.")
    return list_snapshots(context, session)


def restore_snapshot(context: AdminContext, session: Session, *, name: str) -> Response:
    """Restore the records of a snapshot, as one change."""
    if not session.state.restore(name):
        raise ResourceNotFoundError(f"There is no snapshot {name!r} in this session.")
    return list_snapshots(context, session)


def delete_snapshot(context: AdminContext, session: Session, *, name: str) -> Response:
    """Delete a snapshot."""
    if not session.state.forget_snapshot(name):
        raise ResourceNotFoundError(f"There is no snapshot {name!r} in this session.")
    return NOTHING


def export_fixture(context: AdminContext, session: Session, *, api: str) -> Awaitable[Response]:
    """The API's records as a fixture file that `serve --fixtures` loads."""
    service = context.service(api)
    context.advance(session.state)
    names = [name for name in session.state.collections() if name[0] == api]
    return _export(service, {name: session.state.view(name) for name in names})


async def _export(service: Service, records: Mapping[CollectionId, SessionView]) -> Response:
    content = await asyncio.to_thread(lambda: write_fixture(service, records).encode())
    return Response(200, content, "application/yaml")


HANDLERS: Mapping[str, AdminHandler] = {
    "resetSession": reset_session,
    "getOverview": get_overview,
    "getApiOverview": get_api_overview,
    "listRecords": list_records,
    "getRecord": get_record,
    "putRecord": put_record,
    "deleteRecord": delete_record,
    "revertRecords": revert_records,
    "undoChange": undo_change,
    "listSnapshots": list_snapshots,
    "putSnapshot": put_snapshot,
    "restoreSnapshot": restore_snapshot,
    "deleteSnapshot": delete_snapshot,
    "exportFixture": export_fixture,
}
