"""Operations that ask for no credential: whoever asks for one all the same breaks the document."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.check.checking import found
from tests.check.serving import running

from mockserver.behaviour.access_tokens import issue_token
from mockserver.check.check_options import Options
from mockserver.check.findings.issues import Category, Verdict
from mockserver.check.planning.situations import CallerKind
from mockserver.check.runner import run
from mockserver.http.access.provider_keys import KEY_FILE, ProviderKeys
from mockserver.state.identities import Identity

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

    disable_nagle_algorithm = True  # head and body are sent apart: 40 ms each otherwise
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


TRUSTING = """
openapi: 3.0.3
info: {title: Vault, version: '1'}
security: [{bearer: []}]
paths:
  /vault:
    get:
      operationId: open
      responses: {'204': {description: Open.}, '401': {description: Who are you?}}
components: {securitySchemes: {bearer: {type: http, scheme: bearer}}}
"""


class _Vault(_Doors):
    """Looks at the claims of a token and not at its signature, its times or its issuer."""

    def do_GET(self) -> None:
        """Open for whoever has a token of three parts."""
        parts = (self.headers.get("Authorization") or "").removeprefix("Bearer ").split(".")
        self.send_response(204 if len(parts) == 3 and parts[2] else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()


class _Forgetful(_Doors):
    """Knows tokens, and not which of them were revoked."""

    def do_GET(self) -> None:
        """Open for whoever has one of two tokens."""
        is_known = self.headers.get("Authorization") in {"Bearer good-token-of-ada", "Bearer old-token-of-bo"}
        self.send_response(204 if is_known else 401)
        self.send_header("Content-Length", "0")
        self.end_headers()


def test_a_revoked_token_is_tried_and_has_to_be_refused(tmp_path: Path) -> None:
    """That of an identity whose token was revoked, as the fixture file says; nothing else is done with it."""
    (tmp_path / "vault.yaml").write_text(TRUSTING)
    (tmp_path / "fixtures").mkdir()
    identities = {"ada": {"subject": "1"}, "bo": {"subject": "2", "revoked": True}}
    (tmp_path / "fixtures/vault.yaml").write_text(json.dumps({"identities": identities}))

    with running(ThreadingHTTPServer(("127.0.0.1", 0), _Forgetful)) as url:
        outcome = run(
            Options(
                specs=(tmp_path / "vault.yaml",),
                fixtures=tmp_path / "fixtures",
                url=url,
                identities={"ada": "good-token-of-ada", "bo": "old-token-of-bo"},
                fuzz=False,
            )
        )

    served = [(one.issue.subject.caller, one.issue.rule) for one in outcome.findings]
    assert served == [(CallerKind.REVOKED_TOKEN, "auth")]


def test_tampered_and_outdated_tokens_are_tried(tmp_path: Path) -> None:
    """And those of another issuer, once the OpenID provider has a key."""
    (tmp_path / "vault.yaml").write_text(TRUSTING)
    fixtures = tmp_path / "fixtures"
    fixtures.mkdir()
    (fixtures / "vault.yaml").write_text("identities: {ada: {subject: '1'}}\n")
    _ = ProviderKeys(fixtures, "").key
    assert (fixtures / KEY_FILE).is_file()
    ada = Identity("ada", "1", frozenset())
    token = issue_token(ada, signing_key="x", now=datetime.now(UTC), seconds=3600)

    with running(ThreadingHTTPServer(("127.0.0.1", 0), _Vault)) as url:
        options = Options(
            specs=(tmp_path / "vault.yaml",),
            fixtures=fixtures,
            url=url,
            identities={"ada": token},
            fuzz=False,
        )
        outcome = run(options)

    served = {one.issue.subject.caller for one in outcome.findings if one.issue.rule == "auth"}
    assert {CallerKind.TAMPERED_TOKEN, CallerKind.OUTDATED_TOKEN, CallerKind.ISSUER_TOKEN} <= served
