"""Servers that close connections: the request is sent again, and only a second time is a finding."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.check.checking import found
from tests.check.serving import Asked, Told, small

from mockserver.check.check_options import Options
from mockserver.check.outcome import Outcome
from mockserver.check.runner import run

DOCUMENT = """
openapi: 3.0.3
info: {title: Notes, version: '1'}
paths:
  /crash: {get: {operationId: crash, responses: {'200': {description: Never.}}}}
  /notes:
    get:
      operationId: listNotes
      responses: {'200': {description: All., content: {application/json: {schema: {type: array}}}}}
    post:
      operationId: addNote
      requestBody: {required: true, content: {application/json: {schema: {type: object, required: [text],
        properties: {text: {type: string}}}}}}
      responses: {'201': {description: Made.}, 4XX: {description: Bad.}}
  /ready: {get: {operationId: ready, responses: {'204': {description: Yes.}}}}
"""


def _notes(asked: Asked) -> Told:
    """A sound server of the document, but for /crash."""
    if asked.path == "/ready" and asked.method == "GET":
        return Told(204)
    if asked.path == "/crash":
        return Told(200)
    if asked.path != "/notes":
        return Told(404)
    if asked.method == "GET":
        return Told(200, [])
    if asked.method != "POST":
        return Told(405, headers={"Allow": "GET, POST"})
    try:
        sent = json.loads(asked.body)
    except ValueError:
        return Told(400)
    is_json = asked.headers.get("content-type") == "application/json"
    fits = is_json and isinstance(sent, dict) and isinstance(sent.get("text"), str)
    return Told(201) if fits else Told(400)


def _check(folder: Path, answer: Callable[[Asked], Told], **changes: object) -> Outcome:
    (folder / "notes.yaml").write_text(DOCUMENT)
    options = Options(specs=(folder / "notes.yaml",), fuzz=False, profile="quick")
    with small(answer) as url:
        return run(replace(options, url=url, **changes))  # type: ignore[arg-type]  # fields of Options


def test_a_connection_that_is_closed_once_is_no_finding(tmp_path: Path) -> None:
    """As servers do with connections that were idle or had an error, while the next request is on its way."""
    asked_before: Counter[bool] = Counter()

    def answer(asked: Asked) -> Told:
        asked_before[True] += 1
        return Told(0, hangs_up=True) if asked_before[True] % 2 else _notes(asked)

    outcome = _check(tmp_path, answer)

    assert outcome.findings == []
    assert all(record.served for record in outcome.apis[0].operations.values())


def test_an_operation_that_always_hangs_up_is_a_finding_and_the_run_goes_on(tmp_path: Path) -> None:
    """The first operation of the document does not keep the others from being tried."""
    outcome = _check(
        tmp_path, lambda asked: Told(0, hangs_up=True) if asked.path == "/crash" else _notes(asked)
    )

    assert set(found(outcome)) == {("crash", "server-error")}
    assert outcome.exit_code == 1
    operations = outcome.apis[0].operations
    assert all(operations[name].served for name in ("listNotes", "addNote", "ready"))


def test_a_body_that_makes_it_hang_up_is_a_finding(tmp_path: Path) -> None:
    """Of the same operation with other bodies there is more to say."""
    outcome = _check(
        tmp_path, lambda asked: Told(0, hangs_up=True) if asked.body == b"null" else _notes(asked)
    )

    assert found(outcome) == [("addNote", "server-error")]
    assert "null" in outcome.findings[0].steps[-1]


def test_the_reset_is_sent_again_on_a_fresh_connection(tmp_path: Path) -> None:
    """A reset that is answered at the second time is one."""
    resets: Counter[bool] = Counter()

    def answer(asked: Asked) -> Told:
        if asked.path != "/reset":
            return _notes(asked)
        resets[True] += 1
        return Told(0, hangs_up=True) if resets[True] % 2 else Told(204)

    (tmp_path / "notes.yaml").write_text(DOCUMENT)
    with small(answer) as url:
        options = Options(specs=(tmp_path / "notes.yaml",), url=url, reset_url=f"{url}/reset", fuzz=False)
        outcome = run(options)

    assert (outcome.findings, outcome.apis[0].no_verdict) == ([], "")


def test_a_generated_request_that_makes_it_hang_up_is_a_finding(tmp_path: Path) -> None:
    """It is not merely noted, and the verdict is not that all is well."""

    def answer(asked: Asked) -> Told:
        return (
            Told(0, hangs_up=True) if asked.method == "POST" and b"text" not in asked.body else _notes(asked)
        )

    outcome = _check(tmp_path, answer, fuzz=True, only=("addNote",), seconds=25.0)

    assert {rule for _, rule in found(outcome)} == {"server-error"}
    assert outcome.exit_code == 1


@pytest.mark.parametrize(("fail_on", "code"), [("breach", 0), ("warning", 1)])
def test_an_operation_that_fails_sometimes_is_a_warning_with_its_rate(
    tmp_path: Path, fail_on: str, code: int
) -> None:
    """A failure that does not come again when it is repeated: how often it came, of how many requests."""
    calls: Counter[str] = Counter()

    def answer(asked: Asked) -> Told:
        calls[asked.path] += 1
        fails = asked.path == "/crash" and calls[asked.path] == 1
        return Told(500, {"detail": "x"}) if fails else _notes(asked)

    outcome = _check(tmp_path, answer, fail_on=fail_on, profile="ci")

    (api,) = outcome.apis
    assert outcome.exit_code == code
    (warning,) = api.findings if code else api.warnings
    assert (warning.issue.category, warning.issue.subject.status) == ("fails-sometimes", 500)
    assert re.search(r"crash failed with 500 in 1 of \d+ requests", warning.issue.message)
    assert api.unstable == []
