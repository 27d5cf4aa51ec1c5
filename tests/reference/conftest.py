from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .client import Client

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def _connected() -> Iterator[Client]:
    command = [sys.executable, "-m", "tests.reference.serve", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        client = Client(server.stdout.readline().strip())
        yield client
        client.close()
        server.terminate()


@pytest.fixture
def client(_connected: Client) -> Client:
    """A client of the sound backend, as seeded."""
    _connected.reset()
    return _connected
