"""JSON bodies: what is read exactly, what is refused, and that a refusal changes nothing."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import pytest
from tests.http.calling import Caller, finish
from tests.http.records import APPOINTMENT, CANCEL, STATE

from mockserver.app import Application, build
from mockserver.config import Settings
from mockserver.state.storage import completed


@pytest.fixture
def agent(call: Caller) -> Caller:
    """Somebody who may update appointments."""
    return call.as_("agent-token")


def _send(
    agent: Caller, content: bytes | list[bytes], media_type: str | None = "application/json", **more: Any
) -> Any:
    return agent("PATCH", APPOINTMENT, content=content, media_type=media_type, **more)


BROKEN = {
    "cut short": b'{"duration_in_minutes": 5',
    "two values": b'{"duration_in_minutes": 5} {}',
    "a trailing comma": b'{"duration_in_minutes": 5,}',
    "single quotes": b"{'duration_in_minutes': 5}",
    "a comment": b'{"duration_in_minutes": 5 /* five */}',
    "NaN": b'{"duration_in_minutes": NaN}',
    "infinity": b'{"duration_in_minutes": Infinity}',
    "a leading zero": b'{"duration_in_minutes": 05}',
    "a plus": b'{"duration_in_minutes": +5}',
    "white space": b" \r\n\t",
    "a byte order mark": b'\xef\xbb\xbf{"duration_in_minutes": 5}',
    "UTF-16": '{"duration_in_minutes": 5}'.encode("utf-16"),
    "Latin-1": '{"interpreter_language": "Español"}'.encode("latin-1"),
    "half a character": b'{"interpreter_language": "\xe2\x82"}',
    "an overlong character": b'{"interpreter_language": "\xc0\xaf"}',
    "an encoded surrogate": b'{"interpreter_language": "\xed\xa0\x80"}',
    "a lone surrogate": b'{"interpreter_language": "\\ud800"}',
    "a control character": b'{"interpreter_language": "a\nb"}',
    "a number out of range": b'{"duration_in_minutes": 1e400}',
    "a long number out of range": b'{"duration_in_minutes": 12345678901234567890e400}',
    "309 digits": b'{"duration_in_minutes": 1' + b"0" * 308 + b"}",
    "401 digits": b'{"duration_in_minutes": ' + b"9" * 401 + b"}",
    "five thousand digits": b'{"duration_in_minutes": ' + b"9" * 5000 + b"}",
    "a name that stands twice": b'{"duration_in_minutes": 5, "duration_in_minutes": 6}',
    "a name in two spellings": b'{"duration_in_minutes": 5, "duration\\u005fin_minutes": 6}',
    "a name that stands twice inside": b'{"claimant": {"name": "a", "name": "a"}}',
    "a name that stands twice in an array": b'{"claimant": {"data": [{"value": "a", "value": "b"}]}}',
    "201 levels": b'{"x":' + b"[" * 200 + b"]" * 200 + b"}",
    "201 levels around a long number": b'{"x":' + b"[" * 200 + b"1234567890123456789" + b"]" * 200 + b"}",
    "300 levels and text with digits": b'{"y":"1234567890123456789","x":' + b"[" * 299 + b"]" * 299 + b"}",
    "a nesting bomb": b"[" * 100_000,
    "a closed nesting bomb": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "a zero byte": b'{"duration_in_minutes": 5}\x00',
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_not_json_is_a_bad_request_and_changes_nothing(agent: Caller, content: bytes) -> None:
    """The problem points to the whole body and gives a reason."""
    before = agent("GET", STATE).json

    answer = _send(agent, content)

    assert (answer.status, answer.header("content-type")) == (400, "application/problem+json")
    assert answer.pointers == ["#"]
    assert len(answer.json["errors"][0]["detail"]) > 20
    assert agent("GET", STATE).json == before


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN.keys())
def test_the_admin_api_refuses_the_same(agent: Caller, content: bytes) -> None:
    """It reads JSON with the same care."""
    answer = agent("PUT", STATE, content=content)

    assert (answer.status, answer.header("content-type")) == (400, "application/problem+json")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ([], "#"),
        (None, "#"),
        ("text", "#"),
        ({"duration_in_minutes": "60"}, "#/duration_in_minutes"),
        ({"duration_in_minutes": 60.5}, "#/duration_in_minutes"),
        ({"duration_in_minutes": True}, "#/duration_in_minutes"),
        ({"duration_in_minutes": None}, "#/duration_in_minutes"),
        ({"is_interpreter_needed": 1}, "#/is_interpreter_needed"),
        ({"is_interpreter_needed": "true"}, "#/is_interpreter_needed"),
        ({"features_bandwidth": "HIGH"}, "#/features_bandwidth"),
        ({"features_bandwidth": None}, "#/features_bandwidth"),
        ({"features_screen_sharing_enable": None}, "#/features_screen_sharing_enable"),
        ({"status": "done"}, "#/status"),
        ({"department_id": "1"}, "#/department_id"),
        ({"department_id": None}, "#/department_id"),
        ({"appointment_at": "2026-03-01"}, "#/appointment_at"),
        ({"appointment_at": "2026-02-30T10:00:00Z"}, "#/appointment_at"),
        ({"appointment_at": None}, "#/appointment_at"),
        ({"claimant": None}, "#/claimant"),
        ({"claimant": []}, "#/claimant"),
        ({"claimant": {"name": None}}, "#/claimant/name"),
        ({"claimant": {"email": "nobody"}}, "#/claimant/email"),
        ({"claimant": {"date_of_birth": "1.1.1990"}}, "#/claimant/date_of_birth"),
        ({"claimant": {"data": {}}}, "#/claimant/data"),
        ({"claimant": {"data": [{}, {"id": "1"}]}}, "#/claimant/data/1/id"),
        ({"claimant": {"data": [{"value": 5}]}}, "#/claimant/data/0/value"),
        ({"claimant": {"data": [None]}}, "#/claimant/data/0"),
    ],
)
def test_what_breaks_the_document_is_pointed_at(agent: Caller, body: Any, pointer: str) -> None:
    """A problem names the field with a JSON pointer, and nothing changes."""
    before = agent("GET", STATE).json

    answer = agent("PATCH", APPOINTMENT, body)

    assert (answer.status, set(answer.pointers)) == (400, {pointer})
    assert agent("GET", STATE).json == before


def test_everything_that_is_wrong_is_said_at_once(agent: Caller) -> None:
    """Not the first thing alone."""
    answer = agent("PATCH", APPOINTMENT, {"status": 1, "duration_in_minutes": "x", "claimant": {"name": 5}})

    assert {"#/duration_in_minutes", "#/claimant/name", "#/status"} <= set(answer.pointers)


@pytest.mark.parametrize("length", [2, 15, 16, 17, 19, 20, 30, 308])
@pytest.mark.parametrize("sign", ["", "-"])
def test_an_integer_is_exact_whatever_its_size(agent: Caller, length: int, sign: str) -> None:
    """In the answer as in the state: digit for digit."""
    digits = sign + ("1234567890" * 40)[:length]

    answer = _send(agent, b'{"duration_in_minutes": ' + digits.encode() + b"}")

    assert answer.status == 200
    assert f'"duration_in_minutes":{digits},'.encode() in answer.body
    assert f'"duration_in_minutes":{digits},'.encode() in agent("GET", STATE).body


@pytest.mark.parametrize(
    "text", ["", "Ünïcödé 日本 🎉", 'a":b', '{"a":1,"a":2}', "\\", "\u0000", "1" * 40, "</script>", "\u2028"]
)
def test_text_comes_back_as_it_was_sent(agent: Caller, text: str) -> None:
    """Names and quotes inside text are text."""
    answer = agent("PATCH", APPOINTMENT, {"interpreter_language": text})

    assert answer.json["data"]["interpreter_language"] == text


def test_200_levels_are_taken(agent: Caller) -> None:
    """The limit is the limit."""
    assert _send(agent, b'{"x":' + b"[" * 199 + b"]" * 199 + b"}").status == 200
    assert _send(agent, b'{"x":' + b"[" * 199 + b"1234567890123456" + b"]" * 199 + b"}").status == 200


@pytest.mark.parametrize(
    "pieces",
    [
        [b"", b'{"interpreter_language": "Espa\xc3', b"", b'\xb1ol"', b"}", b""],
        [bytes([byte]) for byte in '{"interpreter_language": "Español"}'.encode()],
    ],
)
def test_a_body_may_come_in_pieces(agent: Caller, pieces: list[bytes]) -> None:
    """Split in the middle of a character, too."""
    assert _send(agent, pieces).json["data"]["interpreter_language"] == "Español"


def test_an_empty_body_is_a_read(agent: Caller) -> None:
    """With and without a media type, in one piece or chunked."""
    before = agent("GET", STATE).json

    for answer in (_send(agent, b""), _send(agent, b"", None), _send(agent, [b"", b""]), _send(agent, b"{}")):
        assert (answer.status, answer.json) == (200, {"data": before})


def test_a_body_that_is_required_is_missed(agent: Caller) -> None:
    """An empty one is none."""
    answer = agent("POST", CANCEL, media_type="application/json")

    assert (answer.status, answer.pointers) == (400, ["#"])
    assert agent("POST", CANCEL, {}).status == 204


@pytest.mark.parametrize(
    "media_type",
    [
        *(
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            'application/json;charset="UTF-8"',
        ),
        *(
            "application/json ; charset=utf8",
            "application/json; version=1",
            "application/json; charset=us-ascii",
        ),
    ],
)
def test_json_is_json_however_it_is_called(agent: Caller, media_type: str) -> None:
    """Media types know no case, and parameters do not change them."""
    assert _send(agent, b'{"duration_in_minutes": 7}', media_type).json["data"]["duration_in_minutes"] == 7


def test_a_body_without_a_media_type_is_taken_for_the_documented_one(agent: Caller) -> None:
    """RFC 9110 section 8.3 lets the recipient guess."""
    assert _send(agent, b'{"duration_in_minutes": 7}', None).json["data"]["duration_in_minutes"] == 7


@pytest.mark.parametrize(
    "media_type",
    [
        *(
            "text/plain",
            "text/json",
            "application/jsonx",
            "application/merge-patch+json",
            "application/*",
            "*/*",
        ),
        *(
            "application/json; charset=latin-1",
            "application/json; charset=utf-16",
            "application/json; Charset=X",
        ),
        *("multipart/form-data; boundary=B", "application/x-www-form-urlencoded", "json", "", ";", "/"),
    ],
)
def test_another_media_type_is_not_supported(agent: Caller, media_type: str) -> None:
    """Neither is another charset."""
    answer = _send(agent, b'{"duration_in_minutes": 7}', media_type)

    assert (answer.status, answer.header("content-type")) == (415, "application/problem+json")


@pytest.mark.parametrize("coding", ["gzip", "br", "GZIP", "deflate, gzip", "x"])
@pytest.mark.parametrize("first", [True, False])
def test_a_compressed_body_is_not_supported(agent: Caller, coding: str, first: bool) -> None:
    """Whether or not one that was not compressed came before it."""
    if not first:
        assert _send(agent, b'{"duration_in_minutes": 7}').status == 200

    answer = _send(agent, gzip.compress(b'{"duration_in_minutes": 8}'), headers={"content-encoding": coding})

    assert answer.status == 415


def test_an_identity_coding_is_none(agent: Caller) -> None:
    """RFC 9110 section 8.4.1 keeps the name for that."""
    assert _send(agent, b'{"duration_in_minutes": 7}', headers={"content-encoding": "Identity"}).status == 200


@pytest.fixture
def small() -> Application:
    """A server that takes a hundred bytes."""
    return build(Settings(body_limit=100))


def _sized(size: int) -> bytes:
    content = json.dumps({"x": "y" * (size - len('{"x": ""}'))}).encode()
    assert len(content) == size
    return content


@pytest.mark.parametrize("path", [APPOINTMENT, "/__admin/tokens"])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_beyond_the_limit_is_too_large(small: Application, path: str, chunked: bool) -> None:
    """A byte more is too much, announced or chunked; the limit itself is not."""
    method = "PATCH" if path == APPOINTMENT else "POST"
    agent = Caller(small.asgi, "agent-token")
    inside, beyond = _sized(100), _sized(101)

    if chunked:
        statuses = [agent(method, path, content=[body[:50], body[50:]]).status for body in (inside, beyond)]
    else:
        statuses = [agent(method, path, content=body).status for body in (inside, beyond)]

    assert statuses[0] != 413
    assert statuses[1] == 413


def test_what_is_announced_as_too_large_is_not_waited_for(small: Application) -> None:
    """The answer comes before the body does."""
    agent = Caller(small.asgi, "agent-token")

    assert agent("PATCH", APPOINTMENT, headers={"content-length": "101"}).status == 413


def test_who_may_not_send_is_told_so_before_the_size(small: Application) -> None:
    """401 and 403 come first."""
    assert Caller(small.asgi)("PATCH", APPOINTMENT, content=_sized(101)).status == 401
    assert Caller(small.asgi, "read-only-token")("PATCH", APPOINTMENT, content=_sized(101)).status == 403


@pytest.mark.parametrize("target", [APPOINTMENT, "/__admin/reset"])
@pytest.mark.parametrize("begun", [b"", b'{"duration'])
def test_a_client_that_goes_away_is_answered_nothing(own: Application, target: str, begun: bytes) -> None:
    """Nothing is sent, nothing raised, nothing changed."""
    sent: list[Any] = []
    messages = [{"type": "http.request", "body": begun, "more_body": True}, {"type": "http.disconnect"}]
    method = "PATCH" if target == APPOINTMENT else "POST"
    headers = [(b"authorization", b"Bearer agent-token"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": method, "path": target, "raw_path": target.encode()}
    scope |= {"query_string": b"", "headers": headers}

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(finish(own.asgi(scope, receive, send)))

    assert sent == []
    assert completed(own.sessions.summaries()) == []
