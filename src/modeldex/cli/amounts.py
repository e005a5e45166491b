"""Numbers, spans of time and texts as people type them; ValueError says what is wrong."""

import re
from collections.abc import Callable
from decimal import Decimal

import click

from modeldex.fields import MAX_TOKENS

Callback = Callable[[click.Context, click.Parameter, object], object]

_NUMBER = re.compile(r"([0-9][0-9_]*(?:\.[0-9]*)?|\.[0-9]+)([a-z]?)", re.IGNORECASE)
_THOUSANDS = {"": 1, "k": 1_000, "m": 1_000_000}
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def read(parse: Callable[[str], object]) -> Callback:
    """A click callback that reads what was typed; what cannot be read is a usage error."""

    def callback(context: click.Context, parameter: click.Parameter, given: object) -> object:
        try:
            if isinstance(given, tuple):
                return tuple(parse(str(each)) for each in given)
            return parse(given) if isinstance(given, str) else given
        except ValueError as error:
            raise click.BadParameter(str(error), context, parameter) from None

    return callback


def _number(text: str, units: dict[str, int], example: str) -> Decimal:
    """The number that `text` says, its unit applied."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None or found[2].lower() not in units:
        raise ValueError(f"{text!a}: expected {example}")
    number = Decimal(found[1].replace("_", "")) * units[found[2].lower()]
    if number > MAX_TOKENS:
        raise ValueError(f"{text!a}: more than {MAX_TOKENS:,}")
    return number


def count(text: str) -> int:
    """A whole number: 128000, 128_000, 128k or 1m, where k is 1,000 and m is 1,000,000."""
    number = _number(text, _THOUSANDS, "a whole number such as 8192, 128k or 1m")
    if number != int(number):
        raise ValueError(f"{text!a}: not a whole number")
    return int(number)


def positive(text: str) -> int:
    """A whole number above 0."""
    number = count(text)
    if number == 0:
        raise ValueError(f"{text!a}: expected at least 1")
    return number


def amount(text: str) -> float:
    """A number in plain decimals, not negative."""
    return float(_number(text, {"": 1}, "a number such as 2 or 0.5"))


def share(text: str) -> float:
    """A part of the whole: 0.8 or 80%."""
    number = _number(text.strip().removesuffix("%"), {"": 1}, "a share such as 0.8 or 80%")
    part = number / 100 if text.strip().endswith("%") else number
    if part > 1:
        raise ValueError(f"{text!a}: more than the whole; expected a share such as 0.8 or 80%")
    return float(part)


def seconds(text: str) -> float:
    """A span of time: 90s, 30m, 24h, 7d or 2w."""
    return float(_number(text, _SECONDS, "a span such as 90s, 30m, 24h or 7d"))


def word(text: str) -> str:
    """A text that can be stored: not empty, and Unicode throughout."""
    text = text.strip()
    if not text:
        raise ValueError("expected a text, got nothing")
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise ValueError(f"{text!a}: not valid Unicode")
    return text


def span(length: float) -> str:
    """Seconds as people say them: 45 s, 12 min, 5 h, 3 days."""
    for size, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if length >= 2 * size:
            return f"{length / size:.0f} {unit}"
    return f"{length:.0f} s"
