"""The rows of the report, and its output as text and JSON."""

import os
import platform
import sqlite3
from collections.abc import Iterable
from typing import Any, NamedTuple


class Budget(NamedTuple):
    """A budget for `ratio` or `ours`, according to `of`."""

    of: str
    limit: float
    at_least: bool = False

    def kept(self, row: "Row") -> bool:
        """Whether the row meets the budget."""
        value = row.ratio if self.of == "ratio" else row.ours
        if value is None:
            return False
        return value >= self.limit if self.at_least else value <= self.limit


class Row(NamedTuple):
    """One comparison: `ours` with `theirs`, the figure of `against`.

    `unit` is `s`, `/s` or `steps`. `same`: whether both sides returned the same results; None if
    not comparable.
    """

    case: str
    name: str
    unit: str
    ours: float
    against: str = ""
    theirs: float | None = None
    budget: Budget | None = None
    same: bool | None = None

    @property
    def ratio(self) -> float | None:
        """Ours divided by theirs."""
        return self.ours / self.theirs if self.theirs else None

    @property
    def verdict(self) -> str:
        """`ok` or `missed`, empty without a budget; `DIFFERS` if the results differ."""
        if self.same is False:
            return "DIFFERS"
        if self.budget is None:
            return ""
        return "ok" if self.budget.kept(self) else "missed"


HEADINGS = ("measurement", "modeldex", "reference", "reference is", "ratio", "budget", "")


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if unit == "/s":
        return f"{value:,.0f} /s"
    if unit == "steps":
        return f"{value:,.0f} steps"
    for factor, name in ((1, "s"), (1e3, "ms")):
        if value * factor >= 1:
            return f"{value * factor:.2f} {name}"
    return f"{value * 1e6:.1f} us"


def _budget(row: Row) -> str:
    if row.budget is None:
        return ""
    sign = ">=" if row.budget.at_least else "<="
    if row.budget.of == "ratio":
        return f"{sign} {row.budget.limit:g} x"
    return f"{sign} {_figure(row.budget.limit, row.unit)}"


def _cells(row: Row) -> tuple[str, ...]:
    ratio = "" if row.ratio is None else f"{row.ratio:.2f} x"
    ours, theirs = _figure(row.ours, row.unit), _figure(row.theirs, row.unit)
    return row.name, ours, theirs, row.against, ratio, _budget(row), row.verdict


def table(rows: Iterable[Row]) -> str:
    """Return the report as aligned text."""
    lines = [HEADINGS, *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    right = (False, True, True, False, True, False, False)
    return "\n".join(
        "  ".join(
            cell.rjust(width) if to_right else cell.ljust(width)
            for cell, width, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    )


def document(rows: Iterable[Row]) -> dict[str, Any]:
    """Return the report as JSON values, with a description of the machine."""
    return {
        "machine": {
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            "system": f"{platform.system()} {platform.machine()}",
            "cores": os.cpu_count(),
        },
        "rows": [
            {
                **row._asdict(),
                "ratio": row.ratio,
                "budget": row.budget._asdict() if row.budget else None,
                "verdict": row.verdict,
            }
            for row in rows
        ],
    }
