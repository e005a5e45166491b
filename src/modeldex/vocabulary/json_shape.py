"""The one JSON shape of each value of the library, wherever it is printed, sent or exported.

A catalog entry, for example, is

    {"id": "openai/gpt-4o-mini", "spec": {...}, "capabilities": {...}, "blended_cost": 0.26, ...}
"""

from collections.abc import Mapping
from typing import Any

JsonObject = dict[str, Any]


def encoded(value: object) -> Any:
    """The value in JSON: what is unknown is absent, never null; a set is a sorted list.

    A named tuple is an object of its fields, which begins with its `id` if it has one.
    """
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, tuple) and (names := getattr(value, "_fields", None)):
        first = {"id": id_} if (id_ := getattr(value, "id", None)) else {}
        return _object({**first, **dict(zip(names, value, strict=True))})
    if isinstance(value, Mapping):
        return _object(value)
    if isinstance(value, list | tuple):
        return [encoded(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(value)
    from decimal import Decimal  # slow to import; only some numbers of PostgreSQL are one

    return float(value) if isinstance(value, Decimal) else value


def _object(values: Mapping[str, object]) -> JsonObject:
    return {name: encoded(value) for name, value in values.items() if value is not None}
