"""Exports run: what was sent is sent again, whatever it has in it, and what cannot be is told."""

from __future__ import annotations

import base64
import contextlib
import json
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.admin.desks import Desk
from tests.http.calling import Caller
from tests.http.records import APPOINTMENT, CITA


def _curl(desk: Desk, query: str = "") -> list[list[str]]:
    text = desk.call("GET", f"requests/export?format=curl{query}").body.decode()
    return [shlex.split(line, comments=True) for line in _commands(text)]


def _commands(text: str) -> list[str]:
    """The commands of a script; a body may have lines of its own."""
    commands: list[str] = []
    for line in text.splitlines(keepends=True):
        if line.startswith(("curl ", "echo ", "# ")):
            commands.append(line)
        else:
            commands[-1] += line
    return commands


def _send(desk: Desk, method: str, path: str, body: bytes = b"", **fields: str) -> None:
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    Caller(desk.application.asgi, None if "authorization" in fields else "agent-token")(
        method, path, content=body, headers=headers
    )


@pytest.mark.parametrize(
    "body",
    [
        'it\'s "quoted" $HOME `id` \\ and ñ 日本',
        "@/etc/passwd",
        "<file",
        "# no comment",
    ],
)
def test_a_body_is_sent_as_it_came(desk: Desk, body: str) -> None:
    """Nothing in it means anything to the shell, and no file of who pastes it is read."""
    _send(desk, "PATCH", APPOINTMENT, body.encode(), content_type="text/plain")

    (words,) = _curl(desk)

    assert words[words.index("--data-raw") + 1] == body
    assert not {"-d", "--data", "--data-binary"} & set(words)


def test_bytes_are_sent_as_they_came(desk: Desk) -> None:
    """A shell's arguments have no room for them."""
    content = bytes(range(256))
    _send(desk, "PATCH", APPOINTMENT, content, content_type="application/octet-stream")

    (words,) = _curl(desk)
    module = desk.call("GET", "requests/export?format=pytest").body.decode()

    assert words[:6] == ["echo", base64.b64encode(content).decode(), "|", "base64", "-d", "|"]
    assert words[-2:] == ["--data-binary", "@-"]
    assert f"content={content!r}" in module


@pytest.mark.parametrize(
    ("method", "path", "fields", "words"),
    [
        ("HEAD", CITA, {}, ["--head"]),
        ("GET", "/nowhere?filter[a]=1&b={}", {}, ["--globoff"]),
        ("GET", "/a/../b", {}, ["--request-target", "/a/../b"]),
        ("GET", "/nowhere", {"accept": "application/xml"}, ["accept: application/xml"]),
        ("GET", "/nowhere", {"x_empty": ""}, ["x-empty;"]),
        ("GET", "/nowhere", {"authorization": "Basic dTpw"}, ["authorization: Basic $TOKEN"]),
        ("GET", "/nowhere", {"x_api_key": "mine"}, ["x-api-key: $X_API_KEY"]),
        ("GET", "/nowhere", {"x_api_key": "agent-token"}, ["x-api-key: agent-token"]),
        ("GET", "/nowhere?a=1&a=2", {}, ["http://mock.test/nowhere?a=1&a=2"]),
    ],
)
def test_curl_sends_what_was_sent(
    desk: Desk, method: str, path: str, fields: dict[str, str], words: list[str]
) -> None:
    """Where it would do otherwise by itself it is told."""
    _send(desk, method, path, b"", host="mock.test", **fields)

    (command,) = _curl(desk)

    assert set(words) <= set(command)
    assert method != "HEAD" or "-X" not in command


def test_a_body_without_a_media_type_stays_without(desk: Desk) -> None:
    """Curl would say that it is a form; how a message was cut into pieces is its own affair."""
    _send(desk, "PATCH", APPOINTMENT, b"{}", transfer_encoding="chunked")

    (words,) = _curl(desk)

    assert "content-type:" in words
    assert not any("chunked" in word for word in words)


def test_what_was_not_kept_is_not_made_up(desk: Desk) -> None:
    """A part of a body is another body, a mask another password: it is said, and left out."""
    desk.update(interpreter_language="x" * 70_000)
    desk.update(password="hunter2")

    script = desk.call("GET", "requests/export?format=curl").body.decode().splitlines()
    module = desk.call("GET", "requests/export?format=pytest").body.decode()

    assert script[0].startswith("# 1 PATCH")
    assert "only 65,536 of the 70,0" in script[0]
    assert script[1].endswith("'its secrets are masked: put them in'")
    assert script[2].startswith("curl ")
    assert len(script) == 3
    assert module.count("@pytest.mark.skip(reason=") == 2


def test_an_archive_has_every_parameter_and_bytes_as_bytes(desk: Desk) -> None:
    """One that is sent twice stands there twice."""
    _send(desk, "GET", "/nowhere?a=1&a=2")

    request = desk.call("GET", "requests/export?format=har").json["log"]["entries"][0]["request"]

    assert request["url"] == "http://mock.test/nowhere?a=1&a=2"
    assert request["queryString"] == [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]


def test_the_module_passes_where_the_answers_are_the_same(desk: Desk, tmp_path: Path) -> None:
    """It is run: bodies of all kinds, a cut connection, half an answer, a secret in one."""
    desk.cancel_cita("mine")
    _send(desk, "PATCH", APPOINTMENT, b'{"x": "\xc3\xb1 \\" \\n"}', authorization="Bearer mine")
    for kind in ("malformed", "cut"):
        desk.call("POST", "faults", json={"kind": kind, "api": "citas", "count": 1})
        # That it is half an answer is what is wanted here.
        with contextlib.suppress(ValueError, AssertionError):
            desk.cancel_cita()
    answers = [
        (
            "cut" not in entry["faults"] and entry["status"],
            entry["answer_headers"].get("content-type"),
            entry["answer"],
        )
        for entry in desk.call("GET", "requests").json["requests"][::-1]
    ]
    module = desk.call("GET", "requests/export?format=pytest").body.decode()
    stub = f"""
import httpx
ANSWERS = {json.loads(json.dumps(answers))!r}

def answer(request):
    if request.url.path.startswith("/__admin/"):
        return httpx.Response(201, json={{"id": "1"}})
    status, media_type, body = ANSWERS.pop(0)
    if not status:
        raise httpx.ReadError("cut")
    return httpx.Response(status, headers={{"content-type": media_type or ""}}, content=body)

class Client(httpx.Client):
    def __init__(self, **settings):
        super().__init__(**settings, transport=httpx.MockTransport(answer))

httpx.Client = Client
"""
    (tmp_path / "conftest.py").write_text(stub)
    (tmp_path / "test_exported.py").write_text(module)
    command: list[Any] = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider"]

    run = subprocess.run(
        [*command, "-c", "/dev/null", "--rootdir", tmp_path, tmp_path],
        check=False,
        capture_output=True,
        text=True,
    )

    assert "4 passed" in run.stdout, run.stdout + run.stderr


def test_an_export_leads_to_where_it_is_asked_for_and_not_to_where_a_request_went(desk: Desk) -> None:
    """A page can have had another name point here when it sent the request."""
    _send(desk, "GET", "/nowhere", host="evil.example:1")

    texts = [
        desk.call("GET", f"requests/export?format={name}").body.decode() for name in ("curl", "har", "pytest")
    ]

    assert all("http://mock.test" in text for text in texts)
    assert not any("http://evil.example" in text for text in texts)
