"""Tables of benchmark scores as CSV, in two shapes: Arena's leaderboard and models.dev's records.

The header decides: both have `model`, `suite` and `score`; Arena's has `arena_name`, `low`, `high`
and `votes` beside them, models.dev's `version`, `harness` and `metric`. Everything in a file is
untrusted: a row without a model, a suite or a score is dropped, any other bad cell is unknown, and
each loss has its reason. Rows of unknown models and suites are kept, and have no effect until these
are known.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import IO, NamedTuple
from urllib.parse import urlsplit

from modeldex.errors import InvalidMeasurements
from modeldex.vocabulary.base_names import identify
from modeldex.vocabulary.bases import bases
from modeldex.vocabulary.benchmark_names import measured
from modeldex.vocabulary.benchmarks import Benchmark
from modeldex.vocabulary.record_lines import csv_records
from modeldex.vocabulary.suites import suite_id, suites
from modeldex.vocabulary.text import clean_text

MAX_ROWS = 200_000
"""Rows of one file that are read; the rest is dropped, and counted as one."""

_NEEDED = ("model", "suite", "score")
_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(?:\.[0-9]{1,12})?")
_LONG = 500
_MAX_VOTES = 10**12


class ReadRow(NamedTuple):
    """One line of a file: its row, None if it was dropped, and the reasons for what was lost."""

    line: int
    row: Benchmark | None
    reasons: tuple[str, ...] = ()


def read_benchmarks(file: IO[str], origin: str) -> Iterator[ReadRow]:
    """Yield each record of an open text file.

    Raises InvalidMeasurements, naming `origin`, if the header is of neither shape, and TooMuch for
    a line that is too long.
    """
    records = csv_records(file)
    _, first = next(records, (1, []))
    head = _head(first, origin)
    for count, (line, cells) in enumerate(records, 1):
        if count > MAX_ROWS:
            yield ReadRow(line, None, (f"more than {MAX_ROWS} rows",))
            return
        if isinstance(cells, str):
            yield ReadRow(line, None, (cells,))
        elif len(cells) > len(head):
            yield ReadRow(line, None, (f"{len(cells)} cells, but {len(head)} columns",))
        elif any(cells):
            yield _row(line, dict(zip(head, cells, strict=False)))


def _head(first: list[str] | str, origin: str) -> list[str]:
    if isinstance(first, str):
        raise InvalidMeasurements(first, origin)
    head = [name.strip().lower().removeprefix("\ufeff") for name in first]
    missing = [name for name in _NEEDED if name not in head]
    if missing:
        reason = f"the first line must name the columns; missing: {', '.join(missing)}"
        raise InvalidMeasurements(reason, origin)
    return head


# ---------------------------------------------------------------- one row


def _row(line: int, cells: Mapping[str, str]) -> ReadRow:
    lost: list[str] = []
    model, label = _text(cells, "model", lost), _text(cells, "arena_name", lost)
    suite, score = _suite(cells, lost), _number(cells, "score", lost)
    if not model or not suite or score is None:
        return ReadRow(line, None, tuple(lost or ["model, suite or score is missing"]))
    base, variant = measured(model, label) or (_unread(model, label), None)
    source = _text(cells, "source", lost, _LONG)
    if other := _other_base(source, base):
        return ReadRow(line, None, (*lost, f"its page is about {other}"))
    low, high = _interval(cells, score, lost)
    row = Benchmark(
        base, variant, suite, score, low, high, _votes(cells, lost), _day(cells, lost),
        source or None, _text(cells, "licence", lost) or None,
    )  # fmt: skip
    return ReadRow(line, row, (*lost, *_without_effect(row)))


def _without_effect(row: Benchmark) -> Iterator[str]:
    suite = suites().get(row.suite)
    if row.base not in bases():
        yield "unknown base: no effect"
    if suite is None:
        yield "unknown suite: no effect"
    elif not suite.holds(row.score):
        yield "outside the range of its suite: no effect"


def _unread(model: str, label: str) -> str:
    """Return an id for what is not read, which is that of no reviewed base."""
    maker, _, rest = model.lower().rpartition("/")
    words = re.sub(r"[^a-z0-9.]+", "-", (label or rest).lower()).strip("-")
    text = f"{maker}/{words}" if maker else words
    return f"{text}?" if text in bases() else text


_PAGES = {"huggingface.co": ("", "datasets", "spaces"), "openrouter.ai": ("", "docs", "rankings")}


def _other_base(source: str, base: str) -> str | None:
    """Return the base that the page of a score is about, if it is another reviewed one."""
    try:
        page = urlsplit(source)
    except ValueError:
        return None
    parts = [*page.path.strip("/").split("/"), ""][:2]
    if page.netloc not in _PAGES or not all(parts) or parts[0] in _PAGES[page.netloc]:
        return None
    found = identify("", "/".join(parts).partition(":")[0])
    return found.base if found and found.base in bases() and found.base != base else None


# ---------------------------------------------------------------- cells


def _text(cells: Mapping[str, str], column: str, lost: list[str], limit: int = 200) -> str:
    try:
        return clean_text(cells.get(column, ""), limit)
    except ValueError as error:
        lost.append(f"{column}: {error}")
        return ""


def _suite(cells: Mapping[str, str], lost: list[str]) -> str:
    names = ("suite", "version", "harness", "metric")
    suite, *more = (_text(cells, name, lost) for name in names)
    return suite_id(suite, *more) if suite else ""


def _number(cells: Mapping[str, str], column: str, lost: list[str]) -> float | None:
    text = cells.get(column, "").strip()
    if _NUMBER.fullmatch(text):
        return float(text)
    if text:
        lost.append(f"{column}: not a number")
    return None


def _interval(
    cells: Mapping[str, str], score: float, lost: list[str]
) -> tuple[float | None, float | None]:
    low, high = _number(cells, "low", lost), _number(cells, "high", lost)
    if (low is not None and low > score) or (high is not None and high < score):
        lost.append("low, high: not around the score")
        return None, None
    return low, high


def _votes(cells: Mapping[str, str], lost: list[str]) -> int | None:
    votes = _number(cells, "votes", lost)
    if votes is not None and (votes != int(votes) or not 0 < votes < _MAX_VOTES):
        lost.append("votes: not a whole number above 0")
        return None
    return None if votes is None else int(votes)


def _day(cells: Mapping[str, str], lost: list[str]) -> str | None:
    text = cells.get("date", "").strip()
    try:
        return date.fromisoformat(text).isoformat() if text else None
    except ValueError:
        lost.append("date: not a day (YYYY-MM-DD)")
        return None
