"""One page that needs nothing beside itself: operations by rule, then each finding with its requests."""

from collections.abc import Iterator
from html import escape

from mockserver import __version__
from mockserver.check.findings.issues import RULES, Finding
from mockserver.check.outcome import ApiOutcome, OperationRecord, Outcome
from mockserver.check.reports.json_report import counted, unreached, verdict

_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border: 1px solid #8884; padding: .25rem .6rem; text-align: left; }
th.rule { writing-mode: vertical-rl; font-weight: normal; }
td.bad { background: #c0392b; color: #fff; text-align: center; }
td.good { background: #2e8b5733; text-align: center; }
td.none { color: #888; text-align: center; }
article { border-left: 4px solid #c0392b; padding: .1rem 1rem; margin: 1.2rem 0; }
article.drift { border-color: #b8860b; }
pre { overflow-x: auto; background: #8881; padding: .6rem; }
code { overflow-wrap: anywhere; }
"""


def text(outcome: Outcome) -> str:
    """The page."""
    body = "\n".join(_body(outcome))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>mockserver check: {verdict(outcome)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _body(outcome: Outcome) -> Iterator[str]:
    options = outcome.options
    yield f"<h1>mockserver check: {verdict(outcome)}</h1>"
    yield (
        f"<p>{' · '.join(filter(None, [counted(len(outcome.findings)), unreached(outcome)]))} · "
        f"{outcome.requests} requests · {outcome.seconds:.1f} s · "
        f"profile {options.profile} · seed {options.seed} · mockserver {__version__}</p>"
    )
    for api in outcome.apis:
        yield f"<h2>{escape(api.service.document.title)}</h2>"
        file = escape(str(api.service.document.file))
        yield f"<p><code>{file}</code> · <code>{escape(api.base_url)}</code></p>"
        if api.no_verdict:
            yield f"<p><strong>No verdict:</strong> {escape(api.no_verdict)}</p>"
        yield from _matrix(api)
        if api.notes:
            yield "<ul>" + "".join(f"<li>{escape(note)}</li>" for note in api.notes) + "</ul>"
        for finding in api.findings:
            yield _finding(finding)


def _matrix(api: ApiOutcome) -> Iterator[str]:
    yield "<table><thead><tr><th>operation</th><th>requests</th>"
    yield "".join(
        f'<th class="rule" title="{escape(promise)}">{rule}</th>' for rule, promise in RULES.items()
    )
    yield "</tr></thead><tbody>"
    for record in api.operations.values():
        tried = str(record.tried) if not record.unreached else f"not reached: {escape(record.unreached)}"
        yield f"<tr><td><code>{escape(record.operation.id)}</code></td><td>{tried}</td>"
        yield "".join(_cell(api, record, rule) for rule in RULES) + "</tr>"
    yield "</tbody></table>"


def _cell(api: ApiOutcome, record: OperationRecord, rule: str) -> str:
    found = [
        finding
        for finding in api.findings
        if finding.issue.rule == rule and finding.issue.operation.id == record.operation.id
    ]
    if found:
        return f'<td class="bad"><a href="#{found[0].id}" style="color:inherit">{len(found)}</a></td>'
    return '<td class="good">✓</td>' if record.tried else '<td class="none">-</td>'


def _finding(finding: Finding) -> str:
    issue = finding.issue
    steps = escape("\n".join(finding.steps))
    place = f"{finding.file}:{finding.line}" if finding.line else finding.file
    follows = f'<dt>follows from</dt><dd><a href="#{one}">{one}</a></dd>' if (one := finding.follows) else ""
    ids = ", ".join(member.id for member in finding.members)
    said = f"<dt>could say</dt><dd>{escape(issue.suggested_clause)}</dd>" if issue.suggested_clause else ""
    return (
        f'<article id="{finding.id}" class="{issue.verdict}">'
        f"<h3>{issue.rule} · {escape(issue.operation.id)}</h3><p>{escape(issue.message)}</p>"
        f"<dl><dt>expected</dt><dd><code>{escape(issue.expected)}</code></dd>"
        f"<dt>got</dt><dd><code>{escape(issue.got)}</code></dd>"
        f"<dt>document</dt><dd><code>{escape(place)} {escape(issue.pointer)}</code></dd>{said}"
        f"<dt>finding</dt><dd><code>{ids}</code> · {issue.verdict}</dd>{follows}</dl>"
        f"<pre>{steps}</pre></article>"
    )
