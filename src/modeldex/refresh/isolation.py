"""Error boundary: runs third-party code under a timeout; an exception becomes an Outcome.

The only `except BaseException` of the package is here: a part that ends its process by `sys.exit`
has failed, and the others go on. Ctrl-C still ends all.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from traceback import format_exception_only
from typing import Any, NamedTuple

from modeldex import errors
from modeldex.http.failures import Unreachable, problem_of
from modeldex.http.retry import retry_deadline
from modeldex.storage.schema.columns import PROBLEMS
from modeldex.vocabulary import clock, timestamps
from modeldex.vocabulary.timestamps import pending_time
from modeldex.vocabulary.values import ModelSpec

DEADLINE = 60.0
"""Default time for fetching, in seconds."""


_MAX_ERROR, _MAX_NAME = 10_000, 100
"""Characters that are read of an exception's text, and of its class's name."""


class Failure(NamedTuple):
    """A failure in words.

    `problem` is its kind, one of PROBLEMS; `retry_at` the earliest time to retry. `absent` means
    that no response came: not reachable, or a timeout.
    """

    error: str
    problem: str = "error"
    retry_at: str | None = None
    absent: bool = False


_TIMED_OUT = "timed out"
_UNDESCRIBED = Failure("an exception that cannot be described")


class Reported(Exception):
    """A failure that has been put in words where it happened, such as in another thread."""

    def __init__(self, failure: Failure) -> None:
        self.failure = failure
        super().__init__(failure.error)


class Contained:
    """The end of a block of third-party code; None and None if it raised nothing."""

    failure: Failure | None = None
    raised: BaseException | None = None


@contextmanager
def contained(seconds: float | None = None, *, describe: bool = True) -> Iterator[Contained]:
    """Run the block as third-party code: what it raises is a Failure, not an exception.

    `seconds` is the time limit to which a TimeoutError refers. Only a cancellation from outside
    and Ctrl-C are raised.
    """
    block = Contained()
    try:
        yield block
    except BaseException as raised:  # the boundary: stored, and shown by status
        if _comes_from_outside(raised):
            raise
        block.raised = raised
        block.failure = described(raised, seconds) if describe else _UNDESCRIBED


def described(raised: BaseException, seconds: float | None = None) -> Failure:
    """The Failure that an exception is; its text and its attributes are third-party code, too."""
    with contained(describe=False):
        return _described(raised, seconds)
    return _UNDESCRIBED


def _comes_from_outside(raised: BaseException) -> bool:
    if issubclass(type(raised), asyncio.CancelledError):
        return _is_being_cancelled()
    # Ctrl-C is raised in the main thread only.
    ctrl_c = issubclass(type(raised), KeyboardInterrupt)
    return ctrl_c and threading.current_thread() is threading.main_thread()


def _is_being_cancelled() -> bool:
    """Whether the running task was cancelled; if not, the code in it raised the error itself."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no event loop is running
        return False
    return task is not None and task.cancelling() > 0


def _described(raised: BaseException, seconds: float | None) -> Failure:
    kind = type(raised)
    timed_out = _TIMED_OUT if seconds is None else f"no result within {round(seconds, 1):g} s"
    if isinstance(raised, Reported):
        failure = raised.failure
        return failure._replace(error=timed_out) if failure.error == _TIMED_OUT else failure
    if issubclass(kind, asyncio.CancelledError):
        error = "cancelled itself"
    elif issubclass(kind, TimeoutError):
        error = timed_out
    else:
        _, _, error = "".join(format_exception_only(raised)).partition(": ")
        error = error.strip()[:_MAX_ERROR]
        if not issubclass(kind, errors.ModeldexError):
            error = f"{kind.__name__[:_MAX_NAME]}: {error}"
    return Failure(error, *_kind(raised))


def _kind(raised: BaseException) -> tuple[str, str | None, bool]:
    """`problem`, `retry_at` and `absent` of a Failure, limited to values the catalog accepts."""
    problem = problem_of(raised)
    retry_at = raised.retry_at if isinstance(raised, errors.SourceFailed) else None
    return (
        problem if problem in PROBLEMS else "error",
        retry_at and pending_time(retry_at),
        isinstance(raised, Unreachable | TimeoutError),
    )


class Deadline(NamedTuple):
    """A timeout: its length in seconds, and its deadline `until` in the event loop's time."""

    seconds: float
    until: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """The deadline in so many seconds from now."""
        return cls(seconds, asyncio.get_running_loop().time() + seconds)

    def shortened(self, part: float = 0.95) -> "Deadline":
        """A slightly earlier deadline, so that partial results can be returned before this one."""
        return Deadline(self.seconds * part, self.until - self.seconds * (1 - part))

    async def resolve_one(
        self, get_capabilities: Callable[[ModelSpec], Awaitable[Any]], spec: ModelSpec
    ) -> Any:
        """The result of `get_capabilities(spec)`, or a SourceFailed (not raised) on failure."""
        outcome = await run_isolated(self, get_capabilities, spec)
        if outcome.error is None:
            return outcome.answer
        failed = errors.SourceFailed(spec.id, outcome.error)
        failed.problem, failed.retry_at = outcome.problem or "error", outcome.retry_at
        return failed


class Allowance:
    """The time budget of a run for fetching, in seconds; time spent writing does not count."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    @contextmanager
    def spend(self, share: float = 1.0) -> Iterator[Deadline]:
        """A Limit of `share` of the remaining budget; the time used inside is deducted."""
        deadline = Deadline.after(self._left * share)
        begun = deadline.until - deadline.seconds
        yield deadline
        self._left = max(0.0, self._left - (asyncio.get_running_loop().time() - begun))


class Outcome(NamedTuple):
    """A result, or the reason of a failure; with start time and duration in milliseconds.

    `error`, `problem`, `retry_at` and `absent` are those of a Failure.
    """

    answer: Any
    error: str | None
    started_at: str
    fetch_ms: float
    problem: str | None = None
    retry_at: str | None = None
    absent: bool = False


async def run_isolated(
    deadline: Deadline, function: Callable[..., Awaitable[Any]], *args: Any
) -> Outcome:
    """Run third-party code until the limit; never raises, except when cancelled from outside."""
    started_at, begun = timestamps.now(), clock.steady()
    answer: Any = None
    with contained(deadline.seconds) as block:
        async with asyncio.timeout_at(deadline.until):
            with retry_deadline(deadline.until):
                answer = await function(*args)
    elapsed = round((clock.steady() - begun) * 1000, 1)
    if block.failure is None:
        return Outcome(answer, None, started_at, elapsed)
    failed = block.failure
    return Outcome(
        None, failed.error, started_at, elapsed, failed.problem, failed.retry_at, failed.absent
    )
