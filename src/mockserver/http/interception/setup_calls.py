"""The admin API calls that reproduce an answer that a fault or a forced answer gave."""

from typing import Any

from mockserver.http.exchange import Exchange
from mockserver.state.fault_model import Fault
from mockserver.state.session_overrides import ForcedAnswer


def setup_calls(exchange: Exchange) -> list[tuple[str, dict[str, Any]]]:
    """The resource and body of each call, limited to one use: `("faults", {...})`, `("answers", {...})`."""
    intervention = exchange.intervention
    if intervention is None:
        return []
    calls = [("faults", _fault(fault, exchange)) for fault, _ in intervention.struck]
    if intervention.is_given and intervention.answer is not None:
        calls.append(("answers", _answer(intervention.answer)))
    return calls


def _fault(fault: Fault, exchange: Exchange) -> dict[str, Any]:
    wanted: dict[str, Any] = {"kind": fault.kind, "api": exchange.api, "count": 1}
    if exchange.operation_id is not None:
        wanted["operation"] = exchange.operation_id
    if fault.kind == "status":
        wanted["status"] = fault.status
    if fault.kind in {"delay", "slow_body"}:
        wanted["delay"] = {"milliseconds": round(fault.delay.low * 1000, 3)}
    return wanted


def _answer(answer: ForcedAnswer) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        "api": answer.api,
        "operation": answer.operation,
        "status": answer.status,
        "count": 1,
    }
    if answer.media_type is not None:
        wanted["media_type"] = answer.media_type
    if not answer.made and not answer.own_words:
        wanted["body"] = answer.body
    return wanted
