"""One file, one story: requests and the answers they are to get. A bug report becomes a file here.

A file is a list of steps. A step has a `request`, `METHOD /path`, with what it needs of `token`,
`session`, `headers`, and one of `json`, `form` (urlencoded), `parts` (multipart) or `text` with a
`type`; and an `answer` with the `status`, and what is said of the answer: `json` whole, `has` for
the fields that are named (nested ones by their own), `headers`, or an `empty` body. `wait` moves the
clock by so many seconds before the request.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.conftest import NOW
from tests.http.calling import Answer, Caller
from tests.http.test_method_override import MULTIPART, URLENCODED, multipart

from mockserver.app import build
from mockserver.config import Settings
from mockserver.openapi.reading.document_files import read_file
from mockserver.state.clock import FrozenClock

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.glob("*/*.yaml"))
_STEP = {"request", "token", "session", "headers", "json", "form", "parts", "text", "type", "answer", "wait"}
_ANSWER = {"status", "json", "has", "headers", "empty"}


def _send(caller: Caller, step: dict[str, Any]) -> Answer:
    method, _, target = step["request"].partition(" ")
    caller = caller.as_(step.get("token")).in_(step.get("session"))
    headers = step.get("headers", {})
    if "json" in step:
        return caller(method, target, step["json"], headers=headers)
    if "form" in step:
        return caller(
            method, target, content=urlencode(step["form"]).encode(), media_type=URLENCODED, headers=headers
        )
    if "parts" in step:
        return caller(
            method, target, content=multipart(step["parts"].items()), media_type=MULTIPART, headers=headers
        )
    content = step.get("text", "").encode()
    return caller(method, target, content=content, media_type=step.get("type"), headers=headers)


def _has(value: Any, wanted: Any) -> bool:
    """Whether a value has the fields that are wanted; arrays element by element."""
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(
            name in value and _has(value[name], wanted[name]) for name in wanted
        )
    if isinstance(wanted, list):
        return isinstance(value, list) and len(value) == len(wanted) and all(map(_has, value, wanted))
    return bool(value == wanted) and type(value) is type(wanted)


def _check(answer: Answer, wanted: dict[str, Any]) -> None:
    assert answer.status == wanted["status"], answer.body.decode()
    for name, value in wanted.get("headers", {}).items():
        assert answer.header(name.lower()) == value, name
    if wanted.get("empty"):
        assert answer.body == b""
    if "json" in wanted:
        assert answer.json == wanted["json"]
    if "has" in wanted:
        assert _has(answer.json, wanted["has"]), answer.body.decode()


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_the_story_goes_as_it_is_written(file: Path) -> None:
    """Step by step, on fresh state."""
    clock = FrozenClock(NOW)
    caller = Caller(build(Settings(), clock).asgi)
    steps = read_file(file)
    assert steps
    for number, step in enumerate(steps, 1):
        unknown = (step.keys() - _STEP) | (step["answer"].keys() - _ANSWER)
        assert not unknown, f"step {number}: {unknown} means nothing"
        clock.advance(step.get("wait", 0))
        try:
            _check(_send(caller, step), step["answer"])
        except AssertionError as error:
            raise AssertionError(f"{file}, step {number}, {step['request']}: {error}") from error


def test_every_api_has_its_stories() -> None:
    """And none is lost because of its name."""
    folders = [FOLDER / name for name in ("sqod", "reservations", "citas", "server", "switched")]

    assert sorted(file for folder in folders for file in folder.iterdir()) == FILES
    assert min(len(list(folder.iterdir())) for folder in folders) >= 5


def test_every_scenario_that_ships_has_its_story() -> None:
    """It is switched on first, so that the story is about it."""
    shipped = {
        f"{service.name}-{name}"
        for service in build(Settings()).services.values()
        for name in service.fixture.scenarios
    }
    stories = {file.stem: read_file(file) for file in FILES if file.parent.name == "switched"}

    assert stories.keys() == shipped
    for stem, (first, *_) in stories.items():
        api, _, name = stem.partition("-")
        assert first["request"] == f"POST /__admin/scenarios/{api}/{name}"


@pytest.mark.parametrize(
    ("value", "wanted", "result"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True),
        ({"a": 1}, {"b": None}, False),
        ({"a": 1}, {"a": True}, False),
        ({"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1}]}, True),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ([], {}, False),
    ],
)
def test_the_runner_sees_what_is_missing(value: Any, wanted: Any, result: bool) -> None:
    """A story that cannot fail proves nothing."""
    assert _has(value, wanted) is result
