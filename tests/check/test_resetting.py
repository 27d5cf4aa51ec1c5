"""A reset that asks for a credential, and no reset at all: what is sent, and what is said."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from tests.check.checking import Check, found, invoke
from tests.mutation.stand import ROOT, Stand

from mockserver.check.target.hosting import serving
from mockserver.check.target.resetting import reset_of
from mockserver.config import Settings

CITAS = ("--spec", ROOT / "specs/citas.yaml", "--fixtures", ROOT / "fixtures", "--no-fuzz")
SECRET = "hush-hush-1234"


def test_a_mock_beyond_loopback_is_reset_with_its_token() -> None:
    """Its admin API asks for one; without it the summary says what to give."""
    specs, fixtures = (ROOT / "specs/citas.yaml",), ROOT / "fixtures"
    settings = Settings(specs=specs, fixtures=fixtures, host="0.0.0.0", admin_token=SECRET)  # noqa: S104  not bound

    with serving(settings) as url:
        reset = ("--reset-url", url + "/__admin/reset")
        refused = invoke(url, *CITAS, *reset)
        served = invoke(url, *CITAS, *reset, "--reset-header", f"Authorization: Bearer {SECRET}")

    assert (refused.exit_code, "--reset-header sends a credential" in refused.output) == (3, True)
    assert served.exit_code == 0, served.output


def test_no_report_shows_what_the_reset_is_sent(stand: Stand, tmp_path: Path) -> None:
    """Header fields are variables in the curl lines."""
    stand.switch("cita-doctor-kept")
    reports = ("--report", "junit,sarif,json,html,github", "--report-dir", tmp_path)
    reset = ("--reset-url", stand.reset_url, "--reset-header", f"X-Reset-Key: {SECRET}")

    result = invoke(stand.url, *CITAS, *reset, *reports)

    assert f"curl -i -X POST {stand.reset_url} -H 'X-Reset-Key: '\"$RESET_X_RESET_KEY\"" in result.output
    assert SECRET not in result.output + "".join(file.read_text() for file in tmp_path.iterdir())


def test_a_name_and_a_password_in_the_url_are_sent_as_basic() -> None:
    """And leave the URL, which reports show."""
    reset = reset_of(f"https://me:{SECRET}@example.com/reset", ())

    assert reset is not None
    encoded = base64.b64encode(f"me:{SECRET}".encode()).decode()
    assert (reset.url, reset.headers) == ("https://example.com/reset", {"Authorization": f"Basic {encoded}"})
    assert SECRET not in reset.curl()


@pytest.mark.parametrize(
    ("arguments", "suggested_clause"),
    [
        (("--reset-header", "X: y"), "belongs to --reset-url"),
        (("--reset-url", "http://127.0.0.1:1/", "--reset-header", SECRET), "NAME: VALUE"),
        (("--identity", SECRET), "NAME=TOKEN"),
    ],
)
def test_a_header_that_cannot_be_meant_is_refused(arguments: tuple[str, ...], suggested_clause: str) -> None:
    """Exit code 2."""
    result = invoke("http://127.0.0.1:1", *CITAS, *arguments)

    assert (result.exit_code, suggested_clause in result.output) == (2, True)
    assert SECRET not in result.output


def test_a_url_with_a_password_is_refused_without_repeating_it() -> None:
    """It would stand in every curl line."""
    result = invoke(f"http://me:{SECRET}@127.0.0.1:1", *CITAS)

    assert (result.exit_code, "--identity NAME=USER:PASSWORD" in result.output) == (2, True)
    assert SECRET not in result.output


def test_a_broken_form_is_no_reason_to_leave_a_record_alone(check: Check) -> None:
    """Without a reset, what is wrong with the look of an answer keeps nothing else from being tried."""
    outcome = check("sqod", "patch-date-with-slashes", reset_url=None)

    assert outcome.requests > 500
    assert found(outcome)[0] == ("patchAppointmentById", "schema")


def test_what_was_left_out_for_want_of_a_reset_is_said(check: Check) -> None:
    """A record on which both sides went apart is good for nothing else."""
    outcome = check("citas", "cita-confirmed-date-lost", reset_url=None)

    notes = " ".join(outcome.apis[0].notes)
    assert "scenarios were left out" in notes
    assert "cancelarCita (" in notes
