"""What the server says when it starts."""

from __future__ import annotations

import subprocess
import sys
from itertools import takewhile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_lines_of_the_banner_can_be_pasted_one_after_another() -> None:
    """Each operation is served: what removes a record comes after what needs it."""
    command = [sys.executable, "-W", "ignore", "-m", "mockserver", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            banner = takewhile(lambda line: not line.startswith("Console"), process.stdout)
            lines = [line.strip() for line in banner if line.startswith("  curl ")]
            statuses = [_status(line) for line in lines]
        finally:
            process.terminate()

    assert len(lines) == 6
    assert all(200 <= status < 300 for status in statuses), list(zip(lines, statuses, strict=True))


def test_a_folder_without_documents_is_told_what_is_served(tmp_path: Path) -> None:
    """The bundled examples, and how to serve another document; nothing of it in a folder with `specs/`."""
    told = []
    for folder in (tmp_path, ROOT):
        command = [sys.executable, "-W", "ignore", "-m", "mockserver", "serve", "--port", "0"]
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                process.stdout.readline()
                told.append(process.stdout.readline())
            finally:
                process.terminate()

    assert told[0].startswith("There is no folder specs/ here: these are the bundled examples.")
    assert told[1] == "\n"


def _status(command: str) -> int:
    command = command.replace("curl -i", "curl --silent --output /dev/null --write-out '%{http_code}'")
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True, timeout=60)
    return int(done.stdout)


def test_scenarios_that_are_on_from_the_start_are_named() -> None:
    """Whoever reads the banner knows why answers are out of the ordinary."""
    scenario = "citas/service-down"
    command = [sys.executable, "-W", "ignore", "-m", "mockserver", "serve", "--port", "0"]
    with subprocess.Popen(
        [*command, "--scenario", scenario], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            banner = [*takewhile(lambda line: not line.startswith("Console"), process.stdout)]
        finally:
            process.terminate()

    assert f"Scenarios  on in every session: {scenario}\n" in banner
