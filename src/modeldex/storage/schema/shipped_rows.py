"""Rows that come with modeldex: what providers are, bases, notices, coverage, benchmarks.

They replace those that an earlier version brought; users' own rows stay, and win.
"""

from collections.abc import Iterable, Iterator, Sequence

from modeldex.vocabulary.bases import Base, bases
from modeldex.vocabulary.benchmarks import Benchmark, benchmarks
from modeldex.vocabulary.coverage import Coverage, coverage
from modeldex.vocabulary.notices import Notice, notices
from modeldex.vocabulary.provider_classes import classified
from modeldex.vocabulary.providers import shipped_aliases
from modeldex.vocabulary.suites import Suite, suites

_CHUNK = 4000
"""Rows of one statement, to read which takes as long, with all triggers, as to insert many rows."""


def shipped_rows() -> Iterator[str]:
    """Return SQL for both engines."""
    yield from _rows("provider_aliases", ("alias", "provider"), shipped_aliases().items())
    yield from _rows("provider_classes", ("provider", "class", "maker"), classified())
    yield from _rows("bases", Base._fields, bases().values())
    yield from _rows("notices", Notice._fields, notices())
    yield from _rows("coverage", Coverage._fields, coverage())
    yield from _rows("suites", ("name", *Suite._fields[1:]), suites().values())
    yield from _rows("benchmarks", _SCORE, map(_score, benchmarks()))


_SCORE = ("base", "variant", "suite", "score", "low", "high", "n", "day", "source", "licence")


def _score(row: Benchmark) -> Sequence[object]:
    return row._replace(variant=row.variant or "")


def _rows(table: str, names: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"DELETE FROM {table} WHERE shipped = 1"
    given = list(rows)
    for start in range(0, len(given), _CHUNK):
        values = ", ".join(map(_row, given[start : start + _CHUNK]))
        # A row of the user's own has the key already.
        yield (
            f"INSERT INTO {table} ({', '.join(names)}, shipped) VALUES {values} "
            "ON CONFLICT DO NOTHING"
        )


def _row(values: Sequence[object]) -> str:
    return f"({', '.join(map(_literal, values))}, 1)"


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int | float):
        return str(value + 0)
    return "'" + str(value).replace("'", "''") + "'"
