"""The reviewed rows on which data set lists all offers of a provider and mode: coverage.toml."""

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Coverage(NamedTuple):
    """One data set lists all that a provider offers of a mode (None: of any).

    `tools_only`: only models that call tools.
    """

    source: str
    provider: str
    mode: str | None = None
    tools_only: bool = False


@cache
def coverage() -> tuple[Coverage, ...]:
    """Return the reviewed rows; read once per process."""
    data = tomllib.loads(Path(__file__).with_name("coverage.toml").read_text("utf-8"))
    return tuple(
        Coverage(source, provider, row.get("mode"), row.get("tools_only", False))
        for source, row in data.items()
        if isinstance(row, dict)
        for provider in row["providers"]
    )
