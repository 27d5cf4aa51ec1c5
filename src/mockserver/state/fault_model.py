"""Faults: what goes wrong on purpose, how often, and for how long."""

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
"""Those whose answer is another one than the operation's; the others only take longer."""
LONGEST = 600.0
"""No delay is longer than this, in seconds, whatever a distribution says."""


@dataclass(frozen=True, slots=True)
class Delay:
    """How long something takes, in seconds: always `low`, between `low` and `high`, or lognormal.

    Attributes:
        low: the fixed time, the least of a uniform one, the median of a lognormal one.
        high: the most of a uniform one.
        sigma: how far a lognormal one spreads.
    """

    distribution: Literal["fixed", "uniform", "lognormal"] = "fixed"
    low: float = 0.0
    high: float = 0.0
    sigma: float = 0.5

    def draw(self, random: Random) -> float:
        """One of the times."""
        if self.distribution == "uniform":
            return random.uniform(self.low, self.high)
        if self.distribution == "lognormal" and self.low > 0:
            return min(random.lognormvariate(math.log(self.low), self.sigma), LONGEST)
        return self.low


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong in one session.

    Attributes:
        id: what tells it from the others of the session.
        api: whose operations it strikes; None is every API's.
        operation: which of them; None is all.
        share: how many of the calls it strikes, 1.0 is all.
        count: how many it strikes at most; None is no limit.
        seed: which of the calls they are depends on it alone.
        status: the answer of a `status` fault.
        delay: of a `delay` or `slow_body` fault.
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
        """The name under which the calls that it could have struck are counted."""
        return f"fault calls {self.id}"

    @property
    def hits(self) -> str:
        """The name under which those that it struck are counted."""
        return f"fault hits {self.id}"

    def concerns(self, api: str, operation: str) -> bool:
        """Whether it could strike a call of an operation."""
        return self.api in {None, api} and self.operation in {None, operation}

    def random(self, call: int) -> Random:
        """The randomness of one call, counted from 1."""
        return Random(derive(self.seed, "fault", call))

    def strikes(self, call: int) -> bool:
        """Whether it strikes a call, counted from 1; the same for the same seed and share, always."""
        return self.share >= 1.0 or self.random(call).random() < self.share
