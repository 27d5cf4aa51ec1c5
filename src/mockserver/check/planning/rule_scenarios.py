"""Scenarios for the rules of the fixture file: for each a request that it answers in the reference model."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import product
from typing import Any

from mockserver.check.planning.cases import Case, CaseSequence
from mockserver.check.planning.path_values import PathValues
from mockserver.check.planning.planning_context import PlanningContext, RecordAndCaller
from mockserver.check.planning.situations import Situation, SituationKind
from mockserver.check.target.http_messages import Caller
from mockserver.generation import ValueGenerator
from mockserver.openapi.operation import Operation
from mockserver.openapi.schema.schema_reader import SchemaReader
from mockserver.openapi.schema.validators import SchemaCompiler
from mockserver.state.answer_rules import AnswerRule, Condition, condition

_TRIES = 24
"""The most requests that are tried to match one rule."""
_VARIANTS = 3
"""The most values that are generated for one schema."""
_KEYWORDS: Mapping[str, frozenset[str]] = {
    "integer": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
    "string": frozenset({"pattern", "format", "minLength", "maxLength"}),
    "array": frozenset({"items", "minItems", "prefixItems"}),
}
"""The type that a keyword implies in a schema without `type`."""
_DOCUMENT: Mapping[str, Any] = {"openapi": "3.1.0", "info": {"title": "Rules", "version": "1"}, "paths": {}}


def plan(context: PlanningContext, operation: Operation) -> Iterator[CaseSequence]:
    """A request for each rule of an operation that a request can match."""
    rules = context.service.fixture.rules.get(operation.behaviour_id, ())
    for rule in rules:
        for number, (place, case) in enumerate(_requests(context, operation, rule)):
            if number == _TRIES:
                break
            if context.ask_model(case)[0].rule == rule.name:
                yield context.followed(operation, place, case, group="input")
                break


def _requests(
    context: PlanningContext, operation: Operation, rule: AnswerRule
) -> Iterator[tuple[RecordAndCaller, Case]]:
    """Requests that may match all conditions of a rule, the likeliest first."""
    conditions = {one.member: one for one in rule.conditions}
    fitter = Fitter(context)
    situation = Situation(SituationKind.RULE, rule.name)
    for variant, place in product(range(_VARIANTS), _places(context, operation, conditions, fitter)):
        for base in (
            context.cases.plain(operation, place.address, place.caller),
            context.filled(operation, place),
        ):
            case = replace(base, situation=situation, topic="input")
            case = _with_query(context, case, conditions.get("query"), fitter, variant)
            case = _with_headers(case, conditions.get("headers"), fitter, variant)
            yield place, _with_body(context, case, conditions.get("body"), fitter, variant)


def _places(
    context: PlanningContext, operation: Operation, conditions: Mapping[str, Condition], fitter: "Fitter"
) -> Iterator[RecordAndCaller]:
    """Records and callers that match a rule; the path may name a record that no fixture has."""
    places = context.places(operation)
    addresses: Iterable[PathValues] = [
        *(place.address for place in places),
        *context.addresses.known(operation),
    ]
    path = conditions.get("path")
    if path is not None:
        fitting = [one for one in addresses if path.mismatch(dict(one.values)) is None]
        addresses = fitting or [
            PathValues(fitter.value(path.schema, dict(one.values), 0)) for one in list(addresses)[:1]
        ]
    record = conditions.get("record")
    if record is not None:
        addresses = [one for one in addresses if record.mismatch(context.record(one) or None) is None]
    callers = [place.caller for place in places] or context.candidates(operation)
    identity = conditions.get("identity")
    if identity is not None:
        callers = [one for one in context.callers if _is_meant(context, one, identity)]
    seen = set()
    for address in addresses:
        for caller in callers[:1]:
            mark = (str(address.values), caller)
            if mark not in seen:
                seen.add(mark)
                yield RecordAndCaller(address, caller)


def _is_meant(context: PlanningContext, caller: Caller, wanted: Condition) -> bool:
    identity = context.service.fixture.identities.named(caller.identity or "")
    return identity is not None and wanted.mismatch(identity.facts) is None


def _with_query(
    context: PlanningContext, case: Case, wanted: Condition | None, fitter: "Fitter", variant: int
) -> Case:
    if wanted is None:
        return case
    values = fitter.value(wanted.schema, {}, variant)
    query = context.cases.query(case.operation, values if isinstance(values, Mapping) else {})
    return replace(case, request=replace(case.request, query=query))


def _with_headers(case: Case, wanted: Condition | None, fitter: "Fitter", variant: int) -> Case:
    if wanted is None:
        return case
    values = fitter.value(wanted.schema, {}, variant)
    fields = {name: str(value) for name, value in values.items()} if isinstance(values, Mapping) else {}
    kept = [entry for entry in case.request.headers if entry[0].lower() not in fields]
    return replace(case, request=replace(case.request, headers=(*kept, *fields.items())))


def _with_body(
    context: PlanningContext, case: Case, wanted: Condition | None, fitter: "Fitter", variant: int
) -> Case:
    if wanted is None:
        return case
    sent = context.cases.sent(case)
    body = fitter.value(wanted.schema, sent, variant)
    return context.cases.with_body(case, body, case.situation)


class Fitter:
    """Changes values of requests so that they fit the schemas of rules."""

    def __init__(self, context: PlanningContext) -> None:
        compiler = SchemaCompiler(_DOCUMENT, SchemaReader(_DOCUMENT))
        settings, clock = context.service.settings, context.service.clock
        self._generator = ValueGenerator(_DOCUMENT, compiler, seed=settings.seed, now=clock.now())

    def value(self, schema: Any, base: Any, variant: int) -> Any:
        """A value that fits a schema and otherwise equals `base`; each variant gives another one."""
        if not isinstance(schema, Mapping):
            return base
        if "const" in schema:
            return schema["const"]
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return base if base in schema["enum"] else schema["enum"][variant % len(schema["enum"])]
        for name in ("allOf", "anyOf", "oneOf"):
            for part in (schema.get(name) or ())[: None if name == "allOf" else 1]:
                base = self.value(part, base, variant)
        if "properties" in schema or "required" in schema:
            return self._object(schema, base if isinstance(base, Mapping) else {}, variant)
        if "contains" in schema:
            listed = base if isinstance(base, list) else []
            return [*listed, self.value(schema["contains"], listed[0] if listed else None, variant)]
        if "items" in schema and isinstance(base, list) and base:
            return [self.value(schema["items"], entry, variant) for entry in base]
        return base if base is not None and _fits(schema, base) else self._generated(schema, base, variant)

    def _object(self, schema: Mapping[str, Any], base: Mapping[str, Any], variant: int) -> dict[str, Any]:
        made = dict(base)
        properties = schema.get("properties") or {}
        for name in dict.fromkeys([*properties, *schema.get("required", ())]):
            made[name] = self.value(properties.get(name, {}), base.get(name), variant)
            if made[name] is None and name not in properties:
                made[name] = "check"
        return made

    def _generated(self, schema: Mapping[str, Any], base: Any, variant: int) -> Any:
        try:
            return self._generator.value(_typed(schema), key=("rule", variant), direction="request")
        except ValueError:
            return base


def _typed(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema with the type that its keywords imply, if it has none."""
    found = next((kind for kind, names in _KEYWORDS.items() if names & schema.keys()), None)
    return schema if "type" in schema or found is None else {**schema, "type": found}


def _fits(schema: Any, value: Any) -> bool:
    return condition("value", schema).mismatch(value) is None
