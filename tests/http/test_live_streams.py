"""Streams of a collection: they stay open and tell what changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import httpx
import pytest
from tests.conftest import NOW
from tests.http.calling import Answer, exchange, finish, scope_of
from tests.http.mocks import Mocks, document

from mockserver.app import build
from mockserver.check.target.implementation import first_values
from mockserver.http.exchange import ASGIApp
from mockserver.http.response.live_streams import MOST_STREAMS
from mockserver.openapi import streams
from mockserver.state.clock import FrozenClock

EVENTS = "text/event-stream"
ORDER = {"$ref": "#/components/schemas/Order"}
SCHEMAS = {
    "Order": {
        "type": "object",
        "required": ["id", "item"],
        "properties": {"id": {"type": "integer", "readOnly": True}, "item": {"type": "string"}},
    }
}
TOLD = {
    "type": "object",
    "required": ["type", "order"],
    "properties": {
        "type": {"type": "string", "enum": ["order.created", "order.updated", "order.deleted"]},
        "order": ORDER,
    },
}
WHOLE = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {
        "id": {"type": "string"},
        "event": {"type": "string"},
        "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": ORDER},
    },
}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}


def _json(schema: Any) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _orders() -> dict[str, Any]:
    def stream(schema: Any) -> dict[str, Any]:
        return {
            "get": {"responses": {"200": {"description": "", "content": {EVENTS: {"itemSchema": schema}}}}}
        }

    listed = {**_json({"type": "array", "items": ORDER})["content"], EVENTS: {"schema": ORDER}}
    return document(
        {
            "/orders": {
                "get": {
                    "parameters": [{"name": "item", "in": "query", "schema": {"type": "string"}}],
                    "responses": {"200": {"description": "", "content": listed}},
                },
                "post": {
                    "requestBody": _json(ORDER),
                    "responses": {"201": {"description": "", **_json(ORDER)}},
                },
            },
            "/orders/stream": stream(ORDER),
            "/orders/changes": stream(TOLD),
            "/orders/events": stream(WHOLE),
            "/orders/{id}/watch": {"parameters": [ID], **stream(ORDER)},
            "/orders/{id}": {
                "parameters": [ID],
                "get": {"responses": {"200": {"description": "", **_json(ORDER)}}},
                "put": {
                    "requestBody": _json(ORDER),
                    "responses": {"200": {"description": "", **_json(ORDER)}},
                },
                "delete": {"responses": {"204": {"description": ""}}},
            },
        },
        openapi="3.2.0",
        components={"schemas": SCHEMAS},
    )


class Listener:
    """A client of a stream that reads it while others change the records."""

    def __init__(
        self,
        mocks: Mocks,
        path: str,
        act: Callable[[Listener], Awaitable[None]],
        document: Any = None,
        **headers: str,
    ) -> None:
        mocks.write("specs/shop.yaml", document or _orders())
        self.pauses = asyncio.Semaphore(0)
        self.application = build(mocks.settings(auth="off"), FrozenClock(NOW), sleep=self._sleep)
        self.asgi: ASGIApp = self.application.asgi
        self.body = b""
        self.path, self._act = path, act
        self._headers = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        self.news = asyncio.Event()
        self.left = asyncio.Event()

    async def _sleep(self, seconds: float) -> None:
        await self.pauses.acquire()

    async def run(self) -> list[Any]:
        """Open the stream, act, leave, and give the values that came."""
        stream = await self.open_another()
        await self._act(self)
        self.left.set()
        await asyncio.wait_for(stream, 20)
        return list(streams.read(EVENTS, self.body))

    async def open_another(self) -> asyncio.Future[None]:
        """Open a stream, and wait for its first event."""
        fields = [(b"host", b"mock.test"), (b"accept", f"{EVENTS}, */*;q=0.5".encode()), *self._headers]
        scope = scope_of("GET", self.path, fields)
        stream = asyncio.ensure_future(finish(self.asgi(scope, self._receive, self._send)))
        await self.come()
        return stream

    async def come(self) -> None:
        """Wait until something came."""
        await asyncio.wait_for(self.news.wait(), 20)
        await asyncio.sleep(0)
        self.news.clear()

    async def _receive(self) -> MutableMapping[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        self.body += message.get("body", b"")
        body = message.get("body", b"")
        if b"id:" in body or b'"id"' in body or body == streams.KEEP_ALIVE:
            self.news.set()

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send another request to the same mock."""
        transport = httpx.ASGITransport(app=self.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://mock.test") as client:
            answer = await client.request(method, path, json=body, headers=headers)
            return answer.json() if answer.content else None


async def _change_everything(listener: Listener) -> None:
    made = await listener.call("POST", "/orders", {"item": "tea"})
    await listener.come()
    await listener.call("PUT", f"/orders/{made['id']}", {"item": "coffee"})
    await listener.come()
    await listener.call("DELETE", f"/orders/{made['id']}")
    if listener.path in {"/orders/changes", "/orders/events"}:
        await listener.come()


@pytest.mark.parametrize("path", ["/orders", "/orders/stream"])
def test_a_stream_of_records_tells_what_is_new_and_what_changed(mocks: Mocks, path: str) -> None:
    """First what there is, then each change; a record has no word for a deletion."""

    async def run() -> list[Any]:
        return await Listener(mocks, path, _change_everything).run()

    values = asyncio.run(run())
    assert [value["item"] for value in values[-2:]] == ["tea", "coffee"]
    assert len(values) > 3
    assert len({value["id"] for value in values}) == len(values) - 1


def test_a_stream_with_a_word_for_changes_uses_it(mocks: Mocks) -> None:
    """The `enum` of the document says what happened, deletions included."""

    async def run() -> list[Any]:
        return await Listener(mocks, "/orders/changes", _change_everything).run()

    values = asyncio.run(run())
    assert [value["type"] for value in values[-3:]] == ["order.created", "order.updated", "order.deleted"]
    assert [value["order"]["item"] for value in values[-3:]] == ["tea", "coffee", "coffee"]


def test_whole_events_carry_the_record_as_their_data(mocks: Mocks) -> None:
    """`event` says what happened, and the data is JSON."""
    listener: list[Listener] = []

    async def run() -> list[Any]:
        listener.append(Listener(mocks, "/orders/events", _change_everything))
        return await listener[0].run()

    values = asyncio.run(run())
    assert [value["item"] for value in values[-3:]] == ["tea", "coffee", "coffee"]
    assert listener[0].body.count(b"event: deleted") == 1


def test_a_stream_of_one_record_ends_with_it(mocks: Mocks) -> None:
    """Changes of other records are not told."""

    async def act(listener: Listener) -> None:
        await listener.call("PUT", "/orders/2", {"item": "other"})
        await listener.call("PUT", "/orders/1", {"item": "mine"})
        await listener.come()
        await listener.call("DELETE", "/orders/1")

    async def run() -> list[Any]:
        return await Listener(mocks, "/orders/1/watch", act).run()

    values = asyncio.run(run())
    assert len(values) == 2
    assert values[1] == {"id": 1, "item": "mine"}


def test_a_filter_holds_for_what_changes(mocks: Mocks) -> None:
    """A stream of some records tells of these."""

    async def act(listener: Listener) -> None:
        await listener.call("POST", "/orders", {"item": "coffee"})
        await listener.call("POST", "/orders", {"item": "tea"})
        await listener.come()

    async def run() -> list[Any]:
        listener = Listener(mocks, "/orders?item=tea", act)
        listener.news.set()  # there is no tea yet
        return await listener.run()

    assert [value["item"] for value in asyncio.run(run())] == ["tea"]


def test_another_session_is_not_told_of(mocks: Mocks) -> None:
    """Each session has its own records."""

    async def act(listener: Listener) -> None:
        await listener.call("POST", "/orders", {"item": "theirs"}, **{"x-mock-session": "b"})
        await listener.call("POST", "/orders", {"item": "mine"}, **{"x-mock-session": "a"})
        await listener.come()

    async def run() -> list[Any]:
        return await Listener(mocks, "/orders", act, x_mock_session="a").run()

    items = [value["item"] for value in asyncio.run(run())]
    assert "mine" in items
    assert "theirs" not in items


def test_who_comes_back_hears_nothing_twice_and_misses_nothing(mocks: Mocks) -> None:
    """With the id of the last event: nothing where nothing changed, else what there is now."""

    async def nothing(listener: Listener) -> None:
        await asyncio.sleep(0)

    async def last_id(listener: Listener) -> None:
        last = listener.body.rpartition(b"id: ")[2].split(b"\n")[0].decode()
        again = Listener(mocks, "/orders", nothing, last_event_id=last)
        again.asgi = listener.asgi
        again.news.set()
        told.append(await again.run())
        await listener.call("POST", "/orders", {"item": "tea"})
        again = Listener(mocks, "/orders", nothing, last_event_id=last)
        again.asgi = listener.asgi
        told.append(await again.run())

    told: list[list[Any]] = []

    async def run() -> None:
        await Listener(mocks, "/orders", last_id).run()

    asyncio.run(run())
    assert told[0] == []
    assert told[1][-1]["item"] == "tea"


def test_a_quiet_stream_is_kept_alive(mocks: Mocks) -> None:
    """A comment every fifteen seconds, and no more than that."""

    async def act(listener: Listener) -> None:
        for _ in range(16):
            listener.pauses.release()
            for _ in range(20):
                await asyncio.sleep(0)
        await listener.come()

    listener: list[Listener] = []

    async def run() -> None:
        listener.append(Listener(mocks, "/orders", act))
        await listener[0].run()

    asyncio.run(run())
    assert listener[0].body.count(streams.KEEP_ALIVE) == 2


def test_a_stream_ends_with_the_server(mocks: Mocks) -> None:
    """A reload and a stop wait for no client."""

    async def act(listener: Listener) -> None:
        listener.application.sessions.end()
        listener.left = asyncio.Event()  # the client stays

    async def run() -> list[Any]:
        return await Listener(mocks, "/orders", act).run()

    assert len(asyncio.run(run())) > 2


@pytest.mark.parametrize(("prefer", "count"), [("events=2", 2), ("events=0", 0)])
def test_a_stream_with_a_number_of_events_ends_after_them(mocks: Mocks, prefer: str, count: int) -> None:
    """`Prefer: events=2` of a collection: its first two records, and then the end."""
    call = mocks.call(_orders(), auth="off")
    records = call("GET", "/orders").json
    answer = call("GET", "/orders", headers={"accept": EVENTS, "prefer": prefer})

    assert list(streams.read(EVENTS, answer.body)) == records[:count]


def test_beyond_the_most_streams_an_answer_ends(mocks: Mocks) -> None:
    """It shows what there is; the client asks again."""
    one_more: list[Answer] = []

    async def ask_for_one_more(first: Listener) -> None:
        others = [await first.open_another() for _ in range(MOST_STREAMS - 1)]
        fields = [(b"host", b"mock.test"), (b"accept", EVENTS.encode())]
        request = exchange(first.asgi, scope_of("GET", "/orders/stream", fields), [b""])
        one_more.append(await asyncio.wait_for(request, 20))
        assert not any(other.done() for other in others)
        first.left.set()
        await asyncio.gather(*others)

    asyncio.run(Listener(mocks, "/orders/stream", ask_for_one_more).run())

    assert len(list(streams.read(EVENTS, one_more[0].body))) > 2


class _Endless(httpx.SyncByteStream):
    """A stream that never ends."""

    def __iter__(self) -> Any:
        while True:
            yield b"data: {}\n"
            yield b"\n"


def test_a_check_reads_the_first_events_of_a_stream_without_end() -> None:
    """Whole ones, and not all of them."""
    response = httpx.Response(200, headers={"content-type": EVENTS}, stream=_Endless())
    body = first_values(response, EVENTS, 1_000_000)

    assert list(streams.read(EVENTS, body)) == [{}] * 3


@pytest.mark.parametrize("media_type", ["application/x-ndjson", "application/json-seq"])
def test_followed_lines_stay_open_and_exported_ones_end(mocks: Mocks, media_type: str) -> None:
    """`/orders/follow` sends what is created; `/orders/export` ends after the records."""
    whole = _orders()
    for path in ("/orders/follow", "/orders/export"):
        content = {media_type: {"schema": ORDER}}
        whole["paths"][path] = {"get": {"responses": {"200": {"description": "", "content": content}}}}
    sent: list[str] = []

    async def act(listener: Listener) -> None:
        await listener.call("POST", "/orders", {"item": "tea"})
        await listener.come()
        transport = httpx.ASGITransport(app=listener.asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://mock.test") as client:
            sent.append((await client.get("/orders/export")).text)

    async def run() -> bytes:
        listener = Listener(mocks, "/orders/follow", act, document=whole)
        await listener.run()
        return listener.body

    followed = asyncio.run(run())
    assert list(streams.read(media_type, followed))[-1]["item"] == "tea"
    exported = list(streams.read(media_type, sent[0].encode()))
    assert exported == list(streams.read(media_type, followed))
