"""The fold of a catalog on a server: once per transaction, at COMMIT, whoever else is writing."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from sqlite3 import IntegrityError, OperationalError

import psycopg
import pytest

from fork_process import HANG
from modeldex import CatalogError
from modeldex.storage.location import Postgres
from modeldex.storage.open import open_catalog, open_writer, refreshing
from modeldex.storage.postgres.fold import FOLD_LOCK
from modeldex.storage.postgres.migrate import migrate
from postgres_server import MISSING, Server, programs
from raw_catalog import bare, broken, migrated

PROMISED = [pytest.mark.promised, pytest.mark.timeout(3600)]
pytestmark = pytest.mark.skipif(programs() is None, reason=MISSING)

MODEL = "INSERT INTO models (provider, name) VALUES ('a', 'm')"
STATE = "INSERT INTO capabilities (model_id, resolver, {1}) VALUES (1, '{0}', {2})"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
GLANCE = 0.01
"""Seconds between two looks at who waits."""


@pytest.fixture
def blank(postgres: Server) -> Iterator[Postgres]:
    """A catalog that holds nothing yet."""
    place = postgres.create(postgres.template("blank", migrated))
    yield place
    postgres.drop(place)


def at_once(place: Postgres, *scripts: list[str]) -> None:
    """Run each script in a transaction of its own; all are open before the first commits."""
    together = threading.Barrier(len(scripts))

    def run(script: list[str]) -> None:
        with bare(place) as connection:
            connection.execute("BEGIN")
            try:
                for statement in script:
                    connection.execute(statement)
            except BaseException:
                together.abort()
                raise
            together.wait(HANG)
            connection.execute("COMMIT")

    with ThreadPoolExecutor(len(scripts)) as threads:
        list(threads.map(run, scripts))


@pytest.mark.parametrize("times", [30, pytest.param(200, marks=PROMISED)])
def test_two_transactions_state_different_fields_of_one_model(blank: Postgres, times: int) -> None:
    """Both succeed, and each time the copy has what both of them said."""
    found = []
    with bare(blank) as connection:
        connection.execute(MODEL)
        connection.execute(STATE.format("static", "max_context", 1))
        connection.execute(STATE.format("user", "max_output_tokens", 1))
        for turn in range(2, times + 2):
            at_once(
                blank,
                [f"UPDATE capabilities SET max_context = {turn} WHERE resolver = 'static'"],
                [f"UPDATE capabilities SET max_output_tokens = {turn} WHERE resolver = 'user'"],
            )
            found += connection.execute(
                "SELECT max_context, max_output_tokens FROM catalog"
            ).fetchall()
        assert broken(connection) == []
    assert found == [(turn, turn) for turn in range(2, times + 2)]


SAMPLE = "INSERT INTO measurements (provider, name, ttft_ms) VALUES ('a', 'm', {})"
RACES: dict[str, tuple[list[str], ...]] = {
    "a precedence and an opinion": (
        ["UPDATE resolvers SET precedence = 2000 WHERE name = 'static'"],
        [STATE.format("static", "max_context", 7)],
    ),
    "a kind and a sighting": (
        ["UPDATE sources SET kind = 'reference' WHERE name = 's'"],
        ["INSERT INTO sightings (model_id, source) VALUES (1, 's')"],
    ),
    "a suite and a score": (
        ["UPDATE quality_suites SET best_at_least = 0.1, balanced_at_least = 0.05"],
        [
            (
                "INSERT INTO measurements (provider, name, quality_score, quality_suite) "
                "VALUES ('a', 'm', 0.4, 'q')"
            )
        ],
    ),
    "two samples of one model": tuple([SAMPLE.format(ms)] for ms in (10, 20)),
    "a sample and an opinion of perf_lab": (
        ["UPDATE capabilities SET mode = 'chat' WHERE resolver = 'perf_lab'"],
        [SAMPLE.format(10)],
    ),
    "many models, and one": (
        ["INSERT INTO models (provider, name) SELECT 'a', 'n' || g FROM generate_series(1, 500) g"],
        ["INSERT INTO models (provider, name) VALUES ('a', 'x')"],
    ),
}


@pytest.mark.parametrize("race", RACES)
def test_what_two_transactions_write_at_once_is_folded(blank: Postgres, race: str) -> None:
    """Whichever of the two commits first, the copy equals its definition."""
    for scripts in (RACES[race], RACES[race][::-1]):
        with bare(blank) as connection:
            for table in ("measurements", "capabilities", "sightings", "models"):
                connection.execute(f"DELETE FROM {table}")
            connection.executescript(
                "INSERT INTO models (id, provider, name) VALUES (1, 'a', 'm'); "
                "INSERT INTO sources (name) VALUES ('s') ON CONFLICT DO NOTHING; "
                "INSERT INTO quality_suites VALUES ('q', NULL, 0.3, 0.5, 1) ON CONFLICT DO NOTHING"
            )
            connection.execute(STATE.format("user", "max_context", 5))
            connection.execute(SAMPLE.format(5))
            at_once(blank, *scripts)
            assert broken(connection) == []


def waits(postgres: Server, others: int = 1) -> None:
    """Return when that many transactions wait for another."""
    while postgres.run(WAITING)[0][0] < others:
        time.sleep(GLANCE)


def test_a_model_that_two_add_is_one(blank: Postgres, postgres: Server) -> None:
    """Who adds a model that another is adding waits, and then fills in what is missing."""
    add = "INSERT INTO models (provider, name, {}) VALUES ('a', 'm', 'x')"
    with bare(blank) as first, bare(blank) as second, ThreadPoolExecutor(1) as thread:
        first.execute("BEGIN")
        first.execute(add.format("family"))
        waiting = thread.submit(second.execute, add.format("display_name"))
        waits(postgres)
        first.execute("COMMIT")
        waiting.result(HANG)
        rows = first.execute("SELECT family, display_name FROM catalog").fetchall()
        assert (rows, broken(first)) == ([("x", "x")], [])


def test_places_are_right_when_two_move_resolvers(blank: Postgres, postgres: Server) -> None:
    """Who changes a precedence waits for another who does, and sees what that one did."""
    move = "UPDATE resolvers SET precedence = {} WHERE name = '{}'"
    with bare(blank) as first, bare(blank) as second, ThreadPoolExecutor(1) as thread:
        first.execute("BEGIN")
        first.execute(move.format(5, "user"))
        waiting = thread.submit(second.execute, move.format(6, "static"))
        waits(postgres)
        first.execute("COMMIT")
        waiting.result(HANG)
        assert broken(first) == []


def test_statements_hold_no_lock_of_the_catalog(blank: Postgres) -> None:
    """Until a transaction commits, it keeps nobody from committing another."""
    with bare(blank) as first, bare(blank) as second:
        first.execute("BEGIN")
        first.execute(MODEL)
        held = first.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory'").fetchall()
        second.execute("INSERT INTO models (provider, name) VALUES ('b', 'm')")
        assert second.execute("SELECT provider FROM catalog").fetchall() == [("b",)]
        first.execute("COMMIT")
        assert (held, broken(first)) == ([], [])


COUNT = f"""CREATE TABLE counted (at TEXT);
CREATE FUNCTION count_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO counted SELECT 'fold' WHERE EXISTS (SELECT 1 FROM pg_locks
    WHERE locktype = 'advisory' AND objid = {FOLD_LOCK} AND pid = pg_backend_pid());
  RETURN NULL; END $$;
CREATE TRIGGER count_it AFTER INSERT ON catalog FOR EACH STATEMENT EXECUTE FUNCTION count_it()"""


def test_twenty_thousand_rows_fold_once(blank: Postgres) -> None:
    """However many statements a transaction has, `catalog` is written once, under the lock."""
    with bare(blank) as connection:
        connection.executescript(COUNT)
        connection.execute("BEGIN")
        for first in range(0, 20_000, 2_000):
            connection.execute(
                "INSERT INTO models (provider, name) SELECT 'a', 'm' || g "
                f"FROM generate_series({first + 1}, {first + 2_000}) g"
            )
        before = connection.execute("SELECT count(*) FROM catalog").fetchall()
        connection.execute("COMMIT")
        after = connection.execute("SELECT count(*) FROM catalog").fetchall()
        folds = connection.execute("SELECT * FROM counted").fetchall()
        assert (before, after, folds) == ([(0,)], [(20_000,)], [("fold",)])
        assert broken(connection) == []


def test_constraints_that_are_immediate_fold_at_once(blank: Postgres) -> None:
    """After SET CONSTRAINTS ALL IMMEDIATE a SELECT of the same transaction sees the folded row."""
    with bare(blank) as connection:
        connection.execute("BEGIN")
        connection.execute(MODEL)
        connection.execute(STATE.format("user", "max_context", 5))
        before = connection.execute("SELECT max_context FROM catalog").fetchall()
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        folded = connection.execute("SELECT max_context FROM catalog").fetchall()
        connection.execute("UPDATE capabilities SET max_context = 6")
        again = connection.execute("SELECT max_context FROM catalog").fetchall()
        connection.execute("ROLLBACK")
        assert (before, folded, again) == ([], [(5,)], [(6,)])
        assert broken(connection) == []


def test_a_typed_statement_is_seen_by_the_next_query(blank: Postgres) -> None:
    """Statements that commit by themselves are folded when they return."""
    with bare(blank) as connection, closing(open_catalog(blank)) as reader:
        connection.execute(MODEL)
        seen = [reader.execute("SELECT max_context FROM catalog").fetchall()]
        for window in (5, 6):
            connection.execute(
                STATE.format("user", "max_context", window)
                + " ON CONFLICT (model_id, resolver) DO UPDATE SET max_context = "
                "excluded.max_context"
            )
            seen += [reader.execute("SELECT max_context FROM catalog").fetchall()]
    assert seen == [[(None,)], [(5,)], [(6,)]]


def test_what_a_savepoint_takes_back_is_not_folded(blank: Postgres) -> None:
    """What is written after a savepoint that is rolled back counts, what it took back does not."""
    with bare(blank) as connection:
        connection.execute(MODEL)
        with psycopg.connect(blank.conninfo) as raw:
            for sql in (
                "SAVEPOINT here", STATE.format("user", "max_context", 5), "ROLLBACK TO here",
                STATE.format("static", "max_context", 6),
            ):  # fmt: skip
                raw.execute(sql.encode())
        assert connection.execute("SELECT max_context FROM catalog").fetchall() == [(6,)]
        assert broken(connection) == []


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_snapshot_that_is_too_old_folds_nothing_wrong(blank: Postgres, level: str) -> None:
    """Who saw the catalog before another committed is told to repeat the transaction."""
    with bare(blank) as old, bare(blank) as new:
        new.execute(MODEL)
        old.execute(f"BEGIN ISOLATION LEVEL {level}")
        old.execute(STATE.format("user", "max_context", 5))
        new.execute(STATE.format("static", "max_output_tokens", 5))
        with pytest.raises(OperationalError, match="could not serialize"):
            old.execute("COMMIT")
        old.execute(f"BEGIN ISOLATION LEVEL {level}")
        old.execute("UPDATE resolvers SET precedence = 1 WHERE name = 'user'")
        with pytest.raises(OperationalError, match="needs READ COMMITTED"):
            old.execute("COMMIT")
        assert broken(new) == []


@pytest.mark.parametrize("number", [1, 7, 5_000])
def test_generated_ids_follow_the_first_id_that_is_given(blank: Postgres, number: int) -> None:
    """A row with an id, also with the one that is next or far away, stands in nobody's way."""
    with bare(blank) as connection:
        connection.execute(f"INSERT INTO models (id, provider, name) VALUES ({number}, 'a', 'm')")
        connection.execute("INSERT INTO models (provider, name) VALUES ('a', 'n')")
        ids = connection.execute("SELECT id FROM models ORDER BY id").fetchall()
    assert ids == [(number,), (number + 1,)]


def test_the_copy_can_not_be_written_in_a_transaction_that_folds(blank: Postgres) -> None:
    """`catalog` is refused to everybody, also before and after a fold of the same transaction."""
    with bare(blank) as connection:
        connection.execute(MODEL)
        connection.execute("BEGIN")
        connection.execute("UPDATE models SET family = 'f'")
        for _ in range(2):
            with pytest.raises(IntegrityError, match="catalog is derived"):
                connection.execute("UPDATE catalog SET live = 1")
            connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        connection.execute("COMMIT")
        assert broken(connection) == []


def test_writers_of_the_library_and_of_psql_do_not_deadlock(blank: Postgres) -> None:
    """A writer that waits for a row lets the one who has it commit."""
    with bare(blank) as connection, open_writer(blank) as writer, ThreadPoolExecutor(1) as thread:
        connection.execute(MODEL)
        connection.execute(STATE.format("user", "max_context", 5))
        connection.execute("BEGIN")
        connection.execute("UPDATE capabilities SET max_context = 6")

        def write() -> None:
            with writer.transaction() as transaction:
                transaction.exec_driver_sql("UPDATE capabilities SET max_output_tokens = 4")

        written = thread.submit(write)
        with bare(blank) as other:
            while other.execute(WAITING).fetchone() == (0,):
                time.sleep(GLANCE)
        connection.execute("COMMIT")
        written.result(HANG)
        rows = connection.execute("SELECT max_context, max_output_tokens FROM catalog").fetchall()
        assert (rows, broken(connection)) == ([(6, 4)], [])


# The lease of refreshes.


def test_a_lease_that_its_holder_lost_without_a_word_is_free(blank: Postgres) -> None:
    """A row of this process that it does not hold, or one that has expired, keeps nobody out."""
    with bare(blank) as connection:
        for holder, until in (("1 x elsewhere", "- interval '1 s'"), ("", "+ interval '1 h'")):
            with refreshing(blank) as ours:
                [(own,)] = connection.execute("SELECT holder FROM leases").fetchall()
                with refreshing(blank) as another:
                    assert (ours, another) == (True, False)
            connection.execute(
                f"INSERT INTO leases VALUES ('refresh', '{holder or own}', now() {until})"
            )
        with refreshing(blank) as ours:
            assert ours
        connection.execute(
            "INSERT INTO leases VALUES ('refresh', '1 x elsewhere', now() + interval '1 h')"
        )
        with refreshing(blank) as ours:
            assert not ours


# Rights.


@pytest.mark.parametrize(
    ("take", "missing"),
    [
        ("REVOKE CREATE ON SCHEMA public FROM {0}", "schema public"),
        ("REVOKE USAGE ON LANGUAGE plpgsql FROM public", "language plpgsql"),
    ],
)
def test_a_role_that_may_not_create_is_told_what_it_lacks(
    postgres: Server, take: str, missing: str
) -> None:
    """Who may not make tables or functions gets an error that names the right."""
    place = postgres.create()
    role = f"poor_{missing.split(maxsplit=1)[0]}"
    with psycopg.connect(place.conninfo, autocommit=True) as connection:
        for sql in (f"CREATE ROLE {role} LOGIN", f"GRANT CREATE ON SCHEMA public TO {role}", take):
            connection.execute(sql.format(role).encode())
    poor = Postgres(place.url.replace("catalog@", f"{role}@"))
    with pytest.raises(CatalogError, match=f"permission denied for {missing}.*GRANT CREATE"):
        migrate(poor)
    with bare(place) as connection:
        assert (
            connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public'").fetchall()
            == []
        )
    postgres.drop(place)
