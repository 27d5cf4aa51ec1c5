"""`mockserver scaffold` writes handler files that run, and touches nothing that is in them already."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.http.calling import Caller
from tests.http.mocks import document, operation

from mockserver.app import build
from mockserver.cli.command_line import main
from mockserver.config import Settings
from mockserver.extras import missing_line

ORDER = {"type": "object", "properties": {"id": {"type": "integer"}, "note": {"type": "string"}}}
BODY = {"content": {"application/json": {"schema": ORDER}}}
FOUND = {"200": {"description": "", **BODY}}
ID = {"name": "orderId", "in": "path", "required": True, "schema": {"type": "integer"}}
PARAMETERS = [
    {"name": "class", "in": "query", "schema": {"type": "string"}},
    {"name": "page-size", "in": "query", "schema": {"type": "integer", "default": 3}},
    {"name": "body", "in": "query", "schema": {"type": "string", "nullable": True}},
    {"name": "$filter", "in": "query", "schema": {"oneOf": [{"type": "string"}, {"type": "integer"}]}},
]
SHOP = document(
    {
        "/orders": {
            "get": operation("listOrders", parameters=PARAMETERS),
            "post": {
                "operationId": "createOrder",
                "requestBody": {"required": True, **BODY},
                "responses": {"201": {"description": "", **BODY}},
            },
        },
        "/orders/{orderId}": {
            "get": {"operationId": "class", "parameters": [ID], "responses": FOUND},
            "put": {
                "operationId": "put/order-1",
                "parameters": [ID],
                "requestBody": BODY,
                "responses": FOUND,
            },
        },
    }
)

_CACHE = Path(__file__).parents[2] / ".cache" / "mypy"


class Folder:
    """A folder with a document."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / "shop.yaml").write_text(json.dumps(SHOP))
        self.file = path / "handlers" / "shop.py"

    def scaffold(self, *operations: str) -> Result:
        """Run the command."""
        arguments = ["scaffold", str(self.path / "shop.yaml"), *operations, "-o", str(self.file)]
        return CliRunner().invoke(main, arguments)

    def call(self, *, handlers: bool = True) -> Caller:
        """The mock, with the handlers or without."""
        (self.path / "none").mkdir(exist_ok=True)
        folder = self.file.parent if handlers else self.path / "none"
        return Caller(build(Settings(specs=(self.path / "shop.yaml",), handlers=folder)).asgi)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """A folder of this test's own."""
    return Folder(tmp_path)


def _answers(call: Caller) -> list[Any]:
    made = call("POST", "/orders", {"note": "a"})
    return [
        (answer.status, answer.json)
        for answer in (
            made,
            call("GET", f"/orders/{made.json['id']}"),
            call("PUT", f"/orders/{made.json['id']}", {"note": "b"}),
            call("GET", "/orders?class=a&page-size=2&$filter=x"),
        )
    ]


def test_stubs_answer_as_the_mock_does_without_them(folder: Folder) -> None:
    """One for each operation, whatever it is called."""
    told = folder.scaffold()

    assert (told.exit_code, told.stdout) == (
        0,
        f"{folder.file}: listOrders, createOrder, class, put/order-1\n",
    )
    assert _answers(folder.call()) == _answers(folder.call(handlers=False))


def test_stubs_are_typed(folder: Folder) -> None:
    """Strictly, so that an editor helps; what a request may lack can be None."""
    folder.scaffold()
    text = folder.file.read_text()

    assert "    body: CreateOrderBody,\n" in text
    assert "class CreateOrderBody(TypedDict):\n    id: NotRequired[int]\n" in text
    assert "order_id: int" in text
    assert "class_: str | None" in text
    assert "page_size: int," in text
    assert _strictly_typed(folder.file).startswith("Success")


REFERRING: dict[str, Any] = {
    **document(
        {
            "/orders": {
                "post": {
                    "operationId": "createOrder",
                    "requestBody": {
                        "required": True,
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/shop.Order"}}
                        },
                    },
                    "responses": {"204": {"description": ""}},
                }
            },
            "/more": {
                "post": {
                    "operationId": "more",
                    "requestBody": {
                        "content": {
                            "application/json": {
                                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}}
                            }
                        },
                    },
                    "responses": {
                        "200": {
                            "description": "",
                            "content": {
                                "application/json": {"schema": {"$ref": "#/components/schemas/Response"}}
                            },
                        }
                    },
                }
            },
        }
    ),
    "components": {
        "schemas": {
            "shop.Order": {
                "type": "object",
                "required": ["lines"],
                "properties": {
                    "lines": {"type": "array", "items": {"$ref": "#/components/schemas/Line"}},
                    "class": {"type": "string", "enum": ["a", "it\"'s\n"]},
                    "parent": {"$ref": "#/components/schemas/shop.Order"},
                    "gone": {"$ref": "#/components/schemas/Gone"},
                    'x": exec("1/0"), "y': {"type": "string", "nullable": True},
                },
            },
            "Line": {
                "allOf": [
                    {"$ref": "#/components/schemas/Response"},
                    {
                        "type": "object",
                        "properties": {"price": {"type": "number"}, "more": {"type": "object"}},
                    },
                ]
            },
            "Response": {"type": "object", "properties": {"at": {"type": "string", "format": "date-time"}}},
        }
    },
}


def _strictly_typed(file: Path) -> str:
    # The cache spares the tests after the first one the reading of mockserver itself.
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(_CACHE), str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=280).stdout


def test_schemas_become_typed_dicts(folder: Folder) -> None:
    """With those that they refer to, whatever names they have; nothing of a document is run."""
    (folder.path / "shop.yaml").write_text(json.dumps(REFERRING))
    told = folder.scaffold()
    names = runpy.run_path(str(folder.file))

    assert told.exit_code == 0, told.stderr
    order, line = names["ShopOrder"], names["Line"]
    assert (order.__required_keys__, line.__optional_keys__) == ({"lines"}, {"at", "price", "more"})
    assert 'x": exec("1/0"), "y' in order.__annotations__
    assert "body: ShopOrder" in folder.file.read_text()
    assert "body: list[Line] | None" in folder.file.read_text()
    assert names["Response"].__module__ == "mockserver.behaviour.backend"
    assert _strictly_typed(folder.file).startswith("Success")


def test_types_that_are_in_a_file_stay_as_they_are(folder: Folder) -> None:
    """Run again, new ones are added before the new functions, with what they need of typing."""
    (folder.path / "shop.yaml").write_text(json.dumps(REFERRING))
    folder.file.parent.mkdir()
    own = "from typing import TypedDict\n\n\nclass Line(TypedDict):\n    mine: int\n\n\nHANDLERS = {}\n"
    folder.file.write_text(own)

    folder.scaffold("more")
    first = folder.file.read_text()
    folder.scaffold("createOrder")
    text = folder.file.read_text()

    assert (first.count("class Line"), "    mine: int" in first, "ShopOrder" in first) == (1, True, False)
    assert (text.count("class Line"), text.count("ShopOrder = TypedDict(")) == (1, 1)
    assert text.index("ShopOrder = TypedDict(") < text.index("def create_order") < text.index("HANDLERS = {")
    assert _strictly_typed(folder.file).startswith("Success")
    left = iter(text.splitlines())
    assert all(line in left for line in first.splitlines() if not line.startswith("HANDLERS"))


def test_without_the_extra_bodies_are_dicts_and_the_line_to_run_is_said(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stubs run all the same."""
    monkeypatch.setattr("mockserver.extras._is_installed", lambda name: name != "datamodel-code-generator")
    missing_line.cache_clear()
    told = folder.scaffold()
    missing_line.cache_clear()

    assert told.exit_code == 0
    assert "needs the extra [scaffold]" in told.stderr
    assert "-m pip install 'datamodel-code-generator" in told.stderr
    assert "body: dict[str, Any]" in folder.file.read_text()
    assert _answers(folder.call()) == _answers(folder.call(handlers=False))


@pytest.mark.parametrize(
    "written", ["import os\n", "x = open('a')\n", "class A:\n    b = print()\n", "print()\n"]
)
def test_what_is_no_type_is_not_taken_over(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    """A generator that is led to write code, or fails, leaves plain dicts."""
    monkeypatch.setattr("datamodel_code_generator.generate", lambda *_, **__: written)

    told = folder.scaffold()

    assert (told.exit_code, "plain dicts" in told.stderr) == (0, True)
    assert written.strip() not in folder.file.read_text()


OWN = """# Mine.
from mockserver import Response

def create_order(backend, *, body):  # ünusual
    return Response(201, {**body, "note": "own"})

HANDLERS = {"POST /orders": create_order  # é the last
}
AFTER = 1
"""


def test_what_is_in_a_file_stays_as_it_is(folder: Folder) -> None:
    """New functions come before the table, new entries at its end."""
    folder.file.parent.mkdir()
    folder.file.write_text(OWN, "utf-8")

    folder.scaffold("GET /orders/{orderId}")
    folder.scaffold("listOrders", "createOrder")
    text = folder.file.read_text("utf-8")

    left = iter(text.splitlines())
    changed = {'HANDLERS = {"POST /orders": create_order  # é the last'}
    assert all(line in left for line in OWN.splitlines() if line not in changed)
    assert text.count("def create_order") == 1
    assert text.index("def list_orders") < text.index("HANDLERS = {")
    call = folder.call()
    assert call("POST", "/orders", {"id": 1}).json["note"] == "own"
    assert call("GET", "/orders/7").status == 200


def test_nothing_is_written_where_nothing_is_new(folder: Folder) -> None:
    """The second time."""
    folder.scaffold()
    before = folder.file.read_bytes()

    told = folder.scaffold()

    assert (told.exit_code, "already" in told.stdout) == (0, True)
    assert folder.file.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "operations", "told"),
    [
        ("", ["createOrders"], "Did you mean createOrder"),
        ("def (", [], "line 1"),
        ("HANDLERS = dict(a=1)", [], "line 1: HANDLERS is not written as a table"),
    ],
)
def test_what_cannot_be_added_to_is_said_and_left_as_it_is(
    folder: Folder, text: str, operations: list[str], told: str
) -> None:
    """With file and line."""
    folder.file.parent.mkdir()
    folder.file.write_text(text)

    result = folder.scaffold(*operations)

    assert (result.exit_code, told in result.stderr) == (2, True)
    assert folder.file.read_text() == text
