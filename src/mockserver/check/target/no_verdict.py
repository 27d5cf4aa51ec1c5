"""What keeps a check from its verdict."""

from mockserver.errors import MockserverError


class NoVerdictError(MockserverError):
    """The check cannot say whether the implementation conforms; the text says why."""


class NoAnswerError(MockserverError):
    """One request was not answered by a whole HTTP response; the text says what came instead."""


class NotSentError(NoAnswerError):
    """One request cannot be written as HTTP, and was not sent."""
