"""Convert an exchange to the JSON value that a storage keeps, and back."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from itertools import chain
from typing import Any

from mockserver.errors import Violation
from mockserver.http.exchange import Exchange
from mockserver.http.suggestions import NearMiss
from mockserver.state.identities import Identity

_AS_THEY_ARE = (
    "session",
    "prefix",
    "duration",
    "scheme",
    "api",
    "operation_id",
    "base_path",
    "unread",
    "status",
    "reason",
    "body_size",
    "reply_size",
    "cause",
    "forced",
    "scenario",
    "replica",
    "rule",
    "is_answered",
)


def exchange_value(exchange: Exchange) -> dict[str, Any]:
    """An exchange as a JSON value; bytes are decoded as Latin-1."""
    started = exchange.started
    return {
        **{name: getattr(exchange, name) for name in _AS_THEY_ARE},
        "method": exchange.method,
        "path": exchange.path,
        "query_string": exchange.query_string.decode("latin-1"),
        "headers": _lines(exchange.headers.items()),
        "started": None if started is None else started.isoformat(),
        "path_parameters": dict(exchange.path_parameters),
        "identity": exchange.identity.name,
        "body": exchange.body.decode("latin-1"),
        "reply_body": exchange.reply_body.decode("latin-1"),
        "reply_fields": _lines(exchange.reply_fields),
        "reply_headers": _lines(exchange.reply_headers),
        "violations": [asdict(violation) for violation in exchange.violations],
        "near": [asdict(miss) for miss in exchange.near],
        "notes": list(exchange.notes),
        "tried": list(exchange.tried),
        "faults": list(exchange.faults),
        "setup": [list(call) for call in exchange.setup],
    }


def exchange_of(value: dict[str, Any]) -> Exchange:
    """The exchange of a JSON value; the inverse of `exchange_value`."""
    headers = dict(_fields(value["headers"]))
    query = value["query_string"].encode("latin-1")
    exchange = Exchange(value["method"], value["path"], query, headers)
    for name in _AS_THEY_ARE:
        setattr(exchange, name, value[name])
    started = value["started"]
    exchange.started = None if started is None else datetime.fromisoformat(started)
    exchange.path_parameters = value["path_parameters"]
    exchange.identity = Identity(value["identity"], "", frozenset())
    exchange.body = value["body"].encode("latin-1")
    exchange.reply_body = value["reply_body"].encode("latin-1")
    exchange.reply_fields = _fields(value["reply_fields"])
    exchange.reply_headers = _fields(value["reply_headers"])
    exchange.violations = tuple(
        Violation(**{**violation, "names": tuple(violation["names"])}) for violation in value["violations"]
    )
    exchange.near = [NearMiss(**miss) for miss in value["near"]]
    exchange.notes, exchange.faults, exchange.setup = value["notes"], value["faults"], value["setup"]
    exchange.tried = [(name, reason) for name, reason in value["tried"]]
    return exchange


def _lines(fields: Iterable[tuple[bytes, bytes]]) -> str:
    """Header fields as text, each name and value on its own line: neither has line breaks (RFC 9110 5.5)."""
    parts = [*chain.from_iterable(fields)]
    text = b"\n".join(parts)
    if text.count(b"\n") >= len(parts):  # unless a handler set an invalid header
        text = b"\n".join(part.replace(b"\n", b" ") for part in parts)
    return text.decode("latin-1")


def _fields(lines: str) -> list[tuple[bytes, bytes]]:
    parts = lines.encode("latin-1").split(b"\n") if lines else []
    return list(zip(parts[::2], parts[1::2], strict=True))
