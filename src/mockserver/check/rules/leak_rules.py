"""Warnings about leaks in responses: internals of the server, lax CORS headers and cookies."""

import re
from collections.abc import Iterator

from mockserver.check.findings.issues import Category, Issue, Rule, Subject, TriedCase, Verdict
from mockserver.check.rules.document_rules import described
from mockserver.check.target.http_messages import HttpResponse

ORIGIN = "https://mockserver-check.invalid"
"""An origin that no server lists: a response that allows it allows every origin."""
_TRACES = {
    "a stack trace": (
        r"Traceback \(most recent call last\)",
        r"^\s+at [\w.$<>]+\([\w.]+:\d+\)",
        r"\bat [\w.<>]+ \(?(?:file://)?/[^\s:]+:\d+:\d+",
        r"\bgoroutine \d+ \[",
        r"\.(?:py|rb|java|cs|go|rs|php):(?:line )?\d+\b",
        r"\bFile \\?\"[^\"]+\\?\", line \d+",
        r"\bStack trace:\s",
    ),
    "an SQL statement or error": (
        r"\bSELECT\s[^;]{1,200}\sFROM\b",
        r"\b(?:INSERT INTO|DELETE FROM)\s+\S+",
        r"\bUPDATE\s+\S+\s+SET\b",
        r"SQLSTATE\[",
        r"\bORA-\d{5}\b",
        r"\b(?:psycopg2?|sqlite3|pymysql|mysqli?|SqlException|PDOException|SequelizeDatabaseError)\b",
    ),
    "a path of its file system": (
        r"(?<![\w/:.])/(?:home|var|usr|srv|opt|app|root|Users)/[\w.-]+/[\w./-]+",
        r"\b[A-Z]:\\\\?(?:Users|inetpub|Windows)\b",
    ),
}
_PATTERNS = {
    what: re.compile("|".join(patterns).encode(), re.MULTILINE) for what, patterns in _TRACES.items()
}
_COOKIES_OF_SESSIONS = re.compile(r"sess|sid|auth|token|jwt|login", re.IGNORECASE)


def issues(step: TriedCase) -> Iterator[Issue]:
    """The warnings about one response."""
    answer = step.answer
    if answer.status >= 400:
        for what, pattern in _PATTERNS.items():
            # The response may echo the request.
            if pattern.search(answer.body) and not pattern.search(step.case.request.body or b""):
                yield _warning(step, Category.INSIDE_SHOWN, (what,), f"an error shows {what}.")
    headers = answer.headers
    allowed = headers.get("access-control-allow-origin")
    if allowed == ORIGIN and headers.get("access-control-allow-credentials") == "true":
        message = "any site may read answers with the credentials of its visitors (CORS)."
        yield _warning(step, Category.OPEN_TO_ALL_SITES, ("Access-Control-Allow-Origin",), message)
    yield from _cookies(step, answer)


def _cookies(step: TriedCase, answer: HttpResponse) -> Iterator[Issue]:
    text = answer.headers.get("set-cookie", "")
    name, _, rest = text.partition("=")
    if text and _COOKIES_OF_SESSIONS.search(name) and "httponly" not in rest.lower():
        message = f"the cookie {name} can be read by scripts: it is not HttpOnly."
        yield _warning(step, Category.COOKIE_OPEN, ("Set-Cookie", name), message)


def _warning(step: TriedCase, category: Category, place: tuple[str, ...], message: str) -> Issue:
    operation = step.case.operation
    return Issue(
        operation,
        Rule.LEAK,
        category,
        Subject(place),
        f"{operation.id}: {message}",
        "nothing of the kind",
        described(step.answer),
        operation.pointer,
        Verdict.WARNING,
    )
