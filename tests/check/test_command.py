"""The command: exit codes, baselines, repeating one finding, what is left out."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from tests.check.checking import Check, found, invoke
from tests.check.shop import DOCUMENT, shop
from tests.mutation.stand import ROOT, Stand

from mockserver.check import runner
from mockserver.check.target.hosting import serving
from mockserver.config import Settings

DOORS = """
openapi: 3.0.3
info: {title: Doors, version: '1'}
components: {securitySchemes: {token: {type: http, scheme: bearer}}}
paths:
  /open: {get: {operationId: open, security: [], responses: {'200': {description: Come in.}}}}
  /closed:
    get:
      operationId: closed
      security: [{token: []}]
      responses: {'200': {description: Come in.}, 4XX: {description: No.}}
"""


def _arguments(stand: Stand) -> tuple[object, ...]:
    spec = ("--spec", ROOT / "specs/citas.yaml", "--fixtures", ROOT / "fixtures")
    return (stand.url, *spec, "--reset-url", stand.reset_url, "--no-fuzz")


def test_without_a_url_the_mock_itself_is_checked() -> None:
    """It conforms to its own documents."""
    result = invoke(
        "--spec", ROOT / "specs/citas.yaml", "--spec", ROOT / "specs/reservations.yaml", "--no-fuzz"
    )

    assert result.exit_code == 0, result.output
    assert "no findings" in result.output


def test_a_baseline_accepts_what_is_known(stand: Stand, tmp_path: Path) -> None:
    """Once written, the same findings no longer fail."""
    stand.switch("cita-message-missing")
    baseline = ("--baseline", tmp_path / "baseline.json")
    first = invoke(*_arguments(stand), *baseline, "--update-baseline")

    again = invoke(*_arguments(stand), *baseline)

    assert (first.exit_code, again.exit_code) == (1, 0)
    assert f"written: {tmp_path / 'baseline.json'}" in first.output
    stand.switch("cita-answers-201")
    assert invoke(*_arguments(stand), *baseline).exit_code == 1


def test_one_finding_is_repeated(stand: Stand, tmp_path: Path) -> None:
    """By its id, which is the same in every run; once it is mended the exit code says so."""
    stand.switch("cita-doctor-kept")
    invoke(*_arguments(stand), "--report", "json", "--report-dir", tmp_path)
    report = json.loads((tmp_path / "check.json").read_text())
    wanted = report["findings"][0]["id"]

    broken = invoke(*_arguments(stand), "--repro", wanted)
    stand.switch(None)
    mended = invoke(*_arguments(stand), "--repro", wanted)

    assert (broken.exit_code, mended.exit_code) == (1, 0)
    assert wanted in broken.output


def test_only_and_exclude_choose_operations(check: Check) -> None:
    """By operationId, and by the beginning of a path."""
    outcome = check("reservations", only=("/api",), exclude=("deleteReservation",))

    assert list(outcome.apis[0].operations) == ["updateReservation"]


def test_safe_sends_nothing_that_writes(check: Check) -> None:
    """All operations of these documents write, and that is said."""
    outcome = check("citas", "cita-answers-201", safe=True)

    assert outcome.requests == 0
    assert "--safe" in outcome.apis[0].operations["cancelarCita"].unreached
    assert outcome.exit_code == 3


def test_the_last_line_says_what_was_not_reached(tmp_path: Path) -> None:
    """A check that sends nothing that writes says nothing about operations that write."""
    (tmp_path / "shop.yaml").write_text(DOCUMENT)
    with shop() as url:
        result = invoke(url, "--spec", tmp_path / "shop.yaml", "--safe")

    assert result.exit_code == 0
    assert "conforms · no findings · 5 of 6 operations not reached · " in result.output.splitlines()[-1]


def test_two_documents_of_one_operation_are_refused(tmp_path: Path) -> None:
    """Which of them an implementation is to keep to is not for the check to say."""
    files = [tmp_path / "one.yaml", tmp_path / "other.yaml"]
    for file in files:
        file.write_text(DOORS, "utf-8")

    result = invoke("--spec", files[0], "--spec", files[1])

    assert result.exit_code == 2
    assert f"{files[0]} and {files[1]} both describe GET /open" in result.stderr


def test_without_the_model_the_document_still_judges(check: Check) -> None:
    """A schema is broken with or without the mock; a lost date only the mock knows of."""
    assert found(check("citas", "cita-id-as-text", diff=False))[0] == ("cancelarCita", "schema")
    assert found(check("citas", "cita-confirmed-date-lost", diff=False)) == []


INTERRUPTING = """
import signal

checked = []


def interrupt(exchange):
    checked.append(exchange)
    if len(checked) == 20:
        signal.raise_signal(signal.{signal})


RULES = [interrupt]
"""


def _interrupting(folder: Path, signal_name: str) -> Path:
    """Rules of the user's own that stop the check after twenty responses, as Ctrl+C or a runner does."""
    (folder / "hooks.py").write_text(INTERRUPTING.format(signal=signal_name))
    return folder / "hooks.py"


def test_ctrl_c_gives_a_report_of_what_was_done(check: Check, tmp_path: Path) -> None:
    """Exit code 130, or 1 when something was found by then."""
    outcome = check("citas", hooks=_interrupting(tmp_path, "SIGINT"))

    assert outcome.is_interrupted
    assert (outcome.exit_code, outcome.apis[0].operations["cancelarCita"].tried > 0) == (130, True)
    assert any(note.startswith("interrupted: ") for note in outcome.apis[0].notes), outcome.apis[0].notes


def test_sigterm_gives_a_report_too(stand: Stand, tmp_path: Path) -> None:
    """Whoever ends a job sees what was done, and which documents were not."""
    hooks = ("--hooks", _interrupting(tmp_path, "SIGTERM"))
    result = invoke(*_arguments(stand), *hooks, "--spec", ROOT / "specs/reservations.yaml")

    assert result.exit_code == 130
    assert "interrupted before its turn" in result.output
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_an_error_of_ours_is_told_from_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 4."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("surprise")

    monkeypatch.setattr(runner, "ReferenceModel", fail)
    result = invoke("http://127.0.0.1:1", "--spec", ROOT / "specs/citas.yaml")

    assert (result.exit_code, "surprise" in result.output) == (4, True)


def test_a_time_limit_is_kept_and_said(check: Check) -> None:
    """What was not tried is counted."""
    outcome = check("sqod", seconds=0.3)

    assert any("the time was up" in note for note in outcome.apis[0].notes)


def test_an_identity_without_a_token_is_named(stand: Stand, tmp_path: Path) -> None:
    """So that nobody believes that it was tried."""
    text = (ROOT / "fixtures/citas.yaml").read_text().replace("    token: medico-token\n", "")
    (tmp_path / "citas.yaml").write_text(text)

    result = invoke(
        *_arguments(stand)[:3], "--fixtures", tmp_path, "--reset-url", stand.reset_url, "--no-fuzz"
    )

    assert "medico has no token" in result.output
    assert result.exit_code == 0, result.output


def test_a_token_that_holds_nowhere_is_not_blamed_on_the_implementation(stand: Stand) -> None:
    """It is named instead, as what it may do was not tested."""
    result = invoke(*_arguments(stand), "--identity", "asistente=wrong")

    assert "the token of asistente is refused" in result.output
    assert result.exit_code == 0, result.output


def test_a_refused_token_that_keeps_operations_from_being_tried_gives_no_verdict(tmp_path: Path) -> None:
    """What asks for no credential is served; nobody takes that for a check of the rest."""
    spec = tmp_path / "doors.yaml"
    spec.write_text(DOORS)
    (tmp_path / "right").mkdir()
    (tmp_path / "right/doors.yaml").write_text("identities: {owner: {token: right}}")

    with serving(Settings(specs=(spec,), fixtures=tmp_path / "right")) as url:
        arguments = (url, "--spec", spec, "--fixtures", tmp_path / "right", "--no-fuzz")
        good = invoke(*arguments)
        bad = invoke(*arguments, "--identity", "owner=wrong")
        empty = invoke(*arguments, "--identity", "owner=")

    assert (good.exit_code, bad.exit_code, empty.exit_code) == (0, 3, 2), good.output + bad.output
    assert "the token of owner is refused, and without it closed cannot be reached" in bad.output
    assert "--identity owner: the token is empty" in empty.output


def test_a_record_that_is_not_whole_is_named(stand: Stand, tmp_path: Path) -> None:
    """With what the document asks for and the fixture does not have."""
    identities = "identities: {admin: {roles: [admin], subject: '1', token: admin-token}}\n"
    records = "collections: {citas: {key: id, records: [{id: 1, estado: confirmada}]}}\n"
    (tmp_path / "citas.yaml").write_text(identities + records)

    result = invoke(*_arguments(stand)[:3], "--fixtures", tmp_path, "--no-fuzz")

    assert result.exit_code == 3
    assert 'record 1 of citas: /cita: "cliente_id" is a required property' in result.output


def test_operations_without_data_are_named(stand: Stand, tmp_path: Path) -> None:
    """404 for every record of the fixtures says that the implementation was seeded otherwise."""
    text = (ROOT / "fixtures/reservations.yaml").read_text()
    changed = text.replace("- id: 9", "- id: 79").replace("- id: 89", "- id: 789")
    (tmp_path / "reservations.yaml").write_text(changed)
    spec = ("--spec", ROOT / "specs/reservations.yaml", "--fixtures", tmp_path)

    result = invoke(stand.url, *spec, "--reset-url", stand.reset_url, "--no-fuzz")

    assert (result.exit_code, "nothing is found: 404" in result.output) == (3, True)
