"""Serve one port with several processes: start them, replace those that end, stop them all."""

import contextlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from mockserver.errors import ConfigurationError, MockserverError

log = logging.getLogger("mockserver")

Serve = Callable[[bool], MockserverError | None]
"""Serves until a signal; the argument says whether to announce the server. Returns the error, if any."""

_STOP_SECONDS = 1.5
"""Seconds for the processes to end: the server stops within two seconds of SIGTERM."""
_PAUSE = 1.0
"""Seconds before the next start if processes end at once, one after the other."""
_FAILED = 2
_STOPS = (signal.SIGINT, signal.SIGTERM)


@dataclass(slots=True)
class _Worker:
    number: int
    process: int
    reports: int
    began: float
    is_first: bool
    #: How many processes before this one ended at once.
    failures: int = 0


class Workers:
    """The processes, created by fork: each shares the memory of what was read before."""

    def __init__(self, count: int, serve: Serve) -> None:
        self._count = count
        self._serve = serve
        self._running: dict[int, _Worker] = {}
        self._waiting: list[tuple[int, int]] = []
        self._is_stopping = False
        self._failure = ""
        # Never written to: it closes when this process ends, which the others notice.
        self._alive, self._life = os.pipe()

    def run(self) -> None:
        """Serve until a signal (SIGINT, SIGTERM).

        Raises:
            ConfigurationError: a process cannot serve.
        """
        awaited = {*_STOPS, signal.SIGCHLD, signal.SIGALRM}
        before = signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
        try:
            for number in range(self._count):
                self._start(number, is_first=True)
            while self._running or (self._waiting and not self._is_stopping):
                self._handle(signal.sigwait(awaited))
        finally:
            self._kill(signal.SIGKILL)
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            os.close(self._alive)
            os.close(self._life)
        if self._failure:
            raise ConfigurationError(self._failure)

    def _handle(self, received: int) -> None:
        if received == signal.SIGCHLD:
            self._reap()
        elif received in _STOPS:
            self._stop()
        elif self._is_stopping:
            self._kill(signal.SIGKILL)
        else:
            waiting, self._waiting = self._waiting, []
            for number, failures in waiting:
                self._start(number, failures=failures)

    def _start(self, number: int, *, is_first: bool = False, failures: int = 0) -> None:
        reports, report = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        process = os.fork()
        if process == 0:
            self._work(report, is_first=is_first and number == 0)
        os.close(report)
        self._running[process] = _Worker(number, process, reports, time.monotonic(), is_first, failures)

    def _work(self, report: int, *, is_first: bool) -> None:
        """Serve in a new process, and end the process."""
        code = 1
        try:
            os.close(self._life)
            for each in (signal.SIGCHLD, signal.SIGALRM, *_STOPS):
                signal.signal(each, signal.default_int_handler if each == signal.SIGINT else signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {*_STOPS, signal.SIGCHLD, signal.SIGALRM})
            threading.Thread(target=self._end_with_parent, daemon=True).start()
            failure = self._serve(is_first)
            code = 0 if failure is None else _FAILED
            os.write(report, str(failure or "").encode()[:4096])
        except KeyboardInterrupt:
            code = 0
        except BaseException:  # after any error, this process must not continue as its parent
            log.exception("Bug in the mock: a worker ended")
        finally:
            with contextlib.suppress(OSError):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(code)

    def _end_with_parent(self) -> None:
        os.read(self._alive, 1)
        os.kill(os.getpid(), signal.SIGTERM)

    def _reap(self) -> None:
        while self._running:
            process, status = os.waitpid(-1, os.WNOHANG)
            if process == 0:
                return
            if process in self._running:
                self._follow(self._running.pop(process), os.waitstatus_to_exitcode(status))

    def _follow(self, worker: _Worker, code: int) -> None:
        """Replace a process that ended, unless it could not serve from the start."""
        with open(worker.reports, "rb") as reports:
            failure = reports.read().decode("utf-8", "replace")
        if self._is_stopping:
            return
        if code == _FAILED and worker.is_first:
            self._failure = failure
            self._stop()
            return
        log.warning(
            "Worker %d ended%s: another is started.", worker.process, f" ({failure})" if failure else ""
        )
        failures = worker.failures + 1 if time.monotonic() - worker.began < _PAUSE else 0
        if failures > 1:
            self._waiting.append((worker.number, failures))
            signal.setitimer(signal.ITIMER_REAL, _PAUSE)
        else:
            self._start(worker.number, failures=failures)

    def _stop(self) -> None:
        self._is_stopping = True
        self._kill(signal.SIGTERM)
        signal.setitimer(signal.ITIMER_REAL, _STOP_SECONDS)

    def _kill(self, sent: signal.Signals) -> None:
        for process in self._running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, sent)


def check_workers(count: int, *, is_memory: bool, stateless: bool, reload: bool) -> None:
    """Refuse several processes in configurations where they would not work like one.

    Raises:
        ConfigurationError: they would not share sessions, or would not reload together.
    """
    if count == 1:
        return
    if is_memory and not stateless:
        raise ConfigurationError(
            f"--workers {count} needs a store that the processes share: --store FILE.db or "
            "--store redis://…. With the store in memory each would have its own sessions; "
            "--stateless needs none."
        )
    if reload and not is_memory:
        raise ConfigurationError(f"--reload needs one process: leave it out, or --workers {count}.")
    if not hasattr(os, "fork"):
        raise ConfigurationError(f"--workers {count} needs a system that has fork: Linux or macOS.")
