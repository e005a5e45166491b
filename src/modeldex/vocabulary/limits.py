"""Limits that lie within the window: what is above it counts as the window."""

from collections.abc import Iterator, Mapping

WINDOW = "max_context"
WITHIN = ("max_input_tokens", "max_output_tokens")
"""The fields of these limits, whoever states them."""


def above_window(values: Mapping[str, object]) -> Iterator[str]:
    """The fields of one answer that are above the window of the same answer."""
    window = values.get(WINDOW)
    for name in WITHIN:
        limit = values.get(name)
        if isinstance(window, int) and isinstance(limit, int) and limit > window:
            yield name
