"""Requests of the journal in the formats that other programs read; no format depends on another."""

from collections.abc import Callable, Mapping

from mockserver.admin.admin_context import AdminContext
from mockserver.admin.exports.curl_commands import write_curl
from mockserver.admin.exports.http_archive import write_har
from mockserver.admin.exports.pytest_module import write_pytest
from mockserver.admin.exports.repeatable_requests import JournalEntries

EXPORTS: Mapping[str, tuple[str, Callable[[AdminContext, JournalEntries, str], str]]] = {
    "curl": ("text/plain", write_curl),
    "har": ("application/har+json", write_har),
    "pytest": ("text/x-python", write_pytest),
}
"""By format: the media type, and what writes requests with the base URL of the mock."""
