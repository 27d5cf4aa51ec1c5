"""Explain why a file cannot be parsed, and how to fix it."""

from collections.abc import Iterator
from typing import NamedTuple

from mockserver.openapi.reading.plain_yaml import YamlError, YamlFault

_SHOWN = 100
_QUOTE = (
    "Put a value that contains a colon and a space, or starts with `@`, `%` or a backtick, between quotes."
)
_INDENTED = "Compare it with the lines above: check its indentation, and quotes or brackets before it."
_CLOSE = "Close it, or separate its entries with commas."


class ParseProblem(NamedTuple):
    """The problem of a file, its line, and the remedy; the remedy is empty if there is none."""

    reason: str
    line: int | None
    remedy: str


def of_yaml(error: YamlError, content: bytes) -> ParseProblem:
    """Explain an error of the YAML parser.

    The text around the error decides, not the parser's message, which differs between versions.
    """
    if error.fault is YamlFault.ENCODING:
        return ParseProblem("is not text", error.line, "A document is YAML or JSON, written in UTF-8.")
    if error.fault is YamlFault.SIZE:
        return ParseProblem(str(error), error.line, "")
    shown = _line(content, error.line)
    indent = shown[: len(shown) - len(shown.lstrip())]
    if "\t" in indent:
        return _trouble("is indented with a tab", error.line, shown, "YAML is indented with spaces.")
    if error.fault is YamlFault.SYNTAX:
        said, advice = _advice(error, content.decode("utf-8", "replace"))
        return _trouble(f"is not YAML: {said or error}", error.line, shown, advice)
    return ParseProblem(f"is not YAML: {error}", error.line, "")


def _advice(error: YamlError, text: str) -> tuple[str, str]:
    """The mistake, empty if the text does not show it, and the remedy."""
    at = len(text) if error.at is None else error.at
    found, token_start = (
        text[at : at + 1],
        "" if error.token_start is None else text[error.token_start : error.token_start + 1],
    )
    if token_start in {"'", '"'} and not found.strip("\0"):
        return "a quote is never closed", "Close it, or leave it out."
    if token_start in {"[", "{"}:
        return f"a `{token_start}` is never closed", _CLOSE
    before = text[text.rfind("\n", 0, at) + 1 : at]
    if found == ":" and ": " in before:
        return "a second `:` on one line", _QUOTE
    return "", _QUOTE if found and found in "@%`" else _INDENTED


def of_json(problem: str, line: int, content: bytes) -> ParseProblem:
    """Explain an error of the JSON parser."""
    return _trouble(f"is not JSON: {problem}", line, _line(content, line), "")


def of_kind(value: object, content: bytes) -> ParseProblem:
    """Explain why a parsed value is not a document."""
    if not content.strip():
        return ParseProblem("is empty", None, "")
    if content.lstrip()[:1] == b"<":
        remedy = "Save the document itself, not the page that shows it."
        return ParseProblem("is a web page or XML, not an OpenAPI document", 1, remedy)
    kind = "a list" if isinstance(value, list) else "nothing" if value is None else "a single value"
    reason = f"is not an OpenAPI document: it holds {kind}, and an object is expected"
    return ParseProblem(reason, None, "A document begins with `openapi:`, `info:` and `paths:`.")


def _trouble(reason: str, line: int | None, shown: str, advice: str) -> ParseProblem:
    quoted = f"{line} | {shown.rstrip()[:_SHOWN]}".expandtabs(4) if shown.strip() else ""
    return ParseProblem(reason, line, "\n  ".join(part for part in (quoted, advice) if part))


def _line(content: bytes, line: int | None) -> str:
    for number, text in enumerate(_lines(content), 1):
        if number == line:
            return text
    return ""


def _lines(content: bytes) -> Iterator[str]:
    yield from content.decode("utf-8", "replace").split("\n")
