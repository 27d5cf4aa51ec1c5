"""Handle standard output that is closed or full: `mockserver lint … | head`, a full disk."""

import errno
import os
import sys

from mockserver.errors import MockserverError


class OutputError(MockserverError):
    """Standard output cannot be written; `has_gone` if its reader has closed it."""

    def __init__(self, error: OSError) -> None:
        self.has_gone = error.errno == errno.EPIPE
        super().__init__(f"standard output cannot be written: {error.strerror or error}")


def flush() -> None:
    """Flush standard output.

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
    """Discard all further output, including what is still buffered."""
    if sys.stdout is not None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
