"""A mock of the shop as a process of its own, as clients meet it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SHOP = Path(__file__).parent / "shop.yaml"


@contextmanager
def served(document: Path, *arguments: str) -> Iterator[str]:
    """Serve a document on a free port; yields the server's URL."""
    command = [sys.executable, "-m", "mockserver", "serve", str(document), "--port", "0", "--auth", "off"]
    command += arguments
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found, "the server said nothing of its address"
            yield found[0]
        finally:
            server.terminate()
