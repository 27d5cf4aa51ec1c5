"""Several replicas in one process: applications of the same documents, all on one store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from tests.conftest import NOW
from tests.http.calling import Answer, exchange, scope_of
from tests.http.mocks import Mocks, document

from mockserver.app import Application, build
from mockserver.behaviour.backend import Backend, Response
from mockserver.behaviour.handler_files import ApiHandlers
from mockserver.state.clock import FrozenClock
from mockserver.state.storages.replicas import SharedStorage

Result = TypeVar("Result")
ITEM = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "size": {"type": "integer"}},
}


def _json(schema: Any) -> Any:
    return {"content": {"application/json": {"schema": schema}}}


def shop() -> Any:
    """A document of items, with a counter that a handler adds to."""
    item = {"description": "An item.", **_json(ITEM)}
    body = {"requestBody": _json({"type": "object", "properties": ITEM["properties"]})}
    items = {"description": "All.", **_json({"type": "array", "items": ITEM})}
    place = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    gone = {"404": {"description": "None."}}
    return document(
        {
            "/items": {
                "get": {"operationId": "listItems", "responses": {"200": items}},
                "post": {"operationId": "createItem", **body, "responses": {"201": item}},
            },
            "/items/{id}": {
                "parameters": [place],
                "get": {"operationId": "getItem", "responses": {"200": item, **gone}},
                "patch": {"operationId": "patchItem", **body, "responses": {"200": item, **gone}},
                "delete": {
                    "operationId": "deleteItem",
                    "responses": {"204": {"description": "Gone."}, **gone},
                },
            },
            "/count": {"post": {"operationId": "count", "responses": {"200": item}}},
        }
    )


RECORDS = {"collections": {"items": {"key": "id", "records": [{"id": 1, "name": "one", "size": 0}]}}}


def count(backend: Backend) -> Response:
    """Add one to the size of the first item, as a handler of a user would: read, then write."""
    items = backend.collection("items")
    item = items.get(1) or {"id": 1, "size": 0}
    return Response(200, items.put(1, {**item, "size": item["size"] + 1}))


class Replicas:
    """The applications, and calls of them."""

    def __init__(self, mocks: Mocks, make: Callable[[], SharedStorage], number: int) -> None:
        mocks.write("specs/shop.yaml", shop())
        mocks.write("fixtures/shop.yaml", RECORDS)
        self.storages = [make() for _ in range(number)]
        handlers = {"shop": ApiHandlers(handlers={"count": count})}
        self.applications: list[Application] = [
            build(mocks.settings(), FrozenClock(NOW), handlers=handlers, storage=storage)
            for storage in self.storages
        ]

    async def call(
        self, replica: int, method: str, target: str, body: Any = None, session: str = "one"
    ) -> Answer:
        """Send a request to a replica."""
        fields = [(b"host", b"mock.test"), (b"x-mock-session", session.encode())]
        content = b"" if body is None else json.dumps(body).encode()
        if content:
            fields += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
        asgi = self.applications[replica % len(self.applications)].asgi
        return await exchange(asgi, scope_of(method, target, fields), [content])

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do work on an event loop, and end the connections to the store."""

        async def whole() -> Result:
            try:
                return await work
            finally:
                for storage in self.storages:
                    await storage.close()

        return asyncio.run(whole())
