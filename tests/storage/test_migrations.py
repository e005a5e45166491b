"""Migrations: frozen text that equals the code, whole or not at all, once, and reversible."""

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path

import pytest
from alembic import command
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import event
from sqlalchemy.engine import Engine

from checkout import DATA, ROOT
from child_processes import run
from fork_process import HANG
from modeldex import errors
from modeldex.storage.schema.first_rows import DEFAULT_PRECEDENCE
from modeldex.storage.schema.version import APPLICATION_ID, SCHEMA
from modeldex.storage.sqlite.migrate import alembic_config, migrate, migrations_folder
from modeldex.storage.sqlite.open import open_reader
from modeldex.storage.sqlite.writer import Writer
from modeldex.vocabulary.criteria import COST_TIER_CUTS
from raw_catalog import bare, broken, columns, contents, in_memory, objects

pytestmark = pytest.mark.sqlite_only("revisions of a file; test_postgres has those of a server")

REPO = ROOT
ERAS = DATA / "eras"
REVISIONS: list[Script] = list(
    reversed(list(ScriptDirectory.from_config(alembic_config()).walk_revisions()))
)
IDS = [script.revision for script in REVISIONS]
HEAD = IDS[-1]
INTERNAL = {
    "about", "alembic_version", "pending", "pending_measurements", "deferral", "replaced",
    "catalog_before",
}  # fmt: skip
EACH_ITS_OWN = {"catalog_id", "born_at", "derived_after_run"}

State = tuple[dict[str, str], dict[str, list[tuple[object, ...]]], tuple[int, ...]]


def state(path: Path) -> State:
    """Everything that a migration might change: objects, rows, the numbers in the header."""
    with bare(path) as connection:
        numbers = tuple(
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("user_version", "application_id")
        )
        rows = contents(connection)
        if "about" in rows:
            rows["about"] = [row for row in rows["about"] if row[0] not in EACH_ITS_OWN]
        return objects(connection), rows, numbers


def walk(path: Path, direction: str, revision: str, script: Path | None = None) -> None:
    """Run Alembic up or down on an existing file, as a maintainer would."""
    with Writer(path, foreign_keys=False) as writer, writer.transaction() as connection:
        getattr(command, direction)(alembic_config(connection, script), revision)


def era(path: Path, revision: str) -> None:
    """Fill a catalog of some revision with the data of its time."""
    with bare(path) as connection:
        connection.executescript((ERAS / f"{revision}.sql").read_text("utf-8"))


NEW_RESOLVERS = {"base", "target", "plausibility"}
"""Those that an upgrade adds."""


def what_users_wrote(path: Path, tables: dict[str, list[str]]) -> dict[str, object]:
    """The rows of some tables, in those columns of each."""
    with bare(path) as connection:
        return {
            table: sorted(
                (
                    row
                    for row in connection.execute(f"SELECT {', '.join(names)} FROM {table}")
                    if not NEW_RESOLVERS & set(row)
                ),
                key=repr,
            )
            for table, names in tables.items()
        }


def known_columns(path: Path) -> dict[str, list[str]]:
    """The columns of every table that is not internal."""
    with bare(path) as connection:
        return {
            table: [name for name in columns(connection, table) if name != "place"]
            for table in contents(connection)
            if table not in INTERNAL
        }


# The revisions.


def test_there_is_one_line_of_revisions() -> None:
    """Ids count up from 0001, each follows the one before, and there is one head."""
    assert [f"{number:04d}" for number in range(1, len(IDS) + 1)] == IDS
    assert [script.down_revision for script in REVISIONS] == [None, *IDS[:-1]]


@pytest.mark.parametrize("script", REVISIONS, ids=IDS)
def test_revisions_are_frozen(script: Script) -> None:
    """No revision imports modeldex: it must do in ten years what it does today."""
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(Path(script.path).read_text("utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert "alembic" in imported
    assert "modeldex" not in imported


@pytest.mark.parametrize("script", REVISIONS, ids=IDS)
@pytest.mark.parametrize("direction", ["upgrade", "downgrade"])
def test_each_revision_goes_both_ways(script: Script, direction: str) -> None:
    """Every revision has an upgrade and a downgrade that do something."""
    functions = {
        node.name: node
        for node in ast.parse(Path(script.path).read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef)
    }
    statements = functions[direction].body
    assert [node for node in statements if not isinstance(node, ast.Pass)] != []


def test_alembic_finds_the_revisions_by_its_ini() -> None:
    """`alembic heads` in a checkout names the one head."""
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "heads"],
        cwd=REPO, env={**os.environ, "PYTHONPATH": str(REPO / "src")},
        capture_output=True, text=True, check=False, timeout=HANG,
    )  # fmt: skip
    assert done.stdout.split() == [IDS[-1], "(head)"], done.stderr


# The drift test.


def test_the_revisions_make_what_the_code_says(catalog_path: Path) -> None:
    """Upgrading from nothing gives, object by object and column by column, what the code says."""
    migrate(catalog_path, revision=IDS[0])
    migrate(catalog_path)
    with bare(catalog_path) as migrated, in_memory() as declared:
        assert objects(migrated) == objects(declared)
        assert set(migrated.execute("SELECT name, precedence, place FROM resolvers")) == set(
            declared.execute("SELECT name, precedence, place FROM resolvers")
        )


def test_a_new_catalog_is_one_that_was_upgraded(tmp_path: Path) -> None:
    """A file made from the metadata has the objects, rows and numbers of one made by revisions."""
    migrate(tmp_path / "upgraded.db", revision=IDS[0])
    migrate(tmp_path / "upgraded.db")
    migrate(tmp_path / "new.db")
    assert state(tmp_path / "new.db") == state(tmp_path / "upgraded.db")


def test_a_new_catalog_is_marked_and_filled(catalog_path: Path) -> None:
    """The header names program and schema number; resolvers and cut-points are the code's."""
    assert migrate(catalog_path) is True
    with bare(catalog_path) as connection:
        marks = [
            connection.execute(sql).fetchone()[0]
            for sql in (
                "PRAGMA application_id",
                "PRAGMA user_version",
                "SELECT version_num FROM alembic_version",
            )
        ]
        about = dict(connection.execute("SELECT key, value FROM about").fetchall())
        order = connection.execute("SELECT name, precedence FROM resolvers ORDER BY place")
        assert order.fetchall() == sorted(DEFAULT_PRECEDENCE, key=itemgetter(1))
        assert set(connection.execute("SELECT * FROM cost_tiers")) == set(COST_TIER_CUTS)
    assert marks == [APPLICATION_ID, SCHEMA, IDS[-1]]
    assert about["format"] == "modeldex catalog"
    assert about["needs_modeldex"]


def test_the_schema_number_counts_the_revisions() -> None:
    """SCHEMA is the number of the newest revision, which is how many there are."""
    assert len(IDS) == SCHEMA == int(IDS[-1])


def test_a_second_call_changes_nothing(catalog_path: Path) -> None:
    """Migrating what is up to date says so and leaves every byte."""
    migrate(catalog_path)
    before = catalog_path.read_bytes()
    assert migrate(catalog_path) is False
    assert catalog_path.read_bytes() == before


def test_a_new_catalog_is_its_owners_alone(tmp_path: Path) -> None:
    """The file and a folder that had to be made may be read by nobody else."""
    path = tmp_path / "new" / "folder" / "catalog.db"
    migrate(path)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


# Up and down, with data.


@pytest.mark.parametrize("revision", IDS[:2])
def test_below_0003_there_is_no_way_down(catalog_path: Path, revision: str) -> None:
    """Alembic refuses it, says what to do instead, and leaves the catalog as it was."""
    migrate(catalog_path)
    before = state(catalog_path)
    with pytest.raises(CommandError, match="restore the backup"):
        walk(catalog_path, "downgrade", revision)
    assert state(catalog_path) == before


def test_the_head_has_data_of_its_time() -> None:
    """Whoever adds a revision adds rows as people of that schema wrote them."""
    assert (ERAS / f"{HEAD}.sql").is_file()


def lost(path: Path, revision: str, script: Path | None = None, to: str = "head") -> list[object]:
    """Fill a catalog of one revision and upgrade it: tables that changed, orphans, wrong copies."""
    migrate(path, revision=revision, script=script)
    era(path, revision)
    tables = known_columns(path)
    before = what_users_wrote(path, tables)
    assert {table for table, rows in before.items() if not rows} == set()
    migrate(path, revision=to, script=script)
    after = what_users_wrote(path, tables)
    with bare(path) as connection:
        orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
        wrong = broken(connection)
    return [*(table for table in before if after[table] != before[table]), *orphans, *wrong]


def windows(path: Path) -> list[object]:
    """What is usable of each offer, now and in the past, and how the indexes agree with it."""
    with bare(path) as connection:
        numbers = [
            connection.execute(
                f"SELECT usable_context, rank_context FROM {table} WHERE max_input_tokens = 5"
            ).fetchall()
            for table in ("catalog", "catalog_history")
        ]
        return [*numbers, connection.execute("PRAGMA integrity_check").fetchall()]


def test_what_is_usable_is_computed_anew(catalog_path: Path) -> None:
    """A prompt cap counts in the rows of before, also of the past, after 0005; not below it."""
    migrate(catalog_path)
    with bare(catalog_path) as connection:
        connection.executescript(CAPPED)
    found = []
    for direction, revision in (("downgrade", "0004"), ("upgrade", "0005")):
        walk(catalog_path, direction, revision)
        found.append(windows(catalog_path))
    assert found == [
        [[(9, -9)], [(9, -9)], [("ok",)]],
        [[(5, -5)], [(5, -5)], [("ok",)]],
    ]


CAPPED = """
INSERT INTO runs (kind, started_at, finished_at, status, version) VALUES
  ('shipped', '2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z', 'ok', '0');
INSERT INTO models (provider, name) VALUES ('acme', 'a');
INSERT INTO capabilities (model_id, resolver, max_context, max_input_tokens)
  SELECT id, 'user', 9, 5 FROM models;
UPDATE catalog SET valid_from = valid_from WHERE 0;
UPDATE capabilities SET supports_tools = 1;
"""


# A next revision, made up: the harness above must work on the day there is one.

NEXT = f"{SCHEMA + 1:04d}"
ADDITIVE = """
connection = op.get_bind()
connection.exec_driver_sql("ALTER TABLE models ADD COLUMN note TEXT")
connection.exec_driver_sql("UPDATE models SET note = 'old' WHERE provider = 'acme'")
connection.exec_driver_sql("CREATE VIEW noted AS SELECT name, note FROM models")
connection.exec_driver_sql("CREATE INDEX models_by_note ON models (note)")
connection.exec_driver_sql("PRAGMA user_version = {number}")
"""
UNDO = """
connection = op.get_bind()
connection.exec_driver_sql("DROP INDEX models_by_note")
connection.exec_driver_sql("DROP VIEW noted")
connection.exec_driver_sql("ALTER TABLE models DROP COLUMN note")
connection.exec_driver_sql("PRAGMA user_version = {before}")
"""

Extended = Callable[..., Path]


@pytest.fixture
def extended(tmp_path: Path) -> Extended:
    """Makes a copy of the migrations with one more revision."""

    def make(upgrade: str = ADDITIVE, downgrade: str = UNDO) -> Path:
        folder = tmp_path / "100% other #migrations"
        shutil.copytree(migrations_folder(), folder, ignore=shutil.ignore_patterns("__pycache__"))

        def body(text: str) -> str:
            text = text.format(number=SCHEMA + 1, before=SCHEMA)
            return "".join(f"    {line}\n" for line in text.strip().splitlines())

        (folder / "versions" / f"{NEXT}_extra.py").write_text(
            f"from alembic import op\nrevision = '{NEXT}'\ndown_revision = '{HEAD}'\n"
            f"def upgrade() -> None:\n{body(upgrade)}\ndef downgrade() -> None:\n{body(downgrade)}",
            "utf-8",
        )
        return folder

    return make


def test_data_survives_a_next_revision(catalog_path: Path, extended: Extended) -> None:
    """The harness itself: an added column, view and index keep all that stood there before."""
    script = extended()
    assert lost(catalog_path, HEAD, script, NEXT) == []
    with bare(catalog_path) as connection:
        rows = connection.execute("SELECT note, count(*) FROM noted GROUP BY note")
        assert rows.fetchall() == [(None, 3), ("old", 2)]


def test_a_next_revision_can_be_taken_back(catalog_path: Path, extended: Extended) -> None:
    """Down from it, with data, leaves objects, rows and numbers as they were."""
    script = extended()
    migrate(catalog_path)
    era(catalog_path, HEAD)
    before = state(catalog_path)
    migrate(catalog_path, revision=NEXT, script=script)
    assert state(catalog_path) != before
    walk(catalog_path, "downgrade", HEAD, script)
    assert state(catalog_path) == before


def test_a_reader_lives_through_an_additive_upgrade(
    either_journal: Path, extended: Extended
) -> None:
    """A connection that was open before reads on after, and then sees what is written."""
    era(either_journal, HEAD)
    reader = open_reader(either_journal)
    try:
        before = reader.execute("SELECT * FROM catalog ORDER BY model_id").fetchall()
        migrate(either_journal, revision=NEXT, script=extended())
        assert reader.execute("SELECT * FROM catalog ORDER BY model_id").fetchall() == before
        with bare(either_journal) as connection:
            connection.execute("INSERT INTO models (provider, name) VALUES ('acme', 'new')")
        assert reader.execute("SELECT count(*) FROM catalog").fetchone() == (len(before) + 1,)
    finally:
        reader.close()


# Whole or not at all.


@contextmanager
def failing_at(number: int) -> Iterator[list[int]]:
    """The statement of that number fails; the list counts the statements that were begun."""
    begun: list[int] = []

    def stop(*_arguments: object) -> None:
        begun.append(1)
        if len(begun) == number:
            raise RuntimeError("stopped")

    event.listen(Engine, "before_cursor_execute", stop)
    try:
        yield begun
    finally:
        event.remove(Engine, "before_cursor_execute", stop)


def length(path: Path, **arguments: object) -> int:
    """How many statements a migration takes."""
    with failing_at(0) as begun:
        migrate(path, **arguments)  # type: ignore[arg-type]
    return len(begun)


STOPS = pytest.mark.parametrize(
    "stops", [4, pytest.param(10, marks=[pytest.mark.promised, pytest.mark.timeout(3600)])]
)


def points(total: int, stops: int) -> list[tuple[int, int]]:
    """Where to stop: so many statements, the first and the last among them, each numbered."""
    return list(enumerate(1 + part * (total - 1) // (stops - 1) for part in range(stops)))


@STOPS
def test_a_creation_that_fails_leaves_nothing(tmp_path: Path, stops: int) -> None:
    """Stopped at any of its statements, the file stays empty and the next call makes it."""
    total = length(tmp_path / "whole.db")
    after: list[State] = []
    for part, number in points(total, stops):
        path = tmp_path / f"{part}.db"
        with failing_at(number), pytest.raises(RuntimeError, match="stopped"):
            migrate(path, journal=("wal", "delete")[part % 2])
        after.append(state(path))
    assert after == [({}, {}, (0, 0))] * stops
    made = [tmp_path / f"{part}.db" for part in (0, stops // 2, stops - 1)]
    assert [migrate(path) for path in made] == [True] * 3
    assert {repr(state(path)) for path in made} == {repr(state(tmp_path / "whole.db"))}


@STOPS
def test_an_upgrade_that_fails_leaves_the_catalog_as_it_was(
    either_journal: Path, tmp_path: Path, extended: Extended, stops: int
) -> None:
    """Stopped at any statement, objects, rows, revision and schema number are those of before."""
    script = extended()
    migrate(tmp_path / "whole.db")
    total = length(tmp_path / "whole.db", revision=NEXT, script=script)
    era(either_journal, HEAD)
    before, after = state(either_journal), []
    for _, number in points(total, stops):
        with failing_at(number), pytest.raises(RuntimeError, match="stopped"):
            migrate(either_journal, revision=NEXT, script=script)
        after.append(state(either_journal))
    assert after == [before] * stops
    assert migrate(either_journal, revision=NEXT, script=script) is True
    assert state(either_journal)[0] == state(tmp_path / "whole.db")[0]


@pytest.mark.parametrize(
    ("upgrade", "error"),
    [
        (ADDITIVE + "raise RuntimeError('half-way')", RuntimeError),
        (ADDITIVE + "connection.exec_driver_sql('SELECT * FROM nowhere')", errors.CatalogError),
        (ADDITIVE + "connection.exec_driver_sql('DELETE FROM resolvers')", errors.CatalogError),
        (
            "op.get_bind().exec_driver_sql('DROP TRIGGER resolvers_has_opinions')\n"
            "op.get_bind().exec_driver_sql('DROP TRIGGER resolvers_perf_lab_stays')\n"
            "op.get_bind().exec_driver_sql('DELETE FROM resolvers')\n" + ADDITIVE,
            errors.CatalogDamaged,
        ),
    ],
    ids=["raises", "bad SQL", "refused by a guard", "would orphan rows"],
)
def test_a_broken_revision_changes_nothing(
    either_journal: Path, extended: Extended, upgrade: str, error: type[Exception]
) -> None:
    """A revision that raises, or leaves orphans, is undone whole."""
    era(either_journal, HEAD)
    before = state(either_journal)
    with pytest.raises(error):
        migrate(either_journal, revision=NEXT, script=extended(upgrade))
    assert state(either_journal) == before


KILLED = """
import os, signal
from pathlib import Path
from alembic import command
from sqlalchemy import event
from sqlalchemy.engine import Engine
from modeldex.storage.sqlite.migrate import migrate

def doomed(path, number, options):
    begun = []
    def stop(*_arguments):
        begun.append(1)
        if len(begun) == number:
            os.kill(os.getpid(), signal.SIGKILL)
    event.listen(Engine, "before_cursor_execute", stop)
    migrate(path, **options)

for path, number, options in ARGS[0]:
    if "script" in options:
        options["script"] = Path(options["script"])
    pid = os.fork()
    if pid == 0:
        doomed(Path(path), number, options)
        os._exit(0)
    say(os.WTERMSIG(os.waitpid(pid, 0)[1]))
"""


@STOPS
def test_kill_9_during_a_creation_is_harmless(tmp_path: Path, stops: int) -> None:
    """Killed at any of its statements, the file stays empty and the next call makes it."""
    total = length(tmp_path / "whole.db")
    paths = [tmp_path / f"{part}.db" for part in range(stops)]
    jobs = [
        (paths[part], number, {"journal": ("wal", "delete")[part % 2]})
        for part, number in points(total, stops)
    ]
    assert run(KILLED, jobs, forked=True).said == [9] * stops
    assert [state(path) for path in paths] == [({}, {}, (0, 0))] * stops
    some = paths[:: stops // 3 + 1]
    assert [migrate(path) for path in some] == [True] * len(some)
    assert {repr(state(path)) for path in some} == {repr(state(tmp_path / "whole.db"))}


@STOPS
def test_kill_9_during_an_upgrade_is_harmless(
    tmp_path: Path, extended: Extended, stops: int
) -> None:
    """Killed at any of its statements, the catalog is as it was and the next call upgrades it."""
    script, paths = extended(), [tmp_path / f"{part}.db" for part in range(stops)]
    filled = {journal: tmp_path / f"{journal}.db" for journal in ("wal", "delete")}
    for journal, path in filled.items():
        migrate(path, journal=journal)
        era(path, HEAD)
    sources = [filled[("wal", "delete")[part % 2]] for part in range(stops)]
    for source, path in zip(sources, paths, strict=True):
        shutil.copyfile(source, path)
    migrate(tmp_path / "whole.db")
    total = length(tmp_path / "whole.db", revision=NEXT, script=script)
    options = {"revision": NEXT, "script": str(script)}
    jobs = [(paths[part], number, options) for part, number in points(total, stops)]
    assert run(KILLED, jobs, forked=True).said == [9] * stops
    assert [state(path) for path in paths] == [state(source) for source in sources]
    some = paths[:: stops // 3 + 1]
    assert [migrate(path, revision=NEXT, script=script) for path in some] == [True] * len(some)
    assert [state(path)[2][0] for path in some] == [SCHEMA + 1] * len(some)


# Once.

HERD = """
import os
from pathlib import Path
from alembic import command
import sqlalchemy.dialects.sqlite
import modeldex.storage.sqlite.state
import modeldex.storage.sqlite.migrate
from modeldex.storage.sqlite.migrate import migrate

for path, options in ARGS[0]:
    if "script" in options:
        options["script"] = Path(options["script"])
        # The next version of the program, which knows one schema more.
        modeldex.storage.sqlite.state.SCHEMA = modeldex.storage.sqlite.migrate.SCHEMA = ARGS[1]
    gate, opened = os.pipe()
    pids = []
    for _ in range(8):
        pid = os.fork()
        if pid == 0:
            os.close(opened)
            os.read(gate, 1)
            os._exit(10 + migrate(Path(path), **options))
        pids.append(pid)
    os.close(gate)
    os.close(opened)
    say(sorted(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids))
"""


def test_of_eight_processes_one_migrates(tmp_path: Path, extended: Extended) -> None:
    """On a fresh path, and on an older catalog, eight at once all succeed and one did the work."""
    fresh, older = [tmp_path / "wal.db", tmp_path / "delete.db"], tmp_path / "older.db"
    migrate(older)
    jobs: list[tuple[Path, dict[str, str]]] = [(path, {"journal": path.stem}) for path in fresh]
    jobs.append((older, {"script": str(extended())}))
    assert run(HERD, jobs, SCHEMA + 1, forked=True).said == [[10] * 7 + [11]] * 3
    assert state(fresh[0]) == state(fresh[1])
    assert state(older)[2] == (SCHEMA + 1, APPLICATION_ID)


# What is not ours, or too new.


def untouched(path: Path, act: Callable[[Path], object]) -> tuple[type[Exception], str]:
    """The refusal of an act that must leave the folder and every file in it byte by byte."""

    def everything() -> dict[str, bytes | None]:
        return {
            str(found): found.read_bytes() if found.is_file() else None
            for found in path.parent.rglob("*")
            if not found.name.endswith(".lock")
        }

    before = everything()
    with pytest.raises(errors.CatalogError) as refused:
        act(path)
    assert everything() == before
    return type(refused.value), str(refused.value)


OPENINGS: list[Callable[[Path], object]] = [open_reader, migrate]


@pytest.mark.parametrize("act", OPENINGS, ids=["read", "migrate"])
@pytest.mark.parametrize(
    ("change", "needs"),
    [
        ("UPDATE about SET value = '7.3.0' WHERE key = 'needs_modeldex'", "7.3.0"),
        ("DELETE FROM about", "a newer one"),
        ("DROP TABLE about", "a newer one"),
    ],
    ids=["says what it needs", "does not say", "has no such table"],
)
def test_a_newer_catalog_is_refused_and_untouched(
    catalog_path: Path, change: str, needs: str, act: Callable[[Path], object]
) -> None:
    """The refusal names both schema numbers and the version to install; no byte changes."""
    migrate(catalog_path, journal="delete")
    with bare(catalog_path) as connection:
        connection.execute(change)
        connection.execute(f"PRAGMA user_version = {SCHEMA + 41}")
    kind, text = untouched(catalog_path, act)
    assert kind is errors.CatalogTooNew
    assert f"schema {SCHEMA + 41}, this modeldex supports up to {SCHEMA}" in text
    assert f"needs modeldex {needs}" in text
    assert "pip install --upgrade modeldex" in text


def foreign(path: Path) -> None:
    """Another program's database."""
    with bare(path) as connection:
        connection.execute("CREATE TABLE models (id INTEGER, provider TEXT)")


def marked(path: Path) -> None:
    """Another program's database, still without a table, marked as its own."""
    with bare(path) as connection:
        connection.execute("PRAGMA application_id = 7")
        connection.execute("PRAGMA user_version = 7")


def half(path: Path) -> None:
    """A catalog of which the second half is missing."""
    migrate(path, journal="delete")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garbled(path: Path) -> None:
    """A catalog whose list of tables was overwritten."""
    migrate(path, journal="delete")
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * 3_000 + content[3_100:])


@pytest.mark.parametrize("act", OPENINGS, ids=["read", "migrate"])
@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (foreign, errors.NotACatalog),
        (marked, errors.NotACatalog),
        (lambda path: path.write_text("just some text\n" * 100), errors.NotACatalog),
        (lambda path: path.write_text("hi"), errors.NotACatalog),
        (lambda path: path.write_text("<!DOCTYPE html><html>" * 300), errors.NotACatalog),
        (lambda path: path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5_000), errors.NotACatalog),
        (half, errors.CatalogDamaged),
        (garbled, errors.CatalogDamaged),
    ],
    ids=["database", "marked", "text", "one word", "HTML", "lying header", "half", "garbled"],
)
def test_what_is_no_catalog_is_refused_and_untouched(
    tmp_path: Path,
    make: Callable[[Path], object],
    kind: type[Exception],
    act: Callable[[Path], object],
) -> None:
    """Foreign, textual and damaged files get one clear error and keep every byte."""
    path = tmp_path / "somebody" / "file.db"
    path.parent.mkdir()
    make(path)
    refused, text = untouched(path, act)
    assert (refused, str(path) in text) == (kind, True)


@pytest.mark.parametrize("act", OPENINGS, ids=["read", "migrate"])
def test_a_folder_is_no_catalog(tmp_path: Path, act: Callable[[Path], object]) -> None:
    """A path that names a folder is refused, and stays an empty folder."""
    path = tmp_path / "somebody" / "folder"
    path.mkdir(parents=True)
    refused, text = untouched(path, act)
    assert issubclass(refused, errors.CatalogError)
    assert str(path) in text
    assert list(path.iterdir()) == []


def test_an_empty_file_becomes_a_catalog(catalog_path: Path) -> None:
    """A file without a byte is a place for a catalog, as an absent one is."""
    catalog_path.touch(0o600)
    open_reader(catalog_path).close()
    with bare(catalog_path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA,)


@pytest.mark.parametrize(
    "name",
    [
        "with blank.db", "100%.db", "%20.db", "a#b.db", "a?mode=memory.db", "a&b=c.db", "ünï☃.db",
        "quo'te\".db", "semi;colon.db", "[x].db", "-dash.db", "x" * 180,
    ],
)  # fmt: skip
def test_any_path_will_do(tmp_path: Path, name: str) -> None:
    """Blanks, %, #, ? and the like name the very file; no other appears beside it."""
    path = tmp_path / "f%20 #?" / name
    assert migrate(path) is True
    assert migrate(path) is False
    open_reader(path).close()
    with bare(path) as connection:
        assert connection.execute("SELECT count(*) FROM resolvers").fetchone() > (5,)
    made = {found.name.removesuffix(".lock") for found in path.parent.iterdir()}
    assert made == {name}
    assert [found.name for found in tmp_path.iterdir() if found.is_dir()] == ["f%20 #?"]


def test_integrity_of_a_new_catalog(either_journal: Path) -> None:
    """A new file passes SQLite's own checks and every invariant of a catalog."""
    with bare(either_journal) as connection:
        assert broken(connection) == []
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_revision_error_is_not_hidden(catalog_path: Path) -> None:
    """A catalog that stands at a revision nobody knows is an error, not a fresh start."""
    migrate(catalog_path)
    with bare(catalog_path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.execute("PRAGMA user_version = 0")
        with pytest.raises(errors.CatalogError, match="9999"):
            migrate(catalog_path)
        assert connection.execute("SELECT count(*) FROM resolvers").fetchone() > (5,)
