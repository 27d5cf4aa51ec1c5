"""Write requests of the journal as an HTTP archive."""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from mockserver import __version__
from mockserver.data.clock import timestamp
from mockserver.server import json_text
from mockserver.server.admin.desk import Desk
from mockserver.server.admin.masking import MASK
from mockserver.server.admin.repeating import Entries, base_url, is_text, target
from mockserver.server.admin.views import whole
from mockserver.server.exchange import Exchange
from mockserver.server.problems import phrase_of


def write_har(desk: Desk, entries: Entries) -> str:
    """An HTTP archive, version 1.2."""
    log = {
        "version": "1.2",
        "creator": {"name": "mockserver", "version": __version__},
        "entries": [_har_entry(desk, number, exchange) for number, exchange in entries],
    }
    return json_text.encode({"log": log}).decode()


def _pairs(fields: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in fields.items()]


def _har_entry(desk: Desk, number: int, exchange: Exchange) -> dict[str, Any]:
    shown = whole(number, exchange, None)
    return {
        "startedDateTime": timestamp(exchange.started) if exchange.started else "",
        "time": shown["milliseconds"],
        "request": _har_request(desk, exchange, shown),
        "response": _har_response(exchange, shown),
        "cache": {},
        "timings": {"send": 0, "wait": shown["milliseconds"], "receive": 0},
        "_session": exchange.session,
        "_operation": exchange.operation_id,
    }


def _har_request(desk: Desk, exchange: Exchange, shown: Mapping[str, Any]) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": exchange.method,
        "url": base_url(desk, exchange) + target(shown),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(shown["headers"]),
        "queryString": [
            {"name": name, "value": value}
            for name, value in parse_qsl(shown["query"], keep_blank_values=True)
        ],
        "headersSize": -1,
        "bodySize": exchange.body_size,
    }
    if exchange.body:
        media_type = shown["headers"].get("content-type", "application/octet-stream")
        request["postData"] = {"mimeType": media_type, "text": shown["body"]}
    return request


def _har_text(content: bytes, shown: str) -> dict[str, str]:
    """What is no text is written as the format has it for answers."""
    if is_text(content) or MASK in shown:
        return {"text": shown}
    return {"text": base64.b64encode(content).decode(), "encoding": "base64"}


def _har_response(exchange: Exchange, shown: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "status": exchange.status,
        "statusText": phrase_of(exchange.status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(shown["answer_headers"]),
        "content": {
            "size": exchange.reply_size,
            "mimeType": shown["answer_headers"].get("content-type", ""),
            **_har_text(exchange.reply_body, shown["answer"]),
        },
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": exchange.reply_size,
    }
