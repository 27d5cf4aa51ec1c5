"""Run the test suite of an SDK that was written to run against a mock of its document.

The suite is a checkout of the SDK with an interpreter that has what the suite needs; its tests find the mock
in `TEST_API_BASE_URL`, as those of SDKs that Stainless generates do.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.servers import free_port, python
from mockserver.openapi.document import load

_PATIENCE = 60.0


def main() -> None:
    """Serve the document, run the suite, and exit as the suite did."""
    parser = argparse.ArgumentParser(prog="python -m bench.sdk", description=__doc__)
    parser.add_argument("--document", type=Path, required=True, help="the document that the SDK is made from")
    parser.add_argument("--suite", type=Path, required=True, help="a checkout of the SDK")
    parser.add_argument("--python", type=Path, required=True, help="an interpreter with what the suite needs")
    parser.add_argument("--tests", default="tests/api_resources", help="the tests that call the mock")
    parser.add_argument("--stateful", action="store_true", help="without --stateless")
    parser.add_argument("--upstream", help="another mock's URL, in place of ours")
    parser.add_argument("--jobs", default="2", help="processes of the suite")
    arguments = parser.parse_args()
    if arguments.upstream:
        sys.exit(_run(arguments, arguments.upstream))
    with _serving(arguments.document.resolve(), stateless=not arguments.stateful) as url:
        sys.exit(_run(arguments, url))


def _run(arguments: argparse.Namespace, url: str) -> int:
    """Run the suite against a mock."""
    command = [str(arguments.python.absolute()), "-m", "pytest", arguments.tests, "-q", "-n", arguments.jobs]
    quiet = ["-p", "no:cacheprovider", "--tb=line", "-o", "log_level=CRITICAL"]
    environment = {**os.environ, "TEST_API_BASE_URL": url}
    return subprocess.run([*command, *quiet], cwd=arguments.suite, env=environment, check=False).returncode


@contextmanager
def _serving(document: Path, *, stateless: bool) -> Iterator[str]:
    """Serve a document without fixtures; the URL has the document's base path."""
    port = free_port()
    more = ("--stateless",) if stateless else ()
    command = python(
        "mockserver", "serve", str(document), "--port", str(port), "--log-level", "warning", *more
    )
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _await(f"http://127.0.0.1:{port}/__admin/health")
        yield f"http://127.0.0.1:{port}{load(document).base_path}"
    finally:
        process.terminate()
        process.wait()


def _await(url: str) -> None:
    """Wait until a server answers.

    Raises:
        TimeoutError: it does not.
    """
    ends = time.monotonic() + _PATIENCE
    while time.monotonic() < ends:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310  on this machine
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise TimeoutError(f"{url} does not answer")


if __name__ == "__main__":
    main()
