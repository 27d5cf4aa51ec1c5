"""Records that the run has not made: they are read, and changed only where somebody says so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.check.checking import invoke
from tests.check.serving import Asked, Told, small

from mockserver.check.check_options import Options
from mockserver.check.outcome import Outcome
from mockserver.check.runner import run

DOCUMENT = """
openapi: 3.0.3
info: {title: Flows, version: '1'}
paths:
  /flows:
    get:
      operationId: listFlows
      responses: {'200': {description: All., content: {application/json: {schema: {type: array, items: &flow
        {type: object, required: [id], properties: {id: {type: string}, name: {type: string}}}}}}}}
    post:
      operationId: createFlow
      requestBody: &body {required: true, content: {application/json: {schema: {type: object,
        required: [name], properties: {name: {type: string, minLength: 1, maxLength: 400}}}}}}
      responses:
        '201': {description: Made., content: {application/json: {schema: *flow}}}
        4XX: &no {description: No.}
    delete: {operationId: removeFlows, responses: {'204': {description: Gone.}}}
  /flows/{flow}:
    parameters: [&id {name: flow, in: path, required: true, schema: {type: string, maxLength: 200}}]
    get: {operationId: getFlow, responses: &one {'200': {description: It., content:
      {application/json: {schema: *flow}}}, 4XX: *no}}
    put: {operationId: putFlow, requestBody: *body, responses: *one}
    delete: {operationId: deleteFlow, responses: {'204': {description: Gone.}, 4XX: *no}}
  /flows/{flow}/start:
    parameters: [*id]
    post: {operationId: startFlow, responses: {'202': {description: Started.}, 4XX: *no}}
"""


class _Flows:
    """Keeps flows under names; one is there from the start."""

    def __init__(self) -> None:
        self.flows: dict[str, dict[str, Any]] = {"localhost": {"id": "localhost", "name": "There before"}}
        self.made = 0
        self.asked: list[str] = []

    def __call__(self, asked: Asked) -> Told:
        self.asked.append(f"{asked.method} {asked.path}")
        parts = asked.path.strip("/").split("/")
        if parts[0] != "flows":
            return Told(404)
        if len(parts) == 1:
            return self._all(asked)
        if len(parts) == 3:
            is_start = parts[2] == "start" and asked.method == "POST"
            return Told(202 if is_start and parts[1] in self.flows else 404)
        return self._one(parts[1], asked)

    def _all(self, asked: Asked) -> Told:
        if asked.method == "GET":
            return Told(200, list(self.flows.values()))
        if asked.method == "DELETE":
            self.flows.clear()
            return Told(204)
        if asked.method != "POST":
            return Told(405, headers={"Allow": "GET, POST, DELETE"})
        name = self._name(asked)
        if name is None:
            return Told(400)
        self.made += 1
        key = f"flow-{self.made}"
        self.flows[key] = {"id": key, "name": name}
        return Told(201, self.flows[key])

    def _one(self, key: str, asked: Asked) -> Told:
        if asked.method not in {"GET", "PUT", "DELETE"}:
            return Told(405, headers={"Allow": "GET, PUT, DELETE"})
        if key not in self.flows:
            return Told(404)
        if asked.method == "DELETE":
            del self.flows[key]
            return Told(204)
        if asked.method == "PUT":
            name = self._name(asked)
            if name is None:
                return Told(400)
            self.flows[key]["name"] = name
        return Told(200, self.flows[key])

    @staticmethod
    def _name(asked: Asked) -> str | None:
        try:
            sent = json.loads(asked.body)
        except ValueError:
            return None
        name = sent.get("name") if isinstance(sent, dict) else None
        is_json = asked.headers.get("content-type") == "application/json"
        return name if is_json and isinstance(name, str) and 0 < len(name) <= 400 else None


def _check(folder: Path, flows: _Flows, **changes: object) -> Outcome:
    (folder / "flows.yaml").write_text(DOCUMENT)
    with small(flows) as url:
        return run(Options(specs=(folder / "flows.yaml",), url=url, **{"fuzz": False, **changes}))  # type: ignore[arg-type]


def test_what_was_there_before_is_read_and_left_as_it_was(tmp_path: Path) -> None:
    """Its id is learned from the list; records that the run makes are changed and removed in its place."""
    flows = _Flows()
    outcome = _check(tmp_path, flows)

    assert [finding.issue.message for finding in outcome.findings] == []
    assert flows.flows == {"localhost": {"id": "localhost", "name": "There before"}}
    assert "GET /flows/localhost" in flows.asked
    operations = outcome.apis[0].operations
    served = {name for name, record in operations.items() if record.served}
    assert served == {"listFlows", "createFlow", "getFlow", "putFlow", "deleteFlow", "startFlow"}
    assert operations["removeFlows"].unreached.startswith("it changes records that the check has not made")


def test_generated_requests_leave_it_as_it_was_too(tmp_path: Path) -> None:
    """Schemathesis is not let through to what is somebody else's."""
    flows = _Flows()
    _check(tmp_path, flows, fuzz=True, profile="quick", seconds=20.0)

    assert flows.flows["localhost"] == {"id": "localhost", "name": "There before"}
    assert "DELETE /flows" not in flows.asked


@pytest.mark.parametrize("option", ["destructive", "reset_url"])
def test_it_is_changed_where_somebody_says_so(tmp_path: Path, option: str) -> None:
    """With --destructive, and where a reset brings it back."""
    flows = _Flows()
    (tmp_path / "flows.yaml").write_text(DOCUMENT)
    with small(lambda asked: Told(204) if asked.path == "/reset" else flows(asked)) as url:
        changes: dict[str, Any] = {option: f"{url}/reset" if option == "reset_url" else True}
        run(Options(specs=(tmp_path / "flows.yaml",), url=url, fuzz=False, **changes))

    assert "DELETE /flows" in flows.asked


def test_a_dry_run_says_what_would_be_sent_and_sends_nothing(tmp_path: Path) -> None:
    """Method and path, and on whose record."""
    flows = _Flows()
    (tmp_path / "flows.yaml").write_text(DOCUMENT)
    with small(flows) as url:
        result = invoke(url, "--spec", tmp_path / "flows.yaml", "--dry-run")

    assert (result.exit_code, flows.asked) == (0, [])
    assert "would send GET /flows by" in result.output
    assert "would send PUT /flows/{flow} by" in result.output
    assert "on a record that the check makes" in result.output
    assert "DELETE /flows by" not in result.output
    assert "conforms" not in result.output


UPSERTS = """
openapi: 3.0.3
info: {title: Pages, version: '1'}
paths:
  /pages/{page}:
    parameters: [{name: page, in: path, required: true, schema: {type: string}}]
    get: {operationId: getPage, responses: &one {'200': {description: It.}, '404': {description: None.}}}
    put:
      operationId: putPage
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [text],
        properties: {text: {type: string}}}}}}
      responses: {'200': {description: It.}, '201': {description: Made.}, 4XX: {description: Bad.}}
    delete: {operationId: deletePage, responses: {'204': {description: Gone.}, '404': {description: None.}}}
  /pages/{page}/publish:
    parameters: [{name: page, in: path, required: true, schema: {type: string}}]
    post: {operationId: publishPage, responses: *one}
"""


class _Pages:
    """Keeps pages under the names that they are put under; nothing lists them."""

    def __init__(self) -> None:
        self.pages: dict[str, Any] = {"home": {"text": "There before"}}

    def __call__(self, asked: Asked) -> Told:
        _, _, name, *action = asked.path.split("/")
        methods = {"POST"} if action else {"GET", "PUT", "DELETE"}
        if asked.method not in methods:
            return Told(405, headers={"Allow": ", ".join(sorted(methods))})
        if asked.method == "PUT":
            return self._put(name, asked)
        if name not in self.pages:
            return Told(404)
        if asked.method == "DELETE":
            del self.pages[name]
            return Told(204)
        return Told(200, self.pages[name])

    def _put(self, name: str, asked: Asked) -> Told:
        try:
            sent = json.loads(asked.body)
        except ValueError:
            return Told(400)
        is_json = asked.headers.get("content-type") == "application/json"
        if (
            not is_json
            or not isinstance(sent, dict)
            or not isinstance(sent.get("text"), str)
            or len(name) > 99
        ):
            return Told(400)
        is_new = name not in self.pages
        self.pages[name] = {"text": sent["text"]}
        return Told(201 if is_new else 200, self.pages[name])


def test_records_that_put_makes_are_changed_and_removed(tmp_path: Path) -> None:
    """Nothing lists pages and no POST makes one: a PUT that answers 201 does, under a name of the check."""
    pages = _Pages()
    (tmp_path / "pages.yaml").write_text(UPSERTS)
    with small(pages) as url:
        outcome = run(Options(specs=(tmp_path / "pages.yaml",), url=url, fuzz=False))

    assert [finding.issue.message for finding in outcome.findings] == []
    assert all(record.served for record in outcome.apis[0].operations.values())
    assert pages.pages["home"] == {"text": "There before"}


BOXES = """
openapi: 3.0.3
info: {title: Boxes, version: '1'}
paths:
  /boxes:
    post: {operationId: addBox, responses: &made {'201': {description: Made., content: {application/json:
      {schema: {type: object, properties: {id: {type: string}}}}}}, 4XX: &no {description: No.}}}
  /boxes/{box}:
    parameters: [&box {name: box, in: path, required: true, schema: {type: string}}]
    delete: {operationId: deleteBox, responses: {'204': {description: Gone.}, 4XX: *no}}
  /boxes/{box}/items:
    parameters: [*box]
    post: {operationId: addItem, responses: *made}
  /boxes/{box}/items/{item}:
    parameters: [*box, {name: item, in: path, required: true, schema: {type: string}}]
    get: {operationId: getItem, responses: {'200': {description: It.}, 4XX: *no}}
    put: {operationId: putItem, responses: {'200': {description: It.}, 4XX: *no}}
"""


class _Boxes:
    """Keeps boxes and what is in them, and forgets with a box what was in it."""

    def __init__(self) -> None:
        self.boxes: dict[str, set[str]] = {}
        self.made = 0

    def __call__(self, asked: Asked) -> Told:
        _, _, *names = asked.path.split("/")
        methods = [{"POST"}, {"DELETE"}, {"POST"}, {"GET", "PUT"}][min(len(names), 3)]
        if asked.method not in methods:
            return Told(405, headers={"Allow": ", ".join(sorted(methods))})
        self.made += 1
        key = f"made-{self.made}"
        if not names:
            self.boxes[key] = set()
            return Told(201, {"id": key})
        items = self.boxes.get(names[0])
        if items is None or (len(names) == 3 and names[2] not in items):
            return Told(404)
        if asked.method == "DELETE":
            del self.boxes[names[0]]
            return Told(204)
        if asked.method == "POST":
            items.add(key)
            return Told(201, {"id": key})
        return Told(200)


def test_what_is_below_something_is_tried_before_that_is_removed(tmp_path: Path) -> None:
    """Items can be made once there is a box, and go with it; the document has the box's DELETE first."""
    (tmp_path / "boxes.yaml").write_text(BOXES)
    with small(_Boxes()) as url:
        outcome = run(Options(specs=(tmp_path / "boxes.yaml",), url=url, fuzz=False))

    assert [finding.issue.message for finding in outcome.findings] == []
    assert {name for name, one in outcome.apis[0].operations.items() if not one.served} == set()


def test_what_cannot_be_removed_is_named(tmp_path: Path) -> None:
    """A document without an operation that deletes leaves something behind, and the summary says what."""
    flows = _Flows()
    (tmp_path / "flows.yaml").write_text(
        DOCUMENT.replace(
            "    delete: {operationId: deleteFlow, responses: {'204': {description: Gone.}, 4XX: *no}}\n", ""
        )
    )
    with small(flows) as url:
        outcome = run(Options(specs=(tmp_path / "flows.yaml",), url=url, fuzz=False))

    assert any(note.startswith("left behind: /flows/flow-") for note in outcome.apis[0].notes)
    assert set(flows.flows) > {"localhost"}
