"""The admin API keeps its own document: Schemathesis says so."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from openapi_spec_validator import validate
from tests.http.calling import Caller

from mockserver.admin.admin_api import HANDLERS
from mockserver.app import build
from mockserver.config import Settings

_APPLICATION = build(Settings())
# The stream has no end; the page's own tests read it.
_ENDLESS = "streamRequests"
_CONFIGURATION = {
    "seed": 1,
    "generation": {"max-examples": 15, "database": "none"},
    "operations": [
        {
            # What they name has to be there, what they bring to fit a served document: no schema can tell.
            "include-operation-id": ["putRecord", "forceAnswer", "addRule", "addFault", "issueToken"],
            "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", 400, 401, 403, 404, 409]}},
        }
    ],
    "suppress-health-check": ["all"],
}


def _document() -> dict[str, Any]:
    """The document as it is served."""
    served: dict[str, Any] = Caller(_APPLICATION.asgi)("GET", "/__admin/openapi.json").json
    return served


def _schema() -> schemathesis.BaseSchema:
    config = schemathesis.Config.from_dict(_CONFIGURATION)
    schema = schemathesis.openapi.from_dict(_document(), config=config)
    schema.app = _APPLICATION.asgi
    return schema.exclude(operation_id=_ENDLESS)


def test_every_operation_has_a_handler_and_every_handler_an_operation() -> None:
    """None is documented and missing, none is there and not told."""
    paths = _document()["paths"].values()
    documented = {entry["operationId"] for path in paths for entry in path.values() if "operationId" in entry}

    assert documented - set(HANDLERS) == {_ENDLESS, "getAdminDocument"}
    assert set(HANDLERS) <= documented


def test_the_document_is_one() -> None:
    """Of OpenAPI 3.0."""
    validate(_document())


# The names of API and operation stand in the id of a test that has a parameter of pytest's own.
@pytest.mark.parametrize("via", ["asgi"])
@schemathesis.pytest.parametrize(admin=_schema())
def test_it_keeps_its_document(case: schemathesis.Case[Any], via: str) -> None:
    """Whatever is sent, what comes back is documented."""
    case.call_and_validate()
