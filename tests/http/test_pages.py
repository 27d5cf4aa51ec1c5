"""Every request of the four pages, as written there, and the requests that the start-up shows."""

from __future__ import annotations

import json
import shlex
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from tests.conftest import NOW
from tests.http.calling import Answer, Caller
from tests.http.mocks import Mocks, document, operation

from mockserver.app import Application, build
from mockserver.config import Settings
from mockserver.http.example_requests import curl
from mockserver.state.clock import FrozenClock

# As they stand on the pages; the tests replace the token, and nothing else.
CITAS = r"""curl -X PUT https://api.example.com/api/citas/1/cancelar \
  -H "Authorization: Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..." \
  -H "Content-Type: application/json"
"""
DELETE = r"""curl -X DELETE https://api.example.com/api/users/42/reservations/89 \
  -H "Authorization: Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9..."
"""
PUT = r"""curl -X PUT https://api.example.com/api/reservations/89 \
  -H "Content-Type: application/json" \
  -H "Authorization: Bearer <token>" \
  -d '{
    "status": "CANCELLED"
  }'
"""
PLAYGROUND_CITAS = """curl --request PUT \\
  --url https://api.example.com/api/citas/1/cancelar
"""
PLAYGROUND_DELETE = """curl --request DELETE \\
  --url https://api.example.com/api/users/42/reservations/89
"""


def run(call: Caller, command: str, token: str | None = None) -> Answer:
    """Send what a curl command would send, to whatever host it names."""
    words = iter(shlex.split(command.replace("\\\n", " ")))
    method, url, headers, body = "", "", {}, b""
    form: list[tuple[str, str]] = []
    for word in words:
        if word in {"-X", "--request"}:
            method = next(words)
        elif word in {"-H", "--header"}:
            name, _, value = next(words).partition(": ")
            headers[name.lower()] = value
        elif word in {"-d", "--data", "--data-raw"}:
            body = next(words).encode()
        elif word in {"-F", "--form", "--form-string"}:
            name, _, value = next(words).partition("=")
            form.append((name, value))
        elif word.startswith("http"):
            url = word
        else:
            assert word in {"curl", "-i", "--url"}, word
    if form:
        # As a form of the other kind: how parts are written is another test's concern.
        body, headers["content-type"] = urlencode(form).encode(), "application/x-www-form-urlencoded"
    if token is not None:
        assert "authorization" in headers
        headers["authorization"] = f"Bearer {token}"
    parts = urlsplit(url)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    return call(method or ("POST" if body else "GET"), target, content=body, headers=headers)


@pytest.mark.parametrize("token", ["admin-token", "asistente-token"])
def test_citas_answers_with_the_example_of_its_page(call: Caller, token: str) -> None:
    """To the byte of every field."""
    answer = run(call, CITAS, token)

    assert answer.status == 200
    assert answer.json == {
        "message": "Cita cancelada",
        "cita": {
            "id": 1,
            "cliente_id": 5,
            "medico_id": None,
            "fecha_solicitada": "2026-03-15T00:00:00.000Z",
            "hora_solicitada": "1970-01-01T14:30:00.000Z",
            "fecha_confirmada": "2026-03-15T00:00:00.000Z",
            "hora_confirmada": "2026-03-05T18:20:00.000Z",
            "sintomas": "Dolor de cabeza constante",
            "estado": "cancelada",
            "created_at": "2026-03-05T10:00:00.000Z",
        },
    }


@pytest.mark.parametrize("token", ["patient-token", "admin-token", "doctor-token"])
def test_each_use_case_of_the_deletion_works(call: Caller, token: str) -> None:
    """Patient, admin and doctor: 204 with an empty body, and then it is gone."""
    answer = run(call, DELETE, token)

    assert (answer.status, answer.body) == (204, b"")
    again = run(call, DELETE, token)
    assert (again.status, again.json) == (404, {"error": "Reservation not found"})


@pytest.mark.parametrize("token", ["patient-token", "admin-token", "doctor-token"])
def test_the_alternative_to_a_deletion_works(call: Caller, token: str) -> None:
    """The reservation stays, with its new status."""
    answer = run(call, PUT, token)

    assert (answer.status, answer.json["id"], answer.json["status"]) == (200, 89, "CANCELLED")
    assert run(call, PUT, token).json == answer.json


def test_the_token_of_the_page_is_no_token(call: Caller) -> None:
    """It is cut short there."""
    assert run(call, CITAS).json == {"message": "Token no proporcionado"}
    assert run(call, DELETE).json == {"error": "Unauthorized"}


@pytest.mark.parametrize(
    ("command", "body"),
    [
        (PLAYGROUND_CITAS, {"message": "Token no proporcionado"}),
        (PLAYGROUND_DELETE, {"error": "Unauthorized"}),
    ],
)
def test_a_request_without_a_token_is_refused_as_documented(call: Caller, command: str, body: Any) -> None:
    """The playgrounds show requests without one, though one is demanded."""
    answer = run(call, command)

    assert (answer.status, answer.json) == (401, body)


def _shown() -> list[Any]:
    application = build(Settings(), FrozenClock(NOW))
    return [
        pytest.param(curl(service, service.document.operation(name), "http://127.0.0.1:8080"), id=name)
        for service in application.services.values()
        for name in service.document.index
    ]


@pytest.mark.parametrize("command", _shown())
def test_what_the_start_up_shows_works_as_pasted(call: Caller, command: str) -> None:
    """Each on fresh state."""
    assert run(call, command).status in {200, 204}


def test_what_the_start_up_shows_changes_something(bundled: Application, call: Caller) -> None:
    """A body is shown where the document has one: somebody who pastes it sees an effect."""
    service = bundled.services["sqod"]
    for name in ("patchAppointmentById", "overridePatchAppointmentById", "postCancelAppointment"):
        fresh = call.in_(f"{call.session}-{name}")
        before = fresh("GET", "/__admin/state/sqod/appointments").body
        command = curl(service, service.document.operation(name), "http://localhost")
        # The example of the update may be what the record says already: another value has to be seen.
        run(fresh, command.replace("60", "61"))
        assert fresh("GET", "/__admin/state/sqod/appointments").body != before, name


def test_the_page_s_update_works_field_by_field(call: Caller) -> None:
    """Each example of the update page, sent alone, is what the answer shows."""
    from tests.http.records import APPOINTMENT

    agent = call.as_("agent-token")
    examples: dict[str, Any] = {
        "appointment_at": "2021-01-01T00:00:00.000Z",
        "duration_in_minutes": 60,
        "is_interpreter_needed": True,
        "interpreter_language": "English",
        "status": "waiting",
        "features_bandwidth": "medium",
        "custom_user_post_call_redirect_url": None,
        "custom_agent_post_call_redirect_url": None,
    }
    for name, value in examples.items():
        answer = agent("PATCH", APPOINTMENT, {name: value})
        assert (answer.status, answer.json["data"][name]) == (200, value), name
    assert json.loads(json.dumps(answer.json)) == answer.json


def test_a_body_without_examples_is_shown_as_one_that_is_taken(mocks: Mocks) -> None:
    """An e-mail address, a password that is long enough: what is pasted first is not refused."""
    schema = {
        "type": "object",
        "required": ["email", "password"],
        "properties": {
            "email": {"type": "string", "format": "email"},
            "password": {"type": "string", "minLength": 8},
        },
    }
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    application = mocks.build(document({"/login": {"post": operation("login", requestBody=body)}}))
    service = application.services["shop"]

    command = curl(service, service.document.operation("login"), "http://127.0.0.1:8080")

    assert run(Caller(application.asgi), command).status == 200
