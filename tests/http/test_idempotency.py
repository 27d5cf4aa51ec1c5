"""Idempotency keys: the same answer for the same key, an error for another request."""

from __future__ import annotations

from typing import Any

import pytest
from tests.conftest import NOW
from tests.http.calling import Caller, run
from tests.http.mocks import Mocks, document
from tests.state.json_storage import JsonStorage

from mockserver.behaviour.request_rules.idempotency import IdempotencyKeys
from mockserver.state.overlay import Overlay

KEY = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
PAYMENT = {
    "type": "object",
    "required": ["id", "amount"],
    "properties": {"id": {"type": "string"}, "amount": {"type": "integer"}},
}
NEW = {"type": "object", "required": ["amount"], "properties": {"amount": {"type": "integer"}}}


def _body(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _payments(*parameters: Any, errors: Any = None, **more: Any) -> dict[str, Any]:
    return document(
        {
            "/payments": {
                "get": {
                    "operationId": "listPayments",
                    "responses": {
                        "200": {"description": "All.", **_body({"type": "array", "items": PAYMENT})}
                    },
                },
                "post": {
                    "operationId": "createPayment",
                    "parameters": list(parameters),
                    "requestBody": {"required": True, **_body(NEW)},
                    "responses": {"201": {"description": "Made.", **_body(PAYMENT)}, **(errors or {})},
                    **more,
                },
            },
            "/payments/{id}": {
                "get": {
                    "operationId": "readPayment",
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                    ],
                    "responses": {"200": {"description": "One.", **_body(PAYMENT)}},
                },
                "delete": {
                    "operationId": "deletePayment",
                    "parameters": [
                        {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
                    ],
                    "responses": {"204": {"description": "Gone."}},
                },
            },
        }
    )


def test_a_repeated_key_gets_the_first_answer_and_makes_no_second_record(mocks: Mocks) -> None:
    """Status, body and `Location` are those of the first request, and the list has one record more."""
    call = mocks.call(_payments(KEY))
    before = len(call("GET", "/payments").json)

    first = call("POST", "/payments", {"amount": 5}, headers={"Idempotency-Key": "a"})
    again = call("POST", "/payments", {"amount": 5}, headers={"Idempotency-Key": "a"})
    other = call("POST", "/payments", {"amount": 5}, headers={"Idempotency-Key": "b"})

    assert first.status == 201
    assert (again.status, again.body, again.header("location")) == (201, first.body, first.header("location"))
    assert (first.header("idempotent-replayed"), again.header("idempotent-replayed")) == (None, "true")
    assert other.json["id"] != first.json["id"]
    assert len(call("GET", "/payments").json) == before + 2


def test_the_first_answer_is_given_even_when_the_record_is_gone(mocks: Mocks) -> None:
    """What happened since does not change what a repeated request is told."""
    call = mocks.call(_payments(KEY))
    first = call("POST", "/payments", {"amount": 5}, headers={"Idempotency-Key": "a"})
    call("DELETE", f"/payments/{first.json['id']}")

    assert call("POST", "/payments", {"amount": 5}, headers={"Idempotency-Key": "a"}).body == first.body


@pytest.mark.parametrize(
    ("errors", "status"),
    [
        ({}, 422),
        ({"409": "In use."}, 409),
        ({"422": "Not right."}, 422),
        ({"400": "Not right."}, 400),
        ({"409": "The idempotency key was used with other parameters.", "422": "The amount is odd."}, 409),
        ({"409": "A payment is under way.", "422": "The key came with another body."}, 422),
    ],
)
def test_a_key_with_another_body_is_refused_with_the_documented_error(
    mocks: Mocks, errors: dict[str, str], status: int
) -> None:
    """422 and 409 as documented; where both are, the one whose description speaks of the key."""
    call = mocks.call(_payments(KEY, errors={code: {"description": said} for code, said in errors.items()}))
    call("POST", "/payments", {"amount": 5}, headers={"Idempotency-Key": "a"})

    refused = call("POST", "/payments", {"amount": 6}, headers={"Idempotency-Key": "a"})

    assert refused.status == status
    assert "Idempotency-Key" in refused.json["detail"]


def test_the_order_of_properties_makes_no_other_request(mocks: Mocks) -> None:
    """The body is compared as a value."""
    call = mocks.call(_payments(KEY))
    first = call("POST", "/payments", {"amount": 5, "x": 1}, headers={"Idempotency-Key": "a"})

    assert (
        call("POST", "/payments", {"x": 1, "amount": 5}, headers={"Idempotency-Key": "a"}).body == first.body
    )


@pytest.mark.parametrize("special", [2**70, -(2**70)])
def test_values_beyond_64_bits_are_compared_as_well(mocks: Mocks, special: int) -> None:
    """A long integer in a body is no reason to fail."""
    call = mocks.call(_payments(KEY))
    first = call("POST", "/payments", {"amount": 5, "x": special}, headers={"Idempotency-Key": "a"})

    again = call("POST", "/payments", {"x": special, "amount": 5}, headers={"Idempotency-Key": "a"})
    other = call("POST", "/payments", {"x": 1, "amount": 5}, headers={"Idempotency-Key": "a"})
    assert first.status == 201
    assert again.body == first.body
    assert other.status >= 400


def test_a_refused_request_may_be_sent_again_with_its_key(mocks: Mocks) -> None:
    """A body that does not fit the document was never carried out."""
    call = mocks.call(_payments(KEY))
    assert call("POST", "/payments", {"amount": "no"}, headers={"Idempotency-Key": "a"}).status == 400

    assert call("POST", "/payments", {"amount": 5}, headers={"Idempotency-Key": "a"}).status == 201


@pytest.mark.parametrize("by", ["fixture", "document"])
def test_idempotency_is_switched_on_and_off_by_fixture_and_document(mocks: Mocks, by: str) -> None:
    """`idempotency: true` needs no documented header; `false` has a documented one ignored."""
    on, off = ({"idempotency": value} for value in (True, False))
    applications = [
        mocks.build(_payments(*parameters), {"operations": {"createPayment": said}})
        if by == "fixture"
        else mocks.build(_payments(*parameters, **{"x-mock": said}))
        for parameters, said in (((), on), ((KEY,), off))
    ]
    sent = {"amount": 5}, {"Idempotency-Key": "a"}

    bodies = [
        [Caller(application.asgi)("POST", "/payments", sent[0], headers=sent[1]).json["id"] for _ in range(2)]
        for application in applications
    ]

    assert bodies[0][0] == bodies[0][1]
    assert bodies[1][0] != bodies[1][1]


def test_answers_are_kept_in_the_storage_and_forgotten_by_reset_and_undo(mocks: Mocks) -> None:
    """Another process with the same storage gives them; a session that is reset knows no key."""
    storage = JsonStorage()
    call = mocks.call(_payments(KEY), storage=storage)
    first = call("POST", "/payments", {"amount": 5}, headers={"Idempotency-Key": "a"})
    elsewhere = mocks.call(_payments(KEY), storage=storage)

    assert elsewhere("POST", "/payments", {"amount": 5}, headers={"Idempotency-Key": "a"}).body == first.body
    assert elsewhere("POST", "/__admin/reset").status == 200
    assert call("POST", "/payments", {"amount": 7}, headers={"Idempotency-Key": "a"}).status == 201


def test_an_answer_is_kept_for_a_day_of_the_session(mocks: Mocks) -> None:
    """By the session's clock: afterwards the key is new."""
    call = mocks.call(_payments(KEY))
    call("POST", "/payments", {"amount": 5}, headers={"Idempotency-Key": "a"})
    call("POST", "/__admin/clock/advance", {"seconds": 86_401})

    assert call("POST", "/payments", {"amount": 6}, headers={"Idempotency-Key": "a"}).status == 201


def test_a_session_keeps_a_bounded_number_of_keys(mocks: Mocks) -> None:
    """The oldest answer gives way to the newest."""
    application = mocks.build(_payments(KEY))
    operation = application.services["shop"].document.operation("createPayment")
    keys = IdempotencyKeys(operation, "Idempotency-Key", most=2)
    answers = {key: (201, [(b"content-type", b"text/plain")], key.encode()) for key in "abc"}

    def work(session: Overlay) -> list[Any]:
        for key, answer in answers.items():
            keys.keep(session, key, "the same", answer, NOW)
        return [keys.known(session, key, "the same", NOW) for key in answers]

    assert run(application.sessions.run("s", work)) == [None, answers["b"], answers["c"]]
