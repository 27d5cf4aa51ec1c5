"""The JUnit XML report: a test case per operation and rule, passed or failed."""

import re
from xml.etree import ElementTree as ET

from mockserver.check.findings.issues import ASKED_FOR, RULES, Finding, Rule
from mockserver.check.outcome import ApiOutcome, OperationRecord, Outcome

# Characters that XML 1.0 cannot represent.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NEEDS_CALLERS = {Rule.AUTH, Rule.ROLE, Rule.OWNERSHIP}


def text(outcome: Outcome) -> str:
    """The report as XML."""
    suites = [_suite(api) for api in outcome.apis]
    root = ET.Element(
        "testsuites", _totals(suites) | {"name": "mockserver check", "time": f"{outcome.seconds:.3f}"}
    )
    root.extend(suites)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _totals(suites: list[ET.Element]) -> dict[str, str]:
    names = ("tests", "failures", "errors")
    return {name: str(sum(int(suite.get(name, "0")) for suite in suites)) for name in names}


def _suite(api: ApiOutcome) -> ET.Element:
    cases = [case for record in api.operations.values() for case in _cases(api, record)]
    counts = {
        name: sum(case.find(name) is not None for case in cases) for name in ("failure", "error", "skipped")
    }
    suite = ET.Element(
        "testsuite",
        {
            "name": api.service.document.name,
            "tests": str(len(cases)),
            "failures": str(counts["failure"]),
            "errors": str(counts["error"]),
            "skipped": str(counts["skipped"]),
        },
    )
    suite.extend(cases)
    return suite


def _cases(api: ApiOutcome, record: OperationRecord) -> list[ET.Element]:
    return [
        _case(api, record, rule)
        for rule in RULES
        if _of(api, record, rule)
        or (rule not in ASKED_FOR and (rule not in _NEEDS_CALLERS or record.operation.security))
    ]


def _of(api: ApiOutcome, record: OperationRecord, rule: Rule) -> list[Finding]:
    return [
        finding
        for finding in api.findings
        if finding.issue.rule == rule and finding.issue.operation.id == record.operation.id
    ]


def _case(api: ApiOutcome, record: OperationRecord, rule: Rule) -> ET.Element:
    operation = record.operation
    case = ET.Element(
        "testcase",
        {"classname": f"{api.service.document.name}.{operation.id}", "name": rule},
    )
    found = _of(api, record, rule)
    reason = record.unreached or api.no_verdict or ("" if record.tried else "it was not tried")
    if found:
        failure = ET.SubElement(case, "failure", {"type": rule, "message": clean(found[0].issue.message)})
        failure.text = clean("\n\n".join(map(_text_of, found)))
    elif reason:
        ET.SubElement(case, "skipped", {"message": clean(reason)})
    return case


def _text_of(finding: Finding) -> str:
    issue = finding.issue
    place = f"{finding.file}:{finding.line}" if finding.line else finding.file
    lines = [
        issue.message,
        f"expected: {issue.expected}",
        f"got: {issue.got}",
        f"document: {place} {issue.pointer}",
    ]
    if issue.suggested_clause:
        lines.append(f"the document could say: {issue.suggested_clause}")
    ids = ", ".join(member.id for member in finding.members)
    return "\n".join([*lines, f"finding: {ids}", *finding.steps])


def clean(value: str) -> str:
    """Text without characters that XML cannot represent."""
    return _UNWRITABLE.sub("\ufffd", value)
