"""Say what is wrong with a file that cannot be read, and what to do about it, in words of its author."""

from collections.abc import Iterator
from typing import NamedTuple

_SHOWN = 100
_QUOTE = (
    "A value that holds a colon and a space, or begins with `@`, `%` or a backtick, stands between quotes."
)
_INDENTED = "Compare it with the lines above: its indentation, or a quote or bracket before it, does not fit."
_NOT_TEXT = ("control character", "special characters", "utf-8", "utf-16", "codec", "unacceptable", "octet")
_ADVICE = (
    ("mapping values are not allowed", "a second `:` stands on one line", _QUOTE),
    ("cannot start any token", "", _QUOTE),
    ("unexpected end of stream", "a quote is never closed", "Close it, or leave it out."),
    ("expected ',' or '}'", "a `{` is never closed", "Close it, or separate its entries by commas."),
    ("expected ',' or ']'", "a `[` is never closed", "Close it, or separate its entries by commas."),
    ("did not find expected", "", _INDENTED),
    ("could not find expected", "", _INDENTED),
)


class Trouble(NamedTuple):
    """What is wrong with a file, in which line, and the remedy; empty where there is none to name."""

    reason: str
    line: int | None
    remedy: str


def of_yaml(problem: str, line: int | None, content: bytes) -> Trouble:
    """What a YAML parser's complaint comes to."""
    if any(mark in problem.lower() for mark in _NOT_TEXT):
        return Trouble("is not text", line, "A document is YAML or JSON, written in UTF-8.")
    shown = _line(content, line)
    indent = shown[: len(shown) - len(shown.lstrip())]
    if "\t" in indent:
        return _trouble("is indented with a tab", line, shown, "YAML is indented with spaces.")
    for mark, said, advice in _ADVICE:
        if mark in problem:
            return _trouble(f"is not YAML: {said or problem}", line, shown, advice)
    begun = problem.startswith(("is nested", "means more"))
    return Trouble(problem if begun else f"is not YAML: {problem}", line, "")


def of_json(problem: str, line: int, content: bytes) -> Trouble:
    """What a JSON parser's complaint comes to."""
    return _trouble(f"is not JSON: {problem}", line, _line(content, line), "")


def of_kind(value: object, content: bytes) -> Trouble:
    """What a file that can be read holds in place of a document."""
    if not content.strip():
        return Trouble("is empty", None, "")
    if content.lstrip()[:1] == b"<":
        remedy = "Save the document itself, not the page that shows it."
        return Trouble("is a web page or XML, not an OpenAPI document", 1, remedy)
    kind = "a list" if isinstance(value, list) else "nothing" if value is None else "a single value"
    reason = f"is not an OpenAPI document: it holds {kind}, and an object is expected"
    return Trouble(reason, None, "A document begins with `openapi:`, `info:` and `paths:`.")


def _trouble(reason: str, line: int | None, shown: str, advice: str) -> Trouble:
    quoted = f"{line} | {shown.rstrip()[:_SHOWN]}".expandtabs(4) if shown.strip() else ""
    return Trouble(reason, line, "\n  ".join(part for part in (quoted, advice) if part))


def _line(content: bytes, line: int | None) -> str:
    for number, text in enumerate(_lines(content), 1):
        if number == line:
            return text
    return ""


def _lines(content: bytes) -> Iterator[str]:
    yield from content.decode("utf-8", "replace").split("\n")
