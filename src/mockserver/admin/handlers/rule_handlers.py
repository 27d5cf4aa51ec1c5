"""The admin API's handlers for rules: list them, add some to a session, switch them on and off."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from mockserver.admin.admin_context import NOTHING, AdminContext, AdminHandler, Session
from mockserver.admin.journal_views import verdicts_of
from mockserver.behaviour.backend import Response
from mockserver.errors import BadRequestError, ConflictError, ResourceNotFoundError, Violation
from mockserver.http.exchange import Exchange
from mockserver.http.interception.rules_in_force import OperationRules, rule_key
from mockserver.http.served_api import Service
from mockserver.openapi import pointers
from mockserver.state.answer_rules import AnswerRule, condition
from mockserver.state.clock import timestamp
from mockserver.state.forced_responses import ForcedAnswerError, read_answer
from mockserver.state.session_overrides import AddedRule, added_name

_MOST = 100


async def list_rules(
    context: AdminContext, session: Session, *, api: str | None = None, operation: str | None = None
) -> Response:
    """The rules of operations in the order in which they are tried, with each rule's latest result."""
    services = context.services.values() if api is None else [context.service(api)]
    shown = [
        _shown(session, service, found, rule)
        for service in services
        for found in _operations(session, service)
        if operation in {None, found}
        for rule in OperationRules(service, found).known(session.conditions)
    ]
    wanted = {(one["api"], one["name"]) for one in shown}
    verdicts = await _verdicts(context, session.name, wanted)
    rules = [{**one, "last": verdicts.get((one["api"], one["name"]))} for one in shown]
    return Response(200, {"session": session.name, "rules": rules})


def _operations(session: Session, service: Service) -> Iterator[str]:
    """The operations that have rules, in the order of the document."""
    conditions, fixture = session.conditions, service.fixture
    names = {added.operation for added in conditions.rules if added.api == service.name} | {*fixture.rules}
    for playing in conditions.played(service.name):
        scenario = fixture.scenarios.get(playing.name)
        names |= {*scenario.rules} if scenario is not None else set()
    return (name for name in service.document.index if name in names)


def _shown(session: Session, service: Service, operation: str, rule: AnswerRule) -> dict[str, Any]:
    answer = rule.answer
    return {
        "id": _id(rule),
        "name": rule.name,
        "api": service.name,
        "operation": operation,
        "source": rule.source,
        "scenario": answer.scenario,
        "on": rule_key(service.name, rule) not in session.conditions.rules_off,
        "when": {one.member: one.schema for one in rule.conditions},
        "answer": {
            "status": answer.status,
            "body": answer.body,
            "media_type": answer.media_type,
            "count": answer.count,
        },
        "given": session.state.counts.get(answer.counter, 0) if answer.count is not None else None,
        "last": None,
    }


def _id(rule: AnswerRule) -> str:
    """The id of a rule in paths: its name with colons instead of spaces."""
    return rule.name.replace(" ", ":")


async def _verdicts(
    context: AdminContext, session: str, wanted: set[tuple[str, str]]
) -> dict[tuple[str, str], dict[str, Any]]:
    """The latest result of each rule, as far as the journal still has the request."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    if not wanted:
        return found
    events = await context.journal.events()
    for exchange in reversed(events.entries):
        if exchange.session == session and (exchange.rule or exchange.tried):
            for name, reason in verdicts_of(exchange):
                key = (str(exchange.api), name)
                if key in wanted and key not in found:
                    found[key] = _verdict(exchange, reason)
            if len(found) == len(wanted):
                break
    return found


def _verdict(exchange: Exchange, reason: str | None) -> dict[str, Any]:
    return {
        "request": exchange.id,
        "time": timestamp(exchange.started) if exchange.started else None,
        "matched": reason is None,
        "reason": reason,
    }


def add_rule(context: AdminContext, session: Session, *, body: dict[str, Any]) -> Response:
    """Add a rule to the session; it is tried before all others of its operation.

    Raises:
        ConflictError: the session has the maximum number of added rules.
    """
    conditions = session.conditions
    if len(conditions.rules) >= _MOST:
        raise ConflictError(f"A session has {_MOST} added rules at most.")
    service = _service(context, body["api"])
    operation, when = body["operation"], body.get("when", {})
    for member, schema in when.items():
        try:
            condition(member, schema)
        except ValueError as error:
            raise _refusal(str(error), pointers.join(["when", member])) from None
    id_ = str(session.state.count("ids"))
    name = f"{service.name}/rule {added_name(operation, id_)}"
    try:
        answer = read_answer(service.document, service.compiler, operation, body["answer"], name)
    except ForcedAnswerError as error:
        raise _refusal(str(error), f"/answer{error.pointer}" if error.pointer else "/operation") from None
    found = service.document.operation(operation)
    added = AddedRule(id_, service.name, found.overrides or operation, json.dumps(when), answer)
    session.state.set_conditions(replace(conditions, rules=(added, *conditions.rules)))
    return Response(201, _shown(session, service, added.operation, _find(context, session, *_key(added))[1]))


def _key(added: AddedRule) -> tuple[str, str]:
    return added.api, added.name.replace(" ", ":")


def _service(context: AdminContext, api: str) -> Service:
    if api not in context.services:
        raise _refusal(f"there is no API {api!r}; there are {', '.join(context.services)}", "/api")
    return context.services[api]


def _refusal(reason: str, pointer: str) -> BadRequestError:
    return BadRequestError(reason, violations=[Violation("body", pointer, reason, "value")])


def _find(context: AdminContext, session: Session, api: str, id_: str) -> tuple[str, AnswerRule]:
    """Find a rule and its operation.

    Raises:
        ResourceNotFoundError: there is no such rule; the text lists all rules.
    """
    service = context.service(api)
    known = [
        (operation, rule)
        for operation in _operations(session, service)
        for rule in OperationRules(service, operation).known(session.conditions)
    ]
    for operation, rule in known:
        if _id(rule) == id_:
            return operation, rule
    there = ", ".join(_id(rule) for _, rule in known) or "none"
    raise ResourceNotFoundError(f"{api} has no rule {id_!r} in this session; there are {there}.")


def switch_rule(
    context: AdminContext, session: Session, *, api: str, rule: str, body: dict[str, Any]
) -> Response:
    """Switch a rule on or off in the session, also one of a file."""
    operation, found = _find(context, session, api, rule)
    key = rule_key(api, found)
    off = tuple(name for name in session.conditions.rules_off if name != key)
    off = off if body["on"] else (*off, key)
    if off != session.conditions.rules_off:
        session.state.set_conditions(replace(session.conditions, rules_off=off))
    return Response(200, _shown(session, context.services[api], operation, found))


def remove_rule(context: AdminContext, session: Session, *, api: str, rule: str) -> Response:
    """Remove an added rule.

    Raises:
        ConflictError: the rule is in a file.
    """
    _, found = _find(context, session, api, rule)
    if found.source != "session":
        raise ConflictError(f"The rule {found.name} is in a file; switch it off in this session instead.")
    conditions = session.conditions
    left = tuple(one for one in conditions.rules if (one.api, one.name) != (api, found.name))
    off = tuple(name for name in conditions.rules_off if name != rule_key(api, found))
    session.state.set_conditions(replace(conditions, rules=left, rules_off=off))
    return NOTHING


def remove_rules(context: AdminContext, session: Session) -> Response:
    """Remove all added rules, and switch all others on."""
    conditions = session.conditions
    if conditions.rules or conditions.rules_off:
        session.state.set_conditions(replace(conditions, rules=(), rules_off=()))
    return NOTHING


HANDLERS: Mapping[str, AdminHandler] = {
    "listRules": list_rules,
    "addRule": add_rule,
    "switchRule": switch_rule,
    "removeRule": remove_rule,
    "removeRules": remove_rules,
}
