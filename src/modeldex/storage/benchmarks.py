"""Store scores of benchmarks, and judge the offers of their bases, in short transactions."""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from modeldex.storage.batch import PAUSE, folding
from modeldex.storage.parameters import named_parameters
from modeldex.storage.schema.evidence import judge
from modeldex.storage.sqlite.writer import Writer

if TYPE_CHECKING:
    from sqlalchemy import Connection

_KEY = ("base", "suite", "variant", "day")
COLUMNS = (*_KEY, "score", "low", "high", "n", "source", "licence")
"""The columns of table `benchmarks` that a score has; the first four are its key."""

Key = tuple[str, str, str, str]
Scores = Mapping[Key, Sequence[object]]
"""The other columns of rows, by their keys."""

FEWEST_FAMILIES = 2
"""Families that a general score needs."""

_LIST = ", ".join(COLUMNS)
_STORED = f"SELECT {_LIST} FROM benchmarks"
_THIS = " AND ".join(f"{name} = :{name}" for name in _KEY)
# A row that comes with the program is judged by nobody until it is marked as the user's own, and
# that is no change of a score: so none of these fires a trigger that judges.
_REPLACE = (
    f"UPDATE benchmarks SET shipped = 1 WHERE {_THIS}",
    f"DELETE FROM benchmarks WHERE {_THIS}",
    f"INSERT INTO benchmarks ({_LIST}, shipped) VALUES (:{_LIST.replace(', ', ', :')}, 1)",
    f"UPDATE benchmarks SET shipped = 0 WHERE {_THIS}",
)
_AT_ONCE = 100
"""Bases whose scores one transaction stores and judges."""


class Ranges(NamedTuple):
    """A suite's family and task, and the lowest and highest score that can be of it."""

    family: str
    task: str
    lowest: float | None
    highest: float | None

    def holds(self, score: float) -> bool:
        """Whether a score can be of this suite."""
        return (self.lowest is None or score >= self.lowest) and (
            self.highest is None or score <= self.highest
        )


class Held(NamedTuple):
    """What a catalog knows before an import: its scores, base models, suites and families.

    `families` are those that have a standing, with their task, by base.
    """

    scores: dict[Key, tuple[object, ...]]
    bases: frozenset[str]
    suites: dict[str, Ranges]
    families: dict[str, set[tuple[str, str]]]


def held(connection: Any) -> Held:
    """Return what the catalog knows."""
    scores = {tuple(row[:4]): tuple(row[4:]) for row in connection.execute(_STORED).fetchall()}
    bases = frozenset(str(row[0]) for row in connection.execute("SELECT id FROM bases").fetchall())
    rows = connection.execute("SELECT name, family, task, lowest, highest FROM suites").fetchall()
    families: dict[str, set[tuple[str, str]]] = {}
    for base, *family in connection.execute(
        "SELECT DISTINCT base, family, task FROM standings"
    ).fetchall():
        families.setdefault(base, set()).add((family[0], family[1]))
    return Held(scores, bases, {row[0]: Ranges(*row[1:]) for row in rows}, families)


def store(writer: Writer, scores: Scores) -> None:
    """Write scores, each in place of one of the same key, and judge the offers of their bases.

    And those of newer bases of the same lines. Each transaction leaves what it has stored judged,
    so that an import that was interrupted can be repeated.
    """
    with writer.reading() as reading:
        known = {str(row[0]) for row in reading.execute("SELECT id FROM bases").fetchall()}
    rows: dict[str, list[dict[str, object]]] = {}
    for key, values in scores.items():
        row = dict(zip(COLUMNS, (*key, *values), strict=True))
        rows.setdefault(key[0], []).append(row)
    bases = sorted(rows)
    for start in range(0, len(bases), _AT_ONCE):
        if start:
            time.sleep(PAUSE)
        some = bases[start : start + _AT_ONCE]
        with writer.transaction() as connection, folding(connection):
            _replace(connection, [row for base in some for row in rows[base]])
            _judge(connection, [base for base in some if base in known])


def _replace(connection: "Connection", rows: Sequence[Mapping[str, object]]) -> None:
    for statement in _REPLACE:
        named = COLUMNS if "INSERT" in statement else _KEY
        given = [{name: row[name] for name in named} for row in rows]
        connection.exec_driver_sql(statement, given)


def _judge(connection: "Connection", bases: Sequence[str]) -> None:
    if bases:
        names, bound = named_parameters("base", bases)
        for statement in judge(f"({names})", few=True):
            connection.exec_driver_sql(statement, bound)
