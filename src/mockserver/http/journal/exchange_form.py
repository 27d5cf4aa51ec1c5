"""An exchange as the JSON value that a storage keeps, with what the journal shows of it."""

from dataclasses import asdict
from datetime import datetime
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
)


def exchange_value(exchange: Exchange) -> dict[str, Any]:
    """An exchange as a JSON value; bytes are text of as many characters."""
    started = exchange.started
    return {
        **{name: getattr(exchange, name) for name in _AS_THEY_ARE},
        "method": exchange.method,
        "path": exchange.path,
        "query_string": exchange.query_string.decode("latin-1"),
        "headers": [_texts(field) for field in exchange.headers.items()],
        "started": None if started is None else started.isoformat(),
        "path_parameters": dict(exchange.path_parameters),
        "identity": exchange.identity.name,
        "body": exchange.body.decode("latin-1"),
        "reply_body": exchange.reply_body.decode("latin-1"),
        "reply_fields": [_texts(field) for field in exchange.reply_fields],
        "reply_headers": [_texts(field) for field in exchange.reply_headers],
        "violations": [asdict(violation) for violation in exchange.violations],
        "near": [asdict(miss) for miss in exchange.near],
        "notes": list(exchange.notes),
        "faults": list(exchange.faults),
        "setup": [list(call) for call in exchange.setup],
    }


def exchange_of(value: dict[str, Any]) -> Exchange:
    """The exchange of a JSON value."""
    headers = dict(map(_bytes, value["headers"]))
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
    exchange.reply_fields = list(map(_bytes, value["reply_fields"]))
    exchange.reply_headers = list(map(_bytes, value["reply_headers"]))
    exchange.violations = tuple(
        Violation(**{**violation, "names": tuple(violation["names"])}) for violation in value["violations"]
    )
    exchange.near = [NearMiss(**miss) for miss in value["near"]]
    exchange.notes, exchange.faults, exchange.setup = value["notes"], value["faults"], value["setup"]
    return exchange


def _texts(field: tuple[bytes, bytes]) -> tuple[str, str]:
    return field[0].decode("latin-1"), field[1].decode("latin-1")


def _bytes(field: list[str]) -> tuple[bytes, bytes]:
    return field[0].encode("latin-1"), field[1].encode("latin-1")
