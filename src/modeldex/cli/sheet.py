"""Rows as CSV that a spreadsheet shows and does not run."""

import csv
from collections.abc import Iterable, Sequence
from typing import IO

from modeldex.cli.terminal import cell, show

_FORMULA = ("=", "+", "-", "@")


def write_csv(stream: IO[str], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A header line and one line per row; cells as in tab-separated values.

    A text that a spreadsheet would take for a formula gets a quote in front.
    """
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(map(_inert, map(show, columns)))
    for row in rows:
        writer.writerow(map(_inert_cell, row))


def _inert_cell(value: object) -> str:
    return cell(value) if isinstance(value, int | float) else _inert(cell(value))


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
