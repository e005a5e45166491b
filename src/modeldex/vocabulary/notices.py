"""The shipped notices: what makers and hosts announce of their models; notices.csv."""

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Notice(NamedTuple):
    """One page's statement on one model of one provider, as the page names it. None is unknown.

    Days are YYYY-MM-DD, or YYYY-MM for the last day of a month. `source_url` is the page, `read_at`
    the day on which it was read, `stated_by` who read it. `presumed_gone` is the day of a list that no
    longer had the model, where no page is known that says so.
    """

    provider: str
    name: str
    deprecated_at: str | None = None
    retires_at: str | None = None
    replacement: str | None = None
    source_url: str | None = None
    read_at: str | None = None
    stated_by: str = ""
    presumed_gone: str | None = None

    def key(self) -> tuple[str, str]:
        """Provider and name of the model."""
        return self.provider, self.name


@cache
def notices() -> tuple[Notice, ...]:
    """Return the shipped notices, sorted by provider and name; read once per process."""
    text = Path(__file__).with_name("notices.csv").read_text("utf-8")
    rows = csv.reader(line for line in text.splitlines() if not line.startswith("#"))
    next(rows)
    return tuple(
        Notice(row[0], row[1], *(value or None for value in row[2:7]), row[7], row[8] or None)
        for row in rows
    )
