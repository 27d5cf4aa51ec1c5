"""Write requests of the journal as an HTTP archive (HAR 1.2)."""

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TextIO
from urllib.parse import parse_qsl

from mockserver import __version__
from mockserver.admin.admin_context import AdminContext
from mockserver.admin.exports.repeatable_requests import JournalEntries, is_text, target
from mockserver.admin.journal_views import whole
from mockserver.http.exchange import Exchange
from mockserver.http.journal.masking import MASK
from mockserver.http.response.problems import phrase_of
from mockserver.state.clock import timestamp

if TYPE_CHECKING:
    import harfile


def write_har(file: TextIO, context: AdminContext, entries: JournalEntries, base_url: str) -> None:
    """Write an HTTP archive; the comment of an entry names its session and its operation."""
    import harfile

    with harfile.open(file, creator=harfile.Creator("mockserver", __version__)) as archive:
        for number, exchange in entries:
            shown = whole(number, exchange, None)
            archive.add_entry(
                startedDateTime=timestamp(exchange.started) if exchange.started else "",
                time=shown["milliseconds"],
                request=_request(exchange, shown, base_url),
                response=_response(exchange, shown),
                timings=harfile.Timings(send=0, wait=shown["milliseconds"], receive=0),
                comment=f"session {exchange.session}, operation {exchange.operation_id or 'none'}",
            )


def _records(pairs: Mapping[str, str] | list[tuple[str, str]]) -> "list[harfile.Record]":
    from harfile import Record

    return [Record(name, value) for name, value in (pairs.items() if isinstance(pairs, Mapping) else pairs)]


def _request(exchange: Exchange, shown: Mapping[str, Any], base_url: str) -> "harfile.Request":
    import harfile

    media_type = shown["headers"].get("content-type", "application/octet-stream")
    return harfile.Request(
        method=exchange.method,
        url=base_url + target(shown),
        httpVersion="HTTP/1.1",
        headers=_records(shown["headers"]),
        queryString=_records(parse_qsl(shown["query"], keep_blank_values=True)),
        postData=harfile.PostData(media_type, text=shown["body"]) if exchange.body else None,
        bodySize=exchange.body_size,
    )


def _response(exchange: Exchange, shown: Mapping[str, Any]) -> "harfile.Response":
    import harfile

    content = harfile.Content(
        size=exchange.reply_size, mimeType=shown["answer_headers"].get("content-type", "")
    )
    if is_text(exchange.reply_body) or MASK in shown["answer"]:
        content.text = shown["answer"]
    else:
        content.text, content.encoding = base64.b64encode(exchange.reply_body).decode(), "base64"
    return harfile.Response(
        status=exchange.status,
        statusText=phrase_of(exchange.status),
        httpVersion="HTTP/1.1",
        headers=_records(shown["answer_headers"]),
        content=content,
        bodySize=exchange.reply_size,
    )
