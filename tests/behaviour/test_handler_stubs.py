"""`mockserver scaffold` writes handler files that run, and touches nothing that is in them already."""

from __future__ import annotations

import json
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

    assert "    body: dict[str, Any],\n" in text
    assert "order_id: int" in text
    assert "class_: str | None" in text
    assert "page_size: int," in text
    found = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--no-incremental", str(folder.file)],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert found.returncode == 0, found.stdout


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
