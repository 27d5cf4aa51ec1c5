"""Operations in sequence: what one answers goes into the next."""

from __future__ import annotations

from collections.abc import Callable

import hypothesis
import pytest
import schemathesis

from . import rig

#: Sequences for each caller and seed.
SEQUENCES = 15
STEPS = 6

# The one operation of citas has nothing to follow it.
LINKED = [caller for api in ("sqod", "reservations") for caller in rig.callers(api)]

Machine = type[schemathesis.stateful.APIStateMachine]


def _fresh(machine: Machine, seed: int) -> Machine:
    """The machine, each of its sequences beginning with the records of the fixtures."""
    begun = type(machine.__name__, (machine,), {"setup": lambda _: rig.reset()})
    seeded: Callable[[Machine], Machine] = hypothesis.seed(seed)
    return seeded(begun)


@pytest.mark.parametrize("seed", rig.SEEDS)
@pytest.mark.parametrize("caller", LINKED, ids=lambda caller: f"{caller.api}-{caller.name}")
def test_sequences_keep_the_document(caller: rig.Caller, seed: int) -> None:
    """In whatever order operations are called, each answer is what the document says."""
    schema = rig.schema(caller.api, token=caller.token, seed=seed)
    settings = hypothesis.settings(
        max_examples=SEQUENCES,
        stateful_step_count=STEPS,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )

    _fresh(schema.as_state_machine(), seed).run(settings=settings)
