"""Records through the admin API: undo, snapshots, revert, export."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.admin.desks import Desk
from tests.http.calling import Caller
from tests.http.records import PAGE, STATE, UNKNOWN
from tests.resources.mocking import SHOP, mock

from mockserver.app import build
from mockserver.config import Settings

RECORD = STATE.removeprefix("/__admin/")


@pytest.fixture(autouse=True)
def _looked_at(desk: Desk) -> None:
    """Changes can be undone from the first look on."""
    for session in ("default", "one"):
        desk.call("GET", "state", session)


def test_what_happened_before_anybody_looked_cannot_be_undone(desk: Desk) -> None:
    """Nobody pays for what nobody looks at; the records can be reverted all the same."""
    desk.update("unseen", duration_in_minutes=5)

    refused = desk.call("POST", "undo", "unseen")

    assert (refused.status, "inspected for the first time" in refused.json["detail"]) == (409, True)
    desk.call("POST", "revert", "unseen")
    assert desk.call("GET", RECORD, "unseen").json["duration_in_minutes"] == 60


def test_changes_are_undone_one_by_one(desk: Desk) -> None:
    """Of operations and of the admin API alike, the latest first; then there is nothing left."""
    desk.update(duration_in_minutes=5)
    desk.update(duration_in_minutes=6)
    desk.call("DELETE", RECORD)

    told = desk.call("POST", "undo").json
    assert told["undoable"] == 2
    assert [(entry["collection"], entry["key"]) for entry in told["records"]] == [("appointments", PAGE)]
    assert desk.call("GET", RECORD).json["duration_in_minutes"] == 6
    desk.call("POST", "undo")
    assert desk.call("GET", RECORD).json["duration_in_minutes"] == 5
    desk.call("POST", "undo")
    assert desk.call("GET", RECORD).json["duration_in_minutes"] == 60
    assert desk.call("POST", "undo").status == 409


def test_a_new_record_is_gone_when_it_is_undone(desk: Desk) -> None:
    """What the baseline did not have is not there again."""
    place = f"state/sqod/appointments/{UNKNOWN}"
    desk.call("PUT", place, json={"id": UNKNOWN})

    desk.call("POST", "undo")

    assert desk.call("GET", place).status == 404
    assert desk.call("GET", "state/sqod").json["collections"]["sqod"]["appointments"]["changed"] == 0


def test_only_so_many_changes_can_be_undone(desk: Desk) -> None:
    """The latest twenty."""
    for minutes in range(30):
        desk.update(duration_in_minutes=minutes)

    assert desk.call("GET", "snapshots").json["undoable"] == 20


def test_undoing_is_for_its_own_session(desk: Desk) -> None:
    """The others keep what they have."""
    desk.update("one", duration_in_minutes=5)

    assert desk.call("POST", "undo", "two").status == 409
    assert desk.call("POST", "undo", "one").status == 200


def test_a_snapshot_is_restored(desk: Desk) -> None:
    """Whatever happened since, a reset too; and restoring can be undone."""
    desk.update(duration_in_minutes=5)
    assert desk.call("PUT", "snapshots/before").json["snapshots"] == ["before"]
    desk.update(duration_in_minutes=6)
    desk.cancel_cita()
    desk.call("POST", "reset")
    desk.update(duration_in_minutes=7)

    assert desk.call("POST", "snapshots/before/restore").status == 200

    assert desk.call("GET", RECORD).json["duration_in_minutes"] == 5
    desk.call("POST", "undo")
    assert desk.call("GET", RECORD).json["duration_in_minutes"] == 7


def test_a_snapshot_is_dropped(desk: Desk) -> None:
    """Once."""
    desk.call("PUT", "snapshots/x")

    assert desk.call("DELETE", "snapshots/x").status == 204
    assert desk.call("DELETE", "snapshots/x").status == 404
    assert desk.call("POST", "snapshots/x/restore").status == 404


def test_there_are_only_so_many_snapshots(desk: Desk) -> None:
    """Input is bounded; one that is there can be taken anew."""
    statuses = [desk.call("PUT", f"snapshots/{number}").status for number in range(21)]

    assert (set(statuses[:20]), statuses[20]) == ({200}, 409)
    assert desk.call("PUT", "snapshots/3").status == 200


def test_records_are_reverted_and_the_rest_goes_on(desk: Desk) -> None:
    """Clock and faults stay as they are; reverting can be undone."""
    desk.update(duration_in_minutes=5)
    desk.call("POST", "faults", json={"kind": "status", "api": "citas"})

    desk.call("POST", "revert")

    assert desk.call("GET", RECORD).json["duration_in_minutes"] == 60
    assert desk.cancel_cita().status == 503
    desk.call("POST", "undo")
    assert desk.call("GET", RECORD).json["duration_in_minutes"] == 5


def test_an_export_is_a_fixture_that_is_served(desk: Desk, tmp_path: Path) -> None:
    """The same records, identities and scenarios, byte for byte."""
    desk.update(duration_in_minutes=5, status="late")
    desk.cancel_cita()
    names = {"sqod": ["departments", "appointments"], "citas": ["citas", "medicos", "clientes"]}
    for api in ("sqod", "citas", "reservations"):
        answer = desk.call("GET", f"export/{api}")
        assert answer.header("content-type") == "application/yaml"
        (tmp_path / f"{api}.yaml").write_bytes(answer.body)

    again = Caller(build(Settings(fixtures=tmp_path)).asgi, "asistente-token")

    for api, collections in names.items():
        for name in collections:
            was = desk.call("GET", f"state/{api}/{name}").body
            assert again("GET", f"/__admin/state/{api}/{name}").body == was
    assert again("GET", "/__admin/identities").json == desk.call("GET", "identities").json
    assert again("GET", "/__admin/scenarios").json == desk.call("GET", "scenarios").json


def test_an_export_of_nothing_is_not_found(desk: Desk) -> None:
    """The refusal says what there is."""
    answer = desk.call("GET", "export/nothing")

    assert (answer.status, "sqod" in answer.json["detail"]) == (404, True)


def test_an_export_of_made_up_records_is_served(tmp_path: Path) -> None:
    """Those below a new record too; what has no key of its own is left out."""
    shop = mock(SHOP)
    ada = {"name": "Ada", "email": "ada@example.org", "password": "correct horse"}
    customer = f"/v1/customers/{shop('POST', '/v1/customers', ada).json['data']['id']}"
    order = shop("POST", f"{customer}/orders", {"lines": [{"productId": 1, "quantity": 2}]})
    assert order.status == 201
    assert shop("PUT", f"{customer}/settings", {"newsletter": True}).status == 200

    (tmp_path / "shop.yaml").write_bytes(shop("GET", "/__admin/export/shop").body)

    served = mock(SHOP, fixtures=tmp_path)
    assert served("GET", customer).json == shop("GET", customer).json
    assert served("GET", f"{customer}/orders").json == shop("GET", f"{customer}/orders").json


def test_records_that_are_made_up_are_there_to_look_at(tmp_path: Path) -> None:
    """Not counted before anybody asks for them; changed as any others."""
    shop = mock(SHOP)

    before = shop("GET", "/__admin/state").json["collections"]["shop"]
    (product, *_) = shop("GET", "/__admin/state/shop/products").json
    place = f"/__admin/state/shop/products/{product['id']}"
    changed = shop("PUT", place, {**product, "name": "Teapot"})

    assert {name: entry["records"] for name, entry in before.items()} == {"products": None, "customers": None}
    assert (changed.status, shop("GET", f"/v1/products/{product['id']}").json["name"]) == (200, "Teapot")
    assert shop("GET", "/__admin/state/shop").json["collections"]["shop"]["products"]["changed"] == 1
