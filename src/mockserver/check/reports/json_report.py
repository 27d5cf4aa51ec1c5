"""The JSON report; its `version` changes when a field changes its meaning."""

from typing import Any

import orjson

from mockserver import __version__
from mockserver.check.findings import baselines
from mockserver.check.outcome import ApiOutcome, Outcome

VERSION = baselines.VERSION


def text(outcome: Outcome) -> str:
    """The report as JSON."""
    return orjson.dumps(content(outcome), option=orjson.OPT_INDENT_2).decode() + "\n"


def content(outcome: Outcome) -> dict[str, Any]:
    """The report as plain values."""
    options = outcome.options
    return {
        "version": VERSION,
        "tool": {"name": "mockserver", "version": __version__},
        "verdict": verdict(outcome),
        "reason": "; ".join(reasons(outcome)),
        "exit_code": outcome.exit_code,
        "seed": options.seed,
        "profile": options.profile,
        "interrupted": outcome.is_interrupted,
        "requests": outcome.requests,
        "seconds": round(outcome.seconds, 3),
        "apis": [_api(api) for api in outcome.apis],
        "findings": [finding.as_json() for finding in outcome.findings],
        "unstable": [finding.as_json() for api in outcome.apis for finding in api.unstable],
        "warnings": [finding.as_json() for api in outcome.apis for finding in api.warnings],
        "accepted": [finding.as_json() for api in outcome.apis for finding in api.accepted],
    }


def reasons(outcome: Outcome) -> list[str]:
    """Why there is no verdict: a document has none, or too little was reached."""
    found = [api.no_verdict for api in outcome.apis if api.no_verdict]
    if outcome.exit_code != 3:
        return found
    short = ((api, text) for api in outcome.apis for text in api.shortfalls(outcome.options))
    return found + [f"{api.service.name}: {text}" for api, text in short if not api.no_verdict]


def verdict(outcome: Outcome) -> str:
    """The verdict in a word or two."""
    if outcome.options.dry_run and outcome.exit_code == 0:
        return "nothing sent"
    return {0: "conforms", 1: "broken", 3: "no verdict", 130: "interrupted"}.get(
        outcome.exit_code, "mock defect"
    )


def unreached(outcome: Outcome) -> str:
    """How many operations were not reached, as text; empty if all were."""
    records = [record for api in outcome.apis for record in api.operations.values()]
    count = sum(bool(record.unreached) for record in records)
    return f"{count} of {len(records)} operations not reached" if count else ""


def _api(api: ApiOutcome) -> dict[str, Any]:
    document = api.service.document
    return {
        "name": document.name,
        "title": document.title,
        "file": str(document.file),
        "url": api.base_url,
        "no_verdict": api.no_verdict,
        "notes": api.notes,
        "operations": [
            {
                "id": record.operation.id,
                "method": record.operation.method.upper(),
                "path": record.operation.path,
                "requests": record.tried,
                "served": record.served,
                "tried": sorted(record.groups),
                "not_reached": record.unreached,
                "statuses": dict(record.coverage.statuses),
                "parts": [
                    {
                        "in": location,
                        "name": name,
                        "tried": part.tried,
                        "reached": part.reached,
                        "verified_by": sorted(part.verified),
                    }
                    for (location, name), part in record.coverage.parts.items()
                ],
            }
            for record in api.operations.values()
        ],
    }


def coverage(outcome: Outcome) -> str:
    """How much of the documents was reached, as text."""
    records = [record for api in outcome.apis for record in api.operations.values()]
    parts = [part for record in records for part in record.coverage.parts.items()]
    fields = [one for (location, _), one in parts if location == "body"]
    parameters = [one for (location, _), one in parts if location != "body"]
    statuses = [count for record in records for count in record.coverage.statuses.values()]
    counts = {
        "operations": [record.served > 0 for record in records],
        "statuses": [count > 0 for count in statuses],
        "parameters": [one.reached > 0 for one in parameters],
        "body fields": [one.reached > 0 for one in fields],
    }
    return ", ".join(f"{sum(found)} of {len(found)} {name}" for name, found in counts.items() if found)


def counted(count: int) -> str:
    """A number of findings, as text."""
    return f"{count or 'no'} finding{'' if count == 1 else 's'}"
