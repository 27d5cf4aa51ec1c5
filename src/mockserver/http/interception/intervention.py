"""What a session's faults, forced answers, scenario and clock do to one request, as a value."""

from collections.abc import Callable
from datetime import datetime

from mockserver.errors import ApiError, error_of
from mockserver.state.clock import Clock
from mockserver.state.fault_model import Fault
from mockserver.state.session_overrides import ForcedAnswer

_BEFORE_VALIDATION = {401, 403}


class Intervention:
    """What is out of the ordinary for one request.

    Attributes:
        now: the session's moment.
        clock: the session's clock.
        answer: the answer that is forced, if any.
        is_given: whether it was given: a call that is refused before is not answered by it.
        failure: why the steps of a scenario that are due were not taken, if they were not.
        faults: the faults that struck.
    """

    __slots__ = ("_called", "_given", "answer", "clock", "failure", "faults", "is_given", "now")

    def __init__(self, now: datetime, clock: Clock, called: Callable[[], None]) -> None:
        self.now = now
        self.clock = clock
        self.answer: ForcedAnswer | None = None
        self.failure: ApiError | None = None
        self.is_given = False
        self.faults: list[Fault] = []
        self._called = called
        self._given: Callable[[ForcedAnswer], None] = lambda _: None

    def force(self, answer: ForcedAnswer | None, given: Callable[[ForcedAnswer], None]) -> None:
        """Have an answer given; `given` is told when it is."""
        self.answer = answer
        self._given = given

    def refuse(self) -> None:
        """Raise what comes before everything else: a failed step, a forced answer that says who may call."""
        if self.failure is not None:
            raise self.failure
        if self.answer is not None and self.answer.status in _BEFORE_VALIDATION and self.answer.own_words:
            self.is_given = True
            self._given(self.answer)
            raise error_of(self.answer.status, "An answer that was forced in this session.")

    def given(self) -> ForcedAnswer | None:
        """The forced answer to a call that has passed every check; None when it may be answered.

        Raises:
            ApiError: the API is to find its own words for it.
        """
        self._called()
        answer = self.answer
        if answer is None:
            return None
        self.is_given = True
        self._given(answer)
        if answer.own_words:
            raise error_of(answer.status, "An answer that was forced in this session.")
        return answer
