"""The failures of a question that are worth telling apart; `problem` is their kind in a word."""

from modeldex.errors import SourceFailed


class NoAnswer(SourceFailed):
    """The server was not reached or fell silent: another question would fare no better."""

    problem = "unreachable"


class TooSlow(NoAnswer):
    """The server was reached, but no whole answer came in time."""

    problem = "timeout"


class NotForUs(NoAnswer):
    """The account is one for other purposes and may not ask this."""

    problem = "refused"


class BrokenOff(SourceFailed):
    """The connection broke under this one question."""

    problem = "unreachable"


class KeyRefused(SourceFailed):
    """The server does not take this key: no retry will help."""

    problem = "key"


class Refused(SourceFailed):
    """The server answers, but not with what was asked for.

    `retry_at` is the time before which it wants to be left alone, where it names one.
    """

    problem = "refused"

    def __init__(self, source: str, reason: str, retry_at: str | None = None) -> None:
        super().__init__(source, reason)
        self.retry_at = retry_at


class NotThere(Refused):
    """The server has nothing at this address, or has it no more (404, 405, 410)."""


class NotSetUp(SourceFailed):
    """It cannot be asked from here: an address, a region or a library is missing."""

    problem = "error"


def problem_of(failure: BaseException) -> str:
    """The kind of a failure, one of the words of `run_steps.problem`."""
    if isinstance(failure, SourceFailed):
        return failure.problem
    return "timeout" if isinstance(failure, TimeoutError) else "error"


def retold(failure: BaseException, source: str, reason: str) -> SourceFailed:
    """The same kind of failure under another name and in other words."""
    told = SourceFailed(source, reason)
    told.problem = problem_of(failure)
    told.retry_at = failure.retry_at if isinstance(failure, SourceFailed) else None
    return told
