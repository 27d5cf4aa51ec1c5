"""Measure what one input costs, whatever else the machine does."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

#: Seconds of this process. What is linear takes a fraction; what is not takes minutes for the same input.
MOST_SECONDS = 15.0


@contextmanager
def bounded_time(seconds: float = MOST_SECONDS) -> Iterator[None]:
    """Fail where what is done inside takes more seconds of this process."""
    begun = time.process_time()
    yield
    taken = time.process_time() - begun
    assert taken < seconds, f"took {taken:.1f} seconds, at most {seconds} were expected"


@contextmanager
def bounded_memory(size: int) -> Iterator[None]:
    """Fail where Python's objects take more bytes at any moment inside."""
    tracemalloc.start()
    try:
        yield
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < size, f"took {peak:,} bytes, at most {size:,} were expected"
