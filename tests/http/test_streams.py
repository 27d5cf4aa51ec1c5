"""Streams of values: server-sent events, lines of JSON, JSON text sequences."""

from __future__ import annotations

import asyncio
import json
from collections.abc import MutableMapping
from typing import Any

import httpx
import pytest
from tests.conftest import NOW
from tests.http.calling import Caller, scope_of
from tests.http.mocks import Mocks, document
from tests.proxy.rig import Rig

from mockserver.app import build
from mockserver.behaviour import streams
from mockserver.behaviour.backend import Backend, Response
from mockserver.check.findings.issues import TriedCase
from mockserver.check.planning.cases import PLAIN, Case
from mockserver.check.planning.path_values import PathValues
from mockserver.check.rules.document_rules import DocumentRules
from mockserver.check.target.http_messages import HttpRequest, HttpResponse
from mockserver.http.exchange import ASGIApp
from mockserver.state.clock import FrozenClock

TICK = {
    "type": "object",
    "required": ["symbol", "price"],
    "properties": {"symbol": {"type": "string"}, "price": {"type": "number"}},
}
EVENTS, LINES, SEQUENCE = "text/event-stream", "application/x-ndjson", "application/json-seq"


def _stream(media_type: str = EVENTS, **content: Any) -> dict[str, Any]:
    """A document with one stream, of ticks unless something else is said."""
    content = content or {"schema": TICK}
    responses = {"200": {"description": "", "content": {media_type: content}}}
    return document({"/ticks": {"get": {"operationId": "op", "responses": responses}}}, openapi="3.1.0")


def _events(body: bytes) -> list[Any]:
    return list(streams.read(EVENTS, body))


def _fits(value: Any) -> bool:
    return isinstance(value["symbol"], str) and isinstance(value["price"], int | float)


@pytest.mark.parametrize("media_type", [EVENTS, LINES, "application/jsonl", SEQUENCE])
def test_three_values_of_the_schema_and_then_the_end(mocks: Mocks, media_type: str) -> None:
    """Each differs from the others, and the body is framed."""
    body = mocks.call(_stream(media_type))("GET", "/ticks").body

    values = list(streams.read(media_type, body))
    assert len(values) == 3
    assert all(map(_fits, values))
    assert len({json.dumps(value) for value in values}) > 1


@pytest.mark.parametrize("media_type", [EVENTS, LINES, SEQUENCE])
def test_the_items_of_an_array_are_the_values(mocks: Mocks, media_type: str) -> None:
    """`itemSchema` says it shorter."""
    written = ({"schema": {"type": "array", "items": TICK}}, {"itemSchema": TICK})
    for content in written:
        body = mocks.call(_stream(media_type, **content))("GET", "/ticks").body
        values = list(streams.read(media_type, body))
        assert len(values) == 3
        assert all(map(_fits, values))


def test_an_example_of_a_list_is_its_values(mocks: Mocks) -> None:
    """Not three: those that are written down."""
    said = [{"symbol": name, "price": 1} for name in "ab"]
    schema = {"type": "array", "items": TICK}

    assert _events(mocks.call(_stream(schema=schema, example=said))("GET", "/ticks").body) == said


def test_named_examples_are_the_events_in_their_order(mocks: Mocks) -> None:
    """A preferred one is the only one."""
    examples = {name: {"value": {"symbol": name, "price": 2}} for name in ("open", "close")}
    call = mocks.call(_stream(schema=TICK, examples=examples))

    assert [event["symbol"] for event in _events(call("GET", "/ticks").body)] == ["open", "close"]
    preferred = call("GET", "/ticks", headers={"prefer": "example=close"})
    assert {event["symbol"] for event in _events(preferred.body)} == {"close"}


def test_an_example_that_breaks_the_schema_is_passed_over(mocks: Mocks) -> None:
    """What is sent is valid."""
    events = _events(mocks.call(_stream(schema=TICK, example={"symbol": 4}))("GET", "/ticks").body)

    assert len(events) == 3
    assert all(map(_fits, events))


def test_an_example_with_frames_is_sent_as_it_is(mocks: Mocks) -> None:
    """Many write down what goes over the wire."""
    text = 'event: tick\ndata: {"symbol": "x"}\n\ndata: [DONE]\n\n'

    call = mocks.call(_stream(schema={"type": "string"}, example=text))
    assert call("GET", "/ticks").body == text.encode()


def test_a_schema_of_whole_events_gives_their_fields(mocks: Mocks) -> None:
    """`event`, `data` and `id` are lines of the event; kinds that are a choice take turns."""
    kinds = [
        {
            "type": "object",
            "required": ["event", "data"],
            "properties": {
                "event": {"const": name},
                "data": {
                    "type": "string",
                    "contentMediaType": "application/json",
                    "contentSchema": {
                        "type": "object",
                        "required": [name],
                        "properties": {name: {"const": 1}},
                    },
                },
            },
        }
        for name in ("up", "down")
    ]
    body = mocks.call(_stream(itemSchema={"oneOf": kinds}))("GET", "/ticks").body

    events = list(streams.read(EVENTS, body, events=True))
    assert [event["event"] for event in events] == ["up", "down", "up"]
    assert [json.loads(event["data"]) for event in events] == [{"up": 1}, {"down": 1}, {"up": 1}]


def test_events_are_numbered_and_go_on_after_the_last_one(mocks: Mocks) -> None:
    """A browser sends `Last-Event-ID` when it connects again; `retry` says when."""
    call = mocks.call(_stream())
    first = call("GET", "/ticks").body

    assert first.startswith(b": ")
    assert b"\nretry: 3000\n" in first
    ids = [event["id"] for event in streams.read(EVENTS, first, events=True)]
    assert ids == ["1", "2", "3"]
    later = call("GET", "/ticks", headers={"last-event-id": "2"}).body
    assert [event["id"] for event in streams.read(EVENTS, later, events=True)] == ["3", "4", "5"]
    assert _events(later)[0] == _events(first)[2]


def test_as_many_events_come_as_are_preferred(mocks: Mocks) -> None:
    """More than there are examples, or none."""
    call = mocks.call(_stream(schema=TICK, example={"symbol": "x", "price": 1}))

    answers = [call("GET", "/ticks", headers={"prefer": f"events={count}"}) for count in (5, 0)]
    assert [len(_events(answer.body)) for answer in answers] == [5, 0]
    assert answers[0].header("preference-applied") == "events=5"
    assert call("GET", "/ticks", headers={"prefer": "events=many"}).status == 400


def test_a_setting_says_how_many_events_come(mocks: Mocks) -> None:
    """`stream_events` in place of three."""
    assert len(_events(mocks.call(_stream(), stream_events=7)("GET", "/ticks").body)) == 7


CHAT = {
    "/chat": {
        "post": {
            "requestBody": {
                "content": {
                    "application/json": {"schema": {"properties": {"stream": {"type": "boolean"}}}},
                }
            },
            "responses": {
                "200": {
                    "description": "",
                    "content": {
                        "application/json": {"schema": TICK},
                        EVENTS: {"schema": {**TICK, "required": ["symbol"]}},
                    },
                }
            },
        }
    }
}


@pytest.mark.parametrize(
    ("body", "accept", "expected"),
    [
        ({"stream": True}, "application/json", EVENTS),
        ({"stream": True}, "*/*", EVENTS),
        ({"stream": False}, "*/*", "application/json"),
        ({"stream": False}, EVENTS, EVENTS),
        ({}, "*/*", "application/json"),
        ({}, EVENTS, EVENTS),
        ({}, f"{EVENTS}, application/json;q=0.5", EVENTS),
    ],
)
def test_the_body_or_accept_asks_for_a_stream(
    mocks: Mocks, body: dict[str, bool], accept: str, expected: str
) -> None:
    """`"stream": true` goes before `Accept`, which clients send by habit."""
    answer = mocks.call(document(CHAT))("POST", "/chat", body, headers={"accept": accept})

    assert answer.status == 200
    assert (answer.header("content-type") or "").partition(";")[0] == expected


def test_a_collection_is_streamed_record_by_record(mocks: Mocks) -> None:
    """What was created is a line, where the list is offered in lines, too."""
    note = {
        "type": "object",
        "required": ["id", "text"],
        "properties": {"id": {"type": "integer", "readOnly": True}, "text": {"type": "string"}},
    }
    schemas = {"components": {"schemas": {"Note": note}}}
    one = {"$ref": "#/components/schemas/Note"}
    listed = {"application/json": {"schema": {"type": "array", "items": one}}, LINES: {"schema": one}}
    paths = {
        "/notes": {
            "get": {"responses": {"200": {"description": "", "content": listed}}},
            "post": {
                "requestBody": {"content": {"application/json": {"schema": one}}},
                "responses": {"201": {"description": "", "content": {"application/json": {"schema": one}}}},
            },
        }
    }
    call = mocks.call(document(paths, **schemas), auth="off")
    made = call("POST", "/notes", {"text": "mine"}).json

    lines = call("GET", "/notes", headers={"accept": LINES}).body
    assert list(streams.read(LINES, lines)) == call("GET", "/notes").json
    assert made in list(streams.read(LINES, lines))


def test_a_handler_returns_the_values_of_a_stream(mocks: Mocks) -> None:
    """They are validated one by one, and framed."""

    def ticks(backend: Backend) -> Response:
        return Response(200, [{"symbol": "x", "price": n} for n in range(4)])

    def broken(backend: Backend) -> Response:
        return Response(200, [{"symbol": "x", "price": 1}, {"symbol": "x"}])

    events = _events(mocks.call(_stream(), handlers={"op": ticks})("GET", "/ticks").body)
    assert [event["price"] for event in events] == [0, 1, 2, 3]
    call = Caller(mocks.build(_stream(), handlers={"op": broken}).asgi, defects=True)
    assert call("GET", "/ticks").status == 500


def _timed(
    mocks: Mocks, prefer: str, *, gone_after: int | None = None, media_type: str = EVENTS
) -> list[str | float]:
    """What is sent and how long is waited, in its order; the client leaves after so many pauses."""
    told: list[str | float] = []

    async def run() -> None:
        left = asyncio.Event()

        async def sleep(seconds: float) -> None:
            told.append(seconds)
            if gone_after is not None and len([one for one in told if isinstance(one, float)]) > gone_after:
                left.set()
                await asyncio.Event().wait()

        async def receive() -> MutableMapping[str, Any]:
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.body":
                told.append(message.get("body", b"").decode())

        mocks.write("specs/shop.yaml", _stream(media_type))
        application = build(mocks.settings(), FrozenClock(NOW), sleep=sleep)
        fields = [(b"prefer", prefer.encode()), (b"host", b"mock.test")]
        await application.asgi(scope_of("GET", "/ticks", fields), receive, send)

    asyncio.run(run())
    return told


def _shape(told: list[str | float]) -> list[str | float]:
    return [
        one if isinstance(one, float) else "value" if "symbol" in one else one.strip()[:11] for one in told
    ]


def test_an_interval_passes_between_two_events(mocks: Mocks) -> None:
    """And none before the first, nor after the last."""
    told = _timed(mocks, "events=3, interval=200")

    assert _shape(told) == [": keep-aliv", "retry: 3000", "value", 0.2, "value", 0.2, "value", ""]


def test_a_long_pause_has_comments_in_it(mocks: Mocks) -> None:
    """So that no proxy takes the connection for dead."""
    told = _timed(mocks, "events=2, interval=40000")

    waited = [*[15.0, ": keep-aliv"] * 2, 10.0]
    assert _shape(told) == [": keep-aliv", "retry: 3000", "value", *waited, "value", ""]


def test_lines_come_one_after_the_other(mocks: Mocks) -> None:
    """With the same pauses."""
    assert _shape(_timed(mocks, "interval=50", media_type=LINES)) == [
        "value",
        0.05,
        "value",
        0.05,
        "value",
        "",
    ]


def test_a_client_that_leaves_ends_the_stream(mocks: Mocks) -> None:
    """Nothing more is sent to it."""
    told = _timed(mocks, "events=50, interval=1000", gone_after=1)

    assert _shape(told).count("value") == 2


def test_a_fault_cuts_a_stream_in_its_middle(mocks: Mocks) -> None:
    """What was promised does not come, of a stream with pauses either."""
    call = mocks.call(_stream())
    whole = call("GET", "/ticks").body
    assert call("POST", "/__admin/faults", {"kind": "malformed"}).status < 300

    for prefer in ("events=3", "events=3, interval=1"):
        body = call("GET", "/ticks", headers={"prefer": prefer}).body
        assert body
        assert body != whole


GOOD, BAD = b'data: {"symbol": "x", "price": 1}\n\n', b'data: {"symbol": "x", "price": "high"}\n\n'


@pytest.mark.parametrize(
    ("body", "findings"), [(GOOD + GOOD, 0), (GOOD + BAD, 1), (GOOD + b"data: {\n\n", 1)]
)
def test_a_check_reads_a_stream_value_by_value(mocks: Mocks, body: bytes, findings: int) -> None:
    """The second event of an implementation breaks the schema, or is no JSON."""
    [service] = mocks.build(_stream()).services.values()
    operation = service.document.operation("op")
    case = Case(operation, PLAIN, "reach", HttpRequest("GET", "/ticks"), PathValues({}))
    answer = HttpResponse(200, {"content-type": EVENTS}, body)

    issues = list(DocumentRules(service).issues(TriedCase(case, answer, None)))
    assert [issue.rule for issue in issues] == ["schema"] * findings


def _send_and_stay(asgi: ASGIApp) -> bytes:
    """The body of a stream that is read to its end."""
    pieces: list[bytes] = []
    bodies: list[MutableMapping[str, Any]] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> MutableMapping[str, Any]:
        if bodies:
            return bodies.pop()
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        pieces.append(message.get("body", b""))

    async def run() -> None:
        await asgi(scope_of("GET", "/ticks", [(b"host", b"mock.test")]), receive, send)

    asyncio.run(run())
    return b"".join(pieces)


def test_a_proxy_reads_events_as_they_pass(mocks: Mocks) -> None:
    """Each is handed on as it came, and the journal says which broke the document."""
    file = mocks.write("specs/shop.yaml", _stream())

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": EVENTS}, content=GOOD + BAD)

    rig = Rig(answer, specs=(file,))
    sent = _send_and_stay(rig.application.asgi)
    entry = rig.latest
    assert sent == GOOD + BAD
    assert [violation["pointer"] for violation in entry["violations"]] == ["/price"]
