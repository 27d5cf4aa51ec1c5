"""The rules that are in force for an operation, and which of them answers a request."""

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from mockserver.behaviour.scenario_player import in_run
from mockserver.http.exchange import Exchange
from mockserver.http.served_api import Service
from mockserver.state.answer_rules import AnswerRule, Condition, Facts, condition
from mockserver.state.session_overrides import ORDINARY, AddedRule, SessionOverrides

FindRecord = Callable[[Exchange], Any]
"""Finds the record that a request is about; None where there is none."""


class OperationRules:
    """The rules of one operation: those added in a session, of scenarios that are on, of its files.

    Attributes:
        are_written: whether files have any; a session may have some all the same.
    """

    def __init__(self, service: Service, operation_id: str) -> None:
        self._api = service.name
        self._operation = operation_id
        self._written = service.fixture.rules.get(operation_id, ())
        self._of_scenarios = {
            name: scenario.rules[operation_id]
            for name, scenario in service.fixture.scenarios.items()
            if operation_id in scenario.rules
        }
        self.are_written = bool(self._written or self._of_scenarios)

    def known(self, conditions: SessionOverrides | None) -> Sequence[AnswerRule]:
        """All rules in the order in which they are tried, those that were switched off too."""
        if conditions is None:
            return self._written
        found = [
            _compiled(added)
            for added in conditions.rules
            if added.api == self._api and added.operation == self._operation
        ]
        for playing in conditions.played(self._api):
            found += in_run(self._of_scenarios.get(playing.name, ()), playing)
        return (*found, *self._written) if found else self._written

    def in_force(self, conditions: SessionOverrides | None) -> Sequence[AnswerRule]:
        """The rules that are tried."""
        off = (conditions or ORDINARY).rules_off
        return (
            [rule for rule in self.known(conditions) if rule_key(self._api, rule) not in off]
            if off
            else (self.known(conditions))
        )

    def answering(self, exchange: Exchange, facts: Facts) -> AnswerRule | None:
        """The first rule that matches a request; the exchange notes it, and why those before did not."""
        exchange.rule = ""
        tried: list[tuple[str, str]] = []
        for rule in self.in_force(exchange.state.conditions):
            reason = _why_not(rule, facts, exchange)
            if reason is None:
                exchange.rule, exchange.tried = rule.name, tried
                return rule
            tried.append((rule.name, reason))
        exchange.tried = tried
        return None


def rule_key(api: str, rule: AnswerRule) -> str:
    """What a session calls a rule of an API."""
    return f"{api}/{rule.name}"


def _why_not(rule: AnswerRule, facts: Facts, exchange: Exchange) -> str | None:
    """Why a rule does not answer a request; where it does, its answer is counted."""
    answer, session = rule.answer, exchange.state
    if answer.count is not None and session.counts.get(answer.counter, 0) >= answer.count:
        return f"it has been given {answer.count} times"
    reason = rule.mismatch(facts)
    if reason is None and answer.count is not None:
        session.count(answer.counter)
    return reason


def _compiled(added: AddedRule) -> AnswerRule:
    """A rule that was added in a session; its name tells it from those of files."""
    return AnswerRule(added.name, _conditions(added.when), added.answer, "session")


@lru_cache(maxsize=1_000)
def _conditions(when: str) -> tuple[Condition, ...]:
    return tuple(condition(member, schema) for member, schema in json.loads(when).items())


def request_facts(exchange: Exchange, find_record: FindRecord) -> Facts:
    """What rules may ask of a request; each fact is worked out once, when the first rule asks for it."""
    known: dict[str, Any] = {}

    def fact(member: str) -> Any:
        if member not in known:
            known[member] = find_record(exchange) if member == "record" else _fact(member, exchange)
        return known[member]

    return fact


def _fact(member: str, exchange: Exchange) -> Any:
    if member == "body":
        return exchange.body_value
    if member == "headers":
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in exchange.headers.items()}
    if member == "identity":
        return exchange.identity.facts
    return {name: value for (where, name), value in exchange.arguments.items() if where == member}


def rule_notes(exchange: Exchange) -> list[str]:
    """What the rules of an operation came to, in sentences."""
    notes = [f"The rule {name} did not match: {reason}." for name, reason in exchange.tried]
    return [*notes, f"The rule {exchange.rule} answered."] if exchange.rule else notes
