"""SARIF 2.1.0: findings that point into the document, for code scanning."""

from pathlib import Path
from typing import Any

import orjson

from mockserver import __version__
from mockserver.check.findings.issues import RULES, Finding
from mockserver.check.outcome import Outcome

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"


def text(outcome: Outcome) -> str:
    """The report as JSON."""
    return orjson.dumps(content(outcome), option=orjson.OPT_INDENT_2).decode() + "\n"


def content(outcome: Outcome) -> dict[str, Any]:
    """The report as plain values."""
    driver = {
        "name": "mockserver",
        "version": __version__,
        "rules": [{"id": rule, "shortDescription": {"text": promise}} for rule, promise in RULES.items()],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": outcome.exit_code in {0, 1}}],
        "results": [_result(finding) for finding in outcome.findings],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: Finding) -> dict[str, Any]:
    issue = finding.issue
    text = f"{issue.message}\nExpected: {issue.expected}\nGot: {issue.got}"
    if issue.suggested_clause:
        text += f"\nThe document could say: {issue.suggested_clause}"
    steps = "\n".join(finding.steps)
    return {
        "ruleId": issue.rule,
        "ruleIndex": list(RULES).index(issue.rule),
        "level": "error",
        "message": {"text": f"{text}\n\n{steps}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": location(finding.file)},
                    "region": {"startLine": finding.line or 1},
                },
                "logicalLocations": [
                    {
                        "name": issue.operation.id,
                        "fullyQualifiedName": f"{issue.operation.api}.{issue.operation.id}",
                    }
                ],
            }
        ],
        "partialFingerprints": {"mockserverFinding/v2": finding.id},
        "properties": {
            "verdict": issue.verdict,
            "category": issue.category,
            "pointer": issue.pointer,
            "members": [member.id for member in finding.members],
        },
    }


def location(file: str) -> str:
    """A file as a URI: relative to the working directory if inside it, as code scanning requires."""
    path = Path(file)
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return path.as_uri() if path.is_absolute() else path.as_posix()
