"""Write requests of the journal as curl commands."""

from typing import TextIO

from mockserver.admin.admin_context import AdminContext
from mockserver.admin.exports.repeatable_requests import JournalEntries, RepeatableRequest, repeated
from mockserver.curl import Secret, Value, command, comment


def write_curl(file: TextIO, context: AdminContext, entries: JournalEntries, base_url: str) -> None:
    """Write a command for each request, in their order, or a comment if it cannot be repeated."""
    for number, exchange in entries:
        file.write(_command(repeated(context, number, exchange), base_url))


def _command(request: RepeatableRequest, base_url: str) -> str:
    lacking = request.lacking
    if request.method == "HEAD" and request.body:
        lacking = lacking or "curl sends no body with HEAD"
    note = ""
    if lacking:
        note = comment(str(request.number), request.method, f"{request.target}:", lacking) + "\n"
    if request.cut:
        return note
    headers: list[tuple[str | bytes, Value]] = [
        (field.name, Secret(field.variable, field.raw) if field.variable else field.raw)
        for field in request.fields
    ]
    target = request.target.encode("latin-1")
    return note + command(request.method, base_url, target, headers, request.body or None) + "\n"
