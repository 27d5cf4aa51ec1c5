"""Documents that no handler knows: what was written is read, what was deleted is gone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.check.checking import found, sampled
from tests.check.shop import DOCUMENT, shop

from mockserver.check.check_options import Options
from mockserver.check.outcome import Outcome
from mockserver.check.runner import run


def _check(folder: Path, fault: str | None, *, fuzz: bool = False) -> Outcome:
    (folder / "shop.yaml").write_text(DOCUMENT)
    with shop(fault) as url:
        return run(Options(specs=(folder / "shop.yaml",), url=url, fuzz=fuzz, profile="quick"))


@pytest.mark.parametrize("fuzz", [False, True], ids=["directed", "generated"])
def test_nothing_is_found_in_a_shop_that_holds(tmp_path: Path, fuzz: bool) -> None:
    """Its ids are its own, and no fixture describes it."""
    outcome = _check(tmp_path, None, fuzz=fuzz)

    assert [finding.issue.message for finding in outcome.findings] == []
    assert outcome.exit_code == 0


@pytest.mark.parametrize(
    ("fault", "operation", "rule"),
    sampled(
        [
            ("not-stored", "createItem", "state"),
            ("price-lost", "createItem", "state"),
            ("list-omits", "listItems", "state"),
            ("limit-ignored", "listItems", "value"),
            ("put-not-saved", "putItem", "state"),
            ("patch-resets-price", "patchItem", "state"),
            ("patch-loses-price", "patchItem", "state"),
            ("patch-loses-note", "patchItem", "state"),
            ("filter-ignored", "listItems", "value"),
            ("delete-without-effect", "deleteItem", "state"),
        ],
        [
            ("not-stored", "createItem", "state"),
            ("patch-resets-price", "patchItem", "state"),
            ("filter-ignored", "listItems", "value"),
        ],
    ),
)
def test_what_contradicts_itself_is_found(tmp_path: Path, fault: str, operation: str, rule: str) -> None:
    """The operation that broke its word is named."""
    assert found(_check(tmp_path, fault))[:1] == [(operation, rule)]


def test_a_finding_takes_no_more_requests_than_it_needs(tmp_path: Path) -> None:
    """That a removed thing is still there needs no changes before."""
    outcome = _check(tmp_path, "delete-without-effect")

    steps = outcome.apis[0].findings[0].steps
    assert [step.split(" -X ")[-1].split()[0] for step in steps[:2]] == ["POST", "DELETE"]
    assert len(steps) == 3


def test_a_finding_about_a_life_is_repeated_without_the_rest(tmp_path: Path) -> None:
    """`--repro` lives through one thing of each kind again, and no more."""
    (tmp_path / "shop.yaml").write_text(DOCUMENT)
    options = Options(specs=(tmp_path / "shop.yaml",), fuzz=False, profile="quick")
    with shop("put-not-saved") as url:
        whole = run(replace(options, url=url))
        wanted = whole.findings[0].id
        again = run(replace(options, url=url, repro=wanted))

    assert [finding.id for finding in again.findings] == [wanted]
    assert again.requests < whole.requests / 2


def test_some_operations_alone_are_held_to_themselves_too(tmp_path: Path) -> None:
    """`--only` and `--exclude` narrow what is tried, not how."""
    (tmp_path / "shop.yaml").write_text(DOCUMENT)
    options = Options(specs=(tmp_path / "shop.yaml",), fuzz=False, exclude=("putItem", "patchItem"))
    with shop("delete-without-effect") as url:
        outcome = run(replace(options, url=url))

    assert found(outcome) == [("deleteItem", "state")]


def test_names_that_are_taken_do_not_hide_a_fault(tmp_path: Path) -> None:
    """What an earlier check has made is in the way of the next one, which then takes another name."""
    (tmp_path / "shop.yaml").write_text(DOCUMENT)
    options = Options(specs=(tmp_path / "shop.yaml",), fuzz=False, profile="quick")
    with shop("patch-resets-price", has_unique_names=True) as url:
        outcomes = [run(replace(options, url=url)) for _ in range(2)]

    assert [found(outcome)[:1] for outcome in outcomes] == [[("patchItem", "state")]] * 2


def test_a_token_needs_no_fixture(tmp_path: Path) -> None:
    """Where no fixture describes identities, the one that is given is sent, and a stranger is tried, too."""
    secured = DOCUMENT.replace("info:", "security: [{bearer: []}]\ninfo:", 1)
    scheme = "\ncomponents: {securitySchemes: {bearer: {type: http, scheme: bearer}}}\n"
    (tmp_path / "shop.yaml").write_text(secured + scheme)
    with shop() as url:
        specs = (tmp_path / "shop.yaml",)
        outcome = run(Options(specs=specs, url=url, identities={"me": "secret"}, fuzz=False))

    assert ("listItems", "auth") in found(outcome)
    assert not any("refused" in record.unreached for record in outcome.apis[0].operations.values())


def test_the_mock_of_any_document_conforms_to_it(tmp_path: Path) -> None:
    """Without a URL the mock is checked; it makes, lists, changes and removes."""
    (tmp_path / "shop.yaml").write_text(DOCUMENT)

    outcome = run(Options(specs=(tmp_path / "shop.yaml",), fuzz=False))

    assert [finding.issue.message for finding in outcome.findings] == []


def test_paths_that_a_header_or_the_query_tells_apart_are_tried(tmp_path: Path) -> None:
    """What a document writes behind `?` or `#` of a path is sent as what it means."""
    (tmp_path / "rpc.yaml").write_text(
        """
openapi: 3.0.3
info: {title: Calls, version: '1'}
paths:
  /#X-Target=Go: {post: {operationId: go, responses: &done {'200': {description: Done.}}}}
  /#X-Target=Wait: {post: {operationId: wait, responses: *done}}
  /?Action=Stop: {post: {operationId: stop, responses: *done}}
"""
    )

    outcome = run(Options(specs=(tmp_path / "rpc.yaml",), fuzz=False))

    assert found(outcome) == []
    assert all(record.served for record in outcome.apis[0].operations.values())
