"""A catalog on a PostgreSQL server: its schema, its laws under psql, many writers, lost servers."""

import asyncio
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from sqlite3 import IntegrityError
from typing import Any
from urllib.parse import urlsplit

import pytest
from alembic import command
from alembic.util import CommandError

from checkout import ROOT
from child_processes import Child, together
from command_line import MODELS, environment, on_terminal, run_command, small_catalog
from custom_parts import DictResolver, ListSource, specs
from fork_process import HANG
from modeldex import CatalogError, CatalogLocked, ModelRegistry, NotACatalog
from modeldex.storage.batch import folding
from modeldex.storage.location import Place, Postgres
from modeldex.storage.open import open_catalog, open_writer, refreshing
from modeldex.storage.postgres.connection import for_driver
from modeldex.storage.postgres.migrate import deriving, migrate, migrating
from modeldex.storage.postgres.reader import PostgresReader
from modeldex.storage.postgres.triggers import TRIGGERS
from modeldex.storage.schema.version import SCHEMA
from modeldex.storage.schema.views import VIEWS
from modeldex.storage.sqlite.derive import INDEXES, TABLES
from modeldex.storage.sqlite.migrate import alembic_config
from modeldex.storage.sqlite.triggers import TRIGGERS as OF_SQLITE
from modeldex.vocabulary.fields import NAMES
from postgres_server import MISSING, Server, programs
from random_sql import EVERYTHING, OPENING, forbidden, measurements, typed
from raw_catalog import bare, broken, contents, migrated

pytestmark = pytest.mark.skipif(programs() is None, reason=MISSING)

PERMITTED = {kind: weight for kind, weight in EVERYTHING.items() if kind is not forbidden}
GUARDS = set(re.findall(r"RAISE\(ABORT, '(.*?)'\)", " ".join(OF_SQLITE.values())))
ROWS = f"SELECT provider, name, family, live, {', '.join(NAMES)} FROM catalog ORDER BY 1, 2"


@pytest.fixture
def empty(postgres: Server) -> Iterator[Postgres]:
    """A database in which there is nothing."""
    place = postgres.create()
    yield place
    postgres.drop(place)


@pytest.fixture
def blank(postgres: Server) -> Iterator[Postgres]:
    """A catalog that holds nothing yet."""
    place = postgres.create(postgres.template("blank", migrated))
    yield place
    postgres.drop(place)


# The schema.


def server_objects(place: Postgres) -> list[list[tuple[Any, ...]]]:
    """Everything that the server knows of a catalog: columns, constraints, indexes and so on."""
    with bare(place) as connection:
        return [list(map(tuple, connection.execute(sql).fetchall())) for sql in KNOWN]


# In place of the numbers of columns, which a dropped one leaves unused, their order and names.
KNOWN = (
    """SELECT table_name, row_number() OVER (PARTITION BY table_name ORDER BY ordinal_position),
    column_name, data_type, collation_name, column_default,
    is_nullable, is_identity, generation_expression FROM information_schema.columns
    WHERE table_schema = 'public' ORDER BY 1, 2""",
    """SELECT CAST(conrelid::regclass AS TEXT), conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2""",
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1",
    """SELECT CAST(tgrelid::regclass AS TEXT), tgname, pg_get_triggerdef(oid) FROM pg_trigger
    WHERE NOT tgisinternal ORDER BY 1, 2""",
    "SELECT viewname, definition FROM pg_views WHERE schemaname = 'public' ORDER BY 1",
    """SELECT CAST(objoid::regclass AS TEXT), attname, description FROM pg_description
    LEFT JOIN pg_attribute ON attrelid = objoid AND attnum = objsubid AND objsubid > 0
    WHERE classoid = 'pg_class'::regclass AND objoid >= 16384 ORDER BY 1, 2""",
)


def test_a_new_catalog_is_one_that_was_upgraded(empty: Postgres, blank: Postgres) -> None:
    """Made from the metadata or by the revisions, the server knows the same of both."""
    with migrating(empty) as connection, deriving(connection, empty):
        command.upgrade(alembic_config(connection), "head")
    assert migrate(empty) is False
    assert server_objects(empty) == server_objects(blank)


def test_every_table_index_and_view_is_on_the_server(blank: Postgres) -> None:
    """A server has what a file has, under the same names, with the same columns."""
    with bare(blank) as connection:
        names = {
            name
            for kind in ("tables", "views")
            for (name,) in connection.execute(
                f"SELECT {kind[:-1]}name FROM pg_{kind} WHERE schemaname = 'public'"
            )
        }
        indexes = {name for (name,) in connection.execute("SELECT indexname FROM pg_indexes")}
    assert {*TABLES, *VIEWS} - names == {"replaced", "deferral"}
    assert set(INDEXES) <= indexes


def test_a_users_views_outlive_new_ones_of_ours(blank: Postgres) -> None:
    """Where views are made anew, a view that reads them is made again after them."""
    with bare(blank) as connection:
        connection.execute("CREATE VIEW mine AS SELECT provider, name FROM catalog_rows")
        connection.execute("UPDATE about SET value = '0 old' WHERE key = 'derived'")
    assert migrate(blank) is True
    with bare(blank) as connection:
        assert connection.execute("SELECT * FROM mine").fetchall() == []


def test_every_guard_of_a_file_is_on_the_server() -> None:
    """Whatever is refused there is refused here, for the reason that is given there."""
    refused = set(re.findall(r"RAISE EXCEPTION '(.*?)'", " ".join(TRIGGERS.values())))
    assert refused == GUARDS


def test_below_0003_there_is_no_way_down(blank: Postgres) -> None:
    """Alembic refuses it, says what to do instead, and leaves the catalog as it was."""
    before = server_objects(blank)
    with pytest.raises(CommandError, match="restore the backup"), migrating(blank) as connection:
        command.downgrade(alembic_config(connection), "0002")
    assert server_objects(blank) == before


def test_another_programs_database_is_not_touched(empty: Postgres) -> None:
    """A database with tables of somebody else is refused, and stays as it is."""
    with bare(empty) as connection:
        connection.execute("CREATE TABLE theirs (id INTEGER)")
    with pytest.raises(NotACatalog, match="another program's tables"):
        open_catalog(empty)
    with bare(empty) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert tables.fetchall() == [("theirs",)]


# The laws.


def execute(connection: Any, statements: list[str]) -> set[str]:
    """Run statements, those that are refused included; gives the reasons."""
    reasons = set()
    for statement in statements:
        try:
            connection.execute(statement)
        except IntegrityError as error:
            reasons.add(str(error).partition("\n")[0])
    return reasons


def test_two_thousand_typed_statements_leave_the_copy_right(blank: Postgres) -> None:
    """After any of 2,000 random statements of a bare client the copy equals its definition."""
    reasons: set[str] = set()
    wrong: list[list[str]] = []
    statements = ["DELETE FROM resolvers", *OPENING, *typed(20261122, 2_000)]
    with bare(blank) as connection:
        for first in range(0, len(statements), 100):
            reasons |= execute(connection, statements[first : first + 100])
            wrong.append(broken(connection))
        [(models,)] = connection.execute("SELECT count(*) FROM catalog").fetchall()
    assert wrong == [[]] * len(wrong)
    assert GUARDS - reasons == set()
    assert models > 5


def test_deferred_and_immediate_folding_agree(blank: Postgres, postgres: Server) -> None:
    """One fold at the end gives the very rows that folding after each statement gives.

    Samples apart: what is written to the opinions of perf_lab by hand is folded over.
    """
    kinds = {kind: weight for kind, weight in PERMITTED.items() if kind is not measurements}
    statements = [*OPENING, *typed(7, 500, kinds)]
    found: list[list[Any]] = []
    with bare(blank) as connection:
        connection.execute("BEGIN")
        execute(connection, statements)
        connection.execute("COMMIT")
        found.append(connection.execute(ROWS).fetchall())
    other = postgres.create("blank")
    with bare(other) as connection:
        execute(connection, statements)
        found.append(connection.execute(ROWS).fetchall())
    postgres.drop(other)
    assert found[0] == found[1]
    assert len(found[0]) > 5


@pytest.mark.parametrize("table", ["models", "measurements"])
def test_ids_follow_those_that_people_give(blank: Postgres, table: str) -> None:
    """A row with an id of its own does not stand in the way of the next one without."""
    row = {"models": "family", "measurements": "ttft_ms"}[table]
    value = {"models": "'f'", "measurements": "5"}[table]
    with bare(blank) as connection:
        connection.execute(
            f"INSERT INTO {table} (id, provider, name, {row}) VALUES (7, 'a', 'm', {value})"
        )
        connection.execute(
            f"INSERT INTO {table} (provider, name, {row}) VALUES ('a', 'n', {value})"
        )
        assert connection.execute(f"SELECT id FROM {table} ORDER BY id").fetchall() == [(7,), (8,)]


def test_nan_is_refused(blank: Postgres) -> None:
    """NaN, which a server can store, is no price."""
    with bare(blank) as connection:
        connection.execute("INSERT INTO models (provider, name) VALUES ('a', 'm')")
        with pytest.raises(IntegrityError, match="input_cost_per_1m_is_between"):
            connection.execute(
                "INSERT INTO capabilities (model_id, resolver, input_cost_per_1m) "
                "VALUES (1, 'user', CAST('NaN' AS DOUBLE PRECISION))"
            )


# Many at once.


def named(place: Postgres) -> str:
    """The name of its database."""
    return urlsplit(place.url).path[1:]


COUNTING = """
from modeldex.storage.sqlite.connection import catalog_path
from modeldex.storage.open import open_writer
writer = open_writer(catalog_path(ARGS[0]))
say("ready"); hear()
for turn in range(ARGS[1]):
    with writer.transaction() as connection:
        run = connection.exec_driver_sql
        before = run("SELECT max_context FROM capabilities WHERE resolver = 'user'").scalar_one()
        run("UPDATE capabilities SET max_context = :new WHERE resolver = 'user'",
            {"new": before + 1})
writer.close()
"""


def test_the_isolation_that_a_server_prefers_is_not_ours(blank: Postgres, postgres: Server) -> None:
    """Writers count right where transactions see, by default, what was before they waited."""
    with bare(blank) as connection:
        connection.execute("INSERT INTO models (provider, name) VALUES ('a', 'm')")
        connection.execute(
            "INSERT INTO capabilities (model_id, resolver, max_context) VALUES (1, 'user', 1)"
        )
    postgres.run(
        f"ALTER DATABASE {named(blank)} SET default_transaction_isolation = 'repeatable read'"
    )
    ended = together(2, COUNTING, blank, 10)
    assert [(e.code, e.errors) for e in ended] == [(0, "")] * 2
    with bare(blank) as connection:
        assert connection.execute("SELECT max_context FROM catalog").fetchall() == [(21,)]


HALF = """
from modeldex.storage.sqlite.connection import catalog_path
from modeldex.storage.open import open_writer
with open_writer(catalog_path(ARGS[0])).transaction() as connection:
    connection.exec_driver_sql("UPDATE models SET display_name = 'half done'")
    say("half")
    hear()
"""


def test_a_client_that_is_killed_leaves_nothing(blank: Postgres) -> None:
    """Half a transaction is undone and its lock given back: the next writer does not wait."""
    with bare(blank) as connection:
        connection.execute("INSERT INTO models (provider, name) VALUES ('a', 'm')")
        with Child(HALF, blank, forked=True) as child:
            assert child.receive() == "half"
            child.send(signal.SIGKILL)
            assert child.end().code == -signal.SIGKILL
        connection.execute(f"SET lock_timeout = '{HANG:.0f}s'")
        connection.execute("UPDATE models SET family = 'f'")
        rows = connection.execute("SELECT family, display_name FROM catalog").fetchall()
        assert (rows, broken(connection)) == ([("f", None)], [])


def test_a_host_that_falls_silent_does_not_keep_its_lock(blank: Postgres) -> None:
    """The server gives up a writer of which it hears nothing for a minute: it may have lost
    its power, of which no connection tells.
    """
    setting = "SHOW idle_in_transaction_session_timeout"
    with open_writer(blank) as writer, writer.transaction() as connection:
        assert connection.exec_driver_sql(setting).scalar_one() == "1min"


async def test_a_question_that_is_given_up_is_in_nobodys_way(blank: Postgres) -> None:
    """While a thread is still at work for a caller who has left, others see what is committed."""
    begun, enough = threading.Event(), threading.Event()
    count = "SELECT count(*) FROM models"

    def long(connection: Any) -> None:
        connection.execute(count).fetchall()
        begun.set()
        enough.wait(HANG)

    reader = PostgresReader(blank)
    asked = asyncio.create_task(reader.run_read(long))
    await asyncio.to_thread(begun.wait, HANG)
    asked.cancel()
    await asyncio.wait([asked])
    with bare(blank) as connection:
        connection.execute("INSERT INTO models (provider, name) VALUES ('a', 'm')")
    meanwhile = await reader.rows(count)
    enough.set()
    afterwards = await reader.run_read(lambda connection: connection.execute(count).fetchall())
    await reader.close()
    assert asked.cancelled()
    assert (meanwhile, afterwards) == ([(1,)], [(1,)])


async def test_a_statement_that_is_given_up_is_ended(blank: Postgres, postgres: Server) -> None:
    """The server does not work on for a caller who has left, however long it would take."""
    working = (
        "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' "
        f"AND datname = '{named(blank)}' AND query LIKE '%pg_sleep%'"
    )
    reader = PostgresReader(blank)
    asked = asyncio.create_task(reader.rows("SELECT pg_sleep(10000)"))
    while postgres.run(working) == [(0,)]:
        await asyncio.sleep(0.02)
    asked.cancel()
    await asyncio.wait([asked])
    while postgres.run(working) == [(1,)]:
        await asyncio.sleep(0.02)
    assert await reader.rows("SELECT 1") == [(1,)]
    await reader.close()


def test_a_refresh_that_has_ended_stands_in_nobodys_way(blank: Postgres) -> None:
    """The lock is given back at once, not when the server has noticed that a client left."""
    held = []
    for _ in range(50):
        with refreshing(blank) as ours:
            held.append(ours)
    assert held == [True] * 50


def test_many_rows_at_once_are_those_that_one_by_one_gives(
    blank: Postgres, postgres: Server
) -> None:
    """The one statement into which a list of rows is put writes what the rows alone do."""
    sql = (
        "INSERT INTO capabilities (model_id, resolver, max_context, input_cost_per_1m, mode) "
        "SELECT m.id, :resolver, :window, :price, :mode FROM models m WHERE m.name = :name "
        "AND NOT EXISTS (SELECT 1 FROM capabilities c WHERE c.model_id = m.id)"
    )
    names = [f'it\'s "{n}" \\ %s' for n in range(9)]
    rows = [
        {"resolver": "user", "window": n or None, "price": (n, 0.1, None)[n % 3],
         "mode": None, "name": name}
        for n, name in enumerate(names)
    ]  # fmt: skip
    found = []
    other = postgres.create("blank")
    for place, chunks in ((blank, [rows]), (other, [[row] for row in rows])):
        with open_writer(place) as writer, writer.transaction() as connection:
            models = [{"name": name} for name in names]
            with folding(connection):
                connection.exec_driver_sql(
                    "INSERT INTO models (provider, name) VALUES ('a', :name)", models
                )
                for chunk in chunks:
                    connection.exec_driver_sql(sql, chunk)
        with bare(place) as connection:
            found.append(connection.execute(ROWS).fetchall())
    postgres.drop(other)
    assert found[0] == found[1]
    assert len(found[0]) == len(names)


# A server that goes away.


async def found(registry: ModelRegistry) -> list[tuple[str, int | None]]:
    """The ids and windows of all models."""
    models = await registry.get_models()
    return [(model.spec.id, model.capabilities.max_context) for model in models]


async def test_a_server_that_goes_away_and_comes_back(blank: Postgres, postgres: Server) -> None:
    """While it is away there is one clear error; afterwards the same registry answers again."""
    async with ModelRegistry([ListSource(specs("a"))], [DictResolver({})], db=blank) as registry:
        before = await found(registry)
        postgres.stop()
        try:
            with pytest.raises(CatalogError) as first:
                await registry.find_best()
            with pytest.raises(CatalogError, match="cannot be reached"):
                await registry.find_best()
            with pytest.raises(CatalogError):
                await registry.refresh()
        finally:
            postgres.start()
        after = await found(registry)
        report = await registry.refresh()
    assert str(blank) in str(first.value)
    assert (before, report.status) == (after, "ok")
    assert before == [("acme/a", None)]


def test_a_connection_that_is_ended_is_opened_anew(blank: Postgres, postgres: Server) -> None:
    """A writer whose connection the server has ended connects again by itself."""
    ended = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'modeldex'"
    )
    with open_writer(blank) as writer:
        with writer.transaction() as connection:
            connection.exec_driver_sql("INSERT INTO models (provider, name) VALUES ('a', 'm')")
        assert postgres.run(ended)
        with writer.transaction() as connection:
            [(count,)] = connection.exec_driver_sql("SELECT count(*) FROM catalog").fetchall()
    assert count == 1


async def test_a_statement_that_takes_too_long_waited_for_no_lock(blank: Postgres) -> None:
    """What the server stops, as it does for the readers of the page, is called by its name."""

    def sleeps(connection: Any) -> None:
        connection.execute("SET LOCAL statement_timeout = 50")
        connection.execute("SELECT pg_sleep(1000)")

    reader = PostgresReader(blank)
    with pytest.raises(CatalogError, match="due to statement timeout") as stopped:
        await reader.run_read(sleeps)
    assert not isinstance(stopped.value, CatalogLocked)
    assert await reader.rows("SELECT 1") == [(1,)]
    await reader.close()


NOWHERE = "postgresql://catalog:geheim@/t?host=/nowhere"


@pytest.mark.parametrize(
    "args", [("best",), ("status", "--json"), ("refresh",), ("sql", "SELECT 1")]
)
def test_no_server_is_one_line_without_the_password(args: tuple[str, ...]) -> None:
    """Where nobody listens every command says so in a line, and keeps the password to itself."""
    done = run_command(Postgres(NOWHERE), "--db", NOWHERE, *args)
    assert (done.code, done.out) == (1, "")
    assert "cannot be reached" in done.err
    assert "geheim" not in done.err


# The command line.


@pytest.fixture(scope="module")
def small(postgres: Server) -> Iterator[Place]:
    """A catalog of six models that seems to be loaded."""
    place = postgres.create(postgres.template("blank", migrated))
    yield small_catalog(place, MODELS)
    postgres.drop(place)


COMMANDS = """
best --known --tools
best --known --why
best --known -n 2 --json
list --known --json
show openai/small --all --json
explain openai/small --json
explain openai/small max_context
history openai/small --json
expiring --within 300d
drift
cost openai/flagship --input-tokens 1000 --output-tokens 10
frontier --known
measure list openai/small --json
providers
plugins
export
prune --keep 30d --dry-run
"""


@pytest.mark.parametrize("command", COMMANDS.strip().splitlines())
def test_a_command_answers_as_it_does_for_a_file(
    small: Place, tmp_path: Path, command: str
) -> None:
    """Every command that reads gives what it gives of the same catalog in a file."""
    file = small_catalog(tmp_path / "catalog.db", MODELS)
    differs = re.compile(
        r'\d{4}-\d\d-\d\dT[\d:.]+Z|"age(_s)?": [\d.e-]+|(?<=Z\t)\d+(?=\t)|(?<=\t)\d+\.\d+(?=\t)'
    )
    answers = []
    for place in (file, small):
        done = run_command(place, *command.split())
        answers.append((done.code, differs.sub("", done.out), differs.sub("", done.err)))
    assert answers[0] == answers[1]


def test_status_says_the_same_but_for_where_it_is(small: Place, tmp_path: Path) -> None:
    """A file has a journal mode and a server a version; everything else is the same."""
    file = small_catalog(tmp_path / "catalog.db", MODELS)
    of_file, of_server = (run_command(place, "status", "--json").json for place in (file, small))
    assert of_server.pop("server").startswith("PostgreSQL ")
    assert of_file.pop("journal_mode") in ("wal", "delete")
    same = ("path", "bytes", "sources")
    assert {k: v for k, v in of_file.items() if k not in same} == {
        k: v for k, v in of_server.items() if k not in same
    }


def test_status_on_a_terminal_names_the_server(small: Place) -> None:
    """Instead of a journal there is the version of the server."""
    done = on_terminal("status", env=environment(MODELDEX_DB=str(small)))
    assert done.code == 0
    assert re.search(rf"schema {SCHEMA}, \S+ MB, PostgreSQL \d+", done.out)


@pytest.mark.parametrize(
    "command", ["doctor", "shell", "backup copy.db", "diff a.db", "refresh --dry-run"]
)
def test_what_needs_a_file_says_so(small: Place, command: str) -> None:
    """Commands about files name the tools that do it on a server."""
    done = run_command(small, *command.split())
    assert (done.code, done.out) == (1, "")
    assert "this command needs a catalog file; use psql and pg_dump here" in done.err


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DELETE FROM models", "syntax error"),
        ("SELECT 1; DELETE FROM models", "multiple commands"),
        ("WITH gone AS (DELETE FROM models RETURNING 1) SELECT * FROM gone", "data-modifying"),
        ("SELECT nextval('models_id_seq')", "can only read"),
        ("SELECT set_config('transaction_read_only', 'off', true)", "must be set before"),
        ("COMMIT", "syntax error"),
        ("COPY models TO PROGRAM 'cat'", "syntax error"),
        ("SELECT repeat('x', 20000000)", "too much memory"),
        ("SELECT nothing FROM catalog", "does not exist"),
    ],
)
def test_sql_of_anybody_can_only_read(small: Place, statement: str, reason: str) -> None:
    """Writes, several statements and size are refused or stopped; nothing changes."""
    done = run_command(small, "sql", "--timeout", "60", statement)
    assert done.code in (1, 2)
    assert reason in done.err
    counted = run_command(small, "sql", "SELECT count(*) AS n FROM models")
    assert counted.table == [{"n": str(len(MODELS))}]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT pg_sleep(1000)",
        "SELECT count(*) FROM generate_series(1, 1000000000) a, generate_series(1, 1000) b",
        (
            "SELECT set_config('statement_timeout', '0', true), "
            "CASE WHEN n > 500 THEN pg_sleep(1000) END FROM generate_series(1, 501) n"
        ),
    ],
)
def test_a_statement_that_takes_too_long_is_stopped(small: Place, statement: str) -> None:
    """The server ends it, also one that sets the limit for what is fetched after it."""
    done = run_command(small, "sql", "--timeout", "0.2", statement)
    assert (done.code, done.out) == (1, "")
    assert "longer than 0.2 s" in done.err


def test_a_stopped_statement_leaves_no_cursor_open(small: Place) -> None:
    """Also where the server has gone, before it could be told that the cursor is not needed."""
    hurry = "set_config('idle_in_transaction_session_timeout', '1', true)"
    done = run_command(small, "sql", "--timeout", "60", f"SELECT repeat('x', 20000000), {hurry}")
    assert (done.code, done.out) == (1, "")
    assert "too much memory" in done.err


# The page.

PAGE = (ROOT / "docs" / "postgresql.md").read_text("utf-8")
ROLES = re.findall(r"^```psql\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def roles(blank: Postgres) -> Iterator[Callable[[str], Postgres]]:
    """A catalog of six models as one of the roles of the page reaches it."""
    small_catalog(blank, MODELS)
    with bare(blank) as connection:
        for block in ROLES:
            connection.executescript(block)
        yield lambda role: Postgres(str(blank).replace("catalog@", f"{role}@"))
        for role in re.findall(r"CREATE ROLE (\w+)", " ".join(ROLES)):
            connection.execute(f"DROP OWNED BY {role}")
            connection.execute(f"DROP ROLE {role}")


def test_the_roles_of_the_page_may_do_what_it_says(roles: Callable[[str], Postgres]) -> None:
    """A writer records and is folded; a reader asks, and is refused where it would write."""
    writer, reader = roles("modeldex_writer"), roles("modeldex_reader")
    kept = run_command(writer, "measure", "add", "openai/small", "--tps", "50")
    asked = run_command(reader, "list", "--known", "--min-speed", "50")
    refused = run_command(reader, "measure", "add", "openai/small", "--tps", "60")
    counted = run_command(reader, "sql", "SELECT count(*) AS n FROM measurements")
    assert (kept.code, kept.err) == (0, "")
    assert [line["id"] for line in asked.table] == ["openai/small"]
    assert (refused.code, refused.out) == (1, "")
    assert "no permission to write; reads still work" in refused.err
    assert counted.table == [{"n": "1"}]


def test_a_dump_can_be_restored(small: Place, postgres: Server, tmp_path: Path) -> None:
    """pg_dump and pg_restore, as the page has them, give an equal catalog."""
    folder = programs()
    assert folder is not None
    there = postgres.create()
    dump = tmp_path / "modeldex.dump"
    for program in (
        ["pg_dump", "-Fc", "-f", dump, small.conninfo],
        ["pg_restore", "-d", there.conninfo, dump],
    ):
        subprocess.run([folder / program[0], *program[1:]], check=True, timeout=HANG)
    with bare(small) as one, bare(there) as other:
        assert contents(one) == contents(other)
        assert broken(other) == []
        other.execute("INSERT INTO models (provider, name) VALUES ('acme', 'after')")
        assert broken(other) == []
    postgres.drop(there)


@pytest.mark.parametrize(
    ("sql", "driven"),
    [
        ("SELECT :a_1, :b", "SELECT %(a_1)s, %(b)s"),
        ("x::TEXT = :x AND y LIKE '%:no'", "x::TEXT = %(x)s AND y LIKE '%%:no'"),
        ("'it''s :no' || :yes -- so: this", "'it''s :no' || %(yes)s -- so: this"),
    ],
)
def test_parameters_are_written_as_the_driver_takes_them(sql: str, driven: str) -> None:
    """Names become psycopg's; casts, texts and the colon of a comment stay."""
    assert for_driver(sql) == driven
