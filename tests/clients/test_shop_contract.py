"""Schemathesis, which nobody here wrote either, finds nothing wrong with inferred state."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.clients.serving import SHOP, served

RUN = [sys.executable, "-m", "schemathesis.cli", "run", str(SHOP), "--max-examples", "15", "--seed", "1"]


def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    """Every phase and check: documented answers, nothing used after it was deleted, refusals right."""
    with served(SHOP) as url:
        done = subprocess.run(
            [*RUN, "--url", f"{url}/v1", "--generation-database", "none"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
