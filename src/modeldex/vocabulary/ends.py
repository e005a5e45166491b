"""When an offer stops answering: how many days are left, and how to say it."""

from datetime import date, timedelta

USUAL_DAYS = 30
"""How many days the best offer has to last, unless a query says it."""

_MONTH = len("YYYY-MM")


def comparable(day: str) -> str:
    """A date that compares with full ones: YYYY-MM means that the month has to be over."""
    return day + "-31"[: 10 - len(day)]


def day_after(today: str, days: int) -> str:
    """The ISO date so many days after another; 9999-12-31 if it is beyond."""
    try:
        return (date.fromisoformat(today) + timedelta(days=days)).isoformat()
    except OverflowError:
        return date.max.isoformat()


def last_day(day: str) -> date:
    """The date that YYYY-MM-DD or YYYY-MM means. Raises ValueError for another text."""
    if len(day) != _MONTH:
        return date.fromisoformat(day)
    in_the_next_month = date.fromisoformat(f"{day}-28") + timedelta(days=4)
    return in_the_next_month - timedelta(days=in_the_next_month.day)


def days_left(retires_at: object, today: str) -> int | None:
    """Days from an ISO date until an offer ends, below 0 after its end; None without a date."""
    try:
        return (last_day(str(retires_at)) - date.fromisoformat(today)).days
    except ValueError:
        return None


def ending(retires_at: str, days: int, replacement: object) -> str:
    """When an offer ends and what its maker recommends instead, in a few words."""
    word = {0: "today", 1: "tomorrow"}.get(days, f"in {days:,} days")
    day = last_day(retires_at)
    when = f"was to end on {day}" if days < 0 else f"ends on {day}, {word}"
    return f"{when}; replacement {replacement or 'unknown'}"
