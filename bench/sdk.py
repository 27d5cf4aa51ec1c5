"""Run the test suites of SDKs that were written to run against a mock of their document.

A suite is a checkout of an SDK with an interpreter that has what its tests need; they find the mock in
`TEST_API_BASE_URL`, as those of SDKs that Stainless generates do. The three options are repeated for each
suite.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.servers import NODE_MODULES, RESULTS, free_port, node, python
from mockserver.openapi.document import load

_PATIENCE = 60.0
_COUNT = re.compile(r"(\d+) (passed|failed|skipped|error)s?\b")
_BRACKETS = tuple(
    f"--validator-{place}-{form}-format=brackets"
    for place in ("query", "form")
    for form in ("array", "object")
)
"""How these SDKs write lists and objects; Steady has to be told."""


@dataclass(frozen=True, slots=True)
class Suite:
    """The test suite of an SDK."""

    checkout: Path
    document: Path
    python: Path


@dataclass(frozen=True, slots=True)
class Mock:
    """A mock that suites run against.

    Attributes:
        command: its command line, given the document and a port.
        with_base: whether its paths begin with the document's base path.
        needs: what must be there for it to run; None when it is.
    """

    name: str
    command: Callable[[Path, int], list[str]]
    with_base: bool = False
    needs: str | None = None


def main() -> None:
    """Run each suite against each mock and print a table; exit with 1 when a test fails with our default."""
    parser = argparse.ArgumentParser(prog="python -m bench.sdk", description=__doc__)
    parser.add_argument("--suite", type=Path, action="append", required=True, help="a checkout of an SDK")
    parser.add_argument("--document", type=Path, action="append", required=True, help="what it is made from")
    parser.add_argument(
        "--python", type=Path, action="append", required=True, help="has what its suite needs"
    )
    parser.add_argument("--tests", default="tests/api_resources", help="the tests that call the mock")
    parser.add_argument("--peers", action="store_true", help="with state, and against Steady and Prism, too")
    parser.add_argument("--jobs", default="2", help="processes of a suite")
    arguments = parser.parse_args()
    given = (arguments.suite, arguments.document, arguments.python)
    if len({len(values) for values in given}) > 1:
        parser.error("each --suite needs its --document and its --python")
    suites = [
        Suite(suite.resolve(), document.resolve(), interpreter.absolute())
        for suite, document, interpreter in zip(*given, strict=True)
    ]
    mocks = _mocks() if arguments.peers else _mocks()[:1]
    print("| suite | mock | passed | skipped | failed | seconds |\n|---|---|--:|--:|--:|--:|", flush=True)
    failed = 0
    for suite in suites:
        for number, mock in enumerate(mocks):
            if mock.needs is not None:
                print(f"{mock.name} is left out: {mock.needs}", file=sys.stderr)
                continue
            begun = time.monotonic()
            with _serving(mock, suite) as url:
                found = _run(suite, url, arguments.tests, arguments.jobs, mock.name)
            row = (
                found.get("passed", 0),
                found.get("skipped", 0),
                found.get("failed", 0) + found.get("error", 0),
            )
            failed += 0 if number else row[2]
            counts = " | ".join(f"{count:,}" for count in row)
            print(
                f"| {suite.checkout.name} | {mock.name} | {counts} | {time.monotonic() - begun:.0f} |",
                flush=True,
            )
    sys.exit(bool(failed))


def _mocks() -> list[Mock]:
    """Ours as it is meant for such suites, ours with state, then the mocks that they are written for."""
    steady, steady_needs = node("@stdy/cli", str(NODE_MODULES / "@stdy/cli/steady.js"), "-q", *_BRACKETS)
    prism_script = str(NODE_MODULES / "@stoplight/prism-cli/dist/index.js")
    prism, prism_needs = node("@stoplight/prism-cli", prism_script, "mock", "-v", "silent")
    return [
        Mock(
            "mockserver --stateless", lambda file, port: [*_ours(file, port), "--stateless"], with_base=True
        ),
        Mock("mockserver", _ours, with_base=True),
        Mock("Steady", lambda file, port: [*steady(port), "-p", str(port), str(file)], needs=steady_needs),
        Mock("Prism", lambda file, port: [*prism(port), "-p", str(port), str(file)], needs=prism_needs),
    ]


def _ours(document: Path, port: int) -> list[str]:
    return python("mockserver", "serve", str(document), "--port", str(port), "--log-level", "warning")


def _run(suite: Suite, url: str, tests: str, jobs: str, mock: str) -> dict[str, int]:
    """Run a suite against a mock, keep its output in bench/results, and count its tests by result."""
    command = [str(suite.python), "-m", "pytest", tests, "-q", "-n", jobs]
    quiet = ["-p", "no:cacheprovider", "--tb=line", "-o", "log_level=CRITICAL"]
    environment = {**os.environ, "TEST_API_BASE_URL": url}
    environment.pop("PYTHONPATH", None)
    RESULTS.mkdir(exist_ok=True)
    output = RESULTS / f"{suite.checkout.name}, {mock}.txt"
    with output.open("w") as written:
        subprocess.run([*command, *quiet], cwd=suite.checkout, env=environment, check=False, stdout=written)
    lines = output.read_text().splitlines() or [""]
    return {result: int(count) for count, result in _COUNT.findall(lines[-1])}


@contextmanager
def _serving(mock: Mock, suite: Suite) -> Iterator[str]:
    """Serve a suite's document without fixtures; the URL is the one that the suite has to be given."""
    port = free_port()
    process = subprocess.Popen(
        mock.command(suite.document, port), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _await(f"http://127.0.0.1:{port}/")
        yield f"http://127.0.0.1:{port}{load(suite.document).base_path if mock.with_base else ''}"
    finally:
        process.terminate()
        process.wait()


def _await(url: str) -> None:
    """Wait until a server answers, whatever its answer is.

    Raises:
        TimeoutError: it does not.
    """
    ends = time.monotonic() + _PATIENCE
    while time.monotonic() < ends:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310  on this machine
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(f"{url} does not answer")


if __name__ == "__main__":
    main()
