"""Plans for documents of every kind: nothing that a document may have keeps a check from being made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from mockserver.check.planning.check_plan import CheckPlan, make_plan
from mockserver.check.planning.planning_context import PlanningContext
from mockserver.check.planning.situations import CallerKind
from mockserver.check.reference.reference_model import ReferenceModel
from mockserver.check.target.credentials import Credentials
from mockserver.check.target.http_messages import ANONYMOUS, Caller

JSON = "application/json"
REFERENCE = {"$ref": "#/components/schemas/Named"}
LANGUAGE = {"$ref": "#/components/schemas/Language"}
SCHEMAS = {
    "Language": {"type": "string", "enum": ["en", "es"]},
    "Named": {"type": "object", "properties": {"text": {"type": "string"}, "language": LANGUAGE}},
}
KEYS = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "token": {"type": "apiKey", "in": "header", "name": "X-Token"},
}


def _plan(folder: Path, body: Any, media_type: str = "application/json", security: Any = ()) -> CheckPlan:
    content = {media_type: {"schema": body}}
    operation = {
        "operationId": "send",
        "requestBody": {"required": True, "content": content},
        "responses": {"200": {"description": "Sent."}},
        "security": list(security),
    }
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Any", "version": "1"},
        "components": {"schemas": SCHEMAS, "securitySchemes": KEYS},
        "paths": {"/things": {"post": operation}},
    }
    (folder / "any.json").write_bytes(orjson.dumps(document))
    model = ReferenceModel((folder / "any.json",), None)
    service = model.services["any"]
    credentials = Credentials({"me": "secret"}, service.document.security_schemes)
    context = PlanningContext(model, service, credentials, [Caller(CallerKind.IDENTITY, "me")])
    plan = make_plan(context, list(service.document.operations()), [ANONYMOUS])
    model.close()
    return plan


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (
            {"type": "object", "properties": {"all": {"type": "array", "items": REFERENCE}}},
            "application/json",
        ),
        ({"type": "array", "items": REFERENCE}, JSON),
        ({"type": "string"}, "text/plain"),
        ({"type": "string", "format": "binary"}, "application/octet-stream"),
        (True, JSON),
        ({"oneOf": [REFERENCE, {"type": "integer"}]}, JSON),
    ],
)
def test_bodies_of_any_shape_are_planned_for(tmp_path: Path, body: Any, media_type: str) -> None:
    """Lists of what is referred to, plain text, bytes, anything."""
    plan = _plan(tmp_path, body, media_type)

    assert plan.unreached == ()
    assert {scenario.group for scenario in plan.scenarios} >= {"reach", "input"}


def test_credentials_that_the_mock_does_not_know_are_sent_all_the_same(tmp_path: Path) -> None:
    """Where two keys are asked for, the one token that was given is shown in both places."""
    plan = _plan(tmp_path, SCHEMAS["Named"], security=[{"key": [], "token": []}])

    assert plan.unreached == ()
    assert plan.scenarios[0].cases[0].request.schemes == ("key", "token")
