"""Parses labels of a model's size: 8b, 33.4m, 26B-A4B."""

import re

_LABEL = re.compile(
    r"([0-9]{1,9}(?:\.[0-9]{1,6})?)([kmbt])(?:-a[0-9.]{1,12}[kmbt])?", re.IGNORECASE
)
_UNITS = {"k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}


def param_count(label: str | None) -> int | None:
    """The total number of parameters in a size label; None if it has none."""
    size = _LABEL.fullmatch((label or "").strip())
    return round(float(size[1]) * _UNITS[size[2].lower()]) or None if size else None
