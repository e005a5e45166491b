"""Catalogs as released versions left them, byte for byte: today's program opens them.

Each was made by the code of its time, from shipped data and what its users typed. Whoever adds a
revision freezes one of the schema before it, as `tests/data/eras/NNNN.db.gz`, and never edits it.
"""

import gzip
import hashlib
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from checkout import DATA
from child_processes import run
from command_line import alembic, run_command
from modeldex.storage.postgres.derived import DERIVED_OBJECTS as ON_SERVER
from modeldex.storage.schema.price_sheets import SHEET
from modeldex.storage.schema.shipped_rows import shipped_rows
from modeldex.storage.schema.version import APPLICATION_ID, DERIVED, SCHEMA
from modeldex.storage.sqlite.derive import DERIVED_OBJECTS, Own, derive, users_own
from modeldex.storage.sqlite.migrate import migrate, migrating
from modeldex.storage.sqlite.open import open_reader
from modeldex.vocabulary.limits import WITHIN
from raw_catalog import (
    bare,
    broken,
    columns,
    contents,
    in_memory,
    migrated,
    needs_shell,
    objects,
    plain_ddl,
)

pytestmark = pytest.mark.sqlite_only("released files")

ERAS = DATA / "eras"
FROZEN = sorted(ERAS.glob("*.db.gz"))
INTERNAL = {
    "about", "alembic_version", "pending", "pending_measurements", "deferral", "replaced",
    "catalog_before",
}  # fmt: skip
OWN = "shortlist"
"""A view that a user had added."""

Table = tuple[int, str]
"""How many rows, and the hash of them all."""


PROMISED = [pytest.mark.promised, pytest.mark.timeout(3600)]
ALL = [pytest.param(frozen, id=frozen.name[:4]) for frozen in FROZEN]
REST = [pytest.param(frozen, id=frozen.name[:4], marks=PROMISED) for frozen in FROZEN]
OLDEST, NEWEST = ALL[:1], ALL[-1:]
"""What takes long is done to these by day, to the rest where what is promised is tested."""


@pytest.fixture(params=ALL)
def released(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A catalog as it was released."""
    path = tmp_path / "catalog.db"
    path.write_bytes(gzip.decompress(request.param.read_bytes()))
    return path


COMPUTED = {"place", "usable_context", "rank_context"}
MERGED = {*SHEET, *WITHIN, "blended_cost", "rank_cost", "valid_from"}
"""Columns of `catalog` that the law of price sheets, and the window, may give another value."""
BY_THEN = "valid_to <= (SELECT max(valid_to) FROM capability_history)"
"""Not the effective rows that an upgrade replaces."""
NEW_RESOLVERS = {
    "base", "target", "plausibility", "coverage", "pi_ai", "earlier_notices", "notices",
    "consensus", "dated_prices", "evidence", "succession",
}  # fmt: skip
"""Those that an upgrade adds."""


def columns_of(path: Path) -> dict[str, list[str]]:
    """The columns of every table that is for people, but for those that today's rules compute."""
    with bare(path) as connection:
        return {
            table: [
                name
                for name in columns(connection, table)
                if name not in COMPUTED and not (table == "catalog" and name in MERGED)
            ]
            for table in contents(connection)
        }


def _own(table: str, names: list[str]) -> str:
    """SQL: not the rows that came with the program, which brings its own, or were merged by it."""
    if table == "catalog_history":
        return f" WHERE {BY_THEN}"
    return " WHERE shipped = 0" if "shipped" in names else ""


def hashed(path: Path, tables: dict[str, list[str]]) -> dict[str, Table]:
    """Number and content of the rows of some tables, in those columns; without what was shipped."""
    with bare(path) as connection:
        rows = {
            name: sorted(
                (
                    row
                    for row in connection.execute(
                        f"SELECT {', '.join(names)} FROM {name}{_own(name, names)}"
                    )
                    if not NEW_RESOLVERS & set(row)
                ),
                key=repr,
            )
            for name, names in tables.items()
            if name not in INTERNAL
        }
    return {n: (len(r), hashlib.sha256(repr(r).encode()).hexdigest()) for n, r in rows.items()}


def test_every_released_schema_is_frozen() -> None:
    """There is a file of each schema before this one, with its number and mark."""
    numbers = {}
    for frozen in FROZEN:
        content = gzip.decompress(frozen.read_bytes())
        numbers[int(frozen.name[:4])] = [
            int.from_bytes(content[at : at + 4], "big") for at in (60, 68)
        ]
    assert numbers == {number: [number, APPLICATION_ID] for number in range(1, SCHEMA)}


OWN_OBJECTS = (
    "CREATE INDEX own_index ON measurements (host)",
    'CREATE VIEW "own view" AS SELECT name FROM models',
    "CREATE TABLE own_log (n INTEGER)",
    """CREATE TRIGGER own_trigger AFTER INSERT ON measurements
    BEGIN INSERT INTO own_log VALUES (NEW.id); END""",
)
OWN_NAMES = {OWN, "own_index", "own view", "own_log", "own_trigger"}


@pytest.mark.parametrize(
    ("released", "journal"),
    [
        pytest.param(frozen, journal, id=f"{frozen.name[:4]}-{journal}", marks=marks)
        for number, frozen in enumerate(FROZEN)
        for journal, marks in zip(
            ("wal", "delete")[:: 1 if number % 2 else -1], ([], PROMISED), strict=True
        )
    ],
    indirect=["released"],
)
def test_nothing_is_lost_and_all_is_as_declared(
    released: Path, tmp_path: Path, journal: str
) -> None:
    """Opening it is enough: every row, value and object of users is kept and works.

    The rest equals a new catalog. By day every other one is in the same journal mode.
    """
    with bare(released) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal}").fetchone()
    tables = columns_of(released)
    before = hashed(released, tables)
    with bare(released) as connection:
        for statement in OWN_OBJECTS:
            connection.execute(statement)
        added = objects(connection)
    open_reader(released).close()
    assert hashed(released, tables) == before
    empty = {name for name, (rows, _) in before.items() if not rows}
    assert [name for name in empty if "shipped" not in tables[name]] == []
    with bare(released) as connection, bare(migrated(tmp_path / "new.db")) as fresh:
        made = objects(connection)
        assert {name: made.pop(name, None) for name in OWN_NAMES} == {
            name: added[name] for name in OWN_NAMES
        }
        assert made == objects(fresh)
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA,)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert broken(connection) == []
        connection.execute(
            "INSERT INTO measurements (provider, name, ttft_ms) VALUES ('a', 'b', 9)"
        )
        (logged,) = connection.execute("SELECT count(*) FROM own_log").fetchone()
        (listed,) = connection.execute(f"SELECT count(*) FROM {OWN}").fetchone()
    assert (logged, listed > 0) == (1, True)


@pytest.mark.parametrize("released", [*OLDEST, *REST[1:]], indirect=True)
def test_the_commands_work_on_it(released: Path) -> None:
    """A question, the shipped data of today on top, and what its users had typed."""
    best = run_command(released, "best", "--known", "--tools")
    shown = run_command(released, "show", "our_gateway/support-bot", "--json")
    assert (best.code, best.out.count("/") >= 1) == (0, True)
    assert shown.json["model"]["capabilities"]["max_context"] == 32_000
    assert run_command(released, "doctor").code in (0, 1)


def test_the_revisions_reach_the_tables_of_their_time(released: Path, tmp_path: Path) -> None:
    """A file that is made by the frozen revisions has the tables that were released, to a word."""
    with bare(released) as connection:
        number = connection.execute("PRAGMA user_version").fetchone()[0]
        tables = tables_of(connection)
    migrate(tmp_path / "made.db", revision=f"{number:04d}")
    with bare(tmp_path / "made.db") as connection:
        assert tables_of(connection) == tables


def tables_of(connection: sqlite3.Connection) -> dict[str, str]:
    """The DDL of every table, without what differs in blanks and comments."""
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    )
    return {name: plain_ddl(sql) for name, sql in rows}


KILLED = """
import os, signal
from pathlib import Path
from alembic import command
from sqlalchemy import event
from sqlalchemy.engine import Engine
from modeldex.storage.sqlite.migrate import migrate, migrating

def doomed(path, number):
    begun = []
    def count(_statement):
        begun.append(1)
        if len(begun) == number:
            os.kill(os.getpid(), signal.SIGKILL)
    event.listen(Engine, "connect", lambda raw, _record: raw.set_trace_callback(count))
    migrate(path)
    return len(begun)

if ARGS[1] is None:
    say(doomed(Path(ARGS[0]), 0))
else:
    for path, number in zip(ARGS[0], ARGS[1]):
        pid = os.fork()
        if pid == 0:
            doomed(Path(path), number)
            os._exit(0)
        say(os.WTERMSIG(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.parametrize(
    ("released", "moments"),
    [
        *(pytest.param(*frozen.values, 4, id=f"{frozen.id}-4") for frozen in (*OLDEST, *NEWEST)),
        *(pytest.param(*each.values, 25, id=f"{each.id}-25", marks=PROMISED) for each in ALL),
    ],
    indirect=["released"],
)
def test_a_kill_at_any_moment_leaves_old_or_new(
    released: Path, tmp_path: Path, moments: int
) -> None:
    """Killed at some statement of the upgrade, views and triggers among them, it is as it was.

    The next opening upgrades it, and nothing is lost.
    """
    tables = columns_of(released)
    before = hashed(released, tables)
    whole = tmp_path / "whole.db"
    shutil.copyfile(released, whole)
    [total] = run(KILLED, whole, None, forked=True).said
    paths = [tmp_path / f"{part}.db" for part in range(moments)]
    for path in paths:
        shutil.copyfile(released, path)
    numbers = [1 + part * (int(str(total)) - 1) // (moments - 1) for part in range(moments)]
    assert run(KILLED, paths, numbers, forked=True).said == [9] * moments
    for path in paths:
        assert hashed(path, tables) == before
        with bare(path) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    for path in paths[:: max(3, moments // 4)]:
        open_reader(path).close()
        assert hashed(path, tables) == before
        with bare(path) as connection, bare(whole) as other:
            assert broken(connection) == []
            assert objects(connection) == objects(other)


@pytest.mark.parametrize("released", [*OLDEST, *REST[1:-1], *NEWEST], indirect=True)
def test_a_view_that_no_longer_works_is_named(released: Path) -> None:
    """A view of a user that reads a column that is gone stays, and doctor names it."""
    with bare(released) as connection:
        connection.execute("CREATE VIEW stale AS SELECT gone FROM models")
    open_reader(released).close()
    result = run_command(released, "doctor", "--json")
    [check] = [each for each in result.json["checks"] if each["check"] == "your views"]
    assert (check["ok"], "stale: " in check["detail"], "gone" in check["detail"]) == (
        False, True, True,
    )  # fmt: skip


@pytest.mark.parametrize("released", [*OLDEST, *REST[1:-1], *NEWEST], indirect=True)
def test_an_index_without_its_column_is_set_aside(released: Path) -> None:
    """What can no longer be made is not lost: its text stands in the table `about`."""
    sql = "CREATE INDEX on_nothing ON models (name)"
    with bare(released) as connection:
        connection.execute(sql)
        own = [*users_own(connection), Own("index", "on_gone", "CREATE INDEX on_gone ON no (a)")]
    open_reader(released).close()
    with migrating(released) as writing:
        derive(writing, own)
    with bare(released) as connection:
        kept = connection.execute("SELECT value FROM about WHERE key LIKE 'set aside: %'")
        assert kept.fetchall() == [("CREATE INDEX on_gone ON no (a)",)]
        assert objects(connection)["on_nothing"]


def test_an_older_program_leaves_the_views_of_a_newer_one(tmp_path: Path) -> None:
    """Views and triggers of a later version stay; those of an earlier one are made anew."""
    path = migrated(tmp_path / "catalog.db")
    with bare(path) as connection:
        connection.execute("DROP VIEW prices")
        connection.execute("UPDATE about SET value = '99 later' WHERE key = 'derived'")
    open_reader(path).close()
    with bare(path) as connection:
        assert "prices" not in objects(connection)
        connection.execute("UPDATE about SET value = '0 before' WHERE key = 'derived'")
    open_reader(path).close()
    with bare(path) as connection, in_memory() as declared:
        assert objects(connection) == objects(declared)


def test_the_digest_of_views_and_triggers_is_entered() -> None:
    """Whoever changes one of them, or a shipped row, enters the digest that this test reports."""
    rows = list(shipped_rows())
    text = repr((sorted(DERIVED_OBJECTS.items()), sorted(ON_SERVER.items()), rows))
    assert DERIVED[1] == hashlib.sha256(text.encode()).hexdigest()[:16]


@needs_shell
@pytest.mark.parametrize("released", [*OLDEST, *REST[1:-1], *NEWEST], indirect=True)
def test_a_restored_dump_is_a_catalog(released: Path, tmp_path: Path) -> None:
    """`.dump` keeps no numbers of the header: what it restores is recognised by its content."""
    text = subprocess.run(
        ["sqlite3", released, ".dump"], capture_output=True, text=True, check=True
    ).stdout
    again = tmp_path / "again.db"
    subprocess.run(["sqlite3", "-bail", again], input=text, text=True, check=True)
    tables = columns_of(released)
    before = hashed(released, tables)
    open_reader(again).close()
    assert hashed(again, tables) == before
    with bare(again) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA,)
        assert broken(connection) == []


def test_who_only_looks_changes_nothing(released: Path) -> None:
    """Alembic's `current`, `history`, `check`, and an upgrade short of the head leave it whole."""
    with bare(released) as connection:
        before = objects(connection)
        number = int(connection.execute("PRAGMA user_version").fetchone()[0])
    for arguments in (["current"], ["history"], ["check"], ["upgrade", f"{number:04d}"]):
        alembic(released, *arguments)
        with bare(released) as connection:
            assert objects(connection) == before
