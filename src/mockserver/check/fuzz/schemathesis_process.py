"""Run Schemathesis in a separate process, against the proxy."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import tomli_w

from mockserver.check.check_options import Options
from mockserver.check.fuzz import chain_verdicts
from mockserver.check.fuzz.observing_proxy import proxy
from mockserver.check.fuzz.schemathesis_configuration import MARK, configuration
from mockserver.check.fuzz.traffic_observer import Observer
from mockserver.check.planning.planning_context import PlanningContext
from mockserver.check.planning.sample_values import MEANT_TYPES
from mockserver.check.target.http_messages import ANONYMOUS, Caller
from mockserver.openapi.operation import Operation

_START = 3.0
_POLL = 0.1
EXIT_OF_AN_ERROR = 2
_ERROR = re.compile(r"(?:\w+\.)*\w*(?:Error|Exception)\b")


def generate(
    context: PlanningContext,
    operations: Sequence[Operation],
    options: Options,
    observer: Observer,
    seconds: float,
    progress: Callable[[int], None],
) -> str:
    """Generate requests for some operations until all phases are done or the time is up.

    Returns:
        Why the run is incomplete; empty if it is complete.
    """
    if seconds < _START:
        return "there was no time left for generated requests"
    caller = _caller(context, operations)
    with (
        tempfile.TemporaryDirectory(prefix="mockserver-check-") as name,
        proxy(observer.answer, MARK, caller) as url,
    ):
        folder = Path(name)
        schemes = context.service.document.security_schemes
        headers = _headers(schemes) if caller is not ANONYMOUS else {}
        settings = configuration(context, operations, options, headers, str(folder / "cache"))
        (folder / "schemathesis.toml").write_text(tomli_w.dumps(settings), "utf-8")
        (folder / "document.json").write_bytes(orjson.dumps(_only(context, operations)))
        note = _wait(_start(folder, url, options), folder, observer, seconds, progress)
        observer.verdicts = chain_verdicts.read(folder / "events.ndjson", operations, caller)
        return note


def _only(context: PlanningContext, operations: Sequence[Operation]) -> dict[str, Any]:
    """The document reduced to these operations, with the proxy's root as server."""
    wanted = {(operation.path, operation.method) for operation in operations}
    paths: dict[str, Any] = {}
    for path, item in context.schemas.root["paths"].items():
        kept = {key: value for key, value in item.items() if key not in _METHODS or (path, key) in wanted}
        if any(key in _METHODS for key in kept):
            paths[path] = kept
    document: dict[str, Any] = _with_meant_types({**context.schemas.root, "paths": paths})
    return {**document, "servers": [{"url": "/"}]}


def _with_meant_types(value: Any) -> Any:
    """The document with `type: integer` for `type: int`: Schemathesis refuses invalid types."""
    if isinstance(value, list):
        return [_with_meant_types(entry) for entry in value]
    if not isinstance(value, Mapping):
        return value
    found = {name: entry if name in _VALUES else _with_meant_types(entry) for name, entry in value.items()}
    kind = found.get("type")
    return {**found, "type": MEANT_TYPES[kind]} if isinstance(kind, str) and kind in MEANT_TYPES else found


_VALUES = {"example", "examples", "default", "enum", "const"}
_METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


def _caller(context: PlanningContext, operations: Sequence[Operation]) -> Caller:
    """The caller who may call most of the operations."""
    counts: dict[Caller, int] = {}
    for operation in operations:
        for place in context.places(operation):
            if place.caller is not ANONYMOUS:
                counts[place.caller] = counts.get(place.caller, 0) + 1
    return max(counts, key=lambda caller: counts[caller], default=ANONYMOUS)


def _headers(schemes: Mapping[str, Any]) -> dict[str, str]:
    for scheme in schemes.values():
        if scheme.get("type") == "apiKey" and scheme.get("in") == "header":
            return {str(scheme["name"]): MARK}
    return {"Authorization": f"Bearer {MARK}"}


def _start(folder: Path, url: str, options: Options) -> subprocess.Popen[bytes]:
    command = [
        *(sys.executable, "-W", "ignore", "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
        *("--config-file", "schemathesis.toml", "--no-color", "run", "document.json", "--url", url),
        *("--phases", ",".join(options.limits.phases)),
        *("--report", "ndjson", "--report-ndjson-path", "events.ndjson"),
    ]
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    environment.pop("SCHEMATHESIS_HOOKS", None)
    with (folder / "output.txt").open("wb") as output:
        return subprocess.Popen(  # noqa: S603  our own interpreter, our own arguments
            command, cwd=folder, env=environment, stdout=output, stderr=output, stdin=subprocess.DEVNULL
        )


def _wait(
    process: subprocess.Popen[bytes],
    folder: Path,
    observer: Observer,
    seconds: float,
    progress: Callable[[int], None],
) -> str:
    end = time.monotonic() + seconds
    try:
        while process.poll() is None:
            if observer.failure is not None:
                return f"generated requests were ended: {observer.failure}"
            if time.monotonic() > end:
                return f"the time was up after {len(observer.steps)} generated requests"
            progress(len(observer.steps))
            time.sleep(_POLL)
    finally:
        _end(process)
    if process.returncode == EXIT_OF_AN_ERROR:
        count, words = len(observer.steps), _last_words(folder)
        if count:
            return f"Schemathesis gave up after {count} generated requests: {words}"
        return f"Schemathesis could not use the document: {words}"
    return ""


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGINT)
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _last_words(folder: Path) -> str:
    lines = (folder / "output.txt").read_text("utf-8", "replace").splitlines()
    named = [line.strip() for line in lines if _ERROR.match(line.strip())]
    found = [*named[-1:], *(line.strip() for line in lines if "rror" in line)]
    return found[0] if found else "it does not say why"
