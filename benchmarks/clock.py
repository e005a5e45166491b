"""Timing: contestants alternate in one process; the best lap of each counts."""

import gc
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from statistics import median
from typing import NamedTuple

Lap = Callable[[int], Awaitable[Sequence[object]]]
"""Runs all queries of a round, given by its number, and returns their results."""


class Contest(NamedTuple):
    """By contestant: seconds per query in its best and its median lap, and all its results."""

    best: dict[str, float]
    median: dict[str, float]
    answers: dict[str, list[object]]

    def same(self, one: str, other: str) -> bool:
        """Whether two contestants returned the same results in every round."""
        return self.answers[one] == self.answers[other]


async def contest(laps: Mapping[str, Lap], rounds: int) -> Contest:
    """Time all contestants for `rounds` rounds, in rotating order, after an untimed warm-up round.

    With 0 rounds, the warm-up round is timed.
    """
    taken: dict[str, list[float]] = {name: [] for name in laps}
    answers: dict[str, list[object]] = {name: [] for name in laps}
    order = list(laps)
    for number in range(rounds + 1):
        for name in order:
            seconds, found = await _timed(laps[name], number)
            answers[name] += found
            if number or not rounds:
                taken[name].append(seconds)
        order.append(order.pop(0))
    best = {name: min(seconds) for name, seconds in taken.items()}
    middle = {name: median(seconds) for name, seconds in taken.items()}
    return Contest(best, middle, answers)


async def _timed(lap: Lap, number: int) -> tuple[float, Sequence[object]]:
    # No garbage collection inside a lap: it would add to whichever lap it happens in.
    gc.collect()
    gc.disable()
    try:
        begun = time.perf_counter()
        found = await lap(number)
        return (time.perf_counter() - begun) / len(found), found
    finally:
        gc.enable()
