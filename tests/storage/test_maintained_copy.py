"""The maintained copy under what people type: derived data is right after every write."""

import itertools
import re
import sqlite3
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from modeldex.storage.batch import folding
from modeldex.storage.sqlite.migrate import migrate
from modeldex.storage.sqlite.triggers import TRIGGERS
from modeldex.storage.sqlite.writer import Writer
from modeldex.vocabulary.fields import NAMES
from random_sql import EVERYTHING, OPENING, Chance, forbidden, measurements, typed
from raw_catalog import INVARIANTS, OF_SERVERS, Below, bare, broken, in_memory, needs_shell, shell

BLOCK = 200
GUARDS = set(re.findall(r"RAISE\(ABORT, '(.*?)'\)", " ".join(TRIGGERS.values())))
EXPECTED = re.compile(r".* \(19\)|cannot (commit|rollback) - no transaction is active.*")
PERMITTED = {kind: weight for kind, weight in EVERYTHING.items() if kind is not forbidden}


def blocks(statements: list[str]) -> Iterator[list[str]]:
    """The statements in groups of BLOCK."""
    rest = iter(statements)
    while block := list(itertools.islice(rest, BLOCK)):
        yield block


def script(seed: int, count: int) -> list[str]:
    """What is typed: statements, half of them inside transactions, and checks in between."""
    chance = Chance(seed)
    lines = [f"{statement};" for statement in OPENING]
    for number, block in enumerate(blocks(typed(seed, count))):
        inside, end = chance.random() < 0.5, chance.choice(("COMMIT;", "COMMIT;", "ROLLBACK;"))
        lines += ["BEGIN;"] * inside + [f"{text};" for text in block] + [end] * inside
        lines += [
            f"SELECT 'block {number}: {rule}' WHERE EXISTS ({sql});"
            for rule, sql in INVARIANTS.items()
            if rule not in OF_SERVERS
        ]
        lines.append("SELECT 'checked';")
    return lines


class Typed(NamedTuple):
    """What became of a typed script: what went wrong, and what was heard from the guards."""

    wrong: list[str]
    checks: int
    unexpected: list[str]
    unheard: set[str]
    derived: set[str | None]
    broken: list[str]


def type_it_in(path: Path, seed: int, count: int) -> Typed:
    """Type a script into the program; there must be models left to look at."""
    lines = script(seed, count)
    said = shell(path, lines)
    heard = {text.removesuffix(" (19)") for text in said.errors.values()}
    derived = [n for n, line in enumerate(lines, 1) if re.match(r"INSERT.* INTO catalog ", line)]
    with bare(path) as connection:
        assert connection.execute("SELECT count(*) FROM catalog").fetchone() > (5,)
        return Typed(
            wrong=[line for line in said.lines if line != "checked"],
            checks=len(said.lines),
            unexpected=[text for text in said.errors.values() if not EXPECTED.fullmatch(text)],
            unheard=GUARDS - heard,
            derived={said.errors.get(n) for n in derived},
            broken=broken(connection),
        )


def sound(count: int) -> Typed:
    """Nothing wrong at any check, every guard heard, the copy out of reach."""
    refusal = "catalog is derived: write to models or capabilities instead (19)"
    return Typed([], -(-count // BLOCK), [], set(), {refusal}, [])


@pytest.mark.sqlite_only("the sqlite3 program")
@needs_shell
@pytest.mark.parametrize(
    ("journal", "count"),
    [
        ("wal", 1_000),
        pytest.param("wal", 7_000, marks=pytest.mark.promised),
        pytest.param("delete", 3_000, marks=pytest.mark.promised),
    ],
)
def test_typed_statements_leave_the_copy_right(
    catalog_path: Path, journal: str, count: int
) -> None:
    """After any of many random statements in the `sqlite3` program, copy equals definition."""
    migrate(catalog_path, journal=journal)
    assert type_it_in(catalog_path, seed=20261122 + count, count=count) == sound(count)


@pytest.mark.sqlite_only("the sqlite3 program")
@needs_shell
@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(10))
def test_two_hundred_thousand_typed_statements(either_journal: Path, seed: int) -> None:
    """The same with ten other sequences of 20,000 statements in each journal mode."""
    assert type_it_in(either_journal, seed, 20_000) == sound(20_000)


def execute(connection: sqlite3.Connection, statements: list[str]) -> set[str]:
    """Run statements, those that are refused included; gives the reasons."""
    reasons = set()
    for statement in statements:
        try:
            connection.execute(statement)
        except sqlite3.IntegrityError as error:
            reasons.add(str(error))
    return reasons


@pytest.mark.sqlite_only("the driver; test_postgres does it there")
@pytest.mark.parametrize(
    ("deferred", "count"),
    [
        (True, 1_000),
        pytest.param(True, 2_000, marks=pytest.mark.nightly),
        pytest.param(False, 2_000, marks=pytest.mark.promised),
    ],
    ids=["deferred", "longer", "at once"],
)
def test_the_librarys_own_connection_keeps_the_copy_right(
    catalog_path: Path, *, deferred: bool, count: int
) -> None:
    """The same holds with foreign keys and recursive triggers on, folding at once or at the end."""
    migrate(catalog_path)
    reasons: set[str] = set()
    wrong: list[list[str]] = []
    with Writer(catalog_path) as writer:
        for block in [list(OPENING), *blocks(typed(20261122, count, PERMITTED))]:
            with writer.transaction() as transaction:
                raw = transaction.connection.driver_connection
                assert isinstance(raw, sqlite3.Connection)
                with folding(transaction) if deferred else nullcontext():
                    reasons |= execute(raw, block)
                wrong.append(broken(raw))
    assert wrong == [[]] * (1 + count // BLOCK)
    assert reasons >= GUARDS - {"catalog is derived: write to models or capabilities instead"}


@pytest.mark.sqlite_only("the driver; test_postgres does it there")
def test_deferred_and_immediate_folding_agree(catalog_path: Path) -> None:
    """One fold at the end gives the very rows that folding after each statement gives.

    Samples apart: they bring models into being when they are folded.
    """
    kinds = {kind: weight for kind, weight in PERMITTED.items() if kind is not measurements}
    statements = [text.replace(" OR ROLLBACK", "") for text in (*OPENING, *typed(7, 500, kinds))]
    migrate(catalog_path)
    with Writer(catalog_path) as writer:
        with writer.transaction() as transaction, folding(transaction):
            raw = transaction.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            execute(raw, statements)
        with writer.reading() as connection:
            deferred = connection.execute(ROWS).fetchall()
    with in_memory() as connection:
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA recursive_triggers=ON")
        execute(connection, statements)
        assert connection.execute(ROWS).fetchall() == deferred
    assert len(deferred) > 5


ROWS = f"SELECT provider, name, family, live, {', '.join(NAMES)} FROM catalog ORDER BY 1, 2"

IS_B = ("model_id || family", "1b")


@pytest.fixture
def catalog(below: Below) -> Iterator[Any]:
    """One live model of which two resolvers speak."""
    with below() as connection:
        connection.executescript(
            "INSERT INTO models (provider, name) VALUES ('acme', 'alpha');"
            "INSERT INTO sources (name) VALUES ('here');"
            "INSERT INTO sightings (model_id, source) VALUES (1, 'here');"
            "INSERT INTO capabilities (model_id, resolver, max_context, supports_tools)"
            " VALUES (1, 'static', 8192, 1), (1, 'litellm', 4096, 0);"
        )
        yield connection


@pytest.mark.parametrize(
    ("statement", "column", "value"),
    [
        ("UPDATE resolvers SET precedence = 999 WHERE name = 'litellm'", "max_context", 4096),
        ("REPLACE INTO resolvers (name, precedence) VALUES ('static', 1)", "max_context", 4096),
        ("REPLACE INTO capabilities (resolver, model_id) VALUES ('user', 1)", "max_context", 8192),
        ("REPLACE INTO capabilities (model_id, resolver) VALUES (1, 'static')", "mode", None),
        ("UPDATE capabilities SET max_context = 5 WHERE resolver = 'static'", "max_context", 5),
        ("DELETE FROM capabilities WHERE resolver = 'static'", "supports_tools", 0),
        ("UPDATE models SET family = 'a' WHERE id = 1", "family", "a"),
        ("INSERT INTO models (provider, name, family) VALUES ('acme', 'alpha', 'b')", *IS_B),
        ("REPLACE INTO models (provider, name, family) VALUES ('acme', 'alpha', 'b')", *IS_B),
        ("UPDATE models SET name = 'beta'", "name", "beta"),
        ("UPDATE sources SET kind = 'reference'", "live", 0),
        ("REPLACE INTO sources (name, kind) VALUES ('here', 'reference')", "live", 0),
        ("UPDATE sightings SET missing_since = '2026-11-22T00:00:00Z'", "live", 0),
        (
            ("REPLACE INTO sightings (model_id, source, missing_since) "
            "VALUES (1, 'here', '2026-11-22T00:00:00Z')"),
            "live", 0,
        ),
        ("DELETE FROM sightings", "live", 0),
        (
            ("INSERT INTO capabilities (model_id, resolver, input_cost_per_1m, output_cost_per_1m) "
            "VALUES (1, 'user', 1, 5)"),
            "blended_cost", 2.0,
        ),
    ],
)  # fmt: skip
def test_one_statement_shows_in_the_catalog_at_once(
    catalog: sqlite3.Connection, statement: str, column: str, value: object
) -> None:
    """Each kind of write is visible to the next SELECT."""
    catalog.execute(statement)
    assert catalog.execute(f"SELECT {column} FROM catalog").fetchall() == [(value,)]


@pytest.mark.sqlite_only("words of its shell: GLOB and OR REPLACE")
def test_an_alias_is_searched_where_it_belongs(catalog: sqlite3.Connection) -> None:
    """A name that was taken over, renamed or deleted is found at its model alone."""
    catalog.execute("INSERT INTO models (provider, name) VALUES ('acme', 'beta')")
    steps = (
        "INSERT INTO aliases VALUES ('acme', 'Swift', 1), ('acme', 'b', 2)",
        "REPLACE INTO aliases VALUES ('acme', 'Swift', 2)",
        "UPDATE OR REPLACE aliases SET alias = 'Swift', model_id = 1 WHERE alias = 'b'",
        "DELETE FROM aliases",
    )
    found = []
    for step in steps:
        catalog.execute(step)
        sql = "SELECT model_id FROM catalog WHERE search_text GLOB '*swift*'"
        found.append([model for (model,) in catalog.execute(sql)])
    assert found == [[1], [2], [1], []]


def test_a_model_that_is_deleted_leaves_nothing_behind(catalog: sqlite3.Connection) -> None:
    """With the model go its row in the catalog, its sightings, aliases and history."""
    catalog.execute("INSERT INTO aliases VALUES ('acme', 'a', 1)")
    catalog.execute("DELETE FROM capabilities")
    catalog.execute("DELETE FROM models")
    left = [
        catalog.execute(f"SELECT count(*) FROM {table}").fetchone()
        for table in ("catalog", "sightings", "aliases", "capability_history", "acknowledged")
    ]
    assert left == [(0,)] * 5
