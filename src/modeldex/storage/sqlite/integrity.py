"""Integrity checks of a catalog file, for `modeldex doctor`."""

import functools
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from modeldex.errors import CatalogError
from modeldex.storage.sqlite.connection import MINIMUM_SQLITE, translated
from modeldex.storage.sqlite.journal import NETWORK_FILE_SYSTEMS, Version, file_system, wal_is_safe
from modeldex.storage.sqlite.lock_file import refuse_hard_links
from modeldex.storage.sqlite.open import open_reader

SHOWN = 5
"""How many findings of one check are listed."""
RESTORE = "restore a backup, or save what can be read: sqlite3 FILE .recover"
REPAIRABLE = ("copy", "leftovers")
"""Checks whose failure is repaired by rebuilding the table `catalog`."""

_TREES = (
    "SELECT name, NULL, NULL FROM sqlite_master WHERE type = 'table' UNION ALL "
    "SELECT t.name, i.name, s.sql FROM sqlite_master t JOIN pragma_index_list(t.name) i "
    "LEFT JOIN sqlite_master s ON s.type = 'index' AND s.name = i.name WHERE t.type = 'table'"
)
"""SQL: each table alone, and with each of its indexes and the SQL that created the index."""


class Check(NamedTuple):
    """The result of one check: its name, whether it passed, and details for display."""

    check: str
    ok: bool
    detail: str


def examine(path: Path) -> Iterator[Check]:
    """Run every check of the catalog at `path`; those of its content only if it can be opened."""
    yield _enough("library", sqlite3.sqlite_version_info[:3], "the SQLite of this Python")
    # `modeldex shell` runs this program, so its SQLite matters as much as that of Python.
    program = program_version()
    if program is None:
        yield Check("program", ok=True, detail="no sqlite3 program on PATH")
    else:
        yield _enough("program", program, "the sqlite3 program on PATH")
    if not path.exists():
        yield Check(
            "file", ok=False, detail=f"no catalog at {path}; run modeldex refresh to create it"
        )
        return
    try:
        connection = open_reader(path)
    except CatalogError as error:
        yield Check("file", ok=False, detail=str(error))
        return
    with closing(connection):
        yield _links(path)
        yield _permissions(path)
        yield from _inside(connection, path, program)


def read_each_index(connection: sqlite3.Connection, path: Path) -> None:
    """Read a row of each table, and one through each index, which takes a few milliseconds.

    Raises CatalogDamaged where pages on the way cannot be read; `examine` reads all pages.
    """
    with translated(path):
        for each in connection.execute(_TREES).fetchall():
            try:
                connection.execute(_one_row(*each)).fetchone()
            except sqlite3.OperationalError as error:
                # A user's own, which needs a function or module that is not here.
                if error.sqlite_errorcode != sqlite3.SQLITE_ERROR:
                    raise


def _one_row(table: str, index: str | None, sql: str | None) -> str:
    """SQL that reads one row of a table, through an index if one is named; `sql` creates it."""
    through = "NOT INDEXED" if index is None else f'INDEXED BY "{index}"'
    _, where, condition = (sql or "").partition(" WHERE ")
    return f'SELECT * FROM "{table}" {through}{where}{condition} LIMIT 1'


def program_version() -> Version | None:
    """The version of the `sqlite3` program on PATH; None if it is missing or does not print one."""
    import re
    import shutil
    import subprocess

    found = shutil.which("sqlite3")
    if found is None:
        return None
    try:
        output = subprocess.run(  # noqa: S603 - no shell, no argument of a user's
            [found, "--version"], capture_output=True, text=True, timeout=10, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.match(r"(\d+)\.(\d+)\.(\d+)", output)
    return (int(match[1]), int(match[2]), int(match[3])) if match else None


def _dotted(version: Version) -> str:
    return ".".join(map(str, version))


def _enough(name: str, version: Version, what: str) -> Check:
    ok = version >= MINIMUM_SQLITE
    need = "" if ok else f"; a catalog needs {_dotted(MINIMUM_SQLITE)} or newer"
    return Check(name, ok, f"{what} is {_dotted(version)}{need}")


def _links(path: Path) -> Check:
    try:
        refuse_hard_links(path)
    except CatalogError as error:
        return Check("file", ok=False, detail=str(error))
    return Check("file", ok=True, detail=str(path))


def _permissions(path: Path) -> Check:
    mode = path.stat().st_mode & 0o777
    ok = os.name != "posix" or mode & 0o077 == 0
    advice = "" if ok else f"; other users may read or write it: run chmod 600 {path}"
    return Check("permissions", ok, f"{mode:04o}{advice}")


def _inside(connection: sqlite3.Connection, path: Path, program: Version | None) -> Iterator[Check]:
    """The checks that read the database; each test returns a problem or an empty text."""
    tests: dict[str, Callable[[], str]] = {
        "journal": lambda: _unsafe_journal(connection, path, program),
        "integrity": lambda: _damage(connection),
        "foreign keys": lambda: _unexpected(_column(connection, "PRAGMA foreign_key_check"), set()),
        "schema": lambda: _unexpected(_altered(connection), set()),
        "your views": lambda: _unexpected(_broken_views(connection), set()),
        "copy": lambda: _difference(connection),
        "leftovers": lambda: _leftovers(connection),
    }
    passed = {
        "journal": _column(connection, "PRAGMA journal_mode")[0],
        "schema": _schema_note(connection),
        "your views": "all can be read",
        "copy": "table catalog equals its definition, view catalog_rows",
        "leftovers": "no merge is pending",
    }
    for name, test in tests.items():
        try:
            problem = test()
        except sqlite3.Error as error:
            problem = f"{error}; {RESTORE}" if name == "integrity" else str(error)
        yield Check(name, not problem, problem or passed.get(name, "sound"))


def _column(connection: sqlite3.Connection, sql: str) -> list[str]:
    return [str(row[0]) for row in connection.execute(sql)]


def _unexpected(found: list[str], expected: set[str]) -> str:
    """The findings that are not expected, in one line; empty if there are none."""
    bad = [text for text in dict.fromkeys(found) if text not in expected]
    more = f" and {len(bad) - SHOWN} more" if len(bad) > SHOWN else ""
    return "; ".join(bad[:SHOWN]) + more


def _unsafe_journal(connection: sqlite3.Connection, path: Path, program: Version | None) -> str:
    """Why the write-ahead log may corrupt this file; empty if it is safe or not used."""
    if _column(connection, "PRAGMA journal_mode") != ["wal"]:
        return ""
    if (kind := file_system(path)) in NETWORK_FILE_SYSTEMS:
        return f"journal mode wal on {kind}: a network file system may corrupt the file"
    for version in (sqlite3.sqlite_version_info[:3], program):
        if version is not None and not wal_is_safe(version):
            return (
                f"journal mode wal: SQLite {_dotted(version)} can corrupt the file when several "
                "processes write; use 3.51.3 or newer, or run PRAGMA journal_mode=delete on it"
            )
    return ""


def _damage(connection: sqlite3.Connection) -> str:
    """What is wrong with the pages of the file, and what to do; empty if nothing is."""
    found = _unexpected(_column(connection, "PRAGMA integrity_check(20)"), {"ok"})
    return f"{found}; {RESTORE}" if found else ""


Objects = dict[tuple[str, str], str]


@functools.cache
def _declared() -> Objects:
    # Imported here: SQLAlchemy is not for those who only ask for help.
    from modeldex.storage.sqlite.derive import DERIVED_OBJECTS, INDEXES, TABLES, normalized

    ddl = {**TABLES, **INDEXES, **DERIVED_OBJECTS}
    return {(_kind(sql), name): normalized(sql) for name, sql in ddl.items()}


def _kind(sql: str) -> str:
    """The kind of object that a CREATE statement makes."""
    return sql.replace("UNIQUE ", "").split()[1].lower()


def _stored(connection: sqlite3.Connection) -> Objects:
    from modeldex.storage.sqlite.derive import normalized

    rows = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL "
        "AND name <> 'alembic_version' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    )
    return {(kind, name): normalized(sql) for kind, name, sql in rows}


def _altered(connection: sqlite3.Connection) -> list[str]:
    """Objects that are missing or differ from the schema; those added by users are ignored."""
    stored = _stored(connection)
    return [
        f"{kind} {name} is {'different from the schema' if (kind, name) in stored else 'missing'}"
        for (kind, name), sql in _declared().items()
        if stored.get((kind, name)) != sql
    ]


def _broken_views(connection: sqlite3.Connection) -> list[str]:
    from modeldex.storage.sqlite.derive import broken_views

    return broken_views(connection)


def _schema_note(connection: sqlite3.Connection) -> str:
    added = [" ".join(key) for key in _stored(connection) if key not in _declared()]
    return f"unchanged; added by you: {_unexpected(added, set())}" if added else "unchanged"


def _difference(connection: sqlite3.Connection) -> str:
    """The models whose row of `catalog` differs from the view `catalog_rows`, its definition."""
    columns = ", ".join(_column(connection, "SELECT name FROM pragma_table_info('catalog_rows')"))
    copy, view = f"SELECT {columns} FROM catalog", f"SELECT {columns} FROM catalog_rows"
    wrong = _column(
        connection,
        f"SELECT DISTINCT provider || '/' || name FROM (SELECT * FROM ({copy} EXCEPT {view}) "
        f"UNION ALL SELECT * FROM ({view} EXCEPT {copy})) ORDER BY 1",
    )
    if not wrong:
        return ""
    models = f"{len(wrong)} models differ from view catalog_rows: {_unexpected(wrong, set())}"
    return f"{models}; run modeldex doctor --repair"


def _leftovers(connection: sqlite3.Connection) -> str:
    """Work queued for the fold: outside a transaction these tables are empty."""
    left = {
        table: int(_column(connection, f"SELECT count(*) FROM {table}")[0])
        for table in ("pending", "pending_measurements", "deferral")
    }
    found = [f"{table} ({number})" for table, number in left.items() if number]
    if not found:
        return ""
    rows = f"rows left in {', '.join(found)}"
    return f"{rows}: writes do not reach table catalog; run modeldex doctor --repair"
