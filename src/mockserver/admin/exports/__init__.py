"""Export requests of the journal to other formats, each independent of the others."""

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
"""By format: the media type, and the function that writes requests to a file."""


_TURN = 0.0001
"""Seconds. After a pause of 0 this thread would take the interpreter's lock again at once."""


class _File(io.TextIOWrapper):
    """Lets other threads run after each write; the interpreter alone switches only every 5 ms."""

    def write(self, text: str) -> int:
        written = super().write(text)
        time.sleep(_TURN)
        return written


def export(format_: str, context: AdminContext, entries: JournalEntries, base_url: str) -> tuple[str, bytes]:
    """Export requests; return the media type and the content.

    ``format_`` is ``curl``, ``har`` or ``pytest``; ``base_url`` is the mock's URL. Call it in a thread:
    requests are written one by one, so that an export of 64 MB does not block the event loop.
    """
    media_type, write = _FORMATS[format_]
    content = io.BytesIO()
    with _File(content, "utf-8", newline="", write_through=True) as file:
        write(file, context, entries, base_url)
        return media_type, content.getvalue()
