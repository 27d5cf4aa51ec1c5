"""Write requests of the journal as curl commands, as an HTTP archive, as a pytest module."""

import shlex
from collections.abc import Callable, Mapping, Sequence
from pprint import pformat
from typing import Any
from urllib.parse import parse_qsl

from mockserver import __version__
from mockserver.data.clock import timestamp
from mockserver.server import json_text
from mockserver.server.admin.desk import Desk
from mockserver.server.admin.masking import MASK
from mockserver.server.admin.views import whole
from mockserver.server.exchange import Exchange
from mockserver.server.problems import phrase_of

Entries = Sequence[tuple[int, Exchange]]

_NOT_REPEATED = {"host", "content-length", "connection", "accept-encoding", "user-agent", "accept"}


def _token(desk: Desk, exchange: Exchange) -> str | None:
    """The token that was sent, or another of who called, where a fixture publishes it; None elsewhere."""
    sent = (exchange.header("authorization") or "").partition(" ")[2].strip()
    if any(service.fixture.identities.with_token(sent) for service in desk.services.values()):
        return sent
    service = desk.services.get(exchange.api or "")
    identity = service.fixture.identities.named(exchange.identity.name) if service else None
    return identity.token if identity is not None else None


def _fields(desk: Desk, number: int, exchange: Exchange) -> dict[str, str]:
    """The header fields that matter; a secret that fixtures do not publish stays a variable."""
    shown = whole(number, exchange, None)["headers"]
    fields = {name: value for name, value in shown.items() if name not in _NOT_REPEATED}
    if fields.get("authorization") == MASK:
        fields["authorization"] = f"Bearer {_token(desk, exchange) or '$TOKEN'}"
    if exchange.session != "default":
        fields["x-mock-session"] = exchange.session
    return fields


def _target(shown: Mapping[str, Any]) -> str:
    return str(shown["path"]) + (f"?{shown['query']}" if shown["query"] else "")


def write_curl(desk: Desk, entries: Entries) -> str:
    """One command a line."""
    lines = []
    for number, exchange in entries:
        shown = whole(number, exchange, None)
        words = ["curl", "-i", "-X", exchange.method, desk.base_url(exchange.header("host")) + _target(shown)]
        for name, value in _fields(desk, number, exchange).items():
            words += ["-H", f"{name}: {value}"]
        if exchange.body:
            words += ["--data-binary", shown["body"]]
        # A variable has to be left for the shell to put in.
        quoted = [
            f'"{word}"' if "$TOKEN" in word and "'" not in word else shlex.quote(word) for word in words
        ]
        lines.append(" ".join(quoted) + "\n")
    return "".join(lines)


def write_har(desk: Desk, entries: Entries) -> str:
    """An HTTP archive, version 1.2."""
    log = {
        "version": "1.2",
        "creator": {"name": "mockserver", "version": __version__},
        "entries": [_har_entry(desk, number, exchange) for number, exchange in entries],
    }
    return json_text.encode({"log": log}).decode()


def _pairs(fields: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in fields.items()]


def _har_entry(desk: Desk, number: int, exchange: Exchange) -> dict[str, Any]:
    shown = whole(number, exchange, None)
    return {
        "startedDateTime": timestamp(exchange.started) if exchange.started else "",
        "time": shown["milliseconds"],
        "request": _har_request(desk, exchange, shown),
        "response": _har_response(exchange, shown),
        "cache": {},
        "timings": {"send": 0, "wait": shown["milliseconds"], "receive": 0},
        "_session": exchange.session,
        "_operation": exchange.operation_id,
    }


def _har_request(desk: Desk, exchange: Exchange, shown: Mapping[str, Any]) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": exchange.method,
        "url": desk.base_url(exchange.header("host")) + _target(shown),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(shown["headers"]),
        "queryString": _pairs(dict(parse_qsl(shown["query"], keep_blank_values=True))),
        "headersSize": -1,
        "bodySize": exchange.body_size,
    }
    if exchange.body:
        media_type = shown["headers"].get("content-type", "application/octet-stream")
        request["postData"] = {"mimeType": media_type, "text": shown["body"]}
    return request


def _har_response(exchange: Exchange, shown: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "status": exchange.status,
        "statusText": phrase_of(exchange.status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(shown["answer_headers"]),
        "content": {
            "size": exchange.reply_size,
            "mimeType": shown["answer_headers"].get("content-type", ""),
            "text": shown["answer"],
        },
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": exchange.reply_size,
    }


_HEAD = '''"""Requests that were sent to a mock, and the answers that came: by mockserver {version}."""

import os

import httpx
import pytest

BASE_URL = os.environ.get("BASE_URL", {url!r})
TOKEN = os.environ.get("TOKEN", "token")


@pytest.fixture
def client():
    with httpx.Client(base_url=BASE_URL) as client:
        yield client
'''
_TEST = """

def test_{number}_{name}(client):
    response = client.request(
        {method!r},
        {target!r},
        headers={headers},
        content={body!r},
    )

    assert response.status_code == {status}
{rest}"""


def write_pytest(desk: Desk, entries: Entries) -> str:
    """A module with a test for each request; it asks for the answer that was given."""
    tests = [_test(desk, number, exchange) for number, exchange in entries]
    return _HEAD.format(
        version=__version__, url=desk.base_url(entries[0][1].header("host") if entries else None)
    ) + "".join(tests)


def _test(desk: Desk, number: int, exchange: Exchange) -> str:
    shown = whole(number, exchange, None)
    plain = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in exchange.path)
    headers = pformat(_fields(desk, number, exchange), width=80, indent=4, sort_dicts=False)
    headers = headers.replace("'Bearer $TOKEN'", 'f"Bearer {TOKEN}"').replace("\n", "\n        ")
    rest = ""
    media_type = shown["answer_headers"].get("content-type", "")
    if "json" in media_type and exchange.reply_body and exchange.reply_size == len(exchange.reply_body):
        value = pformat(json_text.decode(shown["answer"].encode()), width=96, sort_dicts=False)
        rest = f"    assert response.json() == {value}\n".replace("\n", "\n    ").rstrip() + "\n"
    return _TEST.format(
        number=number,
        name=f"{exchange.method.lower()}_{plain.strip('_')[:60].lower()}",
        method=exchange.method,
        target=_target(shown),
        headers=headers,
        body=shown["body"],
        status=exchange.status,
        rest=rest,
    )


EXPORTS: Mapping[str, tuple[str, Callable[[Desk, Entries], str]]] = {
    "curl": ("text/plain", write_curl),
    "har": ("application/har+json", write_har),
    "pytest": ("text/x-python", write_pytest),
}
