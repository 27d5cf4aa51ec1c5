"""Convert journalled requests to the form that the admin API shows."""

import codecs
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mockserver.admin.violation_details import document_line, explain
from mockserver.errors import MockserverError
from mockserver.http.exchange import Exchange
from mockserver.http.interception.answer_source import journalled_source, preference_applied
from mockserver.http.interception.rules_in_force import rule_notes
from mockserver.http.journal.masking import Masker, masked_answer, quoted_secrets, without_secrets
from mockserver.http.served_api import Service
from mockserver.resources.explanation import answerer
from mockserver.state.clock import timestamp


def brief(number: int, exchange: Exchange) -> dict[str, Any]:
    """A request for a list: method and path, status, and the reason of a refusal."""
    return {
        "id": exchange.id,
        "number": number,
        "time": timestamp(exchange.started) if exchange.started else None,
        "session": exchange.session,
        "replica": exchange.replica,
        "method": exchange.method,
        "path": exchange.path,
        "query": Masker(exchange.api_keys).query(exchange.query_string),
        "api": exchange.api,
        "operation": exchange.operation_id,
        "identity": exchange.identity.name,
        "status": exchange.status,
        "milliseconds": round(exchange.duration * 1000, 3),
        "refused": len(exchange.violations),
        "reason": _shown_reason(exchange),
        "notes": [*exchange.notes, *rule_notes(exchange)],
        "forced": exchange.forced,
        "scenario": exchange.scenario,
        "prefer": preference_applied(exchange),
        "faults": list(exchange.faults),
    }


def _shown_reason(exchange: Exchange) -> str | None:
    if exchange.shown_reason is None:
        exchange.shown_reason = _reason(exchange)
    return exchange.shown_reason


def _reason(exchange: Exchange) -> str | None:
    if exchange.violations:
        more = len(exchange.violations) - 1
        first = exchange.violations[0]
        shown = replace(first, message=without_secrets(first.message, quoted_secrets(exchange)))
        return str(shown) + (f" (and {more} more)" if more else "")
    if exchange.near:
        return f"{exchange.reason} Did you mean {exchange.near[0]}?"
    return exchange.reason


def verdicts_of(exchange: Exchange) -> Iterator[tuple[str, str | None]]:
    """The rules that were tried for a request, in their order, each with why it did not match."""
    yield from exchange.tried
    if exchange.rule:
        yield exchange.rule, None


def answered_by(exchange: Exchange, service: Service | None) -> dict[str, str] | None:
    """What made an answer, with its kind; None if the request was refused before."""
    source = journalled_source(exchange)
    if source is not None:
        return {"kind": source[0], "what": source[1]}
    if exchange.rule:
        return {"kind": "rule", "what": exchange.rule}
    name = exchange.operation_id
    if service is None or not exchange.is_answered or name is None or name not in service.document.index:
        return None
    try:
        kind, what = answerer(service.document.operation(name), service.handlers.handlers, service.fallback)
    except MockserverError:  # the document was replaced in the meantime
        return None
    return {"kind": kind, "what": what}


def _truncated(exchange: Exchange) -> dict[str, dict[str, int]]:
    """The full lengths of bodies that are stored in part; -1 if a length is unknown."""
    cut = {"body": exchange.body_size} if exchange.is_cut else {}
    if exchange.is_reply_cut:
        cut["answer"] = exchange.reply_size
    return {"truncated": cut} if cut else {}


def is_text(content: bytes) -> bool:
    """Whether a body, or its stored part, is valid text."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(content)
    except UnicodeDecodeError:
        return False
    return b"\0" not in content


def whole(number: int, exchange: Exchange, service: Service | None) -> dict[str, Any]:
    """A request in full detail, with credentials masked."""
    secrets = quoted_secrets(exchange)
    masker = Masker(exchange.api_keys)
    return {
        **_truncated(exchange),
        "binary": [
            name
            for name, body in (("body", exchange.body), ("answer", exchange.reply_body))
            if not is_text(body)
        ],
        **brief(number, exchange),
        "headers": masker.headers(exchange.headers.items()),
        "body": masker.body(exchange.body),
        "answer_headers": masker.headers(exchange.reply_fields),
        "answer": masked_answer(exchange, secrets),
        "rules": [
            {"rule": name, "matched": reason is None, "reason": reason}
            for name, reason in verdicts_of(exchange)
        ],
        "answered_by": answered_by(exchange, service),
        "violations": [
            {**found, "detail": without_secrets(found["detail"], secrets)}
            for found in (explain(service, exchange, violation) for violation in exchange.violations)
        ],
        "near": [
            {
                "method": miss.method,
                "path": miss.path,
                "api": miss.api,
                "operation": miss.operation,
                "difference": miss.difference,
            }
            for miss in exchange.near
        ],
    }


def with_lines(shown: dict[str, Any], service: Service | None) -> dict[str, Any]:
    """Add the lines of the document that the request concerns."""
    if service is None:
        return {**shown, "document": None}
    document, file = service.document, service.document.file
    for violation in shown["violations"]:
        if "document" in violation:
            origin, violation["document"] = document.origin(violation["document"])
            violation["file"] = document.part_name(origin)
            violation["line"] = document_line(origin, violation["document"])
    key = service.document.index.get(shown["operation"])
    place = key.pointer if key is not None else ""
    line = document_line(file, place) if key is not None else None
    return {**shown, "document": {"file": file.name, "pointer": place, "line": line}}
