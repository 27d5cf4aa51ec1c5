"""What the mock itself sends: webhooks on demand, callbacks as they were sent, and what came of them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from tests.http.calling import Caller
from tests.resources.mocking import answering, build_mock, parameter, taking

PET = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
}
FORM = "application/x-www-form-urlencoded"


def _document(version: str = "3.1.0", place: str = "webhooks") -> dict[str, Any]:
    """Webhooks of several kinds, and an operation with a callback."""
    signature = {**parameter("X-Signature", "header"), "required": True}
    hooks = {
        "newPet": {"post": {"summary": "A pet was born", **taking(PET), "parameters": [signature]}},
        "petForm": {"$ref": "#/components/pathItems/Form"},
        "ping": {"get": {"parameters": [{**parameter("challenge"), "required": True}]}},
        "example": {"post": _with_example()},
        "broken": {"post": {"$ref": "#/components/nothing"}},
    }
    callback = {"born": {"{$request.body#/url}": {"post": {**taking(PET), "responses": {}}}}}
    post = {**taking({"type": "object"}), **answering(PET, "201"), "callbacks": callback}
    items = {"Form": {"put": taking(PET, FORM)}}
    return {
        "openapi": version,
        "paths": {"/pets": {"post": post}},
        place: hooks,
        "components": {"pathItems": items},
    }


def _with_example() -> dict[str, Any]:
    body = taking(PET)
    body["requestBody"]["content"]["application/json"]["example"] = {"id": 7, "name": "Rex"}
    return body


class _Ear:
    """Hears requests on a port of this machine, and answers them with a status."""

    def __init__(self, status: int) -> None:
        self.heard: list[tuple[str, str, Mapping[str, str], bytes]] = []
        self.once = threading.Event()
        ear = self

        class Handler(BaseHTTPRequestHandler):
            disable_nagle_algorithm = True  # head and body are sent apart: 40 ms each otherwise

            def handle_one_request(self) -> None:
                self.raw_requestline = self.rfile.readline()
                if not self.parse_request():
                    return
                content = self.rfile.read(int(self.headers.get("content-length") or 0))
                ear.heard.append((self.command, self.path, dict(self.headers.items()), content))
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()
                self.close_connection = True
                ear.once.set()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


@contextmanager
def _listening(status: int = 204) -> Iterator[_Ear]:
    ear = _Ear(status)
    thread = threading.Thread(target=ear.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield ear
    finally:
        ear.server.shutdown()
        thread.join()
        ear.server.server_close()


def _caller(folder: Path, document: dict[str, Any] | None = None, **settings: Any) -> Caller:
    return Caller(build_mock(document or _document(), folder, **settings).asgi)


@pytest.mark.parametrize(("version", "place"), [("3.1.0", "webhooks"), ("3.0.3", "x-webhooks")])
def test_webhooks_are_listed(tmp_path: Path, version: str, place: str) -> None:
    """With their methods; one that cannot be read is left out."""
    (api,) = _caller(tmp_path, _document(version, place))("GET", "/__admin/webhooks").json["apis"]

    assert api["api"] == "api"
    assert api["webhooks"][0] == {"webhook": "newPet", "method": "POST", "summary": "A pet was born"}
    assert [(hook["webhook"], hook["method"]) for hook in api["webhooks"]] == [
        ("newPet", "POST"),
        ("petForm", "PUT"),
        ("ping", "GET"),
        ("example", "POST"),
    ]


def test_a_webhook_is_sent_as_documented(tmp_path: Path) -> None:
    """With a body that fits, and the header fields that are required."""
    call = _caller(tmp_path)
    with _listening() as ear:
        answer = call("POST", "/__admin/webhooks/api/newPet", {"url": ear.url})

    ((method, path, headers, content),) = ear.heard
    assert (answer.status, answer.json["status"], answer.json["reason"]) == (200, 204, None)
    assert (method, path, headers["content-type"]) == ("POST", "/hook", "application/json")
    assert headers["X-Signature"]
    assert set(json.loads(content)) == {"id", "name"}
    assert json.loads(answer.json["body"]) == json.loads(content)


def test_webhooks_may_be_forms_and_queries(tmp_path: Path) -> None:
    """Whatever the document says that they are."""
    call = _caller(tmp_path)
    with _listening() as ear:
        call("POST", "/__admin/webhooks/api/petForm", {"url": ear.url})
        call("POST", "/__admin/webhooks/api/ping", {"url": ear.url + "?a=b"})

    form, ping = ear.heard
    assert (form[0], form[2]["content-type"]) == ("PUT", FORM)
    assert set(parse_qs(form[3].decode())) == {"id", "name"}
    assert ping[0] == "GET"
    assert set(parse_qs(ping[1].partition("?")[2])) == {"a", "challenge"}


def test_a_webhook_s_body_is_its_example_a_seed_s_or_given(tmp_path: Path) -> None:
    """And one that breaks the document is refused before it leaves."""
    call = _caller(tmp_path)
    with _listening() as ear:
        for more in ({}, {"seed": 5}, {"seed": 5}, {"body": {"id": 1, "name": "Tom"}}):
            call("POST", "/__admin/webhooks/api/example", {"url": ear.url, **more})
        refused = call("POST", "/__admin/webhooks/api/example", {"url": ear.url, "body": {"id": "x"}})

    example, one, same, given = [json.loads(entry[3]) for entry in ear.heard]
    assert example == {"id": 7, "name": "Rex"}
    assert one == same != example
    assert given == {"id": 1, "name": "Tom"}
    assert refused.status == 400
    assert set(refused.pointers) == {"#", "#/id"}


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://hooks.example.org/x", "--callback-host hooks.example.org adds this host"),
        ("ftp://localhost/x", "'ftp://localhost/x' is not a URL such as"),
        ("nonsense", "'nonsense' is not a URL such as"),
    ],
)
def test_a_webhook_stays_unsent_where_its_host_is_not_allowed(tmp_path: Path, url: str, reason: str) -> None:
    """The answer says what would allow it."""
    answer = _caller(tmp_path)("POST", "/__admin/webhooks/api/newPet", {"url": url})

    assert (answer.status, answer.json["status"]) == (200, None)
    assert reason in answer.json["reason"]


def test_a_target_that_fails_is_a_note(tmp_path: Path) -> None:
    """Nobody listens there."""
    call = _caller(tmp_path)

    answer = call("POST", "/__admin/webhooks/api/newPet", {"url": "http://127.0.0.1:9/"})

    assert (answer.status, answer.json["status"]) == (200, None)
    assert "ConnectError" in answer.json["reason"]
    assert call("GET", "/__admin/sent").json["sent"] == [answer.json]


def test_what_is_unknown_is_named(tmp_path: Path) -> None:
    """The API, or the webhook, with those there are."""
    call = _caller(tmp_path)

    unknown = call("POST", "/__admin/webhooks/api/gone", {"url": "http://localhost/"})
    assert unknown.status == 404
    assert "newPet, petForm" in unknown.json["detail"]
    assert call("POST", "/__admin/webhooks/gone/newPet", {"url": "http://localhost/"}).status == 404
    assert call("POST", "/__admin/webhooks/api/newPet", {}).status == 400


def test_callbacks_stand_with_the_request_that_they_follow(tmp_path: Path) -> None:
    """In the journal, sent or not; and in the list of what was sent, by session."""
    call = _caller(tmp_path).in_("one")
    assert call("POST", "/pets", {"url": "http://elsewhere.test/x"}).status == 201

    number = call("GET", "/__admin/requests").json["requests"][0]["number"]
    (sent,) = call("GET", f"/__admin/requests/{number}").json["sent"]

    assert (sent["kind"], sent["name"], sent["operation"]) == ("callback", "born", "post /pets")
    assert (sent["url"], sent["status"]) == ("http://elsewhere.test/x", None)
    assert "--callback-host elsewhere.test" in sent["reason"]
    assert call("GET", "/__admin/sent").json["sent"] == [sent]
    assert call.in_("two")("GET", "/__admin/sent").json["sent"] == []
    assert call.in_("two")("GET", "/__admin/sent?session=*").json["sent"] == [sent]
    cleared = call("DELETE", "/__admin/sent").json
    assert cleared["removed"] == 1
    assert call("GET", "/__admin/sent?session=*").json["sent"] == []
    assert call("POST", f"/__admin/removals/{cleared['removal']}/undo").status == 200
    assert call("GET", "/__admin/sent").json["sent"] == [sent]
