"""What is said of a request that does not fit can be understood by who sent it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.http.mocks import Mocks, document

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def told(mocks: Mocks, schema: Any, body: Any, version: str = "3.1.0") -> str:
    """The first thing that is said of a body."""
    taken = {"required": True, "content": {"application/json": {"schema": schema}}}
    post = {"requestBody": taken, "responses": {"200": {"description": ""}}}
    answer = mocks.call(document({"/x": {"post": post}}, openapi=version))("POST", "/x", body)
    assert answer.status == 400
    return str(answer.json["errors"][0]["detail"])


def an_object(*required: str, **properties: Any) -> dict[str, Any]:
    """An object that may have other properties."""
    return {"type": "object", "required": list(required), "properties": properties}


@pytest.mark.parametrize("kind", ["oneOf", "anyOf"])
def test_the_alternative_with_the_most_names_in_common_is_explained(mocks: Mocks, kind: str) -> None:
    """Although more of its properties are wrong than of another one."""
    card, transfer = an_object("iban"), an_object("number", "year", number=NUMBER, year=NUMBER)

    message = told(mocks, {kind: [card, transfer]}, {"number": "4", "year": "2030"})

    assert "iban" not in message
    assert "integer" in message


def test_the_alternative_that_the_discriminator_names_is_explained(mocks: Mocks) -> None:
    """Whatever fits better otherwise."""
    cat = an_object("kind", "purrs", "age", kind={"enum": ["cat"]}, purrs=TEXT, age=NUMBER)
    dog = an_object("kind", kind={"enum": ["dog"]})

    assert "purrs" in told(mocks, {"oneOf": [dog, cat]}, {"kind": "cat"})


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_what_may_not_be_there_is_said_to_be_so(mocks: Mocks, version: str) -> None:
    """Not that a false schema refuses it."""
    schema = an_object(secret={"not": {}} if version == "3.0.3" else False)

    assert told(mocks, schema, {"secret": 1}, version) == "is not allowed here"


def test_a_plus_that_became_a_space_is_explained(mocks: Mocks) -> None:
    """`2026-01-01T00:00:00+02:00` has to be percent-encoded in a query."""
    since = {"name": "since", "in": "query", "schema": {"type": "string", "format": "date-time"}}
    call = mocks.call(
        document({"/x": {"get": {"parameters": [since], "responses": {"200": {"description": ""}}}}})
    )

    lost = call("GET", "/x?since=2026-01-01T00:00:00+02:00")

    assert "%2B" in lost.json["errors"][0]["detail"]
    assert call("GET", "/x?since=2026-01-01T00:00:00%2B02:00").status == 200
    assert "%2B" not in call("GET", "/x?since=yesterday").json["errors"][0]["detail"]
