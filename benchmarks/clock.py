"""Fair timing: contestants take turns in one process, each keeps its best lap."""

import gc
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from statistics import median
from typing import NamedTuple

Lap = Callable[[int], Awaitable[Sequence[object]]]
"""Answers the questions of one round, given by number, once."""


class Times(NamedTuple):
    """Seconds per question of one contestant."""

    best: float
    median: float


class Contest(NamedTuple):
    """What each contestant needed, and whether all gave the same answers in every round."""

    times: dict[str, Times]
    same: bool


async def contest(laps: Mapping[str, Lap], rounds: int) -> Contest:
    """Let all contestants answer the same questions, in turns, after one round to warm up."""
    taken: dict[str, list[float]] = {name: [] for name in laps}
    same = True
    order = list(laps)
    for number in range(rounds + 1):
        answers = []
        for name in order:
            seconds, answer = await _lap(laps[name], number)
            answers.append(answer)
            if number:
                taken[name].append(seconds)
        same = same and all(answer == answers[0] for answer in answers)
        order.append(order.pop(0))
    return Contest({name: Times(min(s), median(s)) for name, s in taken.items()}, same)


async def _lap(lap: Lap, number: int) -> tuple[float, list[object]]:
    gc.collect()
    gc.disable()
    begun = time.perf_counter()
    answers = await lap(number)
    seconds = time.perf_counter() - begun
    gc.enable()
    return seconds / len(answers), list(answers)
