"""What the library answers, as JSON values."""

from decimal import Decimal
from typing import Any


def document(value: Any) -> Any:
    """Named tuples as objects, other tuples as lists, exact amounts as numbers."""
    if isinstance(value, tuple):
        names = getattr(value, "_fields", None)
        items = [document(item) for item in value]
        return items if names is None else dict(zip(names, items, strict=True))
    return float(value) if isinstance(value, Decimal) else value
