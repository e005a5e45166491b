"""Numbers as people write them: 128k, 1m, 128_000, 30d. ValueError explains what is wrong."""

import re
from collections.abc import Mapping
from decimal import Decimal

from modeldex.vocabulary.fields import MAX_TOKENS

_NUMBER = re.compile(r"([0-9][0-9_]*(?:\.[0-9]*)?|\.[0-9]+)([a-z]?)", re.IGNORECASE)
_THOUSANDS = {"": 1, "k": 1_000, "m": 1_000_000}


def number(text: str, units: Mapping[str, int], example: str) -> Decimal:
    """The number in `text` times its unit. Raises ValueError, also above MAX_TOKENS."""
    found = _NUMBER.fullmatch(text.strip())
    if found is None or found[2].lower() not in units:
        raise ValueError(f"{text!a}: expected {example}")
    # Decimal keeps 1.005k exactly 1,005; as a float the product is 1004.9999999999999.
    value = Decimal(found[1].replace("_", "")) * units[found[2].lower()]
    if value > MAX_TOKENS:
        raise ValueError(f"{text!a}: more than {MAX_TOKENS:,}")
    return value


def count(text: str) -> int:
    """A whole number: 128000, 128_000, 128k or 1m, where k is 1,000 and m is 1,000,000."""
    return _whole(text, number(text, _THOUSANDS, "a whole number such as 8192, 128k or 1m"))


def days(text: str) -> int:
    """A whole number of days: 30 or 30d."""
    return _whole(text, number(text, {"": 1, "d": 1}, "a number of days such as 30"))


def _whole(text: str, value: Decimal) -> int:
    if value != int(value):
        raise ValueError(f"{text!a}: not a whole number")
    return int(value)
