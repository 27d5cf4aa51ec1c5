"""Trials on several cores: a reference backend for each process, so that none disturbs another."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from typing import TYPE_CHECKING

from tests.mutation.stand import Stand, reference

from bench.mutation.trials import Result, Trial, attempt

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

_stands: list[Stand] = []


def results(trials: Sequence[Trial], processes: int) -> Iterator[Result]:
    """Carry out the trials, and give each result as it comes."""
    context = multiprocessing.get_context("spawn")
    urls: Queue[str] = context.Queue()
    with ExitStack() as stack:
        for _ in range(processes):
            urls.put(stack.enter_context(reference()).url)
        pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(urls,))
        try:
            for future in as_completed([pool.submit(_carry_out, trial) for trial in trials]):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _begin(urls: Queue[str]) -> None:
    _stands.append(Stand(urls.get()))


def _carry_out(trial: Trial) -> Result:
    return attempt(_stands[0], trial)
