"""The tables, and how a directory of fixture files fills them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from .tables import SCHEMA

APIS = ("sqod", "reservations", "citas")
Record = Mapping[str, Any]


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML whose dates stay text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_fixtures(directory: Path, apis: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Read the fixture file of each API that has one."""
    found: dict[str, dict[str, Any]] = {}
    for api in apis:
        path = directory / f"{api}.yaml"
        if path.exists():
            found[api] = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a safe loader
    return found


def open_seeded(fixtures: Mapping[str, Mapping[str, Any]]) -> sqlite3.Connection:
    """Make a database in memory and fill it with the explicit records."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.executescript(SCHEMA)
    seeders = {"sqod": _seed_sqod, "reservations": _seed_reservations, "citas": _seed_citas}
    for api, seed in seeders.items():
        collections = fixtures.get(api, {}).get("collections") or {}
        seed(db, {name: collection.get("records") or [] for name, collection in collections.items()})
    return db


def copy_of(pristine: sqlite3.Connection) -> sqlite3.Connection:
    """Copy a seeded database, so that the copy can be changed and thrown away."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    pristine.backup(db)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA foreign_keys = ON")
    return db


def _insert(db: sqlite3.Connection, table: str, record: Record) -> None:
    known = [column[1] for column in db.execute(f"PRAGMA table_info({table})")]
    columns = [column for column in known if column in record]
    marks = ", ".join("?" * len(columns))
    db.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608 - our own names
        [record[column] for column in columns],
    )


def _seed_sqod(db: sqlite3.Connection, collections: Mapping[str, list[Record]]) -> None:
    for department in collections.get("departments", []):
        _insert(db, "departments", department)
    for appointment in collections.get("appointments", []):
        key = appointment["id"]
        department_id = (appointment.get("department") or {}).get("id")
        _insert(db, "appointments", {**appointment, "department_id": department_id})
        if meeting := appointment.get("meeting"):
            _insert(db, "meetings", {**meeting, "appointment_id": key})
        if claimant := appointment.get("claimant"):
            _insert(db, "claimants", {**claimant, "appointment_id": key})
            for position, item in enumerate(claimant.get("data") or []):
                _insert(db, "claimant_data", {**item, "appointment_id": key, "position": position})


def _seed_reservations(db: sqlite3.Connection, collections: Mapping[str, list[Record]]) -> None:
    for table in ("users", "time_blocks"):
        for record in collections.get(table, []):
            _insert(db, table, record)
    for record in collections.get("reservations", []):
        columns = {
            "user_id": "userId",
            "doctor_id": "doctorId",
            "time_block_id": "timeBlockId",
            "created_at": "createdAt",
        }
        _insert(
            db, "reservations", {**record, **{column: record.get(name) for column, name in columns.items()}}
        )


def _seed_citas(db: sqlite3.Connection, collections: Mapping[str, list[Record]]) -> None:
    for table in ("medicos", "clientes", "citas"):
        for record in collections.get(table, []):
            _insert(db, table, record)
