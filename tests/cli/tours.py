"""The documentation's blocks: files to write, commands to paste, and what they show."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
HERE = "127.0.0.1:8080"
DOCUMENTS = (ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md")))
_CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"^```\w+\n# ([\w./-]+)\b[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)

Step = tuple[str, str]


def tours(document: Path) -> list[list[Step]]:
    """The commands of each block with what is shown below them, those that call what is served."""
    found = []
    for block in _CONSOLE.findall(document.read_text("utf-8")):
        parts = [part.partition("\n") for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
        steps = [(command, shown.strip()) for command, _, shown in parts]
        # Stripe's document is not part of the repository.
        called = [step for step in steps if HERE in step[0] and "sk_test" not in step[0]]
        if called:
            found.append(called)
    return found


def files(document: Path) -> dict[str, str]:
    """The text of each block that names its file in its first line."""
    return dict(_FILE.findall(document.read_text("utf-8")))


def write_files(document: Path, folder: Path) -> None:
    """Write them where they say."""
    for name, text in files(document).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")


def follow(steps: Iterable[Step], address: str, folder: Path) -> None:
    """Paste the commands one after another, and compare what they show with what is said."""
    for command, shown in steps:
        said = _run(command, address, folder)

        assert re.fullmatch(_pattern(shown), said, re.DOTALL), f"$ {command}\n{said}\ninstead of\n{shown}"


def _pattern(shown: str) -> str:
    """What is shown, `…` for whatever stands there."""
    return "".join(".*" if part == "…" else re.escape(part) for part in re.split("(…)", shown))


def _run(command: str, address: str, folder: Path) -> str:
    command = re.sub(r"^curl", "curl --silent", command.replace(HERE, address))
    command = re.sub(r"^mockserver", f"{sys.executable} -W ignore -m mockserver", command)
    command = re.sub(r"--report \S+", rf"\g<0> --report-dir {folder}", command)
    shell = ["sh", "-c", command]
    done = subprocess.run(shell, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    return done.stdout.strip()
