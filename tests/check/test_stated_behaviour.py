"""What a document says in words is checked; where it is silent, the same server is not blamed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.check.checking import sampled
from tests.check.serving import small
from tests.mutation.stated import STATED

from mockserver.check.check_options import Options
from mockserver.check.outcome import Outcome
from mockserver.check.runner import run

FAULTS = [
    (api, name) for api, one in STATED.items() for name, fault in one.faults.items() if fault.group == "tuned"
]
KEPT = [
    ("corner", "restock-sets-the-stock"),
    ("corner", "search-case-sensitive"),
    ("desk", "siblings-deleted"),
    ("media", "content-type-lost"),
    ("meetings", "others-shown"),
]
SILENT = {
    ("corner", "total-rounded"): "Sum of quantity \u00d7 unit price of all lines.",
    ("corner", "restock-sets-the-stock"): "Adds the quantity to the product's stock.",
    ("corner", "search-case-sensitive"): "Case-insensitive search in the name of the product.",
    ("corner", "ordered-product-deleted"): (
        " A product that is part of an order that is still a draft or placed cannot be removed."
    ),
    ("desk", "priority-by-alphabet"): ": low, normal, high, urgent",
    ("meetings", "bookings-survive"): " The bookings of the room are removed, too.",
    ("meetings", "end-before-start"): "`end` must be after `start`. ",
    ("meetings", "others-disclosed"): (
        ": rooms and\n    bookings of other companies do not exist for a caller (404), "
        "so that nothing about them is disclosed"
    ),
    ("contacts", "labels-sorted"): ", description: In the order in which they are displayed",
    ("media", "files-survive"): ", together with everything in it",
}
"""For faults that are faults only because of some words, these words."""
KEPT_SILENT = [("corner", "restock-sets-the-stock"), ("meetings", "bookings-survive")]


def _check(folder: Path, name: str, fault: str, silent_about: str = "") -> Outcome:
    api = STATED[name]
    document = api.document.replace(silent_about, "") if silent_about else api.document
    assert not silent_about or document != api.document
    (folder / f"{name}.yaml").write_text(document)
    with small(api.server(fault)) as url:
        return run(
            Options(specs=(folder / f"{name}.yaml",), url=url, identities=dict(api.tokens), fuzz=False)
        )


def _found(outcome: Outcome) -> list[tuple[str, str]]:
    found = [*outcome.findings, *outcome.apis[0].unstable, *outcome.apis[0].warnings]
    return [(one.issue.operation.id, one.issue.message) for one in found]


@pytest.mark.parametrize("name", sampled(list(STATED), ["media", "meetings"]))
def test_a_server_that_does_what_its_document_says_is_not_blamed(tmp_path: Path, name: str) -> None:
    """And nearly every operation is reached, with the document alone."""
    outcome = _check(tmp_path, name, "")

    assert _found(outcome) == []
    assert sum(not one.served for one in outcome.apis[0].operations.values()) <= 1


@pytest.mark.parametrize(("name", "fault"), sampled(FAULTS, KEPT))
def test_the_operation_that_does_something_else_is_named(tmp_path: Path, name: str, fault: str) -> None:
    """Faults that the check was improved with; `make mutation` also has those that were held out."""
    found = _found(_check(tmp_path, name, fault))

    assert found
    assert found[0][0] in STATED[name].faults[fault].operations


@pytest.mark.parametrize(("name", "fault"), sampled(SILENT, KEPT_SILENT))
def test_what_a_document_does_not_say_blames_nobody(tmp_path: Path, name: str, fault: str) -> None:
    """The same server with a document without the words that make its behaviour a fault."""
    assert _found(_check(tmp_path, name, fault, silent_about=SILENT[name, fault])) == []
