"""Numbers, spans of time and texts as people type them."""

import re
from decimal import Decimal

import click

from modeldex.fields import MAX_TOKENS

_NUMBER = re.compile(r"([0-9][0-9_]*(?:\.[0-9]*)?|\.[0-9]+)([a-z]?)", re.IGNORECASE)
_THOUSANDS = {"": 1, "k": 1_000, "m": 1_000_000}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def _parse(text: str, units: dict[str, int]) -> Decimal | None:
    """The number that `text` says, its unit applied; None where it says none."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None or found[2].lower() not in units:
        return None
    return Decimal(found[1].replace("_", "")) * units[found[2].lower()]


class Count(click.ParamType):
    """A whole number: 128000, 128_000, 128k or 1m, where k is 1,000 and m is 1,000,000."""

    name = "count"

    def __init__(self, low: int = 0) -> None:
        self.low = low

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read the number; a usage error where it is none, is broken, or out of bounds."""
        number = _parse(str(value), _THOUSANDS)
        if number is None or number != int(number):
            self.fail(f"{value!r}: expected a whole number such as 8192, 128k or 1m", param, ctx)
        if not self.low <= number <= MAX_TOKENS:
            self.fail(f"{value!r}: expected {self.low} to {MAX_TOKENS:,}", param, ctx)
        return int(number)


class Amount(click.ParamType):
    """A number that is not negative, in plain decimals."""

    name = "number"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read the number; a usage error where it is none."""
        number = _parse(str(value), {"": 1})
        if number is None or number > MAX_TOKENS:
            self.fail(f"{value!r}: expected a number such as 2 or 0.5", param, ctx)
        return float(number)


class Span(click.ParamType):
    """A span of time in seconds: 90s, 30m, 24h, 7d or 2w."""

    name = "span"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read the span; a usage error where it is none."""
        seconds = _parse(str(value), _SECONDS)
        if seconds is None or seconds > MAX_TOKENS:
            self.fail(f"{value!r}: expected a span such as 90s, 30m, 24h or 7d", param, ctx)
        return float(seconds)


class Word(click.ParamType):
    """A text that can be stored: not empty, and Unicode throughout."""

    name = "text"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        """Take the text; a usage error where no model could have it."""
        text = str(value).strip()
        if not text:
            self.fail("expected a text, got nothing", param, ctx)
        try:
            text.encode()
        except UnicodeEncodeError:
            self.fail(f"{value!r}: not valid Unicode", param, ctx)
        return text


def span(seconds: float) -> str:
    """A span of time as people say it: 45 s, 12 min, 5 h, 3 days."""
    for size, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
