"""The README's commands, pasted one after another, show what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.browser.mock import serving

ROOT = Path(__file__).parents[2]
HERE = "127.0.0.1:8080"
CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)

Step = tuple[str, str]


def _blocks() -> Iterator[list[Step]]:
    """The commands of each block with what is shown below them, those that call what `make run` serves."""
    for block in CONSOLE.findall((ROOT / "README.md").read_text("utf-8")):
        parts = [part.partition("\n") for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
        steps = [(command, shown.strip()) for command, _, shown in parts]
        # Stripe's document is not part of the repository.
        called = [step for step in steps if HERE in step[0] and "sk_test" not in step[0]]
        if called:
            yield called


BLOCKS = list(_blocks())


def _pattern(shown: str) -> str:
    """What is shown, `…` for whatever stands there."""
    return "".join(".*" if part == "…" else re.escape(part) for part in re.split("(…)", shown))


def _run(command: str, address: str, folder: Path) -> str:
    command = re.sub(r"^curl", "curl --silent", command.replace(HERE, address))
    command = re.sub(r"^mockserver", f"{sys.executable} -W ignore -m mockserver.cli", command)
    command = re.sub(r"--report \S+", rf"\g<0> --report-dir {folder}", command)
    shell = ["sh", "-c", command]
    done = subprocess.run(shell, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where a mock as `make run` starts it answers."""
    with serving([sys.executable, "-W", "ignore", "-m", "mockserver.cli"], ROOT) as url:
        yield url.removeprefix("http://")


@pytest.mark.parametrize("steps", BLOCKS, ids=lambda steps: steps[0][0][:60])
def test_a_tour_shows_what_it_says(steps: list[Step], address: str, tmp_path: Path) -> None:
    """Word by word, on fresh state."""
    httpx.post(f"http://{address}/__admin/reset").raise_for_status()
    for command, shown in steps:
        said = _run(command, address, tmp_path)

        assert re.fullmatch(_pattern(shown), said, re.DOTALL), f"$ {command}\n{said}\ninstead of\n{shown}"


def test_there_is_a_tour_for_everybody() -> None:
    """And the runner reads them."""
    commands = [command for steps in BLOCKS for command, _ in steps]

    assert len(BLOCKS) >= 3
    assert [command.split()[0] for command in commands].count("curl") >= 9
    assert any(command.startswith("mockserver check") for command in commands)
