"""Import a table of benchmark scores into a catalog."""

import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, cast

from modeldex.errors import InvalidMeasurements
from modeldex.storage.benchmarks import FEWEST_FAMILIES, Held, Key, held, store
from modeldex.storage.location import Place
from modeldex.storage.open import open_writer
from modeldex.upstream.formats.benchmarks import ReadRow, read_benchmarks
from modeldex.vocabulary import timestamps
from modeldex.vocabulary.benchmarks import Benchmark
from modeldex.vocabulary.caps import TooMuch
from modeldex.vocabulary.text import MAX_TEXT

MAX_LISTED = 1000
"""Dropped rows that are listed one by one."""

_LARGEST = 1_000_000_000
_FIGURES = 4
"""Score, interval and number of votes: the first columns after the key."""

_NO_EFFECT = ": no effect"
UNKNOWN_BASE, UNKNOWN_SUITE, OUT_OF_RANGE, ONE_FAMILY = (
    "unknown base", "unknown suite", "outside the range of its suite",
    "one family alone: no general score",
)  # fmt: skip


class DroppedRow(NamedTuple):
    """A line of a file that was not stored, and why."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}"


class BenchmarkReport(NamedTuple):
    """The result of importing scores; of a dry run, what it would have been.

    `added` are new rows, `replaced` those that had another score, `duplicates` those that were
    there already. `without_effect` counts the rows among these that change no tier, by reason;
    `incomplete` the cells that were not read, by reason. `dropped_rows` counts the rows that were
    not stored, `dropped` lists the first 1,000. `bases` are the base models of which a row counts.
    """

    added: int = 0
    replaced: int = 0
    duplicates: int = 0
    without_effect: dict[str, int] = {}  # noqa: RUF012 - never changed
    incomplete: dict[str, int] = {}  # noqa: RUF012
    dropped: tuple[DroppedRow, ...] = ()
    dropped_rows: int = 0
    bases: tuple[str, ...] = ()

    @property
    def kept(self) -> int:
        """The rows that the catalog has afterwards."""
        return self.added + self.replaced + self.duplicates


class _Intake:
    """The rows of a file by their keys; of two with one key, the one with the higher score."""

    def __init__(self, day: str) -> None:
        self.scores: dict[Key, tuple[object, ...]] = {}
        self.repeated = 0
        self.dropped: list[DroppedRow] = []
        self.incomplete: Counter[str] = Counter()
        self._day = day

    def take(self, read: ReadRow) -> None:
        """Keep a row, or the reason why it is dropped."""
        row, reasons = read.row, [each for each in read.reasons if not each.endswith(_NO_EFFECT)]
        if row is not None and (refused := _refused(row)):
            row, reasons = None, [refused]
        if row is None:
            self.dropped.append(DroppedRow(read.line, "; ".join(reasons)))
            return
        self.incomplete.update(reasons)
        key = row.base, row.suite, row.variant or "", row.date or self._day
        votes = row.n if row.n is None or row.n <= _LARGEST else _LARGEST
        values = row.score, row.low, row.high, votes, row.source, row.licence
        known = self.scores.get(key, values)
        if key in self.scores and known == values:
            self.repeated += 1
            return
        lesser, better = sorted((known, values), key=_order)
        if lesser != better:
            reason = f"of one day the highest score counts: not {lesser[0]}"
            self.dropped.append(DroppedRow(read.line, reason))
        self.scores[key] = better


def _order(values: tuple[object, ...]) -> tuple[float, str]:
    # The text only decides between equals, so that no order of the lines does.
    return cast("float", values[0]), repr(values)


def _refused(row: Benchmark) -> str | None:
    """Return why a catalog cannot hold a row; None if it can."""
    for name, text in (("base", row.base), ("suite", row.suite), ("variant", row.variant or "")):
        if len(text) > MAX_TEXT:
            return f"{name}: longer than {MAX_TEXT} characters"
    if not row.base:
        return "base: no name is left of it"
    if any(abs(value) > _LARGEST for value in (row.score, row.low, row.high) if value is not None):
        return f"score: beyond {_LARGEST}"
    return None


def import_file(
    place: Place, file: str | os.PathLike[str], *, dry_run: bool = False
) -> BenchmarkReport:
    """Store the scores of a CSV file, in short transactions; `-` is standard input.

    A row without a day gets that of the import. With `dry_run` nothing is stored. Raises
    InvalidMeasurements if the header is of neither shape, CatalogError, OSError.
    """
    origin = os.fspath(file)
    if origin == "-":
        sys.stdin.reconfigure(  # type: ignore[union-attr]
            encoding="utf-8-sig", errors="replace", newline=""
        )
        return _import(place, read_benchmarks(sys.stdin, origin), origin, dry_run=dry_run)
    with Path(file).open(encoding="utf-8-sig", errors="replace", newline="") as text:
        return _import(place, read_benchmarks(text, origin), origin, dry_run=dry_run)


def _import(
    place: Place, rows: Iterable[ReadRow], origin: str, *, dry_run: bool
) -> BenchmarkReport:
    intake = _Intake(timestamps.now()[:10])
    try:
        for row in rows:
            intake.take(row)
    except TooMuch as error:
        raise InvalidMeasurements(f"{error}; nothing was stored", origin) from None
    with open_writer(place) as writer:
        with writer.reading() as connection:
            known = held(connection)
        report = _report(intake, known)
        changed = {key: it for key, it in intake.scores.items() if not _is_held(key, it, known)}
        if changed and not dry_run:
            store(writer, changed)
    return report


def _report(intake: _Intake, known: Held) -> BenchmarkReport:
    added = intake.scores.keys() - known.scores.keys()
    same = [key for key, values in intake.scores.items() if _is_held(key, values, known)]
    effects = Counter(dict(_effects(intake, known)).values())
    counting = {key[0] for key, effect in _effects(intake, known) if effect is None}
    return BenchmarkReport(
        added=len(added),
        replaced=len(intake.scores) - len(added) - len(same),
        duplicates=len(same) + intake.repeated,
        without_effect={reason: n for reason, n in sorted(effects.items(), key=str) if reason},
        incomplete=dict(sorted(intake.incomplete.items())),
        dropped=tuple(sorted(intake.dropped)[:MAX_LISTED]),
        dropped_rows=len(intake.dropped),
        bases=tuple(sorted(counting)),
    )


def _is_held(key: Key, values: tuple[object, ...], known: Held) -> bool:
    """Whether the catalog has these figures already, whoever states them."""
    stored = known.scores.get(key)
    return stored is not None and stored[:_FIGURES] == values[:_FIGURES]


def _effects(intake: _Intake, known: Held) -> Iterator[tuple[Key, str | None]]:
    """Yield for each row why it has no effect on a tier; None if it has."""
    families = {base: {*found} for base, found in known.families.items()}
    counted: list[Key] = []
    for key, values in intake.scores.items():
        base, suite_name, *_ = key
        suite = known.suites.get(suite_name)
        if base not in known.bases:
            yield key, UNKNOWN_BASE
        elif suite is None:
            yield key, UNKNOWN_SUITE
        elif not suite.holds(cast("float", values[0])):
            yield key, OUT_OF_RANGE
        else:
            families.setdefault(base, set()).add((suite.family, suite.task))
            counted.append(key)
    for key in counted:
        yield key, None if len(families[key[0]]) >= FEWEST_FAMILIES else ONE_FAMILY
