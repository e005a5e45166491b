"""The boundary to foreign code: it gets so much time, and what it does wrong is an outcome.

The one `except Exception` of the package is here.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from modeldex import clock, errors, store
from modeldex.refusals import NoAnswer, problem_of
from modeldex.schema import PROBLEMS
from modeldex.values import ModelSpec
from modeldex.waiting import no_longer_than, still_ahead


class Limit(NamedTuple):
    """How many seconds there are to answer, and when by the event loop's time they are over."""

    seconds: float
    until: float

    def shortened(self, part: float = 0.95) -> "Limit":
        """Over a little earlier, so that what was answered by then can still be handed over."""
        return Limit(self.seconds * part, self.until - self.seconds * (1 - part))

    async def ask(self, ask: Callable[[ModelSpec], Awaitable[Any]], about: ModelSpec) -> Any:
        """One question; the answer, or an exception that says why there is none."""
        outcome = await guarded(self, ask, about)
        if outcome.error is None:
            return outcome.answer
        failed = errors.SourceFailed(about.id, outcome.error)
        failed.problem, failed.retry_at = outcome.problem or "error", outcome.retry_at
        return failed


class Allowance:
    """The seconds that a run may spend on asking; those it spends on writing do not count."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    @contextmanager
    def spend(self, share: float = 1.0) -> Iterator[Limit]:
        """Ask for as long as this takes, at most for this share of what is left."""
        clock = asyncio.get_running_loop().time
        begun, seconds = clock(), self._left * share
        yield Limit(seconds, begun + seconds)
        self._left = max(0.0, self._left - (clock() - begun))


class Outcome(NamedTuple):
    """An answer or the reason why there is none, and when and how long it took.

    `problem` is the kind of failure, one of PROBLEMS; `retry_at` when to ask again at first.
    `absent` says that nobody was there, or nobody spoke.
    """

    answer: Any
    error: str | None
    started_at: str
    fetch_ms: float
    problem: str | None = None
    retry_at: str | None = None
    absent: bool = False


async def guarded(limit: Limit, ask: Callable[..., Awaitable[Any]], *about: Any) -> Outcome:
    """The only place where foreign code runs."""
    started_at, begun = store.now(), clock.steady()
    answer: Any = None
    error: str | None = None
    kind: tuple[str | None, str | None, bool] = (None, None, False)
    try:
        async with asyncio.timeout_at(limit.until):
            with no_longer_than(limit.until):
                answer = await ask(*about)
    except asyncio.CancelledError as failure:
        if (task := asyncio.current_task()) and task.cancelling():
            raise
        error, kind = "cancelled itself", _kind(failure)
    except TimeoutError as failure:
        error, kind = f"no answer within {round(limit.seconds, 1):g} s", _kind(failure)
    except errors.ModeldexError as failure:
        error, kind = str(failure), _kind(failure)
    except Exception as failure:  # noqa: BLE001 - the boundary: stored, and shown by status
        error, kind = f"{type(failure).__name__}: {failure}", _kind(failure)
    elapsed = round((clock.steady() - begun) * 1000, 1)
    return Outcome(answer, error, started_at, elapsed, *kind)


def _kind(failure: BaseException) -> tuple[str, str | None, bool]:
    """Problem and time to ask again, as far as the catalog takes them, and who was absent."""
    word = problem_of(failure)
    retry_at = failure.retry_at if isinstance(failure, errors.SourceFailed) else None
    return (
        word if word in PROBLEMS else "error",
        retry_at and still_ahead(retry_at),
        isinstance(failure, NoAnswer | TimeoutError),
    )
