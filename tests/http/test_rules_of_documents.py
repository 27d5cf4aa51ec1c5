"""Rules in the `x-mock` of a document, which an overlay may write: others' documents stay as they are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.http.calling import Caller
from tests.http.mocks import Mocks
from tests.http.test_stacked_scenarios import SHOP

from mockserver.app import build
from mockserver.errors import FixtureError
from mockserver.openapi.document import load
from mockserver.openapi.lint import lint

SAID = {
    "operations": {
        "getOrder": {
            "rules": [{"when": {"path": {"properties": {"id": {"const": 5}}}}, "answer": {"status": 402}}]
        }
    },
    "collections": {"orders": {"unique": ["note"], "compute": {"status": {"concat": ["note", "!"]}}}},
    "access": {"listOrders": {"roles": ["admin"]}},
}
REFUSED = {"answer": {"status": 409, "body": {"error": "of the document"}}}
OVERLAY = {
    "overlay": "1.0.0",
    "info": {"title": "Rules", "version": "1"},
    "actions": [
        {"target": "$", "update": {"x-mock": SAID}},
        {"target": "$.paths['/orders/{id}'].patch", "update": {"x-mock": {"rules": [REFUSED]}}},
    ],
}
IDENTITIES = {"ada": {"token": "ada", "roles": ["admin"]}, "bo": {"token": "bo"}}


def _mock(mocks: Mocks, fixture: Any = None, overlay: Any = OVERLAY) -> Caller:
    mocks.write("specs/shop.yaml", SHOP)
    if fixture is not None:
        mocks.write("fixtures/shop.yaml", fixture)
    return Caller(build(mocks.settings(overlays=(mocks.write("rules.yaml", overlay),))).asgi)


def test_an_overlay_has_rules_of_operations_and_collections(mocks: Mocks) -> None:
    """With a fixture file, whose records they hold for; the journal says which answered."""
    records = [{"id": 1, "note": "a"}, {"id": 2, "note": "b"}]
    call = _mock(mocks, {"identities": IDENTITIES, "collections": {"orders": {"records": records}}}).as_(
        "ada"
    )

    assert call("GET", "/orders/1").json["status"] == "a!"
    assert call("GET", "/orders/5").status == 402
    assert call("PATCH", "/orders/1", {}).json == {"error": "of the document"}
    rules = call("GET", "/__admin/rules").json["rules"]
    assert [(rule["operation"], rule["source"]) for rule in rules] == [
        ("getOrder", "document"),
        ("changeOrder", "document"),
    ]
    assert (call("GET", "/orders").status, call.as_("bo")("GET", "/orders").status) == (200, 403)


def test_the_fixture_file_comes_before_the_document(mocks: Mocks) -> None:
    """Its rules are tried first, its access holds, its computed fields take the place of the same ones."""
    fixture = {
        "identities": IDENTITIES,
        "collections": {
            "orders": {"records": [{"id": 1, "note": "a"}], "compute": {"status": {"concat": ["note"]}}}
        },
        "operations": {"changeOrder": {"rules": [{"answer": {"status": 402}}]}},
        "access": {"listOrders": {"roles": ["owner"]}},
    }
    call = _mock(mocks, fixture).as_("ada")

    assert call("PATCH", "/orders/1", {}).status == 402
    assert call("GET", "/orders/1").json["status"] == "a"
    assert call("GET", "/orders").status == 403


def test_rules_of_a_document_need_no_fixture_file(mocks: Mocks) -> None:
    """Without one they hold for what is generated."""
    call = _mock(mocks)

    assert (call("GET", "/orders/5").status, call("PATCH", "/orders/1", {}).status) == (402, 409)


@pytest.mark.parametrize(
    "wrong",
    [
        {"operations": {"nothing": {"rules": []}}},
        {"operations": {"getOrder": {"rules": [{"answer": {"status": 418}}]}}},
        {"collections": {"orders": {"unik": ["a"]}}},
        {"access": {"getOrder": {"role": ["a"]}}},
    ],
)
def test_what_a_document_says_wrongly_of_rules_stops_the_start(mocks: Mocks, wrong: Any) -> None:
    """As in a fixture file."""
    action = {"target": "$", "update": {"x-mock": wrong}}

    with pytest.raises(FixtureError):
        _mock(mocks, overlay={**OVERLAY, "actions": [action]})


def test_lint_knows_the_words(mocks: Mocks) -> None:
    """None of them is misread."""
    paths = json.loads(json.dumps(SHOP["paths"]))
    paths["/orders/{id}"]["patch"]["x-mock"] = {"rules": [REFUSED]}
    file = mocks.write("specs/shop.yaml", {**SHOP, "x-mock": SAID, "paths": paths})

    assert [one.rule for one in lint(load(file)) if one.rule == "misread-extension"] == []
