"""What the server's log says, and what it leaves to the answer."""

from __future__ import annotations

import asyncio
import logging

import httpx
import pytest
from tests.cli.test_cli import serving
from tests.http.records import APPOINTMENT

from mockserver.serving import _concerns_us

UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}


def test_a_websocket_is_answered_and_advises_nobody_to_install_anything() -> None:
    """Development servers of web pages try one again and again."""
    with serving("specs/citas.yaml") as server:
        answer = httpx.get(f"{server.url}/socket", headers=UPGRADE)
        assert server.stop() == 0
        assert server.process.stderr is not None
        log = server.process.stderr.read()

    assert (answer.status_code, "upgrade" in log, "pip install" in log) == (404, False, False)


def test_a_form_that_cannot_be_read_is_told_to_its_sender_alone() -> None:
    """The answer says it; a line in the log, without the request, would help nobody."""
    headers = {"Authorization": "Bearer agent-token", "Content-Type": "multipart/form-data; boundary=b"}
    with serving("specs/sqod.yaml") as server:
        answer = httpx.post(
            f"{server.url}{APPOINTMENT}?_method=PATCH", headers=headers, content=b"no such boundary"
        )
        assert server.stop() == 0
        assert server.process.stderr is not None
        log = server.process.stderr.read()

    assert (answer.status_code, "multipart" in answer.json()["detail"], log) == (400, True, "")


def test_an_answer_that_is_cut_on_purpose_is_no_error_of_the_server() -> None:
    """Whoever asked for the fault knows of it."""
    with serving("specs/citas.yaml") as server:
        httpx.post(f"{server.url}/__admin/faults", json={"kind": "cut"}).raise_for_status()
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.put(f"{server.url}/api/citas/1/cancelar", headers={"Authorization": "Bearer admin-token"})
        assert server.stop() == 0
        assert server.process.stderr is not None
        log = server.process.stderr.read()

    assert log == ""


def test_a_request_that_is_given_up_when_the_server_stops_leaves_no_traceback() -> None:
    """Uvicorn says how many there are; where each of them was waiting is of use to nobody."""
    texts = ("Cancel 1 running task(s), timeout graceful shutdown exceeded", "Exception in ASGI application")
    gone = asyncio.CancelledError()
    told = [
        _concerns_us(logging.LogRecord("uvicorn.error", logging.ERROR, "", 1, text, (), info))
        for text, info in zip(texts, (None, (type(gone), gone, None)), strict=True)
    ]

    assert told == [True, False]
