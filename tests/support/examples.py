"""How many examples of a property are searched for: few by day, twenty times as many at night."""

from hypothesis import settings

DAY, NIGHT = 20, 400
"""Of a property that does not say how many."""


def examples(by_day: int) -> int:
    """So many by day, and twenty times as many at night."""
    return by_day * settings().max_examples // DAY
