"""A PostgreSQL catalog below the library, typed at as the `sqlite3` module is."""

import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import psycopg
from psycopg.pq import TransactionStatus

from modeldex.storage.location import Postgres
from modeldex.storage.postgres.connection import connect, for_driver
from modeldex.vocabulary.fields import NAMES

# By what a row is known, and what becomes of the rest of it when it is replaced.
_KEYS = {
    "models": "provider, name", "capabilities": "model_id, resolver", "aliases": "provider, alias",
    "sources": "name", "sightings": "model_id, source", "resolvers": "name",
    "quality_suites": "name", "cost_tiers": "name", "measurements": "id",
}  # fmt: skip
_REST = {
    "capabilities": (*NAMES, "observed_at", "changed_at"),  # the times where they are given
    "aliases": ("model_id",),
    "sources": ("kind",),
    "sightings": ("first_seen", "last_seen", "missing_since", "missed"),
    "resolvers": ("precedence",),
    "quality_suites": ("version", "balanced_at_least", "best_at_least", "min_samples"),
    "cost_tiers": ("at_least", "below"),
}
_VERB = re.compile(r"(INSERT|UPDATE|REPLACE)(?: OR (\w+))?( INTO)? (\w+)")


_TEXT = re.compile(r"('(?:[^']|'')*')")
_OWN_WORDS = (
    (re.compile(r"\bIS NOT (?!NULL\b|DISTINCT\b)"), "IS DISTINCT FROM "),
    (re.compile(r"\bIS (?!NULL\b|NOT\b|DISTINCT\b)"), "IS NOT DISTINCT FROM "),
    (re.compile(r"\bchar\("), "chr("),
)


def _outside_texts(sql: str, change: Callable[[str], str]) -> str:
    parts = _TEXT.split(sql)
    parts[::2] = map(change, parts[::2])
    return "".join(parts)


def _in_its_words(part: str) -> str:
    for own, word in _OWN_WORDS:
        part = own.sub(word, part)
    return part


def numbered(sql: str) -> str:
    """A statement whose parameters `?` or `?1` are named :p1, :p2 and so on."""
    number = count(1)
    return _outside_texts(
        sql, lambda part: re.sub(r"\?(\d*)", lambda m: f":p{m[1] or next(number)}", part)
    )


def spoken(sql: str) -> str:
    """A statement as a server takes it, with `INSERT OR ...` and bare upserts spelled out."""
    sql = _outside_texts(sql, _in_its_words)
    found = _VERB.match(sql)
    if found is None:
        return sql
    verb, choice, into, table = found.groups()
    plain = f"{verb.replace('REPLACE', 'INSERT')}{into or ''} {table}{sql[found.end() :]}"
    plain = plain.replace("ON CONFLICT DO UPDATE", f"ON CONFLICT ({_KEYS.get(table)}) DO UPDATE")
    plain = plain.replace(" WHERE max_context >", " WHERE capabilities.max_context >")
    if "REPLACE" in (verb, choice) and into and table in _REST:
        rest = ", ".join(
            f"{column} = excluded.{column}"
            for column in _REST[table]
            if not column.endswith("ed_at") or column in plain
        )
        return f"{plain} ON CONFLICT ({_KEYS[table]}) DO UPDATE SET {rest}"
    return plain + " ON CONFLICT DO NOTHING" * (choice == "IGNORE" and verb == "INSERT")


Parameters = Mapping[str, object] | Sequence[object]


_REFUSED = (psycopg.IntegrityError, psycopg.DataError, psycopg.errors.CardinalityViolation)


def _bound(parameters: Parameters) -> Mapping[str, object]:
    if isinstance(parameters, Mapping):
        return parameters
    return {f"p{number}": value for number, value in enumerate(parameters, 1)}


class Served:
    """A connection of its own; each statement commits, unless a transaction is open.

    In one, a statement that fails undoes itself only, as in SQLite and in psql with
    ON_ERROR_ROLLBACK. What the server refuses is refused by the names of sqlite3.
    """

    def __init__(self, place: Postgres) -> None:
        self._connection = connect(place)

    def execute(self, sql: str, parameters: Parameters = ()) -> "psycopg.Cursor[Any]":
        """Run one statement of the words that both engines have."""
        with self._errors_of_sqlite():
            return self._connection.execute(for_driver(numbered(spoken(sql))), _bound(parameters))

    def executemany(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Run one statement for each row."""
        for row in rows:
            self.execute(sql, row)

    def executescript(self, sql: str) -> None:
        """Run several statements."""
        with self._errors_of_sqlite():
            for statement in sql.split("; ") if "$$" not in sql else [sql]:
                self._connection.execute(spoken(statement.strip()).encode())

    @property
    def in_transaction(self) -> bool:
        """Whether one is open."""
        return self._connection.info.transaction_status == TransactionStatus.INTRANS

    def close(self) -> None:
        """Close it; what is not committed is gone."""
        self._connection.close()

    @contextmanager
    def _errors_of_sqlite(self) -> Iterator[None]:
        inside = self.in_transaction
        if inside:
            self._connection.execute("SAVEPOINT typed")
        try:
            yield
        except psycopg.Error as error:
            if self._connection.info.transaction_status == TransactionStatus.INERROR:
                self._connection.execute("ROLLBACK TO typed")
            refused = isinstance(error, _REFUSED)
            kind = sqlite3.IntegrityError if refused else sqlite3.OperationalError
            raise kind(str(error)) from error
        if inside and self.in_transaction:
            self._connection.execute("RELEASE typed")
