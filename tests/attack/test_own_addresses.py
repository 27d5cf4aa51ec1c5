"""The mock sends nothing to itself, however its address is written: the admin API would take it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.http.calling import Caller
from tests.http.mocks import document
from tests.resources.mocking import answering, build_mock, taking

from mockserver.behaviour.outgoing_requests import OutgoingRequest
from mockserver.cli.command_line import main
from mockserver.config import Settings
from mockserver.http.outgoing.allowed_targets import AllowedTargets
from mockserver.http.outgoing.outbox import Outbox, Sent

OWN = [
    *(
        "http://localhost:PORT/",
        "http://LOCALHOST:PORT/",
        "http://localhost.:PORT/",
        "http://127.0.0.1:PORT/",
    ),
    *("http://127.1:PORT/", "http://127.0.1:PORT/", "http://0x7f.1:PORT/", "http://0x7f000001:PORT/"),
    *("http://2130706433:PORT/", "http://017700000001:PORT/", "http://0177.0.0.1:PORT/"),
    *("http://0.0.0.0:PORT/", "http://0:PORT/", "http://127.0.0.1.:PORT/", "http://127.9.9.9:PORT/"),
    *("http://[::1]:PORT/", "http://[0:0:0:0:0:0:0:1]:PORT/", "http://[::]:PORT/"),
    *("http://[::ffff:127.0.0.1]:PORT/", "http://[::FFFF:7f00:1]:PORT/", "http://[::ffff:0.0.0.0]:PORT/"),
    *("http://user:secret@127.0.0.1:PORT/", "http://example.org@127.0.0.1:PORT/", "HTTP://127.0.0.1:0PORT/"),
    *(
        "http://127.0.0.1:PORT",
        "http://127.0.0.1:PORT?a=b",
        "http://127.0.0.1:PORT#a",
        "http://HOSTNAME:PORT/",
    ),
    *("http://127.0.0.1:PORT\\@example.org/", "http://127.0.0.1:PORT\t/", " http://127.0.0.1:PORT/"),
    *("https://127.0.0.1:PORT/", "https://localhost:PORT/__admin/reset", "http://pointed-here.test:PORT/"),
    *(
        "http://[::ffff:127.0.0.1%25lo]:PORT/",
        "http://\uff11\uff12\uff17.0.0.1:PORT/",
        "http://\u24dbocalhost:PORT/",
    ),
]
# Every name is allowed: what is refused is so for its address.
HOSTS = (
    *("127.1", "127.0.1", "0x7f.1", "0x7f000001", "2130706433", "017700000001", "0177.0.0.1", "0"),
    *("0.0.0.0", "::", "::ffff:0.0.0.0", "pointed-here.test", socket.gethostname(), "example.org"),  # noqa: S104
)


class _Port:
    """A port of this machine, and how many connections it saw."""

    def __init__(self) -> None:
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.number: int = self._socket.getsockname()[1]
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                connection.recv(65_536)
                connection.sendall(
                    b"HTTP/1.1 302 Found\r\nlocation: /__admin/reset\r\ncontent-length: 0\r\n\r\n"
                )

    def close(self) -> None:
        """Listen no more."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def port() -> Iterator[_Port]:
    """Something that listens."""
    listening = _Port()
    yield listening
    listening.close()


@pytest.fixture
def _pointed_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name of somebody else that leads here."""
    original = socket.getaddrinfo

    def getaddrinfo(host: Any, *arguments: Any, **more: Any) -> Any:
        return original("127.0.0.1" if host == "pointed-here.test" else host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def _fire(targets: AllowedTargets, url: str) -> Sent:
    return asyncio.run(Outbox(targets).fire(OutgoingRequest("POST", url), "default"))


@pytest.mark.usefixtures("_pointed_here")
@pytest.mark.parametrize("template", OWN)
def test_the_mock_s_own_address_is_refused_in_every_spelling(port: _Port, template: str) -> None:
    """Nothing connects, and the note says why."""
    url = template.replace("PORT", str(port.number)).replace("HOSTNAME", socket.gethostname())
    settings = Settings(port=port.number, callback_hosts=HOSTS)

    sent = _fire(AllowedTargets(settings), url)

    assert (sent.status, port.connections) == (None, 0)
    assert sent.reason is not None
    # A name that this machine cannot resolve leads nowhere.
    assert sent.reason.startswith(("Not sent: ", "gaierror"))


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.1", "[::ffff:127.0.0.1]", "user:secret@LOCALHOST."]
)
def test_other_ports_of_this_machine_are_reached(port: _Port, host: str) -> None:
    """And where one of them redirects to, nothing follows."""
    sent = _fire(AllowedTargets(Settings(port=1)), f"http://{host}:{port.number}/hook")

    assert (sent.status, sent.reason, port.connections) == (302, None, 1)


def test_the_port_that_is_not_written_counts() -> None:
    """A mock on port 80 or 443 is reached without one."""
    for url, port in (("http://localhost/", 80), ("https://127.0.0.1", 443), ("http://127.1", 80)):
        assert "this mock itself" in str(_fire(AllowedTargets(Settings(port=port)), url).reason), url


def test_a_name_is_not_resolved_again_after_the_check(port: _Port, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address that was checked is the one that is connected to."""
    original, asked = socket.getaddrinfo, []

    def getaddrinfo(host: Any, *arguments: Any, **more: Any) -> Any:
        if host == "pointed-here.test" and not more.get("flags"):
            asked.append(host)
            return original("127.0.0.1" if len(asked) == 1 else "192.0.2.1", *arguments, **more)
        return original(host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    sent = _fire(AllowedTargets(hosts=["pointed-here.test"]), f"http://pointed-here.test:{port.number}/")

    assert (sent.status, asked, port.connections) == (302, ["pointed-here.test"], 1)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "http://[",
            "http://a b/",
            "http://localhost:99999/",
            "http://localhost:0/",
            "http://localhost:-1/",
        ),
        *("http://localhost:x/", "http://", "http:///x", "http://[bad/", "http://[::1/", ""),
        *("http://ü b.test/", "http://xn--a/", "http://" + "a" * 64 + ".test/", "http://../", "http://%6c/"),
        *(
            "http://localhost/\r\nx: y",
            "http://localhost\x00/",
            "javascript:alert(1)",
            "http://:80/",
            "\ud800",
        ),
        *(
            "http://localhost:8\u0660/",
            "http://localhost: 80/",
            "http:/localhost/",
            "http://ex ample/",
            "http:\\\\a",
        ),
        "http://localhost/" + "a" * 100_000,
        "http://" + "a" * 100_000,
    ],
)
def test_what_is_no_url_is_a_note(tmp_path: Path, url: str) -> None:
    """In the list of what was sent, for a callback as for a webhook; the operation answers as ever."""
    call = Caller(build_mock(_hooks(), tmp_path).asgi)
    quoted = json.dumps({"url": url}).encode()

    created = call("POST", "/jobs", content=quoted, media_type="application/json")
    fired = call("POST", "/__admin/webhooks/api/ping", content=quoted, media_type="application/json")
    sent = call("GET", "/__admin/sent?session=*").json["sent"]

    # What is no text, or longer than the admin API takes, is refused before.
    assert {created.status, fired.status} <= {200, 201, 400}
    assert len(sent) == (created.status == 201) + (fired.status == 200)
    assert sent or url == "\ud800"
    assert all((entry["status"], str(entry["reason"])[:10]) == (None, "Not sent: ") for entry in sent)
    assert all(len(entry["url"]) < 10_000 for entry in sent)


def _hooks() -> dict[str, Any]:
    body = {"type": "object", "properties": {"url": {"type": "string"}}}
    post = {
        **taking(body),
        **answering(body, "201"),
        "callbacks": {"done": {"{$request.body#/url}": {"post": {**taking(body), "responses": {}}}}},
    }
    return {"paths": {"/jobs": {"post": post}}, "x-webhooks": {"ping": {"post": taking(body)}}}


@contextmanager
def _serving(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-W", "ignore", "-m", "mockserver", *arguments]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("host", ["localhost", "127.1", "[::ffff:127.0.0.1]"])
def test_a_proxy_in_front_of_itself_does_not_start(tmp_path: Path, port: _Port, host: str) -> None:
    """Each request would come back until there are no more connections."""
    number = port.number
    port.close()
    (tmp_path / "api.json").write_text(json.dumps(document({})))
    arguments = ("proxy", "api.json", "--upstream", f"http://{host}:{number}", "--port", str(number))

    with _serving(tmp_path, *arguments) as process:
        output, _ = process.communicate(timeout=60)

    assert process.returncode == 2
    assert "is the address of this proxy itself" in output


def test_pages_keep_their_origin_only_where_the_admin_api_is_guarded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise each of them could use it: the start is refused, with what would allow it."""
    (tmp_path / "api.json").write_text(json.dumps(document({})))
    monkeypatch.chdir(tmp_path)
    for command in (("serve",), ("proxy", "--upstream", "http://127.0.0.1:9")):
        result = CliRunner().invoke(main, [*command, "api.json", "--port", "0", "--same-origin-html"])
        assert result.exit_code == 2
        assert "MOCKSERVER_ADMIN_TOKEN" in result.stderr
        assert "--no-admin" in result.stderr
