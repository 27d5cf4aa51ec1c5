"""Serve one document in process, and sort what each operation answers by its cause."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import resource
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.corpus.documents import name_of
from bench.corpus.requests import Request, request_for
from mockserver.config import Settings
from mockserver.data.values import UnsatisfiableSchemaError, ValueGenerator, samples
from mockserver.errors import MockserverError
from mockserver.openapi.model import Operation
from mockserver.server.application import Application, build
from mockserver.server.service import Service

_SECONDS = 120
_SECONDS_AN_OPERATION = 0.2


@dataclass
class Measured:
    """What came of one document."""

    name: str
    refused: str = ""
    operations: int = 0
    answered: int = 0
    seconds_to_build: float = 0.0
    seconds: float = 0.0
    megabytes: float = 0.0
    causes: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def note(self, cause: str, example: str) -> None:
        """Count a cause, and keep the first operation that it is about."""
        self.causes[cause] += 1
        self.examples.setdefault(cause, f"{self.name} {example}"[:400])


class _TooSlowError(Exception):
    """The document took longer than it may."""


def measure(file: Path) -> Measured:
    """Serve a document and call every operation of it once."""
    logging.disable(logging.CRITICAL)
    measured = Measured(name_of(file))
    begun = time.perf_counter()
    signal.signal(signal.SIGALRM, _interrupt)
    signal.alarm(_SECONDS)
    try:
        application = build(Settings(specs=(file,), auth="off", fixtures=None))
        measured.seconds_to_build = time.perf_counter() - begun
        service = next(iter(application.services.values()))
        signal.alarm(_SECONDS + int(_SECONDS_AN_OPERATION * len(service.document.index)))
        asyncio.run(_call_all(application, service, measured))
    except MockserverError as error:
        measured.refused = str(error)[:300]
    except _TooSlowError:
        measured.note("too slow", "")
    except Exception as error:  # noqa: BLE001  whatever it is, it is a finding
        measured.note(f"crash: {type(error).__name__}", str(error))
    finally:
        signal.alarm(0)
    measured.seconds = time.perf_counter() - begun
    measured.megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return measured


def _interrupt(*_: object) -> None:
    raise _TooSlowError


async def _call_all(application: Application, service: Service, measured: Measured) -> None:
    generator = ValueGenerator(service.document.root, service.compiler, seed=1, now=service.clock.now())
    for operation_id in service.document.index:
        measured.operations += 1
        try:
            operation = service.document.operation(operation_id)
            request = request_for(operation, service.document.base_path, generator)
        except UnsatisfiableSchemaError as error:
            measured.note("no request: nothing was found that fits its schema", f"{operation_id}: {error}")
            continue
        except (MockserverError, ValueError, LookupError, RecursionError) as error:
            measured.note(f"no request: {type(error).__name__}", f"{operation_id}: {error}")
            continue
        # Each in a world of its own: what one operation deletes, the next must still find.
        request.headers["x-mock-session"] = f"operation-{measured.operations}"
        status, headers, body = await _send(application, request)
        cause = _cause(service, operation, status, headers, body)
        if cause is None:
            measured.answered += 1
        else:
            measured.note(cause, f"{operation_id}: {body[:200]!r}")


async def _send(application: Application, request: Request) -> tuple[int, dict[str, str], bytes]:
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.path,
        "raw_path": request.path.encode(),
        "query_string": request.query_string,
        "headers": [
            (name.encode(), value.encode("latin-1", "replace")) for name, value in request.headers.items()
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": request.body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await application.asgi(scope, receive, send)
    headers = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


def _cause(
    service: Service, operation: Operation, status: int, headers: dict[str, str], body: bytes
) -> str | None:
    """Why an answer is not a documented and valid one; None when it is."""
    documented = operation.response(status)
    success = any(re.match("2|default|3", code) for code in operation.responses)
    if documented is None or (status >= 400 and success):
        return f"{status}: {_said(body)}"
    if not body:
        return None
    content_type = headers.get("content-type", "").lower()
    media_type = documented.content.get(content_type) or documented.content.get(
        content_type.partition(";")[0]
    )
    if media_type is None or media_type.schema is None or not samples.is_json(content_type):
        return None
    checker = service.compiler.compile(media_type.schema, "response")
    return None if checker.is_valid(json.loads(body)) else f"{status}: the body breaks its schema"


def _said(body: bytes) -> str:
    """What a problem says, without what differs from one operation to the next."""
    try:
        said = json.loads(body)
        reasons = [entry["rule"] + " in " + entry["in"] for entry in said.get("errors", ())]
        text = reasons[0] if reasons else str(said.get("detail", said))
    except (ValueError, AttributeError, KeyError, TypeError):
        text = body[:60].decode("latin-1")
    return re.sub(r"'[^']*'|\"[^\"]*\"|\S*[/{}]\S*|\d+", "…", text)[:90]
