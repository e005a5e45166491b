"""The shipped scores of base models on public benchmarks: benchmarks.csv."""

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Benchmark(NamedTuple):
    """One score of one base on one suite, in the suite's unit. None is unknown.

    `variant` is what was run of the base (`high`, `thinking`), `low` and `high` its interval of
    95 %, `n` the number of votes, `date` the day YYYY-MM-DD, `source` the page, `licence` that of
    the row.
    """

    base: str
    variant: str | None
    suite: str
    score: float
    low: float | None = None
    high: float | None = None
    n: int | None = None
    date: str | None = None
    source: str | None = None
    licence: str | None = None


class Table(NamedTuple):
    """One table that scores were taken from, and the suites in the order of its cells.

    `page` is the address, with `*` for what a row adds to it. `attribution` is how its licence
    wants it named.
    """

    code: str
    licence: str
    attribution: str
    page: str
    suites: tuple[str, ...]


@cache
def benchmarks() -> tuple[Benchmark, ...]:
    """Return the shipped scores, sorted by base, suite and variant; read once per process."""
    lines = Path(__file__).with_name("benchmarks.csv").read_text("utf-8").splitlines()
    by_code = {table.code: table for table in tables()}
    rows = csv.DictReader(line for line in lines if not line.startswith("#"))
    found = [each for row in rows for each in _scores(row, by_code[row["table"]])]
    return tuple(sorted(found, key=lambda row: (row.base, row.suite, row.variant or "")))


@cache
def tables() -> tuple[Table, ...]:
    """Return the tables that the shipped scores were taken from; read once per process."""
    lines = Path(__file__).with_name("benchmarks.csv").read_text("utf-8").splitlines()
    heads = (line.removeprefix("#: ").split(" | ") for line in lines if line.startswith("#: "))
    return tuple(
        Table(code, licence, attribution, page, tuple(suites.split()))
        for code, licence, attribution, page, suites in heads
    )


def _scores(row: Mapping[str, str], table: Table) -> Iterator[Benchmark]:
    for suite, cell in zip(table.suites, row["scores"].split("|"), strict=False):
        if cell:
            score, low, high, n = [*cell.split(), "", "", ""][:4]
            yield Benchmark(
                row["base"], row["variant"] or None, suite, float(score),
                float(low) if low else None, float(high) if high else None, int(n) if n else None,
                row["date"] or None, table.page.replace("*", row["page"]), table.licence,
            )  # fmt: skip
