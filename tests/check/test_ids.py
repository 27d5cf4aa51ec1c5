"""Ids of findings are made of fields: words for people change none, and each field makes another one."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.check.checking import Check, invoke
from tests.mutation.stand import ROOT, Stand

from mockserver.check.findings import phrases
from mockserver.check.findings.finalise import ordered
from mockserver.check.findings.issues import Category, Finding, Issue, Rule, Subject, Verdict, merged
from mockserver.check.planning.situations import (
    CallerKind,
    PathValueKind,
    SampleKind,
    Situation,
    SituationKind,
)
from mockserver.openapi.document import load

CITAS = load(ROOT / "specs/citas.yaml")
OPERATION = CITAS.operation("cancelarCita")
OTHER = load(ROOT / "specs/reservations.yaml").operation("deleteReservation")
SITUATION = Situation(SituationKind.FIELD, "name", sample=SampleKind.NULL)
ISSUE = Issue(
    OPERATION,
    Rule.VALUE,
    Category.VALUE_DIFFERS,
    Subject(("data", "name"), situation=SITUATION),
    "message",
    "expected",
    "got",
    OPERATION.pointer,
)
OTHER_VALUES: dict[str, Any] = {
    "place": ("data", "[]", "name"),
    "status": 200,
    "keyword": "type",
    "media_type": "text/plain",
    "method": "POST",
    "caller": CallerKind.ANONYMOUS,
    "identity": "admin",
    "situation": replace(SITUATION, sample=SampleKind.EMPTY_TEXT),
    "other": "getItem",
}
OTHER_SITUATIONS: dict[str, Any] = {
    "kind": SituationKind.PARAMETER,
    "name": "other",
    "address": PathValueKind.UNKNOWN,
    "sample": SampleKind.EMPTY_TEXT,
    "about": "date",
    "number": 1,
}
FAULTS = {
    "citas": "cita-no-auth",
    "reservations": "put-malformed-500",
}
TABLES: tuple[dict[Any, str], ...] = (
    phrases.CALLERS,
    phrases.ADDRESSES,
    phrases.SITUATIONS,
    phrases.SAMPLES,
)


def _finding(issue: Issue, **changes: Any) -> Finding:
    return Finding(issue, "citas.yaml", 1, (), "title", **changes)


@given(st.text(), st.text(), st.text(), st.text(), st.text())
def test_no_text_is_part_of_an_id(
    message: str, expected: str, got: str, suggested_clause: str, pointer: str
) -> None:
    """Whatever a finding says, and wherever the document says otherwise, its id is the same."""
    changed = replace(
        ISSUE,
        message=message,
        expected=expected,
        got=got,
        suggested_clause=suggested_clause,
        pointer=pointer,
    )

    assert changed.id == ISSUE.id


@pytest.mark.parametrize(
    ("kinds", "table"),
    [
        (CallerKind, phrases.CALLERS),
        (PathValueKind, phrases.ADDRESSES),
        (SituationKind, phrases.SITUATIONS),
        (SampleKind, phrases.SAMPLES),
    ],
)
def test_every_kind_has_words(kinds: type[StrEnum], table: dict[StrEnum, str]) -> None:
    """The tables of phrases know each value of the enums."""
    assert set(table) == set(kinds)


def test_issues_that_differ_in_one_field_have_two_ids() -> None:
    """The operation, the rule, the category, and every field of the subject and of the situation."""
    subjects = [replace(ISSUE.subject, **{name: value}) for name, value in OTHER_VALUES.items()]
    situations = [replace(SITUATION, **{name: value}) for name, value in OTHER_SITUATIONS.items()]
    issues = [
        ISSUE,
        replace(ISSUE, operation=OTHER),
        replace(ISSUE, rule=Rule.STATE),
        replace(ISSUE, category=Category.FIELD_NOT_SAVED),
        *(replace(ISSUE, subject=subject) for subject in subjects),
        *(replace(ISSUE, subject=replace(ISSUE.subject, situation=one)) for one in situations[:3]),
        *(replace(ISSUE, subject=replace(ISSUE.subject, situation=one)) for one in situations[4:]),
    ]

    assert set(OTHER_VALUES) == {field.name for field in fields(Subject)}
    assert set(OTHER_SITUATIONS) == {field.name for field in fields(Situation)}
    assert len({issue.id for issue in issues}) == len(issues)


def test_categories_never_share_an_id() -> None:
    """Two ways to break one rule at one place are two findings."""
    ids = {replace(ISSUE, category=category, rule=rule).id for category in Category for rule in Rule}

    assert len(ids) == len(Category) * len(Rule)


def _scrambled(finding: Finding) -> Finding:
    issue = replace(finding.issue, message="x", expected="x", got="x", suggested_clause="x")
    return replace(finding, issue=issue, title="x", alike=())


@pytest.mark.parametrize("api", FAULTS)
def test_other_words_find_the_same(check: Check, monkeypatch: pytest.MonkeyPatch, api: str) -> None:
    """With every phrase and every message replaced, ids, members and causes are the same."""
    before = check(api, FAULTS[api]).findings
    for table in TABLES:
        for number, kind in enumerate(list(table)):
            monkeypatch.setitem(table, kind, f"words {number}")

    after = check(api, FAULTS[api]).findings
    scrambled = [_scrambled(member) for one in before for member in one.members]

    assert before
    assert "words" in after[0].title
    assert _structure(before) == _structure(after) == _structure(merged(ordered(scrambled)))


def _structure(found: list[Finding]) -> list[tuple[Any, ...]]:
    return [(one.id, _members([one]), one.follows, one.issue.rule) for one in found]


def test_findings_of_one_run_have_ids_of_their_own(check: Check) -> None:
    """Merged or not, each id is named once."""
    members = _members(check("citas", "cita-no-auth").findings)

    assert len(members) > 2
    assert len(set(members)) == len(members)


def _members(found: list[Finding]) -> list[str]:
    return [member.id for one in found for member in one.members]


def test_what_differs_in_the_value_that_was_tried_is_one_finding() -> None:
    """It names the ids of all of them; another field, rule or cause is another finding."""
    null, empty = SITUATION, replace(SITUATION, sample=SampleKind.EMPTY_TEXT)
    error = replace(ISSUE, rule=Rule.SERVER_ERROR, category=Category.SERVER_ERROR)
    issues = [
        replace(error, subject=Subject(status=500, situation=situation))
        for situation in (null, empty, replace(null, name="other"))
    ]
    found = merged([*(_finding(issue) for issue in issues), _finding(issues[1], follows="cause")])

    assert [[member.id for member in one.members] for one in found] == [
        [issues[0].id, issues[1].id],
        [issues[2].id],
        [issues[1].id],
    ]
    assert found[0].as_json()["members"] == [issues[0].id, issues[1].id]
    assert found[0].as_json()["scenarios"] == 2
    assert merged(found) == found


def test_a_drift_is_not_merged_with_a_breach() -> None:
    """The two verdicts ask for different things to be done."""
    found = merged([_finding(ISSUE), _finding(replace(ISSUE, verdict=Verdict.DRIFT))])

    assert len(found) == 2


def _arguments(stand: Stand) -> tuple[object, ...]:
    """A check with a fault of which one finding has several members."""
    stand.switch("put-malformed-500")
    spec = ("--spec", ROOT / "specs/reservations.yaml", "--fixtures", ROOT / "fixtures")
    return (stand.url, *spec, "--reset-url", stand.reset_url, "--no-fuzz")


def test_a_baseline_accepts_members_of_a_finding(stand: Stand, tmp_path: Path) -> None:
    """What it accepts is set apart; the members that it does not have are still a finding."""
    arguments, baseline = _arguments(stand), tmp_path / "baseline.json"
    report = ("--report", "json", "--report-dir", tmp_path)
    invoke(*arguments, *report)
    whole = json.loads((tmp_path / "check.json").read_text())
    (members,) = [one["members"] for one in whole["findings"] if len(one["members"]) > 1]
    others = [one["id"] for one in whole["findings"] if one["members"] != members]

    baseline.write_text(json.dumps({"version": 2, "findings": [*others, members[0]]}))
    some = invoke(*arguments, *report, "--baseline", baseline)
    rest = json.loads((tmp_path / "check.json").read_text())
    baseline.write_text(json.dumps(whole))
    accepted = invoke(*arguments, "--baseline", baseline)

    assert (some.exit_code, accepted.exit_code) == (1, 0), some.output + accepted.output
    assert [one["members"] for one in rest["findings"]] == [members[1:]]
    assert members[0] in [one["id"] for one in rest["accepted"]]


def test_a_member_of_a_finding_is_repeated(stand: Stand, tmp_path: Path) -> None:
    """`--repro` takes the id of each member."""
    arguments = _arguments(stand)
    report = ("--report", "json", "--report-dir", tmp_path)
    invoke(*arguments, *report)
    findings = json.loads((tmp_path / "check.json").read_text())["findings"]
    (members,) = [one["members"] for one in findings if len(one["members"]) > 1]

    result = invoke(*arguments, *report, "--repro", members[1])

    again = json.loads((tmp_path / "check.json").read_text())["findings"]
    assert result.exit_code == 1
    assert [one["members"] for one in again] == [members[1:2]]


@pytest.mark.parametrize(
    "content",
    [
        {"findings": [{"id": "3f0c7e12aa", "operation": "deleteReservation", "rule": "state"}]},
        {"version": 1, "findings": [], "apis": []},
        {"version": 3, "findings": []},
        ["3f0c7e12aa"],
    ],
    ids=["baseline", "report", "later", "list"],
)
def test_a_baseline_of_another_version_is_refused(tmp_path: Path, content: Any) -> None:
    """With the command line that writes a new one, and no secret in it."""
    baseline, spec = tmp_path / "my baseline.json", ROOT / "specs/reservations.yaml"
    baseline.write_text(json.dumps(content))

    result = invoke(
        "http://127.0.0.1:1", "--spec", spec, "--identity", "me=secret", "--baseline", baseline, "--no-fuzz"
    )

    assert result.exit_code == 2
    line = f'mockserver check http://127.0.0.1:1 --spec {spec} --identity me="$TOKEN_ME" '
    assert f"{line}--baseline '{baseline}' --update-baseline" in result.output
    assert "secret" not in result.output


def test_that_line_makes_a_new_baseline(stand: Stand, tmp_path: Path) -> None:
    """An outdated file is replaced, and the next run accepts what it has."""
    baseline = tmp_path / "known.json"
    baseline.write_text('{"findings": [{"id": "3f0c7e12aa"}]}')
    arguments = (*_arguments(stand), "--baseline", baseline)

    renewed = invoke(*arguments, "--update-baseline")
    again = invoke(*arguments)

    assert (renewed.exit_code, again.exit_code) == (1, 0), renewed.output + again.output
    assert json.loads(baseline.read_text())["version"] == 2


@pytest.mark.parametrize("text", ["", "5", '{"version": 2}', '{"version": 2, "findings": [{}]}'])
def test_what_is_no_baseline_is_never_replaced(tmp_path: Path, text: str) -> None:
    """A file of something else, named by mistake, stays as it is."""
    file = tmp_path / "notes.txt"
    file.write_text(text)

    result = invoke(
        "http://127.0.0.1:1", "--spec", ROOT / "specs/citas.yaml", "--baseline", file, "--update-baseline"
    )

    assert (result.exit_code, file.read_text()) == (2, text)
    assert "is not a baseline" in result.output
