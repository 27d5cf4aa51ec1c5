"""The proxy: what it forwards, what it says of it, what it learns, and what the mock answers instead."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.http.calling import Caller
from tests.http.mocks import document, operation
from tests.http.records import APPOINTMENT, CITA, PAGE, RESERVATION, STATE
from tests.proxy.rig import Rig

from mockserver.app import build
from mockserver.config import Settings

CANCELLED = {
    "message": "Cita cancelada",
    "cita": {
        "id": 1,
        "cliente_id": 5,
        "medico_id": None,
        "estado": "cancelada",
        "sintomas": None,
        "fecha_solicitada": "2026-03-15T00:00:00.000Z",
        "hora_solicitada": "1970-01-01T14:30:00.000Z",
        "fecha_confirmada": None,
        "hora_confirmada": None,
        "created_at": "2026-03-05T10:00:00.000Z",
    },
}


def _cancelled(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=CANCELLED, headers={"X-Own": "kept", "Connection": "close"})


def test_a_request_is_forwarded_as_it_came() -> None:
    """Method, path, query, credentials and body; what belongs to the connection stays behind."""
    rig = Rig(lambda _: httpx.Response(200, json={"data": {"id": PAGE}}))

    answer = rig.call.in_("mine")("PATCH", APPOINTMENT + "?_method=PATCH", {"duration_in_minutes": 5})

    (request,) = rig.seen
    assert (request.method, str(request.url)) == (
        "PATCH",
        f"http://upstream.test/base{APPOINTMENT}?_method=PATCH",
    )
    assert request.headers["authorization"] == "Bearer real-token"
    assert request.headers["host"] == "upstream.test"
    assert "x-mock-session" not in request.headers
    assert request.content == b'{"duration_in_minutes": 5}'
    assert (answer.status, answer.json) == (200, {"data": {"id": PAGE}})


def test_an_answer_is_passed_on_as_it_comes() -> None:
    """Status, header fields and body; an answer that keeps the document is told as one."""
    rig = Rig(_cancelled)

    answer = rig.call("PUT", CITA)

    assert (answer.status, answer.json, answer.header("x-own")) == (200, CANCELLED, "kept")
    assert answer.header("connection") is None
    assert answer.header("x-mock-answered-by") is None
    assert (rig.latest["operation"], rig.latest["violations"]) == ("cancelarCita", [])


def test_a_request_that_breaks_the_document_is_told_and_forwarded() -> None:
    """The implementation decides; the journal says what it should have refused."""
    rig = Rig(lambda _: httpx.Response(200, json={"data": {"id": PAGE}}))

    answer = rig.call("PATCH", APPOINTMENT, {"duration_in_minutes": "x"})

    (violation,) = rig.latest["violations"]
    assert (answer.status, len(rig.seen)) == (200, 1)
    assert (violation["in"], violation["pointer"]) == ("body", "/duration_in_minutes")


@pytest.mark.parametrize(
    ("response", "detail"),
    [
        (httpx.Response(200, json={"message": 5}), "message"),
        (httpx.Response(418, json={}), None),
        (httpx.Response(200, text="<html>", headers={"content-type": "text/html"}), "text/html"),
        (httpx.Response(302), "302"),
        (httpx.Response(500, json={"error": "x"}), "message"),
    ],
)
def test_an_answer_that_breaks_the_document_is_told(response: httpx.Response, detail: str | None) -> None:
    """Status, media type, body; what the document leaves open is fine."""
    rig = Rig(lambda _: response)

    answer = rig.call("PUT", CITA)

    told = " ".join(entry["pointer"] + entry["detail"] for entry in rig.latest["violations"])
    assert answer.status == response.status_code
    assert (detail in told) if detail else told == ""
    assert all(entry["in"] == "response" for entry in rig.latest["violations"])


def test_strict_refuses_both_ways() -> None:
    """A request that breaks the document is not forwarded, an answer not passed on."""
    rig = Rig(lambda _: httpx.Response(200, json={"message": 5}), strict=True)

    refused = rig.call("PATCH", APPOINTMENT, {"duration_in_minutes": "x"})
    unknown = rig.call("GET", "/nowhere")
    assert (refused.status, unknown.status, rig.seen) == (400, 404, [])
    assert refused.pointers == ["#/duration_in_minutes"]

    broken = rig.call("PUT", CITA)
    assert (broken.status, broken.json["errors"][0]["in"]) == (502, "response")


def test_strict_refuses_an_answer_that_cannot_be_read() -> None:
    """It says JSON, and is none."""
    half = httpx.Response(200, content=b"{", headers={"content-type": "application/json"})

    broken = Rig(lambda _: half, strict=True).call("PUT", CITA)

    assert (broken.status, broken.json["errors"][0]["rule"]) == (502, "syntax")


def test_what_is_not_documented_is_forwarded_and_noted() -> None:
    """With what may have been meant."""
    rig = Rig(lambda _: httpx.Response(200, text="hello"))

    assert rig.call("GET", "/api/cita/1/cancelar").body == b"hello"
    assert "Did you mean PUT" in rig.latest["reason"]


@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(404, text="Cannot PUT"),
        httpx.Response(405),
        httpx.Response(501),
    ],
)
def test_the_mock_answers_what_the_implementation_does_not_have(response: httpx.Response) -> None:
    """And says so; the document's own 404 is the implementation's word."""
    rig = Rig(lambda _: response)

    answer = rig.call("DELETE", RESERVATION)

    assert (answer.status, answer.header("x-mock-answered-by")) == (204, "mock")
    assert "mock answers" in rig.latest["reason"]


def test_an_undocumented_404_about_a_record_is_passed_on() -> None:
    """It is not what the implementation says of a path that nobody has, and the document does not have it."""

    def answer(request: httpx.Request) -> httpx.Response:
        known = "/citas/" in request.url.path
        text = {"detail": "no such cita"} if known else {"detail": f"Not Found: {request.url.path}"}
        return httpx.Response(404, json=text)

    rig = Rig(answer)

    told, missing = rig.call("PUT", CITA), rig.call("PATCH", APPOINTMENT)

    assert (told.status, told.json, told.header("x-mock-answered-by")) == (
        404,
        {"detail": "no such cita"},
        None,
    )
    assert (missing.status, missing.header("x-mock-answered-by")) == (200, "mock")
    assert [request.method for request in rig.seen] == ["PUT", "PUT", "PATCH", "PATCH"]


def test_a_documented_404_is_passed_on() -> None:
    """There is an implementation, and no such record."""
    rig = Rig(lambda _: httpx.Response(404, json={"error": "Reservation not found"}))

    answer = rig.call("DELETE", RESERVATION)

    assert (answer.status, answer.header("x-mock-answered-by")) == (404, None)


def test_the_mock_answers_when_nobody_else_does() -> None:
    """The implementation is down."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    rig = Rig(refuse)

    answer = rig.call("PATCH", APPOINTMENT, {"duration_in_minutes": 5})

    assert (answer.status, answer.json["data"]["duration_in_minutes"]) == (200, 5)
    assert answer.header("x-mock-answered-by") == "mock"


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (httpx.ReadTimeout("slow"), 504, "did not answer within"),
        (httpx.ReadError("reset"), 502, "cannot be read"),
        (httpx.DecodingError("no gzip"), 502, "no gzip"),
        (httpx.RemoteProtocolError("illegal status line"), 502, "illegal status line"),
    ],
)
def test_an_implementation_that_fails_is_not_covered_up(
    error: httpx.RequestError, status: int, reason: str
) -> None:
    """It is there: the mock does not answer in its place, and the journal says why."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    rig = Rig(fail)

    answer = rig.call("PUT", CITA)

    assert (answer.status, answer.header("x-mock-answered-by")) == (status, None)
    assert reason in answer.json["detail"]
    assert reason in rig.latest["reason"]


def test_a_status_that_http_does_not_have_is_not_passed_on() -> None:
    """No server could send it."""
    rig = Rig(lambda _: httpx.Response(999))

    answer = rig.call("PUT", CITA)

    assert (answer.status, "999" in answer.json["detail"]) == (502, True)


def test_an_answer_that_is_too_big_is_not_passed_on() -> None:
    """It is not the client who sent too much."""
    rig = Rig(lambda _: httpx.Response(200, content=b" " * 2_000), body_limit=1_000)

    answer = rig.call("PUT", CITA)

    assert (answer.status, "1,000 bytes" in answer.json["detail"]) == (502, True)


def test_a_redirect_stays_with_the_proxy() -> None:
    """One that leads to the implementation leads through here; any other leads where it did."""
    inside, outside = "http://upstream.test/base/api/citas/1/cancelar?x=1", "https://elsewhere.test/"
    rig = Rig(
        lambda request: httpx.Response(307, headers={"Location": inside if request.url.query else outside})
    )

    assert rig.call("PUT", CITA + "?a=b").header("location") == CITA + "?x=1"
    assert rig.call.in_("mine")("PUT", f"/~mine{CITA}?a=b").header("location") == f"/~mine{CITA}?x=1"
    assert rig.call("PUT", CITA).header("location") == outside


def test_a_redirect_leads_to_the_public_url() -> None:
    """Where the proxy knows by which URL it is reached."""
    inside = "http://upstream.test/base/api/citas/1/cancelar?x=1"
    rig = Rig(
        lambda request: httpx.Response(307, headers={"Location": inside}),
        public_url="https://shop.example/mock",
    )

    assert rig.call("PUT", CITA).header("location") == f"https://shop.example/mock{CITA}?x=1"


def test_cookies_are_the_clients_own() -> None:
    """What one client was given to keep is sent by that client alone; several are several."""
    given = [("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2; HttpOnly")]
    rig = Rig(lambda _: httpx.Response(200, json=CANCELLED, headers=given))

    answer = rig.call("PUT", CITA)
    rig.call("PUT", CITA)
    rig.call("PUT", CITA, headers={"cookie": "a=1"})

    assert [value for name, value in answer.headers if name == "set-cookie"] == [
        "a=1; Path=/",
        "b=2; HttpOnly",
    ]
    assert [request.headers.get("cookie") for request in rig.seen] == [None, None, "a=1"]


@pytest.mark.parametrize("target", ["//a/../b", "/a/./b", "/a%2Fb/%2e%2e", "/x?a[b]=|&&c=%7C+%20"])
def test_what_is_asked_for_is_not_tidied_up(target: str) -> None:
    """An implementation that takes it otherwise than it looks has to be seen doing so."""
    rig = Rig(_cancelled)

    rig.call("GET", target)

    assert rig.seen[0].extensions["target"] == b"/base" + target.encode()


def test_what_a_connection_names_as_its_own_stays_there() -> None:
    """In both directions (RFC 9110 7.6.1)."""
    own = {"Connection": "close, X-Hop", "X-Hop": "1", "X-End": "2"}
    rig = Rig(lambda _: httpx.Response(200, json=CANCELLED, headers=own))

    answer = rig.call("PUT", CITA, headers={"connection": "X-Mine , close", "x-mine": "1", "x-other": "2"})

    assert (answer.header("x-hop"), answer.header("x-end")) == (None, "2")
    assert [rig.seen[0].headers.get(name) for name in ("x-mine", "x-other")] == [None, "2"]


def _item(**more: Any) -> dict[str, Any]:
    return {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}, **more}


@pytest.fixture
def shop(tmp_path: Path) -> dict[str, Any]:
    """Settings for a document whose items can be read."""
    parameters = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}]
    shown = {"200": {"description": "", "content": {"application/json": {"schema": _item()}}}}
    refused = {"404": {"description": "", "content": {"application/json": {"schema": _item()}}}}
    get = operation(parameters=parameters, responses={**shown, **refused, "304": {"description": ""}})
    file = tmp_path / "shop.json"
    file.write_text(json.dumps(document({"/items/{id}": {"get": get}})))
    return {"specs": (file,)}


@pytest.mark.parametrize("status", [200, 404])
def test_head_says_how_long_the_answer_would_be(shop: dict[str, Any], status: int) -> None:
    """As the implementation says it; that there is no body breaks nothing."""
    fields = {"Content-Type": "application/json", "Content-Length": "42"}
    rig = Rig(lambda _: httpx.Response(status, headers=fields), strict=True, **shop)

    answer = rig.call("HEAD", "/items/1")

    assert (answer.status, answer.header("content-length"), answer.body) == (status, "42", b"")
    assert (rig.latest["violations"], answer.header("x-mock-answered-by")) == ([], None)


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 304)])
def test_a_length_that_nobody_told_is_not_made_up(shop: dict[str, Any], method: str, status: int) -> None:
    """Zero would be one; uvicorn cannot say it of a 304, and need not."""
    rig = Rig(lambda _: httpx.Response(status), **shop)

    assert rig.call(method, "/items/1").header("content-length") is None


def test_an_answer_that_is_compressed_as_nobody_asked_is_passed_on_as_it_is() -> None:
    """It says so, and nothing is said of what cannot be read; what can be unpacked is."""
    packed = gzip.compress(json.dumps(CANCELLED).encode())

    def answer(request: httpx.Request) -> httpx.Response:
        coding = request.url.params["as"]
        fields = {"Content-Type": "application/json; charset=utf-8", "Content-Encoding": coding}
        return httpx.Response(200, headers=fields, stream=httpx.ByteStream(packed))

    rig = Rig(answer)

    plain, other = rig.call("PUT", f"{CITA}?as=gzip"), rig.call("PUT", f"{CITA}?as=x-own")

    assert (plain.json, plain.header("content-encoding")) == (CANCELLED, None)
    assert (other.body, other.header("content-encoding")) == (packed, "x-own")
    assert rig.latest["violations"] == []


def test_a_page_elsewhere_may_read_the_answer_once() -> None:
    """The implementation's own CORS header fields give way: two of a kind are none to a browser."""
    own = {"Access-Control-Allow-Origin": "https://shop.test", "Access-Control-Allow-Credentials": "false"}
    rig = Rig(lambda _: httpx.Response(200, json=CANCELLED, headers=own))

    answer = rig.call("PUT", CITA, headers={"origin": "http://localhost:5173"})

    assert answer.header("access-control-allow-origin") == "http://localhost:5173"
    assert answer.header("access-control-allow-credentials") == "true"
    assert rig.call("PUT", CITA).header("access-control-allow-origin") == "https://shop.test"


def test_what_is_said_to_the_mock_stays_here() -> None:
    """Its token above all."""
    rig = Rig(_cancelled)

    rig.call(
        "PUT", CITA, headers={"x-mock-admin-token": "secret", "x-mock-session": "a", "expect": "100-continue"}
    )

    (request,) = rig.seen
    assert not {"x-mock-admin-token", "x-mock-session", "expect"} & set(request.headers)


def test_a_forced_answer_and_a_fault_come_before_the_implementation() -> None:
    """What somebody wants of a session counts here too, and there alone."""
    rig = Rig(_cancelled)
    admin = rig.call.as_(None).in_("mine")
    forced = {"api": "citas", "operation": "cancelarCita", "status": 500, "count": 1}
    assert admin("POST", "/__admin/answers", forced).status == 201

    assert [rig.call.in_("mine")("PUT", CITA).status for _ in range(2)] == [500, 200]
    assert admin("POST", "/__admin/faults", {"kind": "wrong_type"}).status == 201
    assert [isinstance(rig.call.in_(name)("PUT", CITA).json, str) for name in ("mine", None)] == [True, False]
    assert len(rig.seen) == 3


def test_a_websocket_is_refused() -> None:
    """Clearly, and without asking the implementation for something else."""
    rig = Rig(_cancelled)
    upgrade = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}

    answer = rig.call("GET", "/socket", headers=upgrade)

    assert (answer.status, "WebSocket" in answer.json["detail"], rig.seen) == (501, True, [])


def test_the_mock_learns_what_the_implementation_shows(tmp_path: Path) -> None:
    """Records of the answers are the mock's, and a fixture file has them; secrets are masked."""
    shown = {"id": PAGE, "status": "late", "reference": "R-1", "api_token": "hidden"}
    rig = Rig(lambda _: httpx.Response(200, json={"data": shown}), folder=tmp_path)

    rig.call("PATCH", APPOINTMENT)
    rig.maker.write()

    assert rig.call.as_(None)("GET", STATE).json["reference"] == "R-1"
    written = (tmp_path / "sqod.yaml").read_text()
    assert "hidden" not in written
    again = Caller(build(Settings(fixtures=tmp_path)).asgi, "agent-token")
    record = again("PATCH", APPOINTMENT).json["data"]
    assert (record["status"], record["reference"]) == ("late", "R-1")


def test_an_answer_that_shows_no_record_becomes_a_scenario(tmp_path: Path) -> None:
    """It can be switched on where the fixtures are served."""
    rig = Rig(_cancelled, folder=tmp_path)
    rig.call("PUT", CITA)
    rig.maker.write()

    again = Caller(build(Settings(fixtures=tmp_path)).asgi, "asistente-token")
    scenarios = again("GET", "/__admin/scenarios").json["scenarios"]

    learned = again("GET", "/__admin/state/citas/citas/1").json["estado"] == "cancelada"
    assert learned or "recorded" in {entry["name"] for entry in scenarios}


def test_an_answer_that_breaks_the_document_teaches_nothing(tmp_path: Path) -> None:
    """What is wrong is not passed on to the mock."""
    rig = Rig(lambda _: httpx.Response(200, json={"data": {"id": PAGE, "status": 5}}), folder=tmp_path)

    rig.call("PATCH", APPOINTMENT)

    assert rig.maker.write() == []
    assert rig.call.as_(None)("GET", STATE).json["status"] == "scheduled"


def test_the_console_is_there_as_ever() -> None:
    """The admin API is the proxy's own, and nothing of it is forwarded."""
    rig = Rig(_cancelled)

    assert rig.call.as_(None)("GET", "/__admin/health").status == 200
    assert rig.seen == []


def test_the_implementation_has_its_own_document() -> None:
    """`/openapi.json` is the mock's where the mock answers; here it is forwarded."""
    rig = Rig(lambda _: httpx.Response(200, json={"openapi": "3.1.0"}))

    assert rig.call("GET", "/openapi.json").json == {"openapi": "3.1.0"}
    assert len(rig.seen) == 1
