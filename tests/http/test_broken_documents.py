"""Whatever is broken in a document, it is refused with its place or served: never a traceback."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import NOW
from tests.http.calling import Caller
from tests.http.mocks import Mocks
from tests.http.records import APPOINTMENT, CANCEL, CITA, OVERRIDE, RESERVATION, UPDATE

from mockserver.app import build
from mockserver.errors import MockserverError
from mockserver.openapi.reading.document_files import read_file
from mockserver.state.clock import FrozenClock

ROOT = Path(__file__).parents[2]
JUNK: list[Any] = [None, 5, "x", [], {}, [1], {"a": 1}, True]
REQUESTS = {
    "sqod": [("PATCH", APPOINTMENT, "agent-token"), ("POST", CANCEL, "agent-token"), ("POST", OVERRIDE, "x")],
    "reservations": [("DELETE", RESERVATION, "admin-token"), ("PUT", UPDATE, "admin-token")],
    "citas": [("PUT", CITA, "admin-token")],
}


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield (*path, key)
        yield from _places(child, (*path, key))


def _broken(document: Any, choose: random.Random) -> Any:
    broken = copy.deepcopy(document)
    *path, last = choose.choice(list(_places(document)))
    holder = broken
    for key in path:
        holder = holder[key]
    holder[last] = choose.choice(JUNK)
    return broken


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("citas", "roles: [admin, asistente]", "role: [admin, asistente]"),
        ("citas", "roles: [admin, asistente]", "roles: admin"),
        (
            "sqod",
            "        operationId: patchAppointmentById\n      parameters",
            "        operationId: patch\n      parameters",
        ),
    ],
)
def test_a_slip_in_an_extension_of_ours_opens_nothing(
    mocks: Mocks, name: str, right: str, wrong: str
) -> None:
    """An operation whose roles cannot be read would let anybody in."""
    text = (ROOT / "specs" / f"{name}.yaml").read_text()
    assert right in text
    file = mocks.write(f"specs/{name}.yaml", text.replace(right, wrong))

    with pytest.raises(MockserverError) as failed:
        build(mocks.settings(specs=(file,), fixtures=ROOT / "fixtures"))

    assert f"{name}.yaml:" in str(failed.value)
    assert "x-" in str(failed.value)


@pytest.mark.slow
@pytest.mark.parametrize("name", REQUESTS)
def test_a_document_with_one_wrong_value_is_refused_or_served(mocks: Mocks, name: str) -> None:
    """A hundred times, in each document; some of them can be served all the same."""
    document, choose, served = read_file(ROOT / "specs" / f"{name}.yaml"), random.Random(name), 0
    for _ in range(100):
        file = mocks.write(f"specs/{name}.yaml", json.dumps(_broken(document, choose)))
        try:
            settings = mocks.settings(specs=(file,), fixtures=ROOT / "fixtures")
            call = Caller(build(settings, FrozenClock(NOW)).asgi, defects=True)
        except MockserverError:
            continue
        served += 1
        for method, target, token in REQUESTS[name]:
            answer = call.as_(token)(method, target, {})
            assert b"Bug in the mock:" not in answer.body, answer.body.decode()

    assert 10 < served < 100
