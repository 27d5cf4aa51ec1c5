"""The facts of the page on cancelling a cita."""

from __future__ import annotations

import pytest

from .reading import Node, document, errors, fields, fixture, operation, operations, resolved, schema

MESSAGES = {
    "401": "Token no proporcionado",
    "403": "Acceso denegado: requiere rol admin o asistente",
    "500": "Error al cancelar cita",
}
CITA = {
    "id": "number",
    "cliente_id": "number",
    "medico_id": "number?",
    "estado": "string",
    "sintomas": "string?",
    "created_at": "string:date-time",
    "fecha_confirmada": "string:date-time?",
    "fecha_solicitada": "string:date-time",
    "hora_confirmada": "string:date-time?",
    "hora_solicitada": "string:date-time",
}


def _cancelled(**changes: object) -> Node:
    record = {
        **fixture("citas")["collections"]["citas"]["records"][0],
        "estado": "cancelada",
        "medico_id": None,
    }
    return {"message": "Cita cancelada", "cita": {**record, **changes}}


def test_cancelling_is_the_only_operation() -> None:
    """The page documents one operation, without a body."""
    assert [(method, path, found["operationId"]) for path, method, found in operations("citas")] == [
        ("put", "/api/citas/{id}/cancelar", "cancelarCita")
    ]
    assert "requestBody" not in operation("citas", "cancelarCita")


def test_the_id_is_a_number() -> None:
    """The page calls the id a number and no more."""
    (parameter,) = operation("citas", "cancelarCita")["parameters"]
    assert (parameter["name"], parameter["in"], parameter["required"]) == ("id", "path", True)
    assert parameter["schema"] == {"type": "number"}


def test_the_roles_are_documented() -> None:
    """Admin and asistente may cancel, and the page says so."""
    assert operation("citas", "cancelarCita")["x-access"] == {"roles": ["admin", "asistente"]}


def test_the_failures_have_the_documented_messages() -> None:
    """401, 403 and 500 carry their Spanish messages as examples, other client errors are open."""
    responses = operation("citas", "cancelarCita")["responses"]
    assert set(responses) == {"200", "4XX", *MESSAGES}
    for status, message in MESSAGES.items():
        content = responses[status]["content"]["application/json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Mensaje"}
        assert content["example"] == {"message": message}
    client_error = resolved("citas", responses["4XX"])
    assert client_error["x-inferred"] is True
    assert "content" not in client_error


def test_a_failure_needs_its_message() -> None:
    """The documented failure is an object with a string `message`."""
    assert schema("citas", "Mensaje")["required"] == ["message"]
    assert fields("citas", "Mensaje") == {"message": "string"}


def test_the_fields_are_those_of_the_page() -> None:
    """All ten fields are there with their types, and all are required."""
    assert fields("citas", "Cita") == CITA
    assert set(schema("citas", "Cita")["required"]) == set(CITA)


def test_the_answer_of_the_page_is_valid() -> None:
    """The page's example is an answer of this operation."""
    success = operation("citas", "cancelarCita")["responses"]["200"]["content"]["application/json"]["schema"]
    assert errors("citas", success, _cancelled()) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"estado": "confirmada"},
        {"medico_id": 3},
        {"fecha_solicitada": None},
        {"fecha_solicitada": "15/03/2026"},
        {"hora_confirmada": {}},
        {"cliente_id": "5"},
        {"created_at": None},
    ],
)
def test_an_answer_that_breaks_the_page_is_refused(changes: Node) -> None:
    """A cancelled cita has no doctor and one state, and its fields have their types."""
    assert errors("citas", schema("citas", "Cancelacion"), _cancelled(**changes))


@pytest.mark.parametrize("field", sorted(CITA))
def test_an_answer_without_a_documented_field_is_refused(field: str) -> None:
    """No field that the page lists can be missing."""
    answer = _cancelled()
    del answer["cita"][field]
    assert errors("citas", schema("citas", "Cancelacion"), answer)


@pytest.mark.parametrize("field", ["fecha_confirmada", "hora_confirmada", "sintomas"])
def test_what_may_be_null_may_be_null(field: str) -> None:
    """The three fields that the page lists with null accept it."""
    assert errors("citas", schema("citas", "Cancelacion"), _cancelled(**{field: None})) == []


def test_the_format_of_moments_is_marked_as_inferred() -> None:
    """The page speaks of ISO 8601 at most, so every date-time says where it comes from."""
    for name, node in schema("citas", "Cita")["properties"].items():
        assert (node.get("format") == "date-time") is (
            node.get("x-inferred", False) and name != "medico_id"
        ), name


def test_the_examples_add_up_to_the_answer_of_the_page() -> None:
    """Put together, the examples of the fields are the page's cita."""
    components = document("citas")["components"]["schemas"]
    narrowed = components["CitaCancelada"]["allOf"][1]["properties"]
    merged = {**components["Cita"]["properties"], **narrowed}
    assert {name: node["example"] for name, node in merged.items()} == _cancelled()["cita"]
