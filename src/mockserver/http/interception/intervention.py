"""A session's faults, forced answer, scenario and clock for one request, as a value."""

from dataclasses import dataclass, field
from datetime import datetime

from mockserver.errors import ApiError
from mockserver.state.clock import Clock
from mockserver.state.fault_model import Fault
from mockserver.state.session_overrides import ForcedAnswer


@dataclass(slots=True)
class Intervention:
    """The overrides that apply to one request.

    Attributes:
        now: the session's current time.
        clock: the session's clock.
        answer: the forced answer, if any; the operation's unit of work decides whether it still applies.
        refusal: the error to raise before anything else: due scenario steps could not be taken, or a forced
            answer sets the access.
        struck: the faults that apply, each with the number of the call that it applies to.
        is_given: whether the forced answer was given; False if the request was refused before.
        revoked: the digests of the tokens revoked in the session.
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
        """The kinds of the faults that apply."""
        return [fault.kind for fault, _ in self.struck]

    @property
    def given(self) -> tuple[bool, str | None]:
        """Whether a forced answer was given, and the scenario that gave it."""
        answer = self.answer if self.is_given else None
        return answer is not None, None if answer is None else answer.scenario

    def refuse(self) -> None:
        """Raise the refusal, if there is one."""
        if self.refusal is not None:
            raise self.refusal
