"""Collect the scenarios of a document, the most informative ones first."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from mockserver.check.planning import caller_scenarios, input_scenarios, rule_scenarios, sequence_scenarios
from mockserver.check.planning.cases import CaseSequence
from mockserver.check.planning.planning_context import PlanningContext
from mockserver.check.target.http_messages import Caller
from mockserver.openapi.operation import Operation


@dataclass(frozen=True, slots=True)
class CheckPlan:
    """The planned scenarios.

    Attributes:
        unreached: operations that cannot be tried, and why.
    """

    scenarios: tuple[CaseSequence, ...]
    unreached: tuple[tuple[Operation, str], ...]


NOT_SAFE = "it writes, and --safe was given"
"""Why an operation is left out if the user gave --safe."""

Planner = Callable[[PlanningContext, Operation], Iterator[CaseSequence]]
PLANNERS: tuple[Planner, ...] = (
    sequence_scenarios.reach,
    sequence_scenarios.reach_others,
    sequence_scenarios.paths,
    sequence_scenarios.repeated,
    sequence_scenarios.neighbours,
    sequence_scenarios.impossible,
    caller_scenarios.roles,
    rule_scenarios.plan,
    input_scenarios.plan,
    sequence_scenarios.methods,
)


def make_plan(
    context: PlanningContext,
    operations: Sequence[Operation],
    unknown: Sequence[Caller],
    *,
    safe: bool = False,
) -> CheckPlan:
    """Plan for some operations of a document; `safe` leaves out everything that could write."""
    scenarios: list[CaseSequence] = []
    unreached = [(entry, _why(context, entry)) for entry in operations if not context.places(entry)]
    # DELETE comes last, so that the other operations have records to work on.
    operations = sorted(operations, key=lambda entry: entry.method == "delete")
    for planner in (*PLANNERS[:2], _strangers(unknown), *PLANNERS[2:]):
        for operation in operations:
            scenarios += planner(context, operation)
    if safe:
        scenarios = [scenario for scenario in scenarios if not scenario.writes]
        left = {scenario.operation.id for scenario in scenarios}
        unreached += [(entry, NOT_SAFE) for entry in operations if entry.id not in left]
    return CheckPlan(tuple(scenarios), tuple(unreached))


def _strangers(unknown: Sequence[Caller]) -> Planner:
    return lambda context, operation: caller_scenarios.strangers(context, operation, unknown)


def _why(context: PlanningContext, operation: Operation) -> str:
    if operation.security and not context.callers:
        return "no identity has a token that holds: give one with --identity NAME=TOKEN"
    if operation.id in context.unfit:
        return f"no record of the fixtures fits the document: {context.unfit[operation.id]}"
    return "no record of the fixtures can be used: describe one with --fixtures"
