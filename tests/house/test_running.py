"""What is missing in CI is a failure, and the summary says where the time goes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.running import TESTS, summary

SKIPPING = {
    "test": "import pytest\n\ndef test_one():\n    pytest.skip('no browser')\n",
    "fixture": (
        "import pytest\n\n@pytest.fixture\ndef browser():\n    pytest.skip('no browser')\n\n"
        "def test_one(browser):\n    assert browser\n"
    ),
    "mark": "import pytest\n\n@pytest.mark.skip(reason='no browser')\ndef test_one():\n    assert True\n",
    "module": "import pytest\n\npytest.skip('no browser', allow_module_level=True)\n",
}


@pytest.mark.slow
@pytest.mark.parametrize(("ci", "code", "counted"), [("true", 1, "1 failed, 3 errors"), ("", 0, "4 skipped")])
def test_a_skip_is_a_failure_in_ci(tmp_path: Path, ci: str, code: int, counted: str) -> None:
    """With the reason; elsewhere it stays a skip."""
    for name, text in SKIPPING.items():
        (tmp_path / f"test_{name}.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-p", "tests.running", "-p", "no:cacheprovider", str(tmp_path)]

    done = subprocess.run(
        [*command, "-rs", "--continue-on-collection-errors", "--rootdir", str(tmp_path), "-c", os.devnull],
        cwd=TESTS.parent,
        env={**os.environ, "CI": ci},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert done.returncode == code, done.stdout + done.stderr
    assert counted in done.stdout, done.stdout
    assert done.stdout.count("no browser") >= len(SKIPPING)


def test_the_summary_adds_up_by_folder() -> None:
    """The slowest folder first, with its slowest test."""

    def report(name: str, seconds: float) -> pytest.TestReport:
        return pytest.TestReport(name, (name, 1, name), {}, "passed", None, "call", duration=seconds)

    lines = list(
        summary([report("tests/a/x.py::t", 1), report("tests/b/x.py::t", 3), report("tests/a/x.py::u", 1.5)])
    )

    assert [line.split() for line in lines] == [
        ["3.0", "b", "(1", "tests;", "3.0:", "x.py::t)"],
        ["2.5", "a", "(2", "tests;", "1.5:", "x.py::u)"],
    ]


@pytest.mark.slow
def test_make_test_leaves_the_tests_of_make_mutation_out(tmp_path: Path) -> None:
    """One of a kind is enough for each change; `-m mutation` runs the others."""
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\n"
        "@pytest.mark.parametrize('one', [1, pytest.param(2, marks=pytest.mark.mutation)])\n"
        "def test_one(one):\n    assert one\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "tests.running", "-p", "no:cacheprovider", str(tmp_path)]
    command += ["--rootdir", str(tmp_path), "-c", os.devnull]

    always, asked = (
        subprocess.run(
            [*command, *more], cwd=TESTS.parent, capture_output=True, text=True, timeout=300, check=False
        ).stdout
        for more in ([], ["-m", "mutation"])
    )

    assert "1 passed, 1 deselected" in always, always
    assert "1 passed, 1 deselected" in asked, asked
