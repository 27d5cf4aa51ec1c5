"""Reports: each is read back by a tool that somebody else wrote, and none holds a token."""

from __future__ import annotations

import json
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import junitparser
import pytest
import sarif_pydantic
from tests.check.checking import Check, invoke
from tests.mutation.stand import ROOT, Stand

from mockserver.check.findings.issues import ASKED_FOR, RULES, Category, Rule, Subject, merged
from mockserver.check.outcome import Outcome
from mockserver.check.planning.situations import SampleKind, Situation, SituationKind
from mockserver.check.reports import (
    github_report,
    html_report,
    json_report,
    junit_report,
    report_files,
    sarif_report,
    terminal_summary,
)
from mockserver.printing import printable


@pytest.fixture
def broken(check: Check) -> Outcome:
    """An outcome with findings: a fault of the answer's shape."""
    return check("citas", "cita-message-missing")


def test_junit_has_a_case_for_each_operation_and_rule(broken: Outcome) -> None:
    """Green ones too; junitparser reads it."""
    suite = next(iter(junitparser.JUnitXml.fromstring(junit_report.text(broken).encode())))

    cases = {case.name: case for case in suite}
    assert set(cases) == set(RULES) - ASKED_FOR
    assert suite.failures == 1
    assert [name for name, case in cases.items() if case.result] == ["schema"]


def test_junit_skips_what_was_not_reached(check: Check) -> None:
    """With the reason."""
    suite = next(iter(junitparser.JUnitXml.fromstring(junit_report.text(check("citas", safe=True)).encode())))

    assert suite.skipped == suite.tests == len(RULES) - len(ASKED_FOR)


def test_sarif_points_into_the_document(broken: Outcome) -> None:
    """Relative to the working directory, which is what code scanning can show; pydantic models accept it."""
    run = sarif_pydantic.Sarif.model_validate_json(sarif_report.text(broken)).runs[0]

    assert {rule.id for rule in run.tool.driver.rules or []} == set(RULES)
    result = json.loads(sarif_report.text(broken))["runs"][0]["results"][0]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "specs/citas.yaml"
    assert place["region"]["startLine"] > 1
    assert result["partialFingerprints"]["mockserverFinding/v2"] == broken.findings[0].id


def test_the_summary_tells_what_is_alike_once(broken: Outcome) -> None:
    """The same about several operations, or with several inputs, is one entry that names the others."""
    api = broken.apis[0]
    first = api.findings[0]
    other = replace(first.issue.operation, id="another")
    null, text = (
        Situation(SituationKind.FIELD, "id", sample=sample)
        for sample in (SampleKind.NULL, SampleKind.PLAIN_TEXT)
    )
    error = replace(first.issue, rule=Rule.SERVER_ERROR, category=Category.SERVER_ERROR)
    errors = [replace(error, subject=Subject(status=500, situation=one)) for one in (null, text)]
    elsewhere = replace(first.issue, operation=other)
    issues = [first.issue, elsewhere, *errors]
    api.findings = merged(replace(first, issue=issue) for issue in issues)

    lines = list(terminal_summary.lines(broken))

    assert [line.strip() for line in lines if "the same" in line] == [
        f"the same  in another ({elsewhere.id})",
        f"the same  with plain text ({errors[1].id})",
    ]


def test_whoever_is_served_without_a_credential_explains_the_rest(check: Check) -> None:
    """Expired, forged and invented tokens are the same open door."""
    outcome = check("citas", "cita-no-auth")

    first, *others = outcome.findings
    assert first.issue.message.endswith("serves a caller who shows none.")
    assert others
    assert {finding.follows for finding in others} == {first.id}
    shown = [line for line in terminal_summary.lines(outcome) if " · cancelarCita · " in line]
    assert len(shown) == 1
    assert f'<dt>follows from</dt><dd><a href="#{first.id}">' in html_report.text(outcome)


def test_json_has_the_verdict_and_every_operation(broken: Outcome) -> None:
    """With a version, so that programs know what they read."""
    report = json.loads(json_report.text(broken))

    assert (report["version"], report["verdict"], report["exit_code"]) == (2, "broken", 1)
    assert [operation["id"] for operation in report["apis"][0]["operations"]] == ["cancelarCita"]
    assert report["findings"][0]["document"]["pointer"].startswith("/")


def test_drift_ends_with_what_the_document_could_say(check: Check) -> None:
    """In every report."""
    outcome = check("reservations", "delete-without-effect")

    issue = outcome.findings[0].issue
    assert issue.verdict == "drift"
    clause = "After deleteReservation, deleteReservation answers 404 for the same record."
    assert issue.suggested_clause == clause
    assert f"could say {issue.suggested_clause}" in "\n".join(terminal_summary.lines(outcome))
    assert json.loads(json_report.text(outcome))["findings"][0]["suggested_clause"] == issue.suggested_clause
    assert (
        f"The document could say: {github_report.markdown_text(issue.suggested_clause)}"
        in github_report.text(outcome)
    )
    told = json.loads(sarif_report.text(outcome))["runs"][0]["results"][0]["message"]["text"]
    assert f"The document could say: {issue.suggested_clause}" in told
    assert issue.suggested_clause in html_report.text(outcome)
    assert issue.suggested_clause in junit_report.text(outcome)


class _Page(HTMLParser):
    """Notes what a page loads from elsewhere, and whether its elements are closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)
        self.loaded += [
            value or "" for name, value in attrs if name == "src" or (name == "href" and tag == "link")
        ]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_needs_nothing_beside_itself(broken: Outcome) -> None:
    """It is well nested and loads nothing."""
    page = _Page()
    page.feed(html_report.text(broken))

    assert (page.open, page.loaded) == ([], [])


def test_github_gets_an_annotation_on_the_document(
    broken: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line each, and a summary where the runner wants it."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))

    report_files.write(broken, ["github"], tmp_path / "reports")

    first = next(github_report.annotations(broken))
    assert first.startswith("::error file=specs/citas.yaml,line=")
    assert "\n" not in first
    assert "cancelarCita" in (tmp_path / "summary.md").read_text()


def test_no_report_holds_a_token(check: Check) -> None:
    """Not even where an implementation sends it back."""
    outcome = check("citas", "cita-403-as-401")

    texts = [render(outcome) for _, render in report_files.REPORTS.values()] + [
        "\n".join(terminal_summary.lines(outcome))
    ]
    for text in texts:
        assert "$TOKEN_MEDICO" in text or "TOKEN_MEDICO" in text
        assert "medico-token" not in text


def test_reports_are_written_where_they_are_wanted(stand: Stand, tmp_path: Path) -> None:
    """Each by its own name, in a folder that is made."""
    spec = (
        "--spec",
        ROOT / "specs/citas.yaml",
        "--fixtures",
        ROOT / "fixtures",
        "--reset-url",
        stand.reset_url,
    )
    folder = tmp_path / "a/b"

    result = invoke(
        stand.url,
        *spec,
        "--no-fuzz",
        "--report",
        "junit,sarif,json,html,github,pytest",
        "--report-dir",
        folder,
    )

    assert result.exit_code == 0
    assert sorted(file.name for file in folder.iterdir()) == sorted(
        name for name, _ in report_files.REPORTS.values()
    )


def test_what_xml_cannot_carry_is_replaced() -> None:
    """Controls and lone surrogates."""
    assert junit_report.clean("a\x00b\ud800c\td") == "a\ufffdb\ufffdc\td"


@pytest.mark.parametrize(
    "text", ["`x` | <img src=x> [a](b) *c* _d_", "\n# forged\n```", "\x1b[2J\u202e", "~~~"]
)
def test_text_of_a_document_is_no_markdown(text: str) -> None:
    """Neither a table, nor a link, nor a heading, nor an element."""
    shown = github_report.markdown_text(text)

    assert not set(shown) & set("`|<>[]()*_~\n\x1b\u202e")
    assert printable(text) == unescape(shown)
