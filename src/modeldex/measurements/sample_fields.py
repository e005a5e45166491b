"""Parsers of the fields of a measurement; each raises ValueError with the reason.

Numbers and booleans may be strings, as in CSV.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any

from modeldex.vocabulary.redaction import plain
from modeldex.vocabulary.text import clean_text

MAX_ERROR = 1000  # characters, as in the constraint of the table
_FLAGS: Mapping[object, int] = {
    True: 1, False: 0, "true": 1, "false": 0, "yes": 1, "no": 0, "1": 1, "0": 0,
}  # fmt: skip
_WRITTEN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_EPOCH = re.compile(r"[0-9]{9,13}(\.[0-9]*)?")
_MAX_EPOCH_SECONDS = 1e11  # the year 5138 in seconds, 1973 in milliseconds: larger means the latter
_NO_TIME = "expected a time such as 2026-11-22T09:30:00Z, or seconds since 1970"


def _real(low: float, high: float, *, above: bool = False) -> Callable[[object], float]:
    """Return a parser of numbers from `low` to `high`; `above` excludes `low`."""

    def parse(value: object) -> float:
        number = _number(value)
        if low < number <= high or (number == low and not above):
            return number
        if not math.isfinite(number):
            raise ValueError("not a finite number")
        if number > high:
            raise ValueError(f"above {high:,.0f}")
        raise ValueError(f"not above {low:,.0f}" if above else f"below {low:,.0f}")

    return parse


def _number(value: Any) -> float:
    # float(True) is 1.0, but a boolean is not a figure.
    if not isinstance(value, bool):
        try:
            return float(value)
        except (TypeError, ValueError):
            pass
        except OverflowError:
            raise ValueError("too large") from None
    raise ValueError(f"expected a number, got {_shown(value)}")


def _shown(value: object) -> str:
    return ascii(value)[:40] if isinstance(value, str | bool) else type(value).__name__


_LEAST_ONE = _real(1, 1_000_000_000)


def _count(value: object) -> int:
    number = _LEAST_ONE(value)
    if number != int(number):
        raise ValueError("expected a whole number")
    return int(number)


def _flag(value: object) -> int:
    try:
        return _FLAGS[value.strip().lower() if isinstance(value, str) else value]
    except (KeyError, TypeError):
        raise ValueError(
            f"expected true or false, got {_shown(value)}; "
            "if the test failed, leave it out and state the reason in error"
        ) from None


def _text(value: object) -> str | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    return _word(value) if isinstance(value, str) else clean_text(value)


# Cached, as hosts and suites repeat from row to row.
@lru_cache(maxsize=4096)
def _word(text: str) -> str | None:
    return clean_text(text) or None


def _error_text(value: object) -> str | None:
    return plain(str(value))[:MAX_ERROR].strip() or None


def moment(value: object) -> str:
    """Return a time in the catalog's format: UTC, milliseconds, `Z`."""
    # Fast path of bulk imports: a time in the catalog's format needs only a validity check.
    if isinstance(value, str) and _WRITTEN.fullmatch(value):
        return _valid_time(value)
    try:
        when = _to_datetime(value.strip() if isinstance(value, str) else value)
        text = when.astimezone(UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        raise ValueError(_NO_TIME) from None
    return text.removesuffix("+00:00") + "Z"


def _valid_time(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(_NO_TIME) from None
    return text


def _to_datetime(value: object) -> datetime:
    if isinstance(value, str):
        if _EPOCH.fullmatch(value):
            return _to_datetime(float(value))
        value = datetime.fromisoformat(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value / 1000 if value > _MAX_EPOCH_SECONDS else value
        return datetime.fromtimestamp(seconds, UTC)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    raise ValueError(_NO_TIME)


_RATE = _real(0, 1_000_000, above=True)
_COST = _real(0, 1_000_000)
REALS: Mapping[str, Callable[[object], float]] = {
    "tokens_per_second": _RATE,
    "ttft_ms": _real(0, 10_000_000, above=True),
    "input_cost_per_1m": _COST,
    "output_cost_per_1m": _COST,
    "quality_score": _real(-1_000_000_000, 1_000_000_000),
}
"""Parsers of the fields of numbers: whatever is between two valid numbers is valid."""

PARSERS: Mapping[str, Callable[[object], object]] = {
    **REALS,
    "measured_at": moment,
    "supports_tools": _flag,
    "supports_vision": _flag,
    "supports_json_mode": _flag,
    "supports_structured_outputs": _flag,
    "quality_suite": _text,
    "suite_version": _text,
    "error": _error_text,
    "samples": _count,
    "host": _text,
    "run_id": _text,
}
"""Parser by field name."""
