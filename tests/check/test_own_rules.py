"""`--hooks FILE`: rules of the user's own, warnings, and hooks of Schemathesis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from schemathesis.hooks import unregister_all
from tests.check.checking import invoke
from tests.check.serving import Asked, Told, small

DOCUMENT = """
openapi: 3.0.3
info: {title: Notes, version: '1'}
paths:
  /notes:
    get:
      operationId: listNotes
      parameters: [{name: text, in: query, schema: {type: string}}]
      responses: {'200': {description: All.}, '400': {description: Bad.}}
"""
RULES = """
from mockserver.check.rules.own_rules import CheckedExchange


def has_a_request_id(exchange: CheckedExchange) -> str | None:
    if exchange.response.status < 400 and "x-request-id" not in exchange.response.headers:
        return f"{exchange.operation.id} answers without X-Request-Id"
    return None


def is_short(exchange: CheckedExchange) -> str | None:
    return "a list of more than two" if len(exchange.shown or []) > 2 else None


RULES = [has_a_request_id]
WARNINGS = [is_short]
"""


def _check(
    folder: Path, answer: Told, hooks: str, *more: str, fuzz: bool = False
) -> tuple[int, str, list[Asked]]:
    (folder / "notes.yaml").write_text(DOCUMENT)
    (folder / "hooks.py").write_text(hooks)
    asked: list[Asked] = []

    def told(request: Asked) -> Told:
        asked.append(request)
        return answer if request.method == "GET" else Told(405, headers={"Allow": "GET"})

    with small(told) as url:
        flags = ("--spec", folder / "notes.yaml", "--hooks", folder / "hooks.py", "--profile", "quick")
        result = invoke(url, *flags, *([] if fuzz else ["--no-fuzz"]), *more)
    return result.exit_code, result.output, asked


def test_a_rule_of_ones_own_is_a_finding(tmp_path: Path) -> None:
    """With the sentence that the rule returns, and its name as what is asked for."""
    code, output, _ = _check(tmp_path, Told(200, []), RULES)

    assert code == 1, output
    assert "own-rule · listNotes · contract" in output
    assert "listNotes answers without X-Request-Id" in output
    assert "what has_a_request_id asks for" in output


def test_a_warning_fails_a_check_only_where_that_is_asked_for(tmp_path: Path) -> None:
    """It is shown either way."""
    answer = Told(200, [1, 2, 3], {"X-Request-Id": "7"})

    code, output, _ = _check(tmp_path, answer, RULES)
    failing, told, _ = _check(tmp_path, answer, RULES, "--fail-on", "warning")

    assert code == 0, output
    assert "warning · listNotes · a list of more than two" in output
    assert failing == 1, told
    assert "own-rule · listNotes · warning" in told


@pytest.mark.parametrize(
    ("hooks", "message"),
    [
        (
            "def rule(exchange):\n    return 1 / 0\n\n\nRULES = [rule]\n",
            "the rule rule failed on an answer of listNotes",
        ),
        (
            "def rule(exchange):\n    return True\n\n\nRULES = [rule]\n",
            "Return a sentence about what is wrong",
        ),
        ("RULES = 7\n", "RULES is a list of functions"),
        ("x = (\n", "hooks.py:1"),
        ("import nothing_of_this_name\n", "ModuleNotFoundError"),
        ("x = 1\n", "there is no rule and no hook"),
    ],
)
def test_a_file_that_cannot_be_used_is_said_so(tmp_path: Path, hooks: str, message: str) -> None:
    """With the file, the rule and what to write; this is no finding of the implementation."""
    code, output, _ = _check(tmp_path, Told(200, []), hooks)

    assert code == 2, output
    assert message in output


@pytest.fixture
def _no_hooks_left() -> Iterator[None]:
    """Other tests of this process use Schemathesis, too."""
    yield
    unregister_all()


@pytest.mark.slow
@pytest.mark.usefixtures("_no_hooks_left")
def test_hooks_of_schemathesis_change_generated_requests(tmp_path: Path) -> None:
    """The same file has both."""
    hooks = (
        "import schemathesis\n\n\n@schemathesis.hook\ndef before_call(context, case, kwargs):\n"
        "    case.query = {'text': 'from-a-hook'}\n"
    )
    code, output, asked = _check(tmp_path, Told(200, []), hooks, fuzz=True)

    assert code == 0, output
    assert any(request.query == "text=from-a-hook" for request in asked)
