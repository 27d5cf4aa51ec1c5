"""Requests of the journal in the formats that other programs read; no format depends on another."""

import io
import time
from collections.abc import Callable, Mapping
from typing import TextIO

from mockserver.admin.admin_context import AdminContext
from mockserver.admin.exports.curl_commands import write_curl
from mockserver.admin.exports.http_archive import write_har
from mockserver.admin.exports.pytest_module import write_pytest
from mockserver.admin.exports.repeatable_requests import JournalEntries

_FORMATS: Mapping[str, tuple[str, Callable[[TextIO, AdminContext, JournalEntries, str], None]]] = {
    "curl": ("text/plain", write_curl),
    "har": ("application/har+json", write_har),
    "pytest": ("text/x-python", write_pytest),
}
"""By format: the media type, and what writes requests with the base URL of the mock to a file."""


_TURN = 0.0001
"""Seconds. A pause of 0 would give the interpreter's lock back before another thread can have taken it."""


class _File(io.TextIOWrapper):
    """Lets other threads run after each piece: the interpreter itself lets them wait 5 ms a turn."""

    def write(self, text: str) -> int:
        written = super().write(text)
        time.sleep(_TURN)
        return written


def export(format_: str, context: AdminContext, entries: JournalEntries, base_url: str) -> tuple[str, bytes]:
    """The media type and the content of an export.

    ``format_`` is ``curl``, ``har`` or ``pytest``; ``base_url`` is where the mock is reached. Call it in a
    thread: requests are written one by one, so that no single call keeps the event loop waiting for 64 MB.
    """
    media_type, write = _FORMATS[format_]
    content = io.BytesIO()
    with _File(content, "utf-8", newline="", write_through=True) as file:
        write(file, context, entries, base_url)
        return media_type, content.getvalue()
