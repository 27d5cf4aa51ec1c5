"""The admin API's handlers for a session's overrides: scenarios, faults, forced answers, the clock."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from mockserver.admin.admin_context import NOTHING, AdminContext, AdminHandler, Session
from mockserver.behaviour.backend import Response
from mockserver.behaviour.preferences import Preferences
from mockserver.errors import (
    BadRequestError,
    ConflictError,
    NotImplementedByMockError,
    ResourceNotFoundError,
    Violation,
)
from mockserver.http.served_api import Service
from mockserver.state.clock import timestamp
from mockserver.state.fault_model import Delay, Fault
from mockserver.state.forced_responses import ForcedAnswerError, read_answer
from mockserver.state.session_overrides import RUNNING, ClockSetting, ForcedAnswer, SessionOverrides

_MOST = 100

Entry = TypeVar("Entry", Fault, ForcedAnswer)


def _refusal(reason: str, pointer: str) -> BadRequestError:
    return BadRequestError(reason, violations=[Violation("body", pointer, reason, "value")])


def list_scenarios(context: AdminContext, session: Session) -> Response:
    """The scenarios of every API, and whether each is on."""
    context.advance(session.state)
    playing = {(one.api, one.name): one for one in session.conditions.playing}
    places = {key: place for place, key in enumerate(playing, 1)}
    shown = []
    for api, scenarios in context.player.scenarios.items():
        for scenario in scenarios.values():
            key = (api, scenario.name)
            now_on = playing.get(key)
            shown.append(
                {
                    "api": api,
                    "name": scenario.name,
                    "description": scenario.description,
                    "on": now_on is not None,
                    "place": places.get(key),
                    "since": None if now_on is None else timestamp(now_on.since),
                    "steps": len(scenario.steps),
                    "steps_taken": 0 if now_on is None else len(now_on.done),
                }
            )
    return Response(200, {"session": session.name, "scenarios": shown})


def start_scenario(context: AdminContext, session: Session, *, api: str, name: str) -> Response:
    """Switch a scenario on, on top of those that are on already."""
    _check_scenario(context, api, name)
    context.player.start(session.state, api, name, context.now(session.state))
    return list_scenarios(context, session)


def _check_scenario(context: AdminContext, api: str, name: str) -> None:
    context.service(api)
    known = context.player.scenarios.get(api, {})
    if name not in known:
        there = ", ".join(known) or "none"
        raise ResourceNotFoundError(f"{api} has no scenario {name!r}; there are {there}.")


def stop_scenario(context: AdminContext, session: Session, *, api: str, name: str) -> Response:
    """Switch a scenario off; the others that are on are applied again to the records before them."""
    if not context.player.stop(session.state, api, name):
        _check_scenario(context, api, name)
        raise ResourceNotFoundError(f"The scenario {name!r} of {api} is not on in this session.")
    return NOTHING


def stop_scenarios(context: AdminContext, session: Session, *, api: str) -> Response:
    """Switch all scenarios of an API off and restore the records that they changed."""
    if not context.player.stop(session.state, api):
        raise ResourceNotFoundError(f"No scenario of {api!r} is on in this session.")
    return NOTHING


def list_faults(context: AdminContext, session: Session) -> Response:
    """The session's faults, and how often each was applied."""
    faults = [_fault(context, session, fault) for fault in session.conditions.faults]
    return Response(200, {"session": session.name, "faults": faults})


def is_spent(counts: Mapping[str, int], entry: Fault | ForcedAnswer) -> bool:
    """Whether a fault or a forced answer has been used as often as allowed."""
    counter = entry.hits if isinstance(entry, Fault) else entry.counter
    return entry.count is not None and counts.get(counter, 0) >= entry.count


def _fault(context: AdminContext, session: Session, fault: Fault) -> dict[str, Any]:
    view: dict[str, Any] = {
        "id": fault.id,
        "kind": fault.kind,
        "api": fault.api,
        "operation": fault.operation,
        "share": fault.share,
        "count": fault.count,
        "seed": fault.seed,
        "hits": session.state.counts.get(fault.hits, 0),
        "spent": is_spent(session.state.counts, fault),
    }
    if fault.kind == "status":
        view["status"] = fault.status
    if fault.kind in {"delay", "slow_body"}:
        delay = fault.delay
        view["delay"] = {
            "distribution": delay.distribution,
            "milliseconds": round(delay.low * 1000, 3),
            "most": round(delay.high * 1000, 3),
            "sigma": delay.sigma,
        }
    return view


def add_fault(context: AdminContext, session: Session, *, body: dict[str, Any]) -> Response:
    """Set a fault in the session."""
    conditions = session.conditions
    if len(conditions.faults) >= _MOST:
        raise ConflictError(f"A session has {_MOST} faults at most.")
    _check_target(context, body)
    delay = body.get("delay", {})
    low, high = delay.get("milliseconds", 1_000) / 1000, delay.get("most", 0) / 1000
    if delay.get("distribution") == "uniform" and high < low:
        raise _refusal("`most` must not be less than `milliseconds`", "/delay/most")
    drawn = Delay(delay.get("distribution", "fixed"), low, high, delay.get("sigma", 0.5))
    plain = {
        name: body[name] for name in ("api", "operation", "share", "count", "seed", "status") if name in body
    }
    fault = Fault(_new_id(context, session), body["kind"], **plain, delay=drawn)
    session.state.set_conditions(replace(conditions, faults=(*conditions.faults, fault)))
    return Response(201, _fault(context, session, fault))


def _check_target(context: AdminContext, body: Mapping[str, Any]) -> None:
    api, operation = body.get("api"), body.get("operation")
    services = list(context.services.values()) if api is None else [_service(context, api)]
    if operation is not None and all(operation not in service.document.index for service in services):
        raise _refusal(f"there is no operation {operation!r}", "/operation")


def _service(context: AdminContext, api: str) -> Service:
    if api not in context.services:
        raise _refusal(f"there is no API {api!r}; there are {', '.join(context.services)}", "/api")
    return context.services[api]


def _new_id(context: AdminContext, session: Session) -> str:
    return str(session.state.count("ids"))


def remove_fault(context: AdminContext, session: Session, *, id_: str) -> Response:
    """Remove a fault."""
    conditions = session.conditions
    left = _without(conditions.faults, id_, "fault")
    session.state.set_conditions(replace(conditions, faults=left))
    return NOTHING


def _without(entries: tuple[Entry, ...], id_: str, what: str) -> tuple[Entry, ...]:
    left = tuple(entry for entry in entries if entry.id != id_)
    if len(left) == len(entries):
        raise ResourceNotFoundError(f"There is no {what} {id_!r} in this session.")
    return left


def remove_faults(context: AdminContext, session: Session) -> Response:
    """Remove all faults."""
    _keep(context, session, faults=())
    return NOTHING


def _keep(context: AdminContext, session: Session, **changes: Any) -> None:
    """Change the session's overrides, unless nothing changes."""
    conditions: SessionOverrides = session.conditions
    changed = replace(conditions, **changes)
    if changed != conditions:
        session.state.set_conditions(changed)


def list_answers(context: AdminContext, session: Session) -> Response:
    """The session's forced answers, except those of scenarios."""
    answers = [_answer(context, session, answer) for answer in session.conditions.answers]
    return Response(200, {"session": session.name, "answers": answers})


def _answer(context: AdminContext, session: Session, answer: ForcedAnswer) -> dict[str, Any]:
    return {
        "id": answer.id,
        "api": answer.api,
        "operation": answer.operation,
        "status": answer.status,
        "body": _body(context, answer),
        "media_type": answer.media_type,
        "count": answer.count,
        "given": session.state.counts.get(answer.counter, 0),
        "spent": is_spent(session.state.counts, answer),
    }


def _body(context: AdminContext, answer: ForcedAnswer) -> Any:
    """The body of a forced answer; None if it is not JSON.

    Raises:
        ApiError: the document has no such response.
    """
    if not answer.made:
        return answer.body
    service, wanted = context.services[answer.api], Preferences(code=answer.status)
    operation = service.document.operation(answer.operation)
    made = service.fallback.negotiator.answer(operation, wanted, answer.media_type)
    return None if isinstance(made.body, bytes) else made.body


def force_answer(context: AdminContext, session: Session, *, body: dict[str, Any]) -> Response:
    """Force an operation's answer; the latest forced answer has priority."""
    conditions = session.conditions
    if len(conditions.answers) >= _MOST:
        raise ConflictError(f"A session has {_MOST} forced answers at most.")
    service = _service(context, body["api"])
    id_ = _new_id(context, session)
    try:
        answer = read_answer(service.document, service.compiler, body["operation"], body, id_)
        view = _answer(context, session, answer)
    except ForcedAnswerError as error:
        raise _refusal(str(error), error.pointer) from None
    except NotImplementedByMockError as error:
        raise _refusal(f"{error.detail}; say the body", "/body") from None
    session.state.set_conditions(replace(conditions, answers=(answer, *conditions.answers)))
    return Response(201, view)


def remove_answer(context: AdminContext, session: Session, *, id_: str) -> Response:
    """Remove a forced answer."""
    conditions = session.conditions
    left = _without(conditions.answers, id_, "forced answer")
    session.state.set_conditions(replace(conditions, answers=left))
    return NOTHING


def remove_answers(context: AdminContext, session: Session) -> Response:
    """Remove all forced answers except those of scenarios."""
    _keep(context, session, answers=())
    return NOTHING


def get_clock(context: AdminContext, session: Session) -> Response:
    """The session's current time, and whether its clock is frozen or shifted."""
    setting = session.conditions.clock
    mode = "frozen" if setting.frozen else "shifted" if setting.offset else "machine"
    return Response(
        200,
        {
            "session": session.name,
            "now": timestamp(context.now(session.state)),
            "mode": mode,
            "offset_seconds": round((context.now(session.state) - context.clock.now()).total_seconds(), 3),
        },
    )


def set_clock(context: AdminContext, session: Session, *, body: dict[str, Any]) -> Response:
    """Set the session's clock; it is frozen there or continues from there."""
    now = context.clock.now()
    moment = _moment(body["at"]) if "at" in body else context.now(session.state)
    frozen = body.get("frozen", False)
    setting = ClockSetting(frozen=moment) if frozen else ClockSetting(offset=moment - now)
    _keep(context, session, clock=setting)
    context.advance(session.state)
    return get_clock(context, session)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise _refusal(f"{text!r} is not a moment; write it as 2026-03-02T09:00:00Z", "/at") from None


def advance_clock(context: AdminContext, session: Session, *, body: dict[str, Any]) -> Response:
    """Move the clock; negative seconds move it back."""
    setting, by = session.conditions.clock, timedelta(seconds=body["seconds"])
    try:
        moved = ClockSetting(setting.frozen + by if setting.frozen else None, setting.offset + by)
        moved.moment(context.clock.now())
    except OverflowError:
        raise _refusal("the clock does not go that far", "/seconds") from None
    if setting.frozen:
        moved = ClockSetting(moved.frozen)
    _keep(context, session, clock=moved)
    context.advance(session.state)
    return get_clock(context, session)


def release_clock(context: AdminContext, session: Session) -> Response:
    """Return the session to the machine's clock."""
    _keep(context, session, clock=RUNNING)
    return NOTHING


HANDLERS: Mapping[str, AdminHandler] = {
    "listScenarios": list_scenarios,
    "startScenario": start_scenario,
    "stopScenario": stop_scenario,
    "stopScenarios": stop_scenarios,
    "listFaults": list_faults,
    "addFault": add_fault,
    "removeFault": remove_fault,
    "removeFaults": remove_faults,
    "listAnswers": list_answers,
    "forceAnswer": force_answer,
    "removeAnswer": remove_answer,
    "removeAnswers": remove_answers,
    "getClock": get_clock,
    "setClock": set_clock,
    "advanceClock": advance_clock,
    "releaseClock": release_clock,
}
