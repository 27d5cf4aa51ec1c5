"""The seed data, written down and generated: valid, coherent and fictitious."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime

import pytest

from .reading import NAMES, Node, errors, fixture, records, resolved, schema, texts

IDENTITIES = {
    "sqod": {
        "agent": ("agent-token", ["agent"]),
        "administrator": ("administrator-token", ["administrator"]),
        "read-only": ("read-only-token", ["read-only"]),
        "expired": ("expired-token", ["agent"]),
    },
    "reservations": {
        "patient": ("patient-token", ["patient"]),
        "other-patient": ("other-patient-token", ["patient"]),
        "doctor": ("doctor-token", ["doctor"]),
        "other-doctor": ("other-doctor-token", ["doctor"]),
        "admin": ("admin-token", ["admin"]),
        "expired": ("expired-token", ["patient"]),
    },
    "citas": {
        "admin": ("admin-token", ["admin"]),
        "asistente": ("asistente-token", ["asistente"]),
        "medico": ("medico-token", ["medico"]),
        "cliente": ("cliente-token", ["cliente"]),
        "expired": ("expired-token", ["admin"]),
    },
}
KEYS = {
    "sqod": {"departments": "uuid", "appointments": "id"},
    "reservations": {"users": "id", "time_blocks": "id", "reservations": "id"},
    "citas": {"medicos": "id", "clientes": "id", "citas": "id"},
}
SEEDS = pytest.mark.parametrize("seed", [1, 2, 3])


def _written(name: str, collection: str) -> list[Node]:
    found: list[Node] = fixture(name)["collections"][collection]["records"]
    return found


def _local_part(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return ".".join(re.findall(r"[a-z0-9]+", plain))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize("name", NAMES)
def test_the_identities_are_the_agreed_ones(name: str) -> None:
    """Each identity has its token and roles, and only the expired one ever expires."""
    identities = fixture(name)["identities"]
    assert {key: (found["token"], found["roles"]) for key, found in identities.items()} == IDENTITIES[name]
    assert all(isinstance(found["subject"], str) for found in identities.values())
    assert {key for key, found in identities.items() if "expires" in found} == {"expired"}
    assert _moment(identities["expired"]["expires"]) == datetime(2020, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("name", NAMES)
def test_every_record_has_its_own_key(name: str) -> None:
    """Collections are keyed as agreed, and no key stands twice."""
    collections = fixture(name)["collections"]
    assert {collection: found["key"] for collection, found in collections.items()} == KEYS[name]
    for collection, found in collections.items():
        keys = [record[found["key"]] for record in found["records"]]
        assert len(set(keys)) == len(keys), collection


@SEEDS
@pytest.mark.parametrize(
    ("name", "collection"), [("sqod", "appointments"), ("reservations", "reservations"), ("citas", "citas")]
)
def test_every_record_keeps_its_schema(name: str, collection: str, seed: int) -> None:
    """Records that answers are made of are valid by their component and have no other field."""
    node = {"$ref": fixture(name)["collections"][collection]["schema"]}
    known = resolved(name, node)["properties"].keys()
    for key, record in records(name, collection, seed).items():
        assert errors(name, node, record) == [], key
        assert record.keys() <= known, key


@pytest.mark.parametrize("name", NAMES)
def test_a_rule_adds_records_as_full_as_the_written_ones(name: str) -> None:
    """Generated records have every field that the fullest written one has, and none takes a written key."""
    collections = fixture(name)["collections"]
    ruled = {collection: found for collection, found in collections.items() if "generate" in found}

    assert ruled
    for collection, found in ruled.items():
        fullest = max(found["records"], key=len)
        assert set(found["generate"]["values"]) == set(fullest), collection
        count = len(found["records"]) + found["generate"]["count"]
        assert len(records(name, collection, 1)) == count, collection


@SEEDS
@pytest.mark.parametrize("name", NAMES)
def test_nobody_is_reached_by_mail_or_phone(name: str, seed: int) -> None:
    """E-mail addresses, hosts and phone numbers are from the ranges reserved for fiction."""
    for collection in KEYS[name]:
        for text in texts(records(name, collection, seed)):
            for host in re.findall(r"(?:@|https?://)([\w.-]+)", text):
                assert re.search(r"(^|\.)example\.(com|org)$", host), text
            if text.startswith("+"):
                assert re.fullmatch(r"\+447700900\d{3}", text), text


@SEEDS
def test_an_address_fits_its_name(seed: int) -> None:
    """The address of a person is made of the person's name."""
    people = [(found["name"], found["email"]) for found in records("reservations", "users", seed).values()]
    people += [(found["nombre"], found["email"]) for found in records("citas", "clientes", seed).values()]
    claimants = [found.get("claimant") or {} for found in records("sqod", "appointments", seed).values()]
    people += [(found["name"], found["email"]) for found in claimants if found.get("email")]
    assert len(people) > 60
    for name, address in people:
        assert address.split("@")[0] == _local_part(name)


def test_there_are_appointments_in_every_status() -> None:
    """Each documented status is taken by a written appointment."""
    enumeration = schema("sqod", "AppointmentResource")["properties"]["status"]["enum"]
    found = {record["status"] for record in _written("sqod", "appointments")}
    assert found == {status for status in enumeration if status is not None}


def test_the_appointment_of_the_page_can_be_cancelled() -> None:
    """The appointment of the examples is scheduled, not cancelled, and has data fields."""
    record = records("sqod", "appointments", 1)["9a0f170e-0aa0-47db-ab14-4ddcdcbad061"]
    assert (record["status"], record["cancelled_at"], record["reference"]) == ("scheduled", None, "123456789")
    assert len(record["claimant"]["data"]) == 2


@SEEDS
def test_the_moments_of_an_appointment_stand_where_its_status_has_them(seed: int) -> None:
    """Only a cancelled one was called off, and only one that was attended has a session."""
    for key, record in records("sqod", "appointments", seed).items():
        status = record["status"]
        assert (record.get("cancelled_at") is not None) is (status == "cancelled"), key
        assert (record.get("cancellation_reason") is not None) is (status == "cancelled"), key
        assert (record.get("session_started_at") is not None) is (status in {"being_seen", "complete"}), key
        assert (record.get("session_ended_at") is not None) is (status == "complete"), key


@SEEDS
def test_the_moments_of_an_appointment_follow_each_other(seed: int) -> None:
    """It is made before it is called off or takes place, and what starts ends later."""
    for key, record in records("sqod", "appointments", seed).items():
        meeting = record.get("meeting") or {}
        for earlier, later in (
            (record.get("created_at"), record.get("cancelled_at")),
            (record.get("created_at"), record.get("appointment_at")),
            (record.get("session_started_at"), record.get("session_ended_at")),
            (meeting.get("start_date"), meeting.get("end_date")),
        ):
            assert not (earlier and later) or _moment(earlier) < _moment(later), key


@SEEDS
def test_the_status_of_an_appointment_fits_the_time(seed: int) -> None:
    """What is scheduled lies ahead of the clock; what began, ended or was missed lies behind it."""
    now = _moment(fixture("sqod")["clock"])
    for key, record in records("sqod", "appointments", seed).items():
        for field in ("created_at", "cancelled_at", "session_started_at", "session_ended_at"):
            assert not record.get(field) or _moment(record[field]) <= now, (key, field)
        if record.get("appointment_at"):
            ahead = _moment(record["appointment_at"]) >= now
            assert ahead is (record["status"] in {"scheduled", "waiting", "cancelled"}), key


@SEEDS
def test_a_meeting_takes_as_long_as_its_appointment(seed: int) -> None:
    """A meeting starts with its appointment and ends when its minutes are over."""
    met = [record for record in records("sqod", "appointments", seed).values() if record.get("meeting")]

    assert met
    for record in met:
        start, end = (_moment(record["meeting"][field]) for field in ("start_date", "end_date"))
        assert start == _moment(record["appointment_at"])
        assert (end - start).total_seconds() == record["duration_in_minutes"] * 60


@SEEDS
def test_the_department_of_an_appointment_exists(seed: int) -> None:
    """Embedded departments are those of the departments, of which there are at least four."""
    departments = [
        {field: found[field] for field in ("id", "name")}
        for found in records("sqod", "departments", seed).values()
    ]
    assert len(departments) >= 4
    for key, record in records("sqod", "appointments", seed).items():
        assert record.get("department") is None or record["department"] in departments, key


def test_some_appointments_are_sparse() -> None:
    """The conventions on null and missing fields are visible in the data."""
    found = _written("sqod", "appointments")
    assert any(record.get("claimant", {}) is None for record in found)
    assert any("appointment_at" not in record for record in found)
    assert any(record.get("appointment_at", "") is None for record in found)


@SEEDS
def test_reservations_belong_together(seed: int) -> None:
    """A patient has a doctor's own block, made before it starts, and no block is taken twice."""
    users, blocks = records("reservations", "users", seed), records("reservations", "time_blocks", seed)
    found = records("reservations", "reservations", seed)
    for key, record in found.items():
        block = blocks[str(record["timeBlockId"])]
        assert users[str(record["userId"])]["role"] == "patient", key
        assert users[str(record["doctorId"])]["role"] == "doctor", key
        assert block["doctor_id"] == record["doctorId"], key
        assert _moment(record["createdAt"]) < _moment(block["start"]) < _moment(block["end"]), key
    assert len({record["timeBlockId"] for record in found.values()}) == len(found)


def test_the_reservation_of_the_page_can_be_deleted_by_those_it_names() -> None:
    """Reservation 89 is user 42's, with the doctor of the doctor's token, on a block without protection."""
    record = records("reservations", "reservations", 1)["89"]
    identities = fixture("reservations")["identities"]
    assert record["userId"] == 42
    assert identities["patient"]["subject"] == "42"
    assert identities["doctor"]["subject"] == str(record["doctorId"])
    block = records("reservations", "time_blocks", 1)[str(record["timeBlockId"])]
    assert block["protected"] is False


def test_reservations_cover_what_can_happen_to_them() -> None:
    """There is one of each status, of another patient, of another doctor, and a protected one of user 42."""
    found = _written("reservations", "reservations")
    protected = {block["id"] for block in _written("reservations", "time_blocks") if block["protected"]}
    assert {record["status"] for record in found} == {"PENDING", "CONFIRMED", "COMPLETED", "CANCELLED"}
    assert any(record["userId"] == 42 and record["timeBlockId"] in protected for record in found)
    assert {43, 44} <= {record["userId"] for record in found}
    assert {record["doctorId"] for record in found if record["userId"] == 42} == {7, 8}


def test_every_subject_of_the_reservations_is_a_user_of_that_role() -> None:
    """A token's subject and roles are those of a user."""
    users = records("reservations", "users", 1)
    for identity in fixture("reservations")["identities"].values():
        assert [users[identity["subject"]]["role"]] == identity["roles"]


def test_the_cita_of_the_page_is_not_cancelled_yet() -> None:
    """Cita 1 is confirmed, with a doctor and the client and moments of the example."""
    record = records("citas", "citas", 1)["1"]
    assert (record["estado"], record["cliente_id"]) == ("confirmada", 5)
    assert str(record["medico_id"]) in records("citas", "medicos", 1)
    assert record["hora_confirmada"] == "2026-03-05T18:20:00.000Z"
    assert record["fecha_confirmada"] == "2026-03-15T00:00:00.000Z"


@SEEDS
def test_citas_are_coherent(seed: int) -> None:
    """Confirmed ones have a doctor and a date, pending ones neither, cancelled ones no doctor."""
    clientes, medicos = records("citas", "clientes", seed), records("citas", "medicos", seed)
    for key, record in records("citas", "citas", seed).items():
        attended = record["estado"] in {"confirmada", "completada"}
        assert (str(record["medico_id"]) in medicos) is attended, key
        assert (record["medico_id"] is None) is not attended, key
        assert str(record["cliente_id"]) in clientes, key
        assert (record["fecha_confirmada"] is None) is (record["hora_confirmada"] is None), key
        assert record["fecha_confirmada"] or not attended, key
        assert record["estado"] != "pendiente" or record["fecha_confirmada"] is None, key
        assert _moment(record["created_at"]) < _moment(record["fecha_solicitada"]), key


def test_citas_cover_what_can_be_cancelled() -> None:
    """There is one in every state, without doctor or symptoms, and a cancelled one that had a date."""
    found = _written("citas", "citas")
    assert {record["estado"] for record in found} == {"pendiente", "confirmada", "completada", "cancelada"}
    assert any(record["sintomas"] is None for record in found)
    assert any(record["medico_id"] is None and record["fecha_confirmada"] is None for record in found)
    assert any(record["estado"] == "cancelada" and record["fecha_confirmada"] for record in found)
