"""The shipped notices: what makers and hosts announce of their models; notices.csv."""

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Notice(NamedTuple):
    """One page's statement on one model of one provider, as the page names it. None is unknown.

    Days are YYYY-MM-DD, or YYYY-MM for the last day of a month. `source_url` is the page, `read_at`
    the day on which it was read, `stated_by` who read it. `presumed_gone` is the day of a list that
    no longer had the model, where no page is known that says so.
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
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return tuple(
        Notice(
            row.pop("provider"), row.pop("name"), stated_by=row.pop("stated_by"),
            **{field: value or None for field, value in row.items()},
        )
        for row in rows
    )  # fmt: skip
