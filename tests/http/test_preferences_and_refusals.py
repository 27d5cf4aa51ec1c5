"""`Prefer`, HEAD, deprecation, and errors in the words of the document, over the whole application."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.resources.mocking import NOW, SHOP, answering, mock, parameter, taking

from mockserver.app import Application, build
from mockserver.config import Settings
from mockserver.state.clock import FrozenClock

PRODUCT = {"name": "x", "price": 1, "category": "tools"}
REASON = {"type": "object", "properties": {"message": {"type": "string"}}}
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message", "errors"],
            "properties": {
                "code": {"type": "integer"},
                "message": {"type": "string"},
                "errors": {
                    "type": "array",
                    "items": {"type": "object", "properties": {"message": {"type": "string"}}},
                },
            },
        }
    },
}


@pytest.fixture
def shop() -> Caller:
    """The shop, as new."""
    return mock(SHOP)


def prefer(shop: Caller, preference: str, target: str = "/v1/products/5", method: str = "GET") -> Any:
    """An answer to a request with a preference."""
    return shop(method, target, headers={"Prefer": preference})


def test_a_preferred_code_is_answered(shop: Caller) -> None:
    """`code` chooses a documented response, whatever the state is."""
    missing = prefer(shop, "code=404")

    assert missing.status == 404
    assert set(missing.json) >= {"code", "message"}
    assert missing.header("preference-applied") == "code=404"
    assert prefer(shop, "code=200, dynamic=true; seed=7").header("preference-applied") == (
        "code=200, dynamic=true, seed=7"
    )


def test_a_preferred_code_overrules_a_handler(call: Caller) -> None:
    """Operations with a handler answer a preferred response too."""
    answer = prefer(call.as_("admin-token"), "code=404", "/api/users/7/reservations/1", "DELETE")

    assert answer.status == 404
    assert answer.header("preference-applied") == "code=404"


@pytest.mark.parametrize("preference", ["code=abc", "code=204", "example=none", "delay=x"])
def test_a_preference_that_cannot_be_met_is_no_failure_of_the_cancellation(
    call: Caller, preference: str
) -> None:
    """Nobody would look for a misspelt header behind the documented 500."""
    answer = prefer(call.as_("admin-token"), preference, "/api/citas/1/cancelar", "PUT")

    assert answer.status == 400
    assert "Prefer" in answer.json["detail"]


@pytest.mark.parametrize(
    "preference", ["code=418", "code=abc", "example=none", "dynamic=perhaps", "delay=-1"]
)
def test_a_preference_that_cannot_be_met_is_a_bad_request(shop: Caller, preference: str) -> None:
    """What is not documented, or not a value, is refused by name."""
    answer = prefer(shop, preference, "/v1/ping")

    assert answer.status == 400
    assert "Prefer" in answer.body.decode()


def test_preferences_leave_the_state_alone(shop: Caller) -> None:
    """A preferred answer to DELETE deletes nothing."""
    assert prefer(shop, "code=204", method="DELETE").status == 204
    assert shop("GET", "/v1/products/5").status == 200


def test_a_seed_answers_alike_every_time(shop: Caller) -> None:
    """`seed` decides what is generated."""
    one, same, other = (prefer(shop, f"seed={seed}").body for seed in (1, 1, 2))

    assert one == same != other


def test_a_delay_keeps_nobody_else_waiting() -> None:
    """While a delayed request sleeps others are answered; state is read as ever."""
    waits: list[float] = []

    async def story() -> tuple[bytes, bytes]:
        asleep, woken = asyncio.Event(), asyncio.Event()

        async def sleep(seconds: float) -> None:
            waits.append(seconds)
            asleep.set()
            await woken.wait()

        application = build(Settings(specs=(SHOP,), auth="off"), FrozenClock(NOW), sleep)
        delayed = asyncio.create_task(_get(application, [(b"prefer", b"delay=250")]))
        await asleep.wait()
        prompt = await _get(application, [])
        assert not delayed.done()
        woken.set()
        return prompt, await delayed

    prompt, delayed = asyncio.run(story())

    assert waits == [0.25]
    assert prompt == delayed


async def _get(application: Application, fields: list[tuple[bytes, bytes]]) -> bytes:
    scope = {"type": "http", "method": "GET", "scheme": "http", "path": "/v1/products/5", "query_string": b""}
    body = b""

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        nonlocal body
        body += message.get("body", b"")

    await application.asgi({**scope, "raw_path": b"/v1/products/5", "headers": fields}, receive, send)
    return body


def test_head_answers_as_get_without_the_body(shop: Caller) -> None:
    """HEAD has GET's status and header fields, of what there is and of what is gone."""
    get, head = shop("GET", "/v1/products/5"), shop("HEAD", "/v1/products/5")
    shop("DELETE", "/v1/products/5")

    assert (head.status, head.headers) == (get.status, get.headers)
    assert shop("HEAD", "/v1/products/5").status == 404


def test_a_deprecated_operation_says_so(shop: Caller) -> None:
    """`deprecated: true` answers with `Deprecation` (RFC 9745)."""
    assert shop("GET", "/v1/ping").header("deprecation") == "@0"
    assert shop("GET", "/v1/products").header("deprecation") is None


def test_documented_headers_are_generated(shop: Caller) -> None:
    """A documented header stands in the answer, with a value of its schema."""
    assert 1 <= int(shop("GET", "/v1/ping").header("x-rate-limit") or 0) <= 100


def test_what_is_not_accepted_changes_nothing(shop: Caller) -> None:
    """406 comes before anything is done."""
    refused = shop("DELETE", "/v1/products/5", headers={"Accept": "image/png"})
    created = shop("POST", "/v1/products", PRODUCT, headers={"Accept": "a/b"})

    assert refused.status == 204
    assert created.status == 406
    assert b'"x"' not in shop("GET", "/v1/products?per_page=100").body


def test_an_error_is_told_in_the_documents_words(tmp_path: Path) -> None:
    """The schema of a documented error holds what went wrong, each violation on its own."""
    post = {
        "parameters": [parameter("limit", type="integer")],
        **taking({"type": "object", "required": ["a", "b"]}),
        **answering({"type": "object"}),
    }
    post["responses"] |= answering(ERROR, "400")["responses"]
    call = mock({"paths": {"/things": {"post": post}}}, tmp_path)

    error = call("POST", "/things", {}).json["error"]

    assert error["code"] == 400
    assert "does not fit" in error["message"]
    assert [entry["message"] for entry in error["errors"]] == [
        'body: "a" is a required property',
        'body: "b" is a required property',
    ]


def test_an_undocumented_error_is_a_problem(tmp_path: Path) -> None:
    """Where the document has no body for a status, it is problem details (RFC 9457)."""
    get = {"parameters": [parameter("limit", type="integer")], **answering({"type": "object"})}

    refused = mock({"paths": {"/things": {"get": get}}}, tmp_path)("GET", "/things?limit=many")

    assert refused.status == 400
    assert refused.header("content-type") == "application/problem+json"


def test_a_bad_request_is_422_where_the_document_knows_that_one(tmp_path: Path) -> None:
    """Documents of frameworks that answer 422 are not answered 400."""
    get = {"parameters": [parameter("limit", type="integer")], **answering({"type": "object"})}
    details = {"type": "object", "properties": {"detail": {"type": "array", "items": {"type": "string"}}}}
    get["responses"] |= answering(details, "422")["responses"]
    call = mock({"paths": {"/things": {"get": get}}}, tmp_path)

    refused = call("GET", "/things?limit=many")

    assert refused.status == 422
    assert "limit" in refused.json["detail"][0]


def test_moments_are_the_clocks(clock: FrozenClock) -> None:
    """What is created later says so."""
    call = Caller(build(Settings(specs=(SHOP,), auth="off"), clock).asgi)
    created = call("POST", "/v1/products", PRODUCT)
    clock.advance(60)

    changed = call("PUT", created.header("location") or "", {**PRODUCT, "name": "y"}).json

    assert changed["created_at"] == created.json["created_at"]
    assert changed["updated_at"] > created.json["updated_at"]


@pytest.mark.parametrize(
    ("preference", "applied"), [("code=409", None), ("example=none", None), ("code=409, delay=1", "delay=1")]
)
def test_what_could_not_be_preferred_was_not_applied(
    shop: Caller, preference: str, applied: str | None
) -> None:
    """`Preference-Applied` says what was done, and a refused preference was not."""
    answer = prefer(shop, preference)

    assert answer.status == 400
    assert dict(answer.headers).get("preference-applied") == applied


def test_an_answer_says_what_is_wrong_once(shop: Caller) -> None:
    """Where the detail is all there is to say, it is not repeated as the reason."""
    message = shop("POST", "/v1/products", content=b"{", media_type="application/json").json["message"]

    assert message.count("The body is not JSON") == 1


def test_every_value_of_a_short_enumeration_is_named(tmp_path: Path) -> None:
    """Who misspelt one looks for the right one."""
    kind = parameter("kind", enum=["a", "b", "c", "d"])
    document = {"paths": {"/things": {"get": {"parameters": [kind], **answering({"type": "array"})}}}}

    answer = mock(document, tmp_path)("GET", "/things?kind=e")

    assert answer.json["errors"][0]["detail"] == '"e" is not one of "a", "b", "c", "d"'


@pytest.mark.parametrize("name", ["placedAt", "created_at"])
def test_what_was_just_made_was_made_now(tmp_path: Path, name: str) -> None:
    """The moment of an order is that at which it was placed."""
    order = {
        "type": "object",
        "required": ["id", name],
        "properties": {"id": {"type": "integer"}, name: {"type": "string", "format": "date-time"}},
    }
    document = {
        "paths": {
            "/orders": {"post": answering(order, "201")},
            "/orders/{id}": {
                "parameters": [parameter("id", "path", type="integer")],
                "get": answering(order),
            },
        }
    }

    answer = mock(document, tmp_path)("POST", "/orders")

    assert answer.json[name] == NOW.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_an_identity_is_asked_for_where_no_fixture_has_any(shop: Caller) -> None:
    """An empty list after the API's name would say nothing."""
    answer = shop("POST", "/__admin/tokens", {"identity": "clerk"})

    assert answer.json["detail"] == "There is no identity 'clerk'; there are none."
