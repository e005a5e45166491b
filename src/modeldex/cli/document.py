"""Results of the library as JSON values."""

from decimal import Decimal
from typing import Any


def document(value: Any) -> Any:
    """Named tuples become objects, other tuples lists, Decimals floats."""
    if isinstance(value, tuple):
        names = getattr(value, "_fields", None)
        items = [document(item) for item in value]
        return items if names is None else dict(zip(names, items, strict=True))
    return float(value) if isinstance(value, Decimal) else value
