"""Standard output that is closed, or that takes nothing more: `mockserver lint … | head`, a full disk."""

import errno
import os
import sys

from mockserver.errors import MockserverError


class OutputError(MockserverError):
    """Standard output cannot be written; `has_gone` where nobody reads it any longer."""

    def __init__(self, error: OSError) -> None:
        self.has_gone = error.errno == errno.EPIPE
        super().__init__(f"standard output cannot be written: {error.strerror or error}")


def flush() -> None:
    """Write what was said so far.

    Raises:
        OutputError: it cannot be written.
    """
    if sys.stdout is None or sys.stdout.closed:
        return
    try:
        sys.stdout.flush()
    except OSError as error:
        raise OutputError(error) from None


def drop() -> None:
    """Let what is said from now on, and what is still to be written, go nowhere."""
    if sys.stdout is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
