"""Faults: deliberate failures and delays of responses, with their share and maximum count."""

import math
from dataclasses import dataclass
from random import Random
from typing import Literal, get_args

from mockserver.generation.seeds import derive

FaultKind = Literal[
    "status", "delay", "slow_body", "cut", "empty", "malformed", "wrong_type", "wrong_media_type"
]
KINDS: tuple[FaultKind, ...] = get_args(FaultKind)
SPOILING: frozenset[FaultKind] = frozenset(KINDS) - {"delay", "slow_body"}
"""The kinds that replace the operation's response; the other kinds only slow it down."""
LONGEST = 600.0
"""Maximum delay in seconds, for every distribution."""


@dataclass(frozen=True, slots=True)
class Delay:
    """Distribution of a delay in seconds: always `low`, uniform between `low` and `high`, or lognormal.

    Attributes:
        low: the fixed delay, the minimum of a uniform one, the median of a lognormal one.
        high: the maximum of a uniform delay.
        sigma: the spread of a lognormal delay.
    """

    distribution: Literal["fixed", "uniform", "lognormal"] = "fixed"
    low: float = 0.0
    high: float = 0.0
    sigma: float = 0.5

    def draw(self, random: Random) -> float:
        """Draw one delay."""
        if self.distribution == "uniform":
            return random.uniform(self.low, self.high)
        if self.distribution == "lognormal" and self.low > 0:
            return min(random.lognormvariate(math.log(self.low), self.sigma), LONGEST)
        return self.low


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that is set in one session.

    Attributes:
        id: identifies the fault within the session.
        api: the API whose operations are affected; None for every API.
        operation: the operationId that is affected; None for all.
        share: the fraction of calls that are affected; 1.0 for all.
        count: the maximum number of affected calls; None for no limit.
        seed: seed that alone determines which calls are affected.
        status: the response status of a `status` fault.
        delay: the delay of a `delay` or `slow_body` fault.
    """

    id: str
    kind: FaultKind
    api: str | None = None
    operation: str | None = None
    share: float = 1.0
    count: int | None = None
    seed: int = 1
    status: int = 503
    delay: Delay = Delay()

    @property
    def calls(self) -> str:
        """Name of the counter of calls to which the fault could have applied."""
        return f"fault calls {self.id}"

    @property
    def hits(self) -> str:
        """Name of the counter of calls to which the fault was applied."""
        return f"fault hits {self.id}"

    def concerns(self, api: str, operation: str) -> bool:
        """Whether the fault can apply to a call of an operation."""
        return self.api in {None, api} and self.operation in {None, operation}

    def random(self, call: int) -> Random:
        """Random generator for one call; calls are counted from 1."""
        return Random(derive(self.seed, "fault", call))

    def strikes(self, call: int) -> bool:
        """Whether the fault applies to a call, counted from 1; the same for the same seed and share."""
        return self.share >= 1.0 or self.random(call).random() < self.share
