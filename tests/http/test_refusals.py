"""What an error says where the document has a schema for it."""

from __future__ import annotations

from typing import Any

from tests.http.mocks import Mocks, document, operation

STRING = {"type": "string"}
PERSON = {"type": "object", "properties": {"name": STRING, "type": STRING}}
ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["type"],
            "properties": {
                "type": {"type": "string", "enum": ["card_error"]},
                "message": STRING,
                "payment": {"type": "object", "properties": {"methods": {"type": "array", "items": STRING}}},
                "owner": PERSON,
                "errors": {"type": "array", "items": STRING},
            },
        }
    },
}


def test_an_error_says_what_went_wrong_and_little_else(mocks: Mocks) -> None:
    """Required fields and those that tell; other fields would only hide it."""
    answers = {
        "200": {"description": ""},
        "400": {"description": "", "content": {"application/json": {"schema": ERROR}}},
    }
    size = {"name": "size", "in": "query", "required": True, "schema": {"type": "integer"}}
    call = mocks.call(document({"/x": {"get": {**operation(), "parameters": [size], "responses": answers}}}))

    answer = call("GET", "/x?size=big")

    reason = 'query size: "big" is not of type "integer"'
    message = f"The request's parameters do not fit the document: {reason}"
    told = {"type": "card_error", "message": message, "errors": [reason]}
    assert (answer.status, answer.json) == (400, {"error": told})
