"""Parse numbers, durations and texts from the command line; ValueError explains what is wrong."""

from collections.abc import Callable

import click

from modeldex.vocabulary.quantities import count, number

Callback = Callable[[click.Context, click.Parameter, object], object]

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def parsed_by(parse: Callable[[str], object]) -> Callback:
    """A click callback that applies `parse`; its ValueError becomes a usage error."""

    def callback(context: click.Context, parameter: click.Parameter, value: object) -> object:
        try:
            if isinstance(value, tuple):  # of an option or argument that may be repeated
                return tuple(parse(str(each)) for each in value)
            return parse(value) if isinstance(value, str) else value
        except ValueError as error:
            raise click.BadParameter(str(error), context, parameter) from None

    return callback


def listed_by(parse: Callable[[str], object]) -> Callback:
    """Like `parsed_by`, for an option that may be repeated or hold several words with commas."""

    def callback(context: click.Context, parameter: click.Parameter, value: object) -> object:
        texts = value if isinstance(value, tuple) else ()
        words = tuple(each for text in texts for each in _parted(str(text)))
        return parsed_by(parse)(context, parameter, words)

    return callback


def _parted(text: str) -> list[str]:
    return [part for part in text.split(",") if part.strip()] or [text]


def positive(text: str) -> int:
    """A whole number above 0."""
    found = count(text)
    if found == 0:
        raise ValueError(f"{text!a}: expected at least 1")
    return found


def amount(text: str) -> float:
    """A decimal number, not negative."""
    return float(number(text, {"": 1}, "a number such as 2 or 0.5"))


def share(text: str) -> float:
    """A fraction from 0 to 1: 0.8 or 80%."""
    found = number(text.strip().removesuffix("%"), {"": 1}, "a fraction such as 0.8 or 80%")
    part = found / 100 if text.strip().endswith("%") else found
    if part > 1:
        raise ValueError(f"{text!a}: above 100%; expected a fraction such as 0.8 or 80%")
    return float(part)


def seconds(text: str) -> float:
    """A duration in seconds: 90s, 30m, 24h, 7d or 2w."""
    return float(number(text, _SECONDS, "a duration such as 90s, 30m, 24h or 7d"))


def word(text: str) -> str:
    """A text without surrounding spaces, not empty and valid Unicode."""
    text = text.strip()
    if not text:
        raise ValueError("expected a text, but it is empty")
    # Bytes that are not UTF-8 arrive in sys.argv as lone surrogates, which SQLite cannot store.
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise ValueError(f"{text!a}: not valid Unicode")
    return text


def span(length: float) -> str:
    """Seconds for display: 45 s, 12 min, 5 h, 3 days; a unit is used from two of it upwards."""
    for size, unit in ((86_400, "days"), (3600, "h"), (60, "min")):
        if length >= 2 * size:
            return f"{length / size:.0f} {unit}"
    return f"{length:.0f} s"
