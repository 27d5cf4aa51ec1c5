"""Answers that are not about the request: a redirect to a slash, and 429."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.check.serving import Asked, Told, small
from tests.mutation import projects

from mockserver.check.check_options import Options
from mockserver.check.outcome import Outcome
from mockserver.check.runner import run
from mockserver.check.target.credentials import Credentials
from mockserver.check.target.http_messages import HttpRequest
from mockserver.check.target.implementation import Implementation

DOCUMENT = """
openapi: 3.0.3
info: {title: Notes, version: '1'}
paths:
  /notes: {get: {operationId: listNotes, responses: {'200': {description: All.}}}}
  /busy: {get: {operationId: busy, responses: {'200': {description: All.}, 4XX: {description: No.}}}}
"""


def _check(folder: Path, answer: Callable[[Asked], Told]) -> Outcome:
    (folder / "notes.yaml").write_text(DOCUMENT)
    with small(answer) as url:
        return run(Options(specs=(folder / "notes.yaml",), url=url, fuzz=False))


def test_a_redirect_to_the_same_path_with_a_slash_is_followed_and_noted(tmp_path: Path) -> None:
    """The body and the query are sent again; the summary says that the document names another path."""
    server = projects.Projects(projects.Way(slash=True))
    (tmp_path / "projects.yaml").write_text(projects.DOCUMENT)
    with small(server) as url:
        options = Options(
            specs=(tmp_path / "projects.yaml",),
            url=url,
            identities=projects.TOKENS,
            fuzz=False,
            only=("listProjects", "createProject"),
        )
        outcome = run(options)

    assert outcome.findings == []
    assert all(record.served for record in outcome.apis[0].operations.values())
    assert any("redirects /projects to the same with a slash" in note for note in outcome.apis[0].notes)


def test_a_redirect_to_another_path_is_an_answer_like_others() -> None:
    """Only a slash at the end is the same place; and nothing leads to another server."""
    asked = []

    def answer(request: Asked) -> Told:
        asked.append(request.path)
        there = {"/a": "/b/", "/c": "http://127.0.0.2:1/c/"}[request.path]
        return Told(307, headers={"Location": there})

    with small(answer) as url:
        target = Implementation(url, Credentials({}, {}))
        statuses = [target.send(HttpRequest("GET", path), "x").status for path in ("/a", "/c")]
        target.close()

    assert statuses == [307, 307]
    assert asked == ["/a", "/c"]


def test_a_request_that_is_one_too_many_is_sent_again_after_the_time_that_is_asked_for() -> None:
    """And given up when the implementation asks for more time than a check has."""
    told = [
        Told(429, headers={"Retry-After": "3"}),
        Told(429),
        Told(200),
        Told(429, headers={"Retry-After": "9999"}),
    ]
    waited: list[float] = []
    with small(lambda _: told.pop(0)) as url:
        target = Implementation(url, Credentials({}, {}), wait=waited.append)
        statuses = [target.send(HttpRequest("GET", "/notes"), "x").status for _ in range(2)]
        target.close()

    assert statuses == [200, 429]
    assert waited == [3, 1]


def test_an_operation_that_is_always_too_busy_is_not_reached_rather_than_wrong(tmp_path: Path) -> None:
    """429 says nothing about a request; the operation is listed with this reason."""

    def answer(asked: Asked) -> Told:
        if asked.method != "GET":
            return Told(405, headers={"Allow": "GET"})
        return Told(429, headers={"Retry-After": "9999"}) if asked.path == "/busy" else Told(200)

    outcome = _check(tmp_path, answer)

    assert outcome.findings == []
    assert outcome.apis[0].operations["busy"].unreached == "the implementation asks to wait longer (429)"


def test_a_condition_that_is_asked_for_is_sent_and_noted(tmp_path: Path) -> None:
    """428 asks for `If-Match`, which the document has as optional."""
    (tmp_path / "projects.yaml").write_text(projects.DOCUMENT)
    with small(projects.Projects(projects.Way(needs_match=428))) as url:
        options = Options(
            specs=(tmp_path / "projects.yaml",),
            url=url,
            identities=projects.TOKENS,
            fuzz=False,
            only=("patchTask",),
        )
        outcome = run(options)

    assert outcome.findings == []
    assert outcome.apis[0].operations["patchTask"].served
    assert any("patchTask were sent `If-Match: *`" in note for note in outcome.apis[0].notes)
