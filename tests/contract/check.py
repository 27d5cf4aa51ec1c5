"""Hold a running server to its documents over HTTP: `python -m tests.contract.check`.

Starts `mockserver serve` on a free port, runs the stock `schemathesis run` with `schemathesis.toml` for each
document, and stops the server. Arguments go on to Schemathesis: `--seed 7`, `--max-examples 500`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
SPECS = sorted((ROOT / "specs").glob("*.yaml"))
SERVE = [sys.executable, "-m", "mockserver", "serve", "--port", "0"]
RUN = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(ROOT / "schemathesis.toml"), "run"]


@contextmanager
def serving() -> Iterator[str]:
    """Run the server of this checkout; the value is its URL, which it says once it answers."""
    with subprocess.Popen(SERVE, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield _url(server)
        finally:
            server.terminate()


def _url(server: subprocess.Popen[str]) -> str:
    assert server.stdout is not None
    for line in server.stdout:
        found = re.search(r"http://[\d.]+:\d+", line)
        if found:
            return found[0]
    raise SystemExit("The server did not start; what it said is above.")


def main(arguments: list[str]) -> int:
    """Check every document; 0 when each of them is kept, else what Schemathesis said of the worst."""
    with serving() as url:
        commands = [[*RUN, str(spec), "--url", url, *arguments] for spec in SPECS]
        codes = [subprocess.run(command, cwd=ROOT, check=False).returncode for command in commands]
        return max(codes, key=abs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
