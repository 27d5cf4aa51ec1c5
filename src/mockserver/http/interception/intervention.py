"""What a session's faults, forced answers, scenario and clock do to one request, as a value."""

from dataclasses import dataclass, field
from datetime import datetime

from mockserver.errors import ApiError
from mockserver.state.clock import Clock
from mockserver.state.fault_model import Fault
from mockserver.state.session_overrides import ForcedAnswer


@dataclass(slots=True)
class Intervention:
    """What is out of the ordinary for one request.

    Attributes:
        now: the session's moment.
        clock: the session's clock.
        answer: the answer that is forced now, if any; whether it still is, the call's unit of work decides.
        refusal: why the request is refused before anything else: steps of a scenario that are due could not
            be taken, or a forced answer says who may call.
        struck: the faults that struck, and which call each struck.
        is_given: whether the answer was given: a call that is refused before is not answered by it.
        revoked: the digests of the tokens that were revoked in the session.
    """

    now: datetime
    clock: Clock
    answer: ForcedAnswer | None = None
    refusal: ApiError | None = None
    struck: list[tuple[Fault, int]] = field(default_factory=list)
    is_given: bool = False
    revoked: frozenset[str] = frozenset()

    @property
    def faults(self) -> list[str]:
        """The kinds of the faults that struck."""
        return [fault.kind for fault, _ in self.struck]

    @property
    def given(self) -> tuple[bool, str | None]:
        """Whether a forced answer was given, and the scenario that gave it."""
        answer = self.answer if self.is_given else None
        return answer is not None, None if answer is None else answer.scenario

    def refuse(self) -> None:
        """Raise what comes before everything else."""
        if self.refusal is not None:
            raise self.refusal
