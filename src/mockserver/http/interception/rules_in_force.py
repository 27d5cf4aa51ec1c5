"""The rules that apply to an operation, and the choice of the one that answers a request."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import lru_cache
from typing import Any

from mockserver.behaviour.scenario_player import in_run
from mockserver.http.exchange import Exchange
from mockserver.http.served_api import Service
from mockserver.state.answer_rules import (
    ABSENT,
    MEMBERS,
    UNTOLD,
    AnswerRule,
    Condition,
    ReadProperty,
    RuleSet,
    condition,
)
from mockserver.state.session_overrides import ORDINARY, AddedRule, SessionOverrides

_SMALL = 4 * 1024
"""Maximum size of a body that is kept in order to explain mismatches later."""

_TOLD = {*MEMBERS} - {"record"}
"""Members that explain why a rule did not match, without looking up the record."""
_NAMES = {"name", "subject"}
"""The properties of an identity that have plain values."""

FindRecord = Callable[[Exchange], Any]
"""Finds the record that a request is about; None if there is none."""


class OperationRules:
    """The rules of one operation: added in the session, of active scenarios, of its files, in this order.

    Attributes:
        are_written: whether files define rules; a session may still add some.
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
        self._usual = RuleSet(self._written, _reader)

    def known(self, conditions: SessionOverrides | None) -> Sequence[AnswerRule]:
        """All rules in the order in which they are tried, including those switched off."""
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
        """The rules that are tried: all that are not switched off."""
        off = (conditions or ORDINARY).rules_off
        return (
            [rule for rule in self.known(conditions) if rule_key(self._api, rule) not in off]
            if off
            else (self.known(conditions))
        )

    def answering(self, exchange: Exchange, find_record: FindRecord) -> AnswerRule | None:
        """The first rule that matches a request; noted in the exchange, with why earlier rules did not."""
        exchange.rule = ""
        conditions = exchange.state.conditions
        rules = self._usual if conditions is None else RuleSet(self.in_force(conditions), _reader)
        left = rules.candidates(exchange)
        trial = exchange.tried = TriedRules(rules.rules, exchange, find_record)
        for place in _places(left) if left else ():
            rule, counts = rules.rules[place], exchange.state.counts
            answer = rule.answer
            if answer.count is not None and counts.get(answer.counter, 0) >= answer.count:
                trial.spent = (*trial.spent, rule.name)
            elif rule.matches(trial.fact):
                if answer.count is not None:
                    exchange.state.count(answer.counter)
                exchange.rule = rule.name
                trial.close(place)
                return rule
        trial.close(len(rules.rules))
        return None


def _places(bits: int) -> Iterator[int]:
    """The indexes of the bits that are set, the lowest first."""
    place = 0
    while bits:
        if bits & 1:
            yield place
        bits >>= 1
        place += 1


def rule_key(api: str, rule: AnswerRule) -> str:
    """The key of an API's rule in a session."""
    return f"{api}/{rule.name}"


def _compiled(added: AddedRule) -> AnswerRule:
    """Compile a rule that was added in a session; its source is marked as "session"."""
    return AnswerRule(added.name, _conditions(added.when), added.answer, "session")


@lru_cache(maxsize=1_000)
def _conditions(when: str) -> tuple[Condition, ...]:
    return tuple(condition(member, schema) for member, schema in json.loads(when).items())


def _reader(member: str, name: str) -> ReadProperty:
    """A function that reads one property of a member of `when` from an exchange."""
    if member == "body":
        return lambda exchange: (
            body.get(name, ABSENT) if type(body := exchange.body_value) is dict else UNTOLD
        )
    if member == "headers":
        field = name.encode("latin-1", "replace")
        return lambda exchange: (
            ABSENT if (value := exchange.headers.get(field)) is None else value.decode("latin-1")
        )
    if member == "identity":
        return lambda exchange: getattr(exchange.identity, name) if name in _NAMES else UNTOLD
    key = (member, name)
    return lambda exchange: exchange.arguments.get(key, ABSENT)


class TriedRules(Sequence[tuple[str, str]]):
    """The rules that did not match a request, and why; the reasons are computed when they are read.

    Attributes:
        spent: the rules whose answer was given the maximum number of times.
    """

    __slots__ = (
        "_arguments",
        "_body",
        "_exchange",
        "_find_record",
        "_headers",
        "_identity",
        "_known",
        "_reasons",
        "_rules",
        "spent",
    )

    def __init__(self, rules: Sequence[AnswerRule], exchange: Exchange, find_record: FindRecord) -> None:
        self._rules = rules
        self._exchange: Exchange | None = exchange
        self._find_record = find_record
        # Kept here, as the journal removes them from the exchange.
        self._body, self._arguments = exchange.body_value, exchange.arguments
        self._headers, self._identity = exchange.headers, exchange.identity
        self._known: dict[str, Any] | None = None
        self._reasons: list[tuple[str, str]] | None = None
        self.spent: tuple[str, ...] = ()

    def fact(self, member: str) -> Any:
        """A fact of the request that rules can test; each is computed once."""
        known = self._known
        if known is None:
            known = self._known = {}
        if member not in known:
            known[member] = self._fact(member)
        return known[member]

    def _fact(self, member: str) -> Any:
        if member == "body":
            return self._body
        if member == "headers":
            fields = self._headers.items()
            return {name.decode("latin-1"): value.decode("latin-1") for name, value in fields}
        if member == "identity":
            return self._identity.facts
        if member == "record":
            return None if self._exchange is None else self._find_record(self._exchange)
        return {name: value for (where, name), value in self._arguments.items() if where == member}

    def close(self, number: int) -> None:
        """Keep the first `number` rules, which did not match; explain at once if the data is too large."""
        if number < len(self._rules):
            self._rules = self._rules[:number]
        known, exchange = self._known, self._exchange
        self._exchange = None  # avoids a reference cycle
        if (known and "record" in known) or (exchange is not None and len(exchange.body) > _SMALL):
            self._explain()

    def _explain(self) -> list[tuple[str, str]]:
        if self._reasons is None:
            members = _TOLD | (self._known or {}).keys()
            self._reasons = [(rule.name, self._reason(rule, members)) for rule in self._rules]
            self._body = self._known = None
            self._arguments = {}
        return self._reasons

    def _reason(self, rule: AnswerRule, members: Collection[str]) -> str:
        if rule.name in self.spent:
            return f"it has already answered {rule.answer.count} times"
        return rule.mismatch(self.fact, members) or "it does not match"

    def __len__(self) -> int:
        return len(self._rules)

    def __getitem__(self, place: Any) -> Any:
        return self._explain()[place]


def rule_notes(exchange: Exchange) -> list[str]:
    """Sentences for the journal: which rules did not match and which one answered."""
    notes = [f"The rule {name} did not match: {reason}." for name, reason in exchange.tried]
    return [*notes, f"The rule {exchange.rule} answered."] if exchange.rule else notes
