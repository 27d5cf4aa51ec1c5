"""The facts of the page on deleting a reservation."""

from __future__ import annotations

import pytest

from .reading import Node, errors, operation, operations, resolved, schema

MESSAGES = {
    "400": "Error message details",
    "401": "Unauthorized",
    "403": "Forbidden",
    "404": "Reservation not found",
}


def test_the_operations_are_the_deletion_and_the_update_it_refers_to() -> None:
    """The page documents one operation and shows a request of another."""
    assert {(method, path): found["operationId"] for path, method, found in operations("reservations")} == {
        ("delete", "/api/users/{userId}/reservations/{reservationId}"): "deleteReservation",
        ("put", "/api/reservations/{reservationId}"): "updateReservation",
    }


def test_the_path_parameters_are_integers() -> None:
    """User and reservation are named by required integers."""
    parameters = [
        resolved("reservations", found)
        for found in operation("reservations", "deleteReservation")["parameters"]
    ]
    assert [(found["name"], found["in"], found["required"], found["schema"]) for found in parameters] == [
        ("userId", "path", True, {"type": "integer"}),
        ("reservationId", "path", True, {"type": "integer"}),
    ]


def test_a_deletion_has_the_documented_answers() -> None:
    """204 is empty; each failure has the documented shape and message."""
    responses = operation("reservations", "deleteReservation")["responses"]
    assert set(responses) == {"204", *MESSAGES}
    assert "content" not in responses["204"]
    for status, message in MESSAGES.items():
        content = responses[status]["content"]
        assert list(content) == ["application/json"]
        assert content["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}
        assert content["application/json"]["example"] == {"error": message}


@pytest.mark.parametrize("body", [{}, {"error": None}, {"error": 1}, {"message": "Forbidden"}, "Forbidden"])
def test_an_error_needs_its_text(body: object) -> None:
    """The documented failure is an object with a string `error`."""
    assert errors("reservations", schema("reservations", "Error"), body)


def test_a_deletion_takes_no_body() -> None:
    """Nothing is sent with a deletion."""
    assert "requestBody" not in operation("reservations", "deleteReservation")


def test_the_update_is_inferred_and_its_failures_are_open() -> None:
    """The page does not document the update, so no body of a failure is demanded of it."""
    update = operation("reservations", "updateReservation")
    assert update["x-inferred"] is True
    assert "schema validation" in update["x-inferred-reason"]
    assert set(update["responses"]) == {"200", "400", "401", "403", "404", "4XX"}
    for status in ("400", "401", "403", "404", "4XX"):
        response: Node = resolved("reservations", update["responses"][status])
        assert response["x-inferred"] is True
        assert "content" not in response


@pytest.mark.parametrize(
    ("body", "valid"),
    [
        ({"status": "CANCELLED"}, True),
        ({}, False),
        ({"status": None}, False),
        ({"status": "cancelled"}, False),
    ],
)
def test_the_update_takes_the_status_that_the_page_shows(body: Node, valid: bool) -> None:
    """The one request of the page is valid; a missing or unknown status is not."""
    request = operation("reservations", "updateReservation")["requestBody"]
    assert request["required"] is True
    node = request["content"]["application/json"]["schema"]
    assert (errors("reservations", node, body) == []) is valid


def test_a_reservation_demands_id_and_status_only() -> None:
    """The answer of the update is inferred, and a server may know other fields or fewer."""
    reservation = schema("reservations", "Reservation")
    assert reservation["x-inferred"] is True
    assert reservation["required"] == ["id", "status"]
    assert errors("reservations", reservation, {"id": 89, "status": "CANCELLED", "room": "B2"}) == []
    assert "enum" not in reservation["properties"]["status"]


def test_access_depends_on_the_record() -> None:
    """No role is shut out by the document: whose reservation it is decides."""
    assert [found["operationId"] for _, _, found in operations("reservations") if "x-access" in found] == []
