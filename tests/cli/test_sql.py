"""`modeldex sql`: answers of every form, and nothing but answers."""

import csv
import io
import sqlite3
import unicodedata
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

import sql_attacks
from checkout import SUPPORT
from child_processes import Child, run
from command_line import (
    MODELS,
    environment,
    on_terminal,
    piped,
    run_command,
    small_catalog,
    unstyled,
)
from modeldex.cli.errors import FAILURE, OK, USAGE
from modeldex.cli.program import program
from modeldex.storage import read_only

pytestmark = pytest.mark.sqlite_only("what SQLite refuses")

NIGHTLY = [pytest.mark.nightly, pytest.mark.timeout(3600)]
STRIKE = """
sys.path.insert(0, ARGS[0])
import sql_attacks
sql_attacks.strike(*ARGS[1:])
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small catalog, which nobody writes to."""
    return small_catalog(tmp_path_factory.mktemp("small") / "catalog.db", MODELS)


class Blow(NamedTuple):
    """What came of an attack."""

    kind: str
    name: str
    code: int
    megabytes: float
    seconds: float
    out: str
    err: str


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, but for what the harness itself writes."""
    return {
        str(path): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in (".out", ".err")
    }


# Promise 23.


@pytest.mark.parametrize("seconds", ["0.1", pytest.param("1", marks=NIGHTLY)])
def test_no_statement_writes_hangs_or_eats_memory(
    shipped_catalog: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seconds: str
) -> None:
    """Each of 86 is refused, stopped or answered in bounds; no byte and no file is written."""
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path))
    assert run_command(shipped_catalog, "sql", "SELECT 1").code == OK
    before = files(tmp_path)
    with Child(STRIKE, SUPPORT, shipped_catalog, tmp_path, seconds) as child:
        end = child.end()
    blows = [Blow(*said) for said in end.said]
    codes = {kind: {b.code for b in blows if b.kind == kind} for kind in sql_attacks.KINDS}
    print(f"at most {max(b.megabytes for b in blows):.0f} MB")
    assert (end.errors, len(blows)) == ("", 86)
    assert files(tmp_path) == before
    assert (codes["writes"], codes["reaches"], codes["answered"]) == ({USAGE}, {USAGE}, {OK})
    assert codes["hangs"] | codes["eats"] == {FAILURE}
    assert [b.name for b in blows if not is_stopped(b)] == []
    assert [b.name for b in blows if b.out.count("\n") > 1001] == []
    assert [b.name for b in blows if b.code and (b.out or not is_one_complaint(b.err))] == []


def is_stopped(blow: Blow) -> bool:
    """Whether that was done by the limit that it runs into: of time, of memory or of its answer."""
    by_time, by_size = (word in blow.err for word in ("took longer than", "too much memory"))
    by_answer = "the result takes more than 16 MB" in blow.err
    stopped = {"hangs": by_time or by_size, "eats": by_size or by_answer}
    return stopped.get(blow.kind, not (by_time or by_size))


def test_an_answer_is_bounded_too(small: Path) -> None:
    """Few rows may be more than fits: sixteen megabytes, and no row of an answer without an end."""
    done = run_command(
        small, "sql", "--timeout", sql_attacks.PATIENT, sql_attacks.EATS["large rows"]
    )
    assert (done.code, done.out) == (FAILURE, "")
    assert "the result takes more than 16 MB" in done.err


THREADS = """
import threading
from pathlib import Path
from modeldex.errors import StatementStopped
from modeldex.storage.read_only import Limits, run_select

try:
    run_select(Path(ARGS[0]), ARGS[1], Limits(1000, 0.1))
except StatementStopped:
    for thread in set(threading.enumerate()) - {threading.current_thread()}:
        thread.join()
    say("nobody works on")
"""


@pytest.mark.parametrize("name", ["endless recursion", "array"])
def test_a_stopped_statement_works_on_for_nobody(small: Path, name: str) -> None:
    """Its thread is interrupted and ends, whether it was stopped by the clock or for its memory."""
    done = run(THREADS, small, (sql_attacks.HANGS | sql_attacks.EATS)[name], limit=120)
    assert done.said == ["nobody works on"]


def test_a_statement_gets_little_memory_whatever_the_file_or_sqlite_prefers(small: Path) -> None:
    """Four megabytes of pages, temporary tables on the disk, and no file mapped into memory."""
    names = ("cache_size", "temp_store", "mmap_size")
    with closing(sqlite3.connect(small)) as connection:
        for name, preferred in zip(names, (100_000, "MEMORY", 2**28), strict=True):
            connection.execute(f"PRAGMA {name} = {preferred}")
        before = [connection.execute(f"PRAGMA {name}").fetchone() for name in names]
        read_only._confine(connection, lambda *_: sqlite3.SQLITE_OK)
        after = [connection.execute(f"PRAGMA {name}").fetchone() for name in names]
    assert before == [(100_000,), (2,), (2**28,)]
    assert after == [(-4000,), (1,), (0,)]


def is_one_complaint(text: str) -> bool:
    """Whether it is one line, of printable characters, that says what is wrong."""
    return text.startswith("Error: ") and text.count("\n") == 1 and text[:-1].isprintable()


@pytest.mark.parametrize("name", ["a search in one call", "doubled doubles"])
def test_a_process_ends_although_sqlite_does_not_obey(small: Path, name: str) -> None:
    """What cannot be interrupted, a call or compiling, does not keep the command from ending."""
    statement = (sql_attacks.HANGS | sql_attacks.EATS)[name]
    done = piped("--db", str(small), "sql", "--timeout", "0.3", statement)
    assert (done.code, done.out) == (FAILURE, "")
    assert is_one_complaint(done.err)


def test_a_refusal_says_what_was_refused(small: Path) -> None:
    """In one line, and as JSON with a code."""
    plain = run_command(small, "sql", "DELETE FROM models")
    exact = run_command(small, "sql", "--json", "DELETE FROM models")
    assert plain.err == "Error: DELETE FROM models is refused: statements here can only read\n"
    assert (exact.error["code"], exact.error["reason"] in plain.err) == ("invalid_statement", True)


def test_a_mistake_is_told_in_the_words_of_sqlite(small: Path) -> None:
    """Exit code 2, and the message that the program would give."""
    done = run_command(small, "sql", "SELECT nope FROM catalog")
    assert (done.code, done.err) == (USAGE, "Error: no such column: nope\n")


@pytest.mark.parametrize(
    "statement",
    [
        "PRAGMA table_info(catalog)",
        "SELECT name FROM pragma_table_info('catalog')",
        "EXPLAIN QUERY PLAN SELECT * FROM provenance",
        "SELECT value FROM json_each('[1, 2]')",
        "PRAGMA integrity_check",
        "WITH x AS (SELECT 1 AS one) SELECT one FROM x;",
        "VALUES (1), (2)",
    ],
)
def test_whatever_reads_is_allowed(small: Path, statement: str) -> None:
    """Also what tells of the schema, tables made of JSON, and plans."""
    done = run_command(small, "sql", statement)
    assert (done.code, done.err) == (OK, "")
    assert done.out.count("\n") > 1


# Forms.

MIXED = (
    "SELECT 'a' || char(10) || 'b\\' AS t, NULL AS n, 1 AS i, 0.1 AS r, x'00ff' AS b, "
    "'=cmd()' AS f, -2 AS m, 9e999 AS big, 'x,\"y' AS q, 3 AS i"
)


def test_a_pipe_gets_tab_separated_values(small: Path) -> None:
    """Unknown is empty, control characters are escaped, a second column of a name is told apart."""
    assert run_command(small, "sql", MIXED).table == [
        {
            "t": "a\\nb\\\\", "n": "", "i": "1", "r": "0.1", "b": "X'00FF'", "f": "=cmd()",
            "m": "-2", "big": "inf", "q": 'x,"y', "i_2": "3",
        }
    ]  # fmt: skip


def test_csv_is_quoted_and_no_formula(small: Path) -> None:
    """A spreadsheet reads the cells as they are, and runs none of them."""
    (row,) = csv.DictReader(io.StringIO(run_command(small, "sql", "--csv", MIXED).out))
    assert (row["f"], row["m"], row["q"], row["t"]) == ("'=cmd()", "-2", 'x,"y', "a\\nb\\\\")


def test_json_is_exact(small: Path) -> None:
    """One line: the names of the columns, rows by column, and whether there are more."""
    done = run_command(small, "sql", "--json", MIXED)
    (row,) = done.json["rows"]
    assert done.out.count("\n") == 1
    assert done.json["columns"] == ["t", "n", "i", "r", "b", "f", "m", "big", "q", "i_2"]
    assert (row["t"], row["n"], row["r"], row["b"], row["big"]) == (
        "a\nb\\", None, 0.1, "X'00FF'", "inf",
    )  # fmt: skip
    assert done.json["more"] is False


def test_no_row_is_an_answer(small: Path) -> None:
    """The header alone in a pipe, an empty list in JSON; exit code 0."""
    nothing = "SELECT name FROM models WHERE 0"
    assert run_command(small, "sql", nothing)[:2] == (OK, "name\n")
    assert run_command(small, "sql", "--json", nothing).json["rows"] == []


def test_the_limit_is_told(small: Path) -> None:
    """On stderr, or as `more` in JSON; not where the last row was shown."""
    cut = run_command(small, "sql", "--limit", "2", "SELECT name FROM models")
    whole = run_command(small, "sql", "--limit", "6", "SELECT name FROM models")
    assert (cut.out.count("\n"), "only the first 2 rows; raise --limit" in cut.err) == (3, True)
    assert (whole.out.count("\n"), whole.err) == (7, "")
    assert run_command(small, "sql", "--limit", "2", "--json", "SELECT name FROM models").json[
        "more"
    ]


def test_a_terminal_gets_a_table_of_printable_text(small: Path) -> None:
    """Values and names of columns made to deceive are escaped; a long value is cut."""
    statement = (
        "SELECT char(27) || '[2J' || char(8238) || 'x' AS \"[red]\x1b[31m\", "
        "substr(hex(zeroblob(900)), 1, 900) AS long"
    )
    done = on_terminal("--db", str(small), "sql", statement, env=environment(NO_COLOR="1"))
    shown = unstyled(done.out).replace("\n", "")
    assert (done.code, "\\x1b[2J\\u202ex" in shown, "[red]" in shown) == (OK, True, True)
    assert [c for c in shown if unicodedata.category(c)[0] == "C"] == []
    assert 300 <= shown.count("0") < 400


# Where the statement comes from.


def test_a_statement_from_a_file_or_stdin(small: Path, tmp_path: Path) -> None:
    """With --file, - or as an argument: the same answer; a comment in front is no option."""
    text = "-- how many\nSELECT count(*) AS n FROM models;\n"
    (tmp_path / "q.sql").write_text(f"\ufeff{text}", "utf-8")
    by_file = run_command(small, "sql", "-f", str(tmp_path / "q.sql"))
    by_argument = run_command(small, "sql", "--", text)
    assert by_file == by_argument
    assert by_file.out == "n\n6\n"


@pytest.mark.parametrize("words", [("-",), ("--file", "-")])
def test_a_statement_from_a_pipe(small: Path, words: tuple[str, ...]) -> None:
    """A dash is stdin."""
    done = CliRunner().invoke(program, ["--db", str(small), "sql", *words], input="SELECT 7 AS n")
    assert (done.exit_code, done.stdout) == (OK, "n\n7\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "give one statement"),
        (("SELECT 1", "--file", "x"), "give one statement"),
        (("--csv", "--json", "SELECT 1"), "use either --csv or --json"),
        (("--limit", "0", "SELECT 1"), "at least 1"),
        (("--timeout", "61", "SELECT 1"), "at most 60"),
        (("--timeout", "nan", "SELECT 1"), "at most 60"),
        (("--timeout", "soon", "SELECT 1"), "at most 60"),
    ],
)
def test_a_wrong_command_line_is_a_usage_error(
    small: Path, words: tuple[str, ...], told: str
) -> None:
    """Exit code 2 and what to do instead."""
    done = run_command(small, "sql", *words)
    message = done.error["message"] if "--json" in words else done.err
    assert (done.code, told in message) == (USAGE, True)


def test_a_file_that_is_no_text_is_refused(small: Path, tmp_path: Path) -> None:
    """Binary and absent files, each in one line."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    binary = run_command(small, "sql", "-f", str(tmp_path / "binary"))
    absent = run_command(small, "sql", "-f", str(tmp_path / "absent"))
    assert (binary.code, "not UTF-8 text" in binary.err) == (USAGE, True)
    assert (absent.code, absent.err.count("\n")) == (FAILURE, 1)


# The catalog.


def test_another_programs_write_is_seen(either_journal: Path) -> None:
    """In both journal modes, also while the writer is still connected."""
    small_catalog(either_journal, MODELS)
    with closing(sqlite3.connect(either_journal)) as writer:
        writer.execute("INSERT INTO models (provider, name) VALUES ('acme', 'new')")
        writer.commit()
        done = run_command(
            either_journal, "sql", "SELECT name FROM catalog WHERE provider = 'acme'"
        )
    assert done.out == "name\nnew\n"


def test_what_is_no_catalog_is_refused(tmp_path: Path) -> None:
    """Another program's file is not asked anything."""
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE secrets (x)")
    done = run_command(path, "sql", "SELECT * FROM secrets")
    assert (done.code, "another program" in done.err, done.out) == (FAILURE, True, "")
