"""The check against a backend that conforms, and against the same one with faults."""

from __future__ import annotations

import pytest
from tests.check.checking import Check, found, sampled
from tests.mutation.faults import OPERATIONS, catalogue
from tests.mutation.stand import Stand

# One fault for each rule and way of finding out; `make mutation` tries all of them.
SAMPLED = [
    *("cancel-answers-200", "cancel-body-optional", "cancel-reason-lost", "cancel-wrong-record"),
    *("cancel-undeclared-method", "patch-null-nested-accepted", "patch-expired-token", "patch-not-saved"),
    *("patch-nested-merge-lost", "patch-huge-500", "override-ignored", "override-text-mangled"),
    *("delete-without-effect", "delete-removes-all", "delete-any-doctor", "delete-protected-ignored"),
    *("delete-unknown-204", "delete-without-allow", "put-deletes", "put-others-allowed"),
    *("cita-media-type", "cita-doctor-kept", "cita-403-as-401", "cita-any-scheme", "cita-removes-record"),
    *("patch-other-record", "cita-forbidden-english", "put-status-ignored", "cancel-removes-record"),
]
# Those of `make test`: one of each way of finding out.
KEPT = [
    *("cancel-reason-lost", "patch-null-nested-accepted", "override-ignored"),
    *("delete-without-effect", "delete-any-doctor", "put-others-allowed", "put-status-ignored"),
    *("cita-media-type", "cita-doctor-kept", "cita-any-scheme", "cita-removes-record"),
]
FAULTS = {fault.name: fault for fault in catalogue()}


@pytest.mark.parametrize("api", ["sqod", "reservations", "citas"])
def test_nothing_is_found_in_a_backend_that_conforms(check: Check, api: str) -> None:
    """What the pages leave open is not blamed, and every operation is reached."""
    outcome = check(api)

    (checked,) = outcome.apis
    assert [finding.issue.message for finding in outcome.findings] == []
    assert [finding.issue.message for finding in checked.unstable] == []
    assert all(record.served for record in checked.operations.values())
    assert outcome.exit_code == 0


@pytest.mark.parametrize("api", sampled(["reservations", "citas"], ["citas"]))
def test_generated_requests_find_nothing_either(check: Check, api: str) -> None:
    """Schemathesis's requests go to the backend and to the mock, and neither is blamed."""
    outcome = check(api, fuzz=True, profile="quick", seconds=60)

    (checked,) = outcome.apis
    assert [finding.issue.message for finding in outcome.findings] == []
    assert any("fuzz" in record.groups for record in checked.operations.values())


@pytest.mark.parametrize("name", sampled(SAMPLED, KEPT))
def test_a_fault_is_found_and_named(check: Check, name: str) -> None:
    """What is listed first names the operation that is broken, and the rule."""
    fault = FAULTS[name]

    outcome = check(fault.api, fault.name)

    assert found(outcome)[0] == (fault.operation, fault.rule)
    assert outcome.exit_code == 1


def test_a_finding_is_shown_with_the_fewest_requests(check: Check, stand: Stand) -> None:
    """The reset, the operation that broke something, the look that shows it; with tokens as variables."""
    outcome = check("sqod", "cancel-reason-lost")

    finding = outcome.findings[0]
    assert finding.steps[0] == f"curl -i -X POST {stand.reset_url}"
    assert [step.split()[3] for step in finding.steps[1:]] == ["POST", "PATCH"]
    assert all("$TOKEN_AGENT" in step and "agent-token" not in step for step in finding.steps[1:])
    assert finding.line is not None


@pytest.mark.parametrize("api", sampled(["sqod", "reservations", "citas"], ["reservations"]))
def test_without_a_reset_the_effects_are_accounted_for(check: Check, api: str) -> None:
    """The model goes through the same, so that what was cancelled earlier is expected to be."""
    outcome = check(api, reset_url=None)

    assert [finding.issue.message for finding in outcome.findings] == []


@pytest.mark.parametrize(
    "name",
    sampled(["cancel-status-kept", "delete-without-effect", "cita-twice-refused"], ["delete-without-effect"]),
)
def test_faults_are_found_without_a_reset(check: Check, name: str) -> None:
    """Each record is good for something."""
    fault = FAULTS[name]

    outcome = check(fault.api, fault.name, reset_url=None)

    assert (fault.operation, fault.rule) in found(outcome)


def test_every_fault_names_an_operation() -> None:
    """The catalogue's names begin with a word that stands for one."""
    assert {name.partition("-")[0] for name in FAULTS} == set(OPERATIONS)
    assert len(FAULTS) >= 66
