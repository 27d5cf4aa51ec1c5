"""Backends that follow the pages, and do otherwise than the reference where the pages are silent."""

from __future__ import annotations

import itertools

import pytest
from tests.check.checking import Check, sampled
from tests.check.readings import MANNERS, Manner, reading
from tests.mutation.stand import Stand


@pytest.mark.parametrize(
    ("manner", "api"),
    sampled(
        itertools.product(MANNERS, ["sqod", "reservations", "citas"]),
        [("pages", "reservations"), ("problems", "sqod"), ("nothing", "citas")],
    ),
)
def test_silence_of_the_pages_is_not_blamed(check: Check, stand: Stand, manner: str, api: str) -> None:
    """Errors, dates, nulls, further fields, codings, and an update that the page only mentions."""
    with reading(stand.url, MANNERS[manner]) as url:
        outcome = check(api, url=url)

    assert [finding.issue.message for finding in outcome.findings] == []
    assert outcome.exit_code == 0


def test_generated_requests_do_not_blame_silence_either(check: Check, stand: Stand) -> None:
    """An answer that the page does not show may be an envelope around what is expected."""
    with reading(stand.url, Manner(update=200)) as url:
        outcome = check("reservations", url=url, fuzz=True, profile="quick", seconds=60)

    assert [finding.issue.message for finding in outcome.findings] == []


def test_an_inferred_operation_that_is_refused_is_not_reached(check: Check, stand: Stand) -> None:
    """Nobody is blamed for it, and the summary says that it was not tested."""
    with reading(stand.url, MANNERS["problems"]) as url:
        outcome = check("reservations", url=url)

    record = outcome.apis[0].operations["updateReservation"]
    assert record.unreached == "every request in order is refused (422)"


def test_a_fault_is_still_found_beside_an_operation_that_is_not_there(check: Check, stand: Stand) -> None:
    """What cannot be looked at is not what was deleted."""
    with reading(stand.url, MANNERS["pages"]) as url:
        outcome = check("reservations", "delete-unknown-204", url=url)

    assert {finding.issue.operation.id for finding in outcome.findings} == {"deleteReservation"}


@pytest.mark.parametrize(
    ("fault", "verdict"),
    sampled(
        [
            ("delete-any-doctor", "drift"),
            ("patch-role-not-checked", "drift"),
            ("cita-role-not-checked", "contract"),
            ("cancel-twice-refused", "drift"),
            ("patch-null-language-refused", "contract"),
        ],
        [("delete-any-doctor", "drift"), ("cita-role-not-checked", "contract")],
    ),
)
def test_what_the_document_does_not_say_is_drift(check: Check, fault: str, verdict: str) -> None:
    """Such a finding suggests a clause that would settle it; a breach of the document suggests none."""
    api = {"delete": "reservations", "cita": "citas"}.get(fault.partition("-")[0], "sqod")
    outcome = check(api, fault)

    issue = outcome.findings[0].issue
    assert issue.verdict == verdict
    assert bool(issue.suggested_clause) is (verdict == "drift")
