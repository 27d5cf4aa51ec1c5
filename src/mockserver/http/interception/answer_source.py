"""Determine who made an answer: the operation, a preference, a forced answer, a scenario or a fault."""

from typing import Literal

from mockserver.http.exchange import Exchange
from mockserver.state.fault_model import SPOILING

AnswerSource = Literal["operation", "prefer", "forced", "scenario", "fault"]


def source_of(exchange: Exchange) -> AnswerSource:
    """Who made the answer; a mere delay does not change it."""
    intervention = exchange.intervention
    if intervention is not None:
        if any(fault.kind in SPOILING for fault, _ in intervention.struck):
            return "fault"
        forced, scenario = intervention.given
        if forced:
            return "forced" if scenario is None else "scenario"
    return "prefer" if preference_applied(exchange) else "operation"


def journalled_source(exchange: Exchange) -> tuple[AnswerSource, str] | None:
    """Who made the answer of a journalled exchange, and by which override; None for the operation."""
    spoiling = [kind for kind in exchange.faults if kind in SPOILING]
    if spoiling:
        return "fault", ", ".join(spoiling)
    if exchange.forced:
        scenario = exchange.scenario
        return ("forced", str(exchange.operation_id)) if scenario is None else ("scenario", scenario)
    preferred = preference_applied(exchange)
    return None if preferred is None else ("prefer", preferred)


def preference_applied(exchange: Exchange) -> str | None:
    """The applied preferences (`Preference-Applied`) except `delay` and `handling`, or None."""
    if b"prefer" not in exchange.headers:
        return None
    stated = dict(exchange.reply_fields).get(b"preference-applied", b"").decode("latin-1")
    return (
        ", ".join(one for one in stated.split(", ") if one and not one.startswith(("delay=", "handling=")))
        or None
    )
