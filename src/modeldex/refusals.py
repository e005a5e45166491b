"""Kinds of failed requests; `problem` is the kind as stored in `run_steps.problem`."""

from modeldex.errors import SourceFailed


class NoAnswer(SourceFailed):
    """The server is unreachable or stopped responding; further requests would fail too."""

    problem = "unreachable"


class TooSlow(NoAnswer):
    """The server did not send a complete response in time."""

    problem = "timeout"


class NotForUs(NoAnswer):
    """The account lacks the right to make this request."""

    problem = "refused"


class BrokenOff(SourceFailed):
    """The connection broke during one request."""

    problem = "unreachable"


class KeyRefused(SourceFailed):
    """The server rejected the API key; a retry would not help."""

    problem = "key"


class Refused(SourceFailed):
    """The server responded with an error.

    `retry_at` is the earliest time for the next request, if it sent Retry-After.
    """

    problem = "refused"

    def __init__(self, source: str, reason: str, retry_at: str | None = None) -> None:
        super().__init__(source, reason)
        self.retry_at = retry_at


class NotThere(Refused):
    """The server has no such resource (404, 405, 410)."""


class NotSetUp(SourceFailed):
    """A request is impossible: an address, a region or a library is missing."""

    problem = "error"


def problem_of(failure: BaseException) -> str:
    """Return the kind of a failure, as stored in `run_steps.problem`."""
    if isinstance(failure, SourceFailed):
        return failure.problem
    return "timeout" if isinstance(failure, TimeoutError) else "error"


def retold(failure: BaseException, source: str, reason: str) -> SourceFailed:
    """Return a SourceFailed of the same kind with another source and reason."""
    renamed = SourceFailed(source, reason)
    renamed.problem = problem_of(failure)
    renamed.retry_at = failure.retry_at if isinstance(failure, SourceFailed) else None
    return renamed
