"""Named parameters for the words of a list."""

from collections.abc import Iterable

Bound = dict[str, int | float | str]
"""Values by the names of their parameters."""


def named_parameters(prefix: str, values: Iterable[int | str]) -> tuple[str, Bound]:
    """Return named parameters for `IN (...)` and the values they bind; numbers never none."""
    bound: Bound = {f"{prefix}_{i}": value for i, value in enumerate(values)}
    # PostgreSQL has no empty list.
    return ", ".join(f":{name}" for name in bound) or "SELECT '' WHERE 1 = 0", bound
