"""Operations that ask for no credential: whoever asks for one all the same breaks the document."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.check.checking import found
from tests.check.serving import running

from mockserver.check.check_options import Options
from mockserver.check.findings.issues import Category, Verdict
from mockserver.check.runner import run

DOCUMENT = """
openapi: 3.0.3
info: {title: Doors, version: '1'}
paths:
  /open: {get: {operationId: open, security: [], responses: {'204': {description: Come in.}}}}
  /closed:
    get:
      operationId: closed
      security: [{token: []}]
      responses: {'204': {description: Come in.}, 4XX: {description: No.}}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
"""


class _Doors(BaseHTTPRequestHandler):
    """Both doors are closed."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.send_response(204 if self.headers.get("Authorization") == "Bearer right" else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class's name
        """Say nothing."""


HANDLERS = """
from mockserver import Response


def come_in(backend):
    return Response(204)


HANDLERS = {"open": come_in, "closed": come_in}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The document, and handlers that know how its operations behave."""
    (tmp_path / "doors.yaml").write_text(DOCUMENT)
    (tmp_path / "doors.py").write_text(HANDLERS)
    return tmp_path


def test_an_open_operation_that_answers_401_is_a_finding(folder: Path) -> None:
    """The document says that no credential is needed there, so no wrong token explains it."""
    with running(ThreadingHTTPServer(("127.0.0.1", 0), _Doors)) as url:
        outcome = run(
            Options(
                specs=(folder / "doors.yaml",),
                handlers=folder,
                url=url,
                identities={"me": "right"},
                fuzz=False,
            )
        )

    assert found(outcome) == [("open", "role")]
    issue = outcome.findings[0].issue
    assert (issue.category, issue.verdict) == (Category.CALLER_NOT_RECOGNIZED, Verdict.CONTRACT)
