"""Error boundary: runs third-party code under a timeout; an exception becomes an Outcome.

The only `except BaseException` of the package is here: a part that ends its process by `sys.exit`
has failed, and the others go on. Ctrl-C still ends all.
"""

import asyncio
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


class Deadline(NamedTuple):
    """A timeout: its length in seconds, and its deadline `until` in the event loop's time."""

    seconds: float
    until: float

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
        clock = asyncio.get_running_loop().time
        begun, seconds = clock(), self._left * share
        yield Deadline(seconds, begun + seconds)
        self._left = max(0.0, self._left - (clock() - begun))


class Outcome(NamedTuple):
    """A result, or the reason of a failure; with start time and duration in milliseconds.

    `problem` is the kind of failure, one of PROBLEMS; `retry_at` the earliest time to retry.
    `absent` means that no response came: not reachable, or a timeout.
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
    error: str | None = None
    kind: tuple[str | None, str | None, bool] = (None, None, False)
    try:
        async with asyncio.timeout_at(deadline.until):
            with retry_deadline(deadline.until):
                answer = await function(*args)
    except asyncio.CancelledError as failure:
        # Cancelled from outside: propagate. Otherwise the third-party code raised it itself.
        if (task := asyncio.current_task()) and task.cancelling():
            raise
        error, kind = "cancelled itself", _kind(failure)
    except TimeoutError as failure:
        error, kind = f"no result within {round(deadline.seconds, 1):g} s", _kind(failure)
    except errors.ModeldexError as failure:
        error, kind = str(failure), _kind(failure)
    except KeyboardInterrupt:
        raise
    except BaseException as failure:  # noqa: BLE001 - the boundary: stored, and shown by status
        error, kind = described(failure), _kind(failure)
    elapsed = round((clock.steady() - begun) * 1000, 1)
    return Outcome(answer, error, started_at, elapsed, *kind)


def described(failure: BaseException) -> str:
    """The class of an exception and what it says, even where that cannot be put in words."""
    _, _, said = "".join(format_exception_only(failure)).partition(": ")
    return f"{type(failure).__name__}: {said.strip()}"


def _kind(failure: BaseException) -> tuple[str, str | None, bool]:
    """`problem`, `retry_at` and `absent` of an Outcome, limited to values the catalog accepts."""
    problem = problem_of(failure)
    retry_at = failure.retry_at if isinstance(failure, errors.SourceFailed) else None
    return (
        problem if problem in PROBLEMS else "error",
        retry_at and pending_time(retry_at),
        isinstance(failure, Unreachable | TimeoutError),
    )
