"""Serve one document in process, call every operation, go round with every resource, and sort the causes."""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import resource
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from bench.answer import Answer
from bench.corpus.calling import call
from bench.corpus.documents import name_of
from bench.corpus.judging import cause_of
from bench.corpus.public_apis import journeys
from bench.corpus.requests import Request, request_for
from bench.corpus.walking import BrokenTripError, Walk
from mockserver.app import build
from mockserver.config import Settings
from mockserver.errors import MockserverError
from mockserver.generation import UnsatisfiableSchemaError, ValueGenerator
from mockserver.http.served_api import Service


class Send(Protocol):
    """Sends a request in a session."""

    async def __call__(self, request: Request, session: str) -> Answer:
        """See above."""


_SECONDS = 120
_SECONDS_AN_OPERATION = 0.2
_SECONDS_UNTIL_AGAIN = 5
_SECONDS_UNTIL_NAMED = 60
_SECONDS_OF_SILENCE = 3600


@dataclass
class Causes:
    """What did not hold, by cause, with an example of each."""

    count: dict[str, int] = field(default_factory=dict)
    examples: dict[str, str] = field(default_factory=dict)

    def note(self, cause: str, example: str) -> None:
        """Count a cause, and keep the first thing that it is about."""
        self.count[cause] = self.count.get(cause, 0) + 1
        self.examples.setdefault(cause, example[:400])


@dataclass
class Measured:
    """What came of one document.

    Attributes:
        trips: its resources with a create and a read.
        held: those that held at every step.
        to_first_answer: the seconds until its first operation was answered.
        started: the megabytes of the process by then.
    """

    name: str
    refused: str = ""
    operations: int = 0
    answered: int = 0
    trips: int = 0
    held: int = 0
    to_first_answer: float = 0.0
    started: float = 0.0
    seconds: float = 0.0
    megabytes: float = 0.0
    causes: Causes = field(default_factory=Causes)
    broken: Causes = field(default_factory=Causes)

    @property
    def failed(self) -> bool:
        """Whether it crashed or hung."""
        return any(cause.startswith(("crash", "too slow")) for cause in self.causes.count)


class _TooSlowError(BaseException):
    """The document took longer than it may. No handler of the server's may take it for a failed request."""


def measure(file: Path) -> Measured:
    """Serve a document, call every operation of it once, and go round with its resources."""
    logging.disable(logging.CRITICAL)
    measured = Measured(name_of(file))
    begun = time.perf_counter()
    signal.signal(signal.SIGALRM, _interrupt)
    _limit(_SECONDS)
    try:
        application = build(Settings(specs=(file,), auth="off", fixtures=None))
        service = next(iter(application.services.values()))
        _limit(_SECONDS + _SECONDS_AN_OPERATION * len(service.document.index))
        asyncio.run(measure_with(service, partial(call, application), measured, begun))
    except MockserverError as error:
        measured.refused = str(error)[:300]
    except _TooSlowError:
        measured.causes.note("too slow", measured.name)
    except Exception as error:  # noqa: BLE001  whatever it is, it is a finding
        measured.causes.note(f"crash: {type(error).__name__}", f"{measured.name} {error}")
    finally:
        _limit(0)
        logging.disable(logging.NOTSET)
    measured.seconds = time.perf_counter() - begun
    measured.megabytes = _megabytes()
    return measured


def measure_all(files: Sequence[Path], jobs: int) -> Iterator[Measured]:
    """Measure documents, so many at once, each in a process of its own; says on stderr how far it is."""
    # One process per document: memory that one document takes is not counted for the next. All are
    # forked from a process that has the modules.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["bench.corpus.measure", "bench.corpus.peers", "bench.corpus.tables"])
    waiting = dict.fromkeys(map(name_of, files))
    said = heard = time.monotonic()
    with context.Pool(jobs, maxtasksperchild=1) as pool:
        results = pool.imap_unordered(measure, files)
        while waiting and time.monotonic() - heard < _SECONDS_OF_SILENCE:
            try:
                measured = results.next(_SECONDS_UNTIL_NAMED)
            except multiprocessing.TimeoutError:
                print(f"waiting for {', '.join(list(waiting)[:jobs])}", file=sys.stderr)
                continue
            heard = time.monotonic()
            del waiting[measured.name]
            if heard - said > 2:
                said = heard
                print(f"{len(files) - len(waiting)} of {len(files)} documents", file=sys.stderr)
            yield measured
    for name in waiting:  # their processes ended without a result, or do not answer to signals
        measured = Measured(name)
        measured.causes.note("too slow", name)
        yield measured


def _limit(seconds: float) -> None:
    """Interrupt this process after so many seconds, and again until `_limit(0)`."""
    signal.setitimer(signal.ITIMER_REAL, seconds, _SECONDS_UNTIL_AGAIN)


def _interrupt(*_: object) -> None:
    raise _TooSlowError


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def measure_with(service: Service, send: Send, measured: Measured, begun: float) -> None:
    """Call every operation once, and go round with every resource, each in a session of its own."""
    generator = ValueGenerator(service.document.root, service.compiler, seed=1, now=service.clock.now())
    for operation_id in service.document.index:
        measured.operations += 1
        await _call_one(service, send, measured, operation_id, generator)
        if not measured.started:
            measured.to_first_answer, measured.started = time.perf_counter() - begun, _megabytes()
    for trip in journeys(measured.name, service.document):
        measured.trips += 1
        in_session = partial(send, session=f"trip-{measured.trips}")
        try:
            await Walk(trip, service.document, service.compiler, service.clock.now(), in_session).go()
            measured.held += 1
        except BrokenTripError as error:
            measured.broken.note(error.cause, f"{measured.name} {trip.path}: {error.detail}")


async def _call_one(
    service: Service, send: Send, measured: Measured, operation_id: str, generator: ValueGenerator
) -> None:
    """Call one operation, and note why it did not answer as it should, if so."""
    example = f"{measured.name} {operation_id}"
    try:
        operation = service.document.operation(operation_id)
        request = request_for(operation, service.document, generator)
    except UnsatisfiableSchemaError as error:
        measured.causes.note("no request: nothing was found that fits its schema", f"{example}: {error}")
        return
    except (MockserverError, ValueError, LookupError, RecursionError) as error:
        measured.causes.note(f"no request: {type(error).__name__}", f"{example}: {error}")
        return
    answer = await send(request, session=f"operation-{measured.operations}")
    found = cause_of(service.compiler, operation, answer)
    if found is None:
        measured.answered += 1
    else:
        measured.causes.note(found, f"{example}: {answer.body[:200]!r}")
