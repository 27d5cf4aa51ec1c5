"""What the server's log says, and what it leaves to the answer."""

from __future__ import annotations

import httpx
from tests.app.records import APPOINTMENT
from tests.cli.test_cli import serving

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
