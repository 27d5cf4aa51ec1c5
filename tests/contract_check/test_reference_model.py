"""The reference model answers requests without any effect outside."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.behaviour.outgoing import Outgoing
from mockserver.contract.credentials import Credentials
from mockserver.contract.messages import Request
from mockserver.contract.reference_model import ReferenceModel
from mockserver.server import outbox

DOCUMENT = """
openapi: 3.0.3
info: {title: Calls, version: '1'}
paths:
  /subscriptions:
    post:
      operationId: subscribe
      requestBody:
        required: true
        content: {application/json: {schema: {type: object, properties: {url: {type: string}}}}}
      responses: {'204': {description: Will do.}}
      callbacks:
        done:
          '{$request.body#/url}':
            post: {responses: {'204': {description: Thanks.}}}
"""


def test_the_model_calls_nobody_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is named in a request hears from the implementation alone."""
    sent: list[str] = []

    async def post(request: Outgoing) -> int:
        sent.append(request.url)
        return 204

    monkeypatch.setattr(outbox, "_post", post)
    (tmp_path / "calls.yaml").write_text(DOCUMENT)
    model = ReferenceModel((tmp_path / "calls.yaml",), None)
    headers, body = (("Content-Type", "application/json"),), b'{"url": "http://127.0.0.1:1/"}'
    request = Request("POST", "/subscriptions", "", headers, body)

    responses = [model.ask(model.services["calls"], request, Credentials({})) for _ in range(3)]
    model.close()

    assert [response.answer.status for response in responses] == [204] * 3
    assert sent == []
