"""The reference model answers requests without any effect outside."""

from __future__ import annotations

from pathlib import Path

from tests.mutation.stand import ROOT

from mockserver.check.reference.reference_model import ReferenceModel
from mockserver.check.target.credentials import Credentials
from mockserver.check.target.http_messages import HttpRequest
from mockserver.http.outgoing.outbox import SENT
from mockserver.state.storage import completed

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


def test_the_model_calls_nobody_back(tmp_path: Path) -> None:
    """Whoever is named in a request hears from the implementation alone."""
    (tmp_path / "calls.yaml").write_text(DOCUMENT)
    model = ReferenceModel((tmp_path / "calls.yaml",), None)
    headers, body = (("Content-Type", "application/json"),), b'{"url": "http://127.0.0.1:1/"}'
    request = HttpRequest("POST", "/subscriptions", "", headers, body)

    responses = [model.ask(model.services["calls"], request, Credentials({})) for _ in range(3)]
    sent = completed(model.application.sessions.storage.events(SENT)).entries
    model.close()

    assert [response.answer.status for response in responses] == [204] * 3
    assert sent == []


def test_the_model_knows_how_a_method_override_behaves() -> None:
    """By the handler of the operation that it stands in for."""
    model = ReferenceModel((ROOT / "specs/sqod.yaml",), ROOT / "fixtures")
    service = model.services["sqod"]
    operation = service.document.operation("overridePatchAppointmentById")
    (key,) = [key for key in operation.path.split("/") if key.startswith("{")]
    path = operation.path.replace(key, "00000000-0000-4000-8000-0000000000aa")

    response = model.ask(service, HttpRequest("POST", path, "_method=PATCH"), Credentials({}))
    model.close()

    assert response.operation_id == operation.id
    assert response.is_informed
