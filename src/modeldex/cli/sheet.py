"""CSV without formulas, so that a spreadsheet runs nothing."""

import csv
from collections.abc import Iterable, Sequence
from typing import IO

from modeldex.cli.terminal import cell, show

_FORMULA = ("=", "+", "-", "@")


def write_csv(stream: IO[str], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a header line and one line per row; cells as in tab-separated output.

    A text that a spreadsheet would take for a formula is prefixed with a single quote.
    """
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(map(_safe, map(show, columns)))
    for row in rows:
        writer.writerow(map(_safe_cell, row))


def _safe_cell(value: object) -> str:
    return cell(value) if isinstance(value, int | float) else _safe(cell(value))


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
