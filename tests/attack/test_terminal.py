"""What documents, requests and servers say never controls the terminal that shows it."""

from __future__ import annotations

import ast
import json
import logging
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import mockserver
from mockserver.app import build
from mockserver.cli.command_line import _announce, main
from mockserver.config import Settings
from mockserver.printing import UNPRINTABLE, LogFormatter, Styled, echo, line, printable, style

SOURCE = Path(mockserver.__file__).parent
HOSTILE = "\x1b]0;owned\x07\x1b[2J\r\x7f\x9b31m\u202eevil\u2066\n::error::forged"
_OURS = re.compile(r"\x1b\[(?:0|1|31|32|33)m")

DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": f"T{HOSTILE}", "version": "1"},
    "paths": {
        f"/p{HOSTILE}/{{id}}": {
            "post": {
                "operationId": f"o{HOSTILE}",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "requestBody": {
                    "content": {
                        f"text/x{HOSTILE}": {"schema": {"type": "string"}},
                        "application/json": {"schema": {"type": "string"}, "example": HOSTILE},
                    }
                },
                "responses": {"200": {"description": "x", "content": {f"a/{HOSTILE}": {}}}},
            }
        },
        "/q": {
            "get": {
                "operationId": "q",
                "parameters": [{"$ref": f"#/x{HOSTILE}"}],
                "responses": {"200": {"description": "x"}},
            }
        },
    },
    HOSTILE: {},
}


@pytest.fixture
def document(tmp_path: Path) -> Path:
    """A document that has escapes wherever text can be."""
    file = tmp_path / "hostile.json"
    file.write_text(json.dumps(DOCUMENT))
    return file


def _holds(output: str) -> None:
    for text in _OURS.sub("", output).split("\n"):
        assert UNPRINTABLE.search(text) is None, repr(text)
        assert not text.startswith("::error::forged")


@pytest.mark.parametrize(
    "arguments",
    [
        ("serve", "--explain"),
        ("lint",),
        ("lint", "--format", "json"),
        ("lint", "--format", "github"),
        ("token", f"someone{HOSTILE}", "--spec"),
        ("check", "--no-fuzz", "--profile", "quick", "--only", "q", "--spec"),
    ],
)
def test_no_command_prints_an_escape_of_a_document(document: Path, arguments: tuple[str, ...]) -> None:
    """Escapes are shown as text, in colours that are ours."""
    result = CliRunner().invoke(main, [*arguments, str(document)], color=True)

    assert result.output
    _holds(result.output)


def test_a_conflict_between_pages_is_told_without_their_escapes(tmp_path: Path) -> None:
    """`import` says what two pages disagree about."""
    pages = []
    for number in (1, 2):
        content = json.dumps(DOCUMENT | {"info": {"title": f"{number}{HOSTILE}", "version": "1"}})
        pages.append(tmp_path / f"{number}.md")
        pages[-1].write_text(f"```json\n{content}\n```\n")

    result = CliRunner().invoke(
        main, ["import", *map(str, pages), "-o", str(tmp_path / "out.yaml")], color=True
    )

    assert "conflict" in result.output
    _holds(result.output)


def test_the_banner_shows_a_hostile_document_as_text(
    document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Titles, and requests that are there to be pasted."""
    application = build(Settings(specs=(document,)))

    _announce(application, "http://127.0.0.1:1")

    output = capsys.readouterr().out
    assert "T\\x1b]0;owned" in output
    _holds(output)


def test_the_log_has_one_printable_line_for_each_message() -> None:
    """A request cannot forge a second; a traceback keeps its lines, without the escapes."""
    formatter = LogFormatter("%(levelname)s %(message)s")
    try:
        int(HOSTILE + "\ud800")
    except ValueError as error:
        info = (type(error), error, error.__traceback__)
    plain = logging.LogRecord("mockserver", logging.WARNING, "", 1, "GET %s", (HOSTILE,), None)
    failed = logging.LogRecord("mockserver", logging.ERROR, "", 1, "failed", (), info)

    assert formatter.format(plain).startswith("WARNING GET \\x1b]0;owned")
    assert "\n" not in formatter.format(plain)
    assert formatter.format(failed).startswith("ERROR failed\nTraceback")
    _holds(formatter.format(failed).replace("\n::error::forged", ""))


@given(st.text(max_size=20))
def test_what_is_shown_has_no_control_characters_and_other_text_stays(text: str) -> None:
    """Styled or not; an f-string around styled text loses its colours rather than its safety."""
    assert UNPRINTABLE.search(printable(text)) is None
    assert printable("ñ 日本 é 🎉") == "ñ 日本 é 🎉"
    _holds(line("a", style(text, bold=True), text))
    assert UNPRINTABLE.search(line(f"{style(text, fg='red')}")) is None
    assert isinstance(line(text), Styled)


@pytest.mark.parametrize("text", ["::error::x", "  ::stop-commands::x", "##[add-mask]x"])
def test_a_line_commands_no_runner_of_workflows_unless_it_is_meant_to(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """GitHub Actions obeys lines that a command prints."""
    echo(text)
    echo(style(text, bold=True))
    echo(text, is_command=True)

    assert capsys.readouterr().out == f"\\{text}\n\\{text}\n{text}\n"


def test_nothing_else_in_the_product_prints() -> None:
    """No module but `printing` uses click's functions that print, or sets up a handler of the log."""
    printing = {("click", "echo"), ("click", "secho"), ("click", "style"), ("logging", "basicConfig")}
    printing |= {("logging", "StreamHandler"), ("stdout", "write"), ("stderr", "write")}
    found = [
        (file.name, node.lineno)
        for file in SOURCE.rglob("*.py")
        if file.name != "printing.py"
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and (_name(node.value), node.attr) in printing
    ]

    assert found == []


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
