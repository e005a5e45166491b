"""The values that an entry of an overrides file may hold, as they are stored.

Each function raises ValueError or TypeError with the reason for another value.
"""

import re
from collections.abc import Callable
from datetime import date

from modeldex.vocabulary.fields import Field
from modeldex.vocabulary.normalize import Stored, clean_provider
from modeldex.vocabulary.text import clean_text

_NUMERIC = ("count", "price", "rate")
# What JSON and YAML 1.2 take for a number and YAML 1.1 for text, such as 5e-07; or in quotes.
_NUMBER = re.compile(
    r"[-+]?(?=\.?[0-9])(?:0|[1-9][0-9_]*)?(?:\.[0-9_]*)?(?:e[-+]?[0-9]+)?", re.IGNORECASE
)


def cleaner(field: Field) -> Callable[[object], Stored | None]:
    """What cleans the values of a field."""
    if field.kind not in _NUMERIC:
        return field.clean
    return lambda value: field.clean(_number(value))


def _number(value: object) -> object:
    """A number that YAML 1.1 or quotes made text; any other value as it is."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return float(value.replace("_", ""))
    return value


def provider(value: object) -> str:
    """A provider's id or alias, in lower case."""
    return clean_provider(word(value))


def word(value: object) -> str:
    """A text that is not empty."""
    if isinstance(value, int | float | date):
        raise TypeError(f"expected text, got {type(value).__name__}; put it in quotes")
    clean = clean_text(value)
    if not clean:
        raise ValueError("empty")
    return clean


def words(value: object) -> tuple[str, ...]:
    """A list of such texts."""
    if not isinstance(value, list):
        raise TypeError("expected a list")
    return tuple(map(word, value))
