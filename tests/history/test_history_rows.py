"""The history of opinions: every replaced one is kept, once, with the time for which it held."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modeldex.storage.sqlite.migrate import migrate
from modeldex.vocabulary.fields import NAMES
from random_sql import OPENING, OPINIONS, typed
from raw_catalog import Below, bare, is_file, needs_shell, shell

FIELDS = ", ".join(NAMES)
PAST = "2020-01-01T00:00:00.000Z"

Key = tuple[int, str]
Row = tuple[object, ...]
Kept = tuple[Key, Row, str]


@pytest.fixture(params=["OFF", "ON"], ids=["shell", "library"])
def catalog(request: pytest.FixtureRequest, below: Below) -> Iterator[Any]:
    """A catalog under the settings of a bare shell, and of the library's writer."""
    with below() as connection:
        if is_file(connection):
            connection.execute(f"PRAGMA foreign_keys={request.param}")
            connection.execute(f"PRAGMA recursive_triggers={request.param}")
        for statement in OPENING:
            connection.execute(statement)
        yield connection


def opinions(connection: sqlite3.Connection) -> dict[Key, Row]:
    """Every opinion: its fields, then observed_at and changed_at."""
    rows = connection.execute(
        f"SELECT model_id, resolver, {FIELDS}, observed_at, changed_at FROM capabilities"
    )
    return {(row[0], row[1]): row[2:] for row in rows}


def history(connection: sqlite3.Connection, after: int = 0) -> list[Kept]:
    """What was kept after that many rows: whose opinion, the opinion, and when it ended."""
    rows = connection.execute(
        f"SELECT model_id, resolver, {FIELDS}, observed_at, valid_from, valid_to "
        "FROM capability_history ORDER BY id LIMIT 1000000 OFFSET ?",
        (after,),
    )
    return [((row[0], row[1]), row[2:-1], row[-1]) for row in rows]


def replaced(statement: str, before: dict[Key, Row], after: dict[Key, Row]) -> list[Kept]:
    """What a statement deleted, changed, or replaced by the same; what remains begins then."""

    def gone(key: Key, row: Row) -> bool:
        now = after.get(key)
        renewed = statement.startswith("INSERT") and now is not None and now[-1] != row[-1]
        return now is None or now[:-2] != row[:-2] or renewed

    return [
        (key, row, str(after[key][-1]) if key in after else "")
        for key, row in before.items()
        if gone(key, row)
    ]


@pytest.mark.parametrize("count", [200, pytest.param(1_500, marks=pytest.mark.promised)])
def test_every_replaced_opinion_is_kept_exactly_once(
    catalog: sqlite3.Connection, count: int
) -> None:
    """Over many random statements the history gains what was replaced and nothing else."""
    wanted: list[tuple[str, list[Kept]]] = []
    gained: list[tuple[str, list[Kept]]] = []
    for statement in (text for text in typed(3, count, OPINIONS) if "), (" not in text):
        # Touches no field, so it leaves no history; it makes a replacement by the same visible.
        catalog.execute("UPDATE capabilities SET changed_at = ?", (PAST,))
        before = opinions(catalog)
        (seen,) = catalog.execute("SELECT count(*) FROM capability_history").fetchone()
        with contextlib.suppress(sqlite3.IntegrityError):
            catalog.execute(statement)
        after = opinions(catalog)
        wanted.append((statement, sorted(replaced(statement, before, after), key=repr)))
        kept = [
            (key, row, until if key in after else "") for key, row, until in history(catalog, seen)
        ]
        gained.append((statement, sorted(kept, key=repr)))
    assert gained == wanted
    assert sum(len(kept) for _, kept in gained) > count / 2


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE capabilities SET max_context = 2",
        "UPDATE OR REPLACE capabilities SET max_context = 2",
        "INSERT OR REPLACE INTO capabilities (model_id, resolver, max_context) VALUES (1, 'aa', 2)",
        pytest.param(
            "REPLACE INTO capabilities (model_id, resolver, max_context) VALUES (1, 'aa', 1)",
            marks=pytest.mark.sqlite_only("a server has no REPLACE"),
        ),
        (
            "INSERT INTO capabilities (model_id, resolver, max_context) VALUES (1, 'aa', 2) "
            "ON CONFLICT DO UPDATE SET max_context = excluded.max_context"
        ),
        "DELETE FROM capabilities",
    ],
)
def test_each_way_to_replace_leaves_one_row(catalog: sqlite3.Connection, statement: str) -> None:
    """UPDATE, REPLACE, upsert and DELETE each keep the old opinion with both its times."""
    catalog.execute(
        "INSERT INTO capabilities (model_id, resolver, max_context, observed_at, changed_at) "
        f"VALUES (1, 'aa', 1, '2019-05-05T00:00:00Z', '{PAST}')"
    )
    catalog.execute(statement)
    rows = catalog.execute(
        "SELECT model_id, resolver, max_context, observed_at, valid_from, valid_to > valid_from "
        "FROM capability_history"
    ).fetchall()
    assert rows == [(1, "aa", 1, "2019-05-05T00:00:00Z", PAST, 1)]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT OR IGNORE INTO capabilities (model_id, resolver, max_context) VALUES (1, 'aa', 2)",
        (
            "INSERT INTO capabilities (model_id, resolver, max_context) VALUES (1, 'aa', 2) "
            "ON CONFLICT DO NOTHING"
        ),
        (
            "INSERT INTO capabilities (model_id, resolver, max_context) VALUES (1, 'aa', 2) "
            "ON CONFLICT DO UPDATE SET max_context = 9 WHERE max_context > 5"
        ),
        "UPDATE capabilities SET max_context = 1",
        "UPDATE capabilities SET observed_at = '2026-01-01T00:00:00Z'",
        pytest.param(
            "UPDATE OR IGNORE capabilities SET max_context = -1",
            marks=pytest.mark.sqlite_only("only SQLite ignores what it refuses"),
        ),
    ],
)
def test_what_replaces_nothing_leaves_nothing(catalog: sqlite3.Connection, statement: str) -> None:
    """A write that was ignored or changed no value adds no history, nor does the next insert."""
    catalog.execute(
        "INSERT INTO capabilities (model_id, resolver, max_context) VALUES (1, 'aa', 1)"
    )
    catalog.execute(statement)
    assert history(catalog) == []
    catalog.execute("DELETE FROM capabilities")
    catalog.execute(
        "INSERT INTO capabilities (model_id, resolver, max_context) VALUES (1, 'aa', 3)"
    )
    assert [row[0] for _, row, _ in history(catalog)] == [1]


def test_a_failed_insert_leaves_nothing(catalog: sqlite3.Connection) -> None:
    """An INSERT that is refused because the opinion exists sets nothing aside for later."""
    catalog.execute(
        "INSERT INTO capabilities (model_id, resolver, max_context) VALUES (1, 'aa', 1)"
    )
    with pytest.raises(sqlite3.IntegrityError, match=r"UNIQUE|unique"):
        catalog.execute("INSERT INTO capabilities (model_id, resolver) VALUES (1, 'aa')")
    if is_file(catalog):
        assert catalog.execute("SELECT count(*) FROM replaced").fetchone() == (0,)
    assert history(catalog) == []


def test_the_history_of_an_opinion_has_no_gaps(catalog: sqlite3.Connection) -> None:
    """Each value holds until the moment from which the next one does."""
    insert = "INSERT OR REPLACE INTO capabilities (model_id, resolver, max_context) VALUES "
    catalog.execute(f"{insert} (1, 'aa', 1)")
    catalog.execute("UPDATE capabilities SET max_context = 2")
    catalog.execute(f"{insert} (1, 'aa', 3)")
    catalog.execute("UPDATE capabilities SET max_context = NULL")
    spans = catalog.execute(
        "SELECT max_context, valid_from, valid_to FROM capability_history UNION ALL "
        "SELECT max_context, changed_at, NULL FROM capabilities ORDER BY valid_from"
    ).fetchall()
    by_value = {value: (begin, end) for value, begin, end in spans}
    assert [by_value[value][1] for value in (1, 2, 3)] == [
        by_value[value][0] for value in (2, 3, None)
    ]


def test_a_change_without_times_is_observed_now(catalog: sqlite3.Connection) -> None:
    """Who types only a new value gets both times set; who gives the times keeps them."""
    catalog.execute(
        "INSERT INTO capabilities (model_id, resolver, max_context, observed_at, changed_at) "
        f"VALUES (1, 'aa', 1, '{PAST}', '{PAST}'), (2, 'aa', 1, '{PAST}', '{PAST}')"
    )
    catalog.execute("UPDATE capabilities SET max_context = 2 WHERE model_id = 1")
    catalog.execute(
        "UPDATE capabilities SET max_context = 2, observed_at = '2021-01-01T00:00:00Z', "
        "changed_at = '2021-02-02T00:00:00Z' WHERE model_id = 2"
    )
    rows = catalog.execute(
        "SELECT model_id, observed_at > '2025', changed_at > '2025' FROM capabilities"
    ).fetchall()
    assert sorted(rows) == [(1, 1, 1), (2, 0, 0)]
    assert [until for _, _, until in history(catalog)][1] == "2021-02-02T00:00:00Z"


@pytest.mark.sqlite_only("the sqlite3 program")
@needs_shell
def test_the_program_itself_keeps_replaced_opinions(catalog_path: Path) -> None:
    """INSERT OR REPLACE typed into `sqlite3`, which fires no delete trigger, leaves its row."""
    migrate(catalog_path)
    said = shell(
        catalog_path,
        [
            "INSERT INTO models (provider, name) VALUES ('acme', 'alpha');",
            "INSERT INTO capabilities (model_id, resolver, max_context) VALUES (1, 'user', 1);",
            "REPLACE INTO capabilities (model_id, resolver, max_context) VALUES (1, 'user', 2);",
            "REPLACE INTO capabilities (model_id, resolver, max_context) VALUES (1, 'user', 3);",
        ],
    )
    with bare(catalog_path) as connection:
        rows = connection.execute("SELECT max_context FROM capability_history ORDER BY id")
        assert (rows.fetchall(), said.errors) == ([(1,), (2,)], {})
