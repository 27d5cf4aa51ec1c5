"""Scenarios in fixture files: what cannot be played is refused at start-up, with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.app import build
from mockserver.config import Settings
from mockserver.errors import FixtureError

ROOT = Path(__file__).parents[2]

WRONG = {
    "no description": ("x: {}", "/scenarios/x"),
    "not an object": ("x: 5", "/scenarios/x"),
    "a list of scenarios": ("- x", "/scenarios"),
    "unknown key": ("x: {description: d, record: {}}", "/scenarios/x/record"),
    "unknown operation": (
        "x: {description: d, answers: {nothing: {status: 500}}}",
        "/scenarios/x/answers/nothing",
    ),
    "undocumented status": ("x: {description: d, answers: {cancelarCita: {status: 503}}}", "/status"),
    "status that is none": ("x: {description: d, answers: {cancelarCita: {status: ok}}}", "/status"),
    "body that breaks the document": (
        "x: {description: d, answers: {cancelarCita: {status: 500, body: {message: 5}}}}",
        "/scenarios/x/answers/cancelarCita/body/message",
    ),
    "unknown example": (
        "x: {description: d, answers: {cancelarCita: {status: 500, example: e}}}",
        "/example",
    ),
    "count of nothing": ("x: {description: d, answers: {cancelarCita: {status: 500, count: 0}}}", "/count"),
    "unknown collection": ("x: {description: d, records: {nothing: []}}", "/scenarios/x/records/nothing"),
    "record without its key": (
        "x: {description: d, records: {citas: [{estado: pendiente}]}}",
        "/records/citas/0",
    ),
    "record that breaks the document": (
        "x: {description: d, records: {citas: [{id: 1, estado: 5}]}}",
        "/scenarios/x/records/citas/0/estado",
    ),
    "removal of no list": ("x: {description: d, remove: {citas: 1}}", "/scenarios/x/remove/citas"),
    "steps that are no list": ("x: {description: d, steps: {}}", "/scenarios/x/steps"),
    "step without a when": ("x: {description: d, steps: [{after: {}}]}", "/scenarios/x/steps/0/after"),
    "step with two": ("x: {description: d, steps: [{after: {calls: 1, seconds: 1}}]}", "/steps/0/after"),
    "step of an unknown operation": (
        "x: {description: d, steps: [{after: {calls: 1, of: nothing}}]}",
        "/scenarios/x/steps/0/after/of",
    ),
}


@pytest.mark.parametrize(("scenarios", "pointer"), WRONG.values(), ids=WRONG.keys())
def test_a_scenario_that_cannot_be_played_is_refused(tmp_path: Path, scenarios: str, pointer: str) -> None:
    """With file, pointer and line."""
    file = tmp_path / "citas.yaml"
    written = (ROOT / "fixtures" / "citas.yaml").read_text().partition("scenarios:")[0]
    file.write_text(f"{written}scenarios:\n  {scenarios}\n")
    settings = Settings(specs=(ROOT / "specs" / "citas.yaml",), fixtures=tmp_path)

    with pytest.raises(FixtureError) as refusal:
        build(settings)

    place = refusal.value.place
    assert (place.file, place.pointer.endswith(pointer)) == (file, True), place
    assert place.line is not None
    assert place.line > written.count("\n")
