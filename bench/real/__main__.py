"""Check six servers that nobody here wrote: what is reached and found, and what stock Schemathesis says.

python -m bench.real                  all of them
python -m bench.real kinto tiled      some of them

They are installed into .cache/real, and run on this machine for as long as they are checked. The findings of
each are in .cache/real/NAME/report: whether they are true is for a reader to say.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.real.published import SERVERS, PublishedServer

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache/real"
_STOCK = "from schemathesis.cli import schemathesis; schemathesis()"
_START_SECONDS = 60


@dataclass(frozen=True)
class Row:
    """What came of one server."""

    name: str
    stack: str
    operations: int
    served: int
    findings: int
    requests: int
    seconds: float
    exit_code: int
    stock_failures: int
    stock_seconds: float


def main() -> None:
    """Print a row for each server."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("servers", nargs="*", choices=[[], *SERVERS])
    parser.add_argument("--profile", default="ci")
    arguments = parser.parse_args()
    rows = [_checked(name, arguments.profile) for name in arguments.servers or SERVERS]
    print("| server | stack | operations | 2xx | findings | requests | s | exit | stock | s |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for row in rows:
        print(
            f"| {row.name} | {row.stack} | {row.operations} | {row.served} | {row.findings} | {row.requests} "
            f"| {row.seconds:.0f} | {row.exit_code} | {row.stock_failures} | {row.stock_seconds:.0f} |"
        )


def _checked(name: str, profile: str) -> Row:
    server, folder = SERVERS[name], CACHE / name
    print(f"{name}: installing", flush=True)
    _install(server, folder)
    with _running(server, folder) as url:
        document = _document(server, folder, url)
        print(f"{name}: checking {url}", flush=True)
        begun = time.monotonic()
        command = [sys.executable, "-W", "ignore", "-m", "mockserver", "check", url + server.base]
        command += ["--spec", str(document), "--profile", profile, "--report", "json,html"]
        command += ["--report-dir", str(folder / "report"), *server.options]
        with (folder / "check.txt").open("w") as output:
            code = subprocess.run(command, cwd=folder, stdout=output, stderr=output, check=False).returncode
        seconds = time.monotonic() - begun
        report = _report(folder)
    with _running(server, folder) as url:
        failures, stock_seconds = _stock(server, folder, url, document)
    operations = [one for api in report.get("apis", []) for one in api["operations"]]
    served = sum(bool(one["served"]) for one in operations)
    found = len(report.get("findings", []))
    requests = int(report.get("requests", 0))
    return Row(
        name,
        server.stack,
        len(operations),
        served,
        found,
        requests,
        seconds,
        code,
        failures,
        stock_seconds,
    )


def _report(folder: Path) -> dict[str, Any]:
    file = folder / "report/check.json"
    return dict(json.loads(file.read_text("utf-8"))) if file.exists() else {}


def _install(server: PublishedServer, folder: Path) -> None:
    if (folder / "installed").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    if server.npm:
        command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel", "error", *server.packages]
        (folder / "package.json").write_text("{}")
    else:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        command = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", *server.packages]
    subprocess.run(command, cwd=folder, check=True)
    (folder / "installed").touch()


@contextlib.contextmanager
def _running(server: PublishedServer, folder: Path) -> Iterator[str]:
    """Prepare and start it; gives its URL."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    places = {"port": port, "folder": folder}
    environment = {**os.environ, **{name: value.format(**places) for name, value in server.environment}}
    with (folder / "server.txt").open("w") as output:
        for command in server.prepare:
            subprocess.run(
                _local(command, folder), cwd=folder, env=environment, stdout=output, stderr=output, check=True
            )
        start = [part.format(**places) for part in server.start]
        with subprocess.Popen(
            _local(start, folder), cwd=folder, env=environment, stdout=output, stderr=output
        ) as process:
            try:
                url = f"http://127.0.0.1:{port}"
                _wait_for(url, process)
                yield url
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()


def _local(command: tuple[str, ...] | list[str], folder: Path) -> list[str]:
    first, *others = command
    return [str(folder / first) if first.startswith("bin/") else first, *others]


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=2).close()  # noqa: S310  ours
        except urllib.error.HTTPError as error:
            error.close()
            return
        except OSError:
            time.sleep(0.2)
        else:
            return
    sys.exit(f"{url} does not start: see server.txt in .cache/real")


def _document(server: PublishedServer, folder: Path, url: str) -> Path:
    if not server.document.startswith("/"):
        return next(iter(folder.glob(server.document)))
    file = folder / "document.json"
    with urllib.request.urlopen(url + server.document, timeout=30) as answer:  # noqa: S310  ours
        file.write_bytes(answer.read())
    return file


def _stock(server: PublishedServer, folder: Path, url: str, document: Path) -> tuple[int, float]:
    """How many kinds of failures `schemathesis run` reports, and how long it takes."""
    begun = time.monotonic()
    command = [sys.executable, "-W", "ignore", "-c", _STOCK, "--no-color", "run", str(document)]
    command += ["--url", url + server.base, "--seed", "1", "--continue-on-failure", "-n", "10"]
    command += ["-H", server.header] if server.header else []
    for pattern in [one for one in server.options if one.startswith("/")]:
        command += ["--exclude-path-regex", f"^{re.escape(pattern)}"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
        text = done.stdout
    except subprocess.TimeoutExpired as error:
        text = (error.stdout or b"").decode() if isinstance(error.stdout, bytes) else str(error.stdout or "")
    (folder / "stock.txt").write_text(text)
    return len(re.findall(r"^- ST\d+ ", text, re.MULTILINE)), time.monotonic() - begun


if __name__ == "__main__":
    main()
