"""A catalog file: where it is, how it is read, who may write, what its errors mean.

Only this module, `writer` and `migrate` connect to the file. A reader is `mode=ro` and
query-only.
"""

import contextlib
import os
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from modeldex import errors
from modeldex.places import Place, Postgres, postgres
from modeldex.schema import APPLICATION_ID, SCHEMA

READ_WAIT = 5.0
WRITE_WAIT = 30.0
MINIMUM_SQLITE = (3, 37, 0)

_READER = "PRAGMA query_only=ON; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"


class State(NamedTuple):
    """What stands in a file: `kind` is missing, empty, foreign or catalog."""

    kind: str
    schema: int = 0


def catalog_path(
    db: "str | os.PathLike[str] | Postgres | None" = None,
    environ: Mapping[str, str] | None = None,
) -> Place:
    """Where the catalog is: `db`, else MODELDEX_DB, else a file in the user's data folder.

    Accepts a path, a `sqlite:///path` or a `postgresql://` URL; others raise CatalogError.
    """
    if isinstance(db, Postgres):
        return db
    given = str(db) if db else (os.environ if environ is None else environ).get("MODELDEX_DB", "")
    if not given:
        from platformdirs import user_data_path

        return _real(user_data_path("modeldex") / "catalog.db")
    if (elsewhere := postgres(given)) is not None:
        return elsewhere
    scheme, found, rest = given.partition("://")
    if found:
        if scheme not in ("sqlite", "sqlite+aiosqlite"):
            raise errors.CatalogError(
                scheme + "://...", "no such kind of catalog: give a path or a postgresql:// URL"
            )
        given = rest.removeprefix("/")
    if "\0" in given:
        raise errors.CatalogError(given.replace("\0", "?"), "a path cannot hold a NUL character")
    return _real(Path(given))


def _real(path: Path) -> Path:
    """Through links, so that all who use a file share the lock files beside it."""
    return Path(os.path.realpath(_at_home(path)))


def _at_home(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        raise errors.CatalogError(
            path, "there is no such home folder; choose a place with --db or MODELDEX_DB"
        ) from None


def uri(path: Path, mode: str) -> str:
    """A SQLite URI that survives blanks, `#`, `?` and `%` in the path."""
    return f"file:{quote(os.fsencode(path))}?mode={mode}"


class FileConnection(sqlite3.Connection):
    """A connection that is closed, without a warning, when nobody holds it any more."""

    snapshot = False
    """Whether it takes the file for one that never changes: blind to writes, wrong after them."""

    def __del__(self) -> None:
        with contextlib.suppress(sqlite3.ProgrammingError):  # it never came to be
            self.close()


def driver_arguments(wait: float) -> dict[str, Any]:
    """What sqlite3.connect is given for readers and writers alike; `wait` is in seconds."""
    arguments: dict[str, Any] = {
        "timeout": wait,
        "check_same_thread": False,
        "factory": FileConnection,
    }
    if sys.version_info >= (3, 12):
        arguments["autocommit"] = sqlite3.LEGACY_TRANSACTION_CONTROL
    return arguments


def _connect(location: str, wait: float) -> FileConnection:
    connection: FileConnection = sqlite3.connect(
        location, uri=True, isolation_level=None, **driver_arguments(wait)
    )
    connection.executescript(_READER)
    connection.text_factory = _text
    return connection


def _text(stored: bytes) -> str:
    """Text that is not UTF-8, as a shell can insert, must not fail all that reads over it."""
    return stored.decode("utf-8", "replace")


_FULL = (errors.CatalogFull, "the disk is full; nothing was lost, free some space")


def scratch() -> FileConnection:
    """A private database on disk, outside the catalog, that goes when it is closed."""
    connection: FileConnection = sqlite3.connect("", isolation_level=None, **driver_arguments(0))
    return connection


_KINDS: dict[int, tuple[type[errors.CatalogError], str]] = {
    sqlite3.SQLITE_NOTADB: (
        errors.NotACatalog,
        "not a SQLite database; give another path with --db",
    ),
    sqlite3.SQLITE_CORRUPT: (
        errors.CatalogDamaged,
        "SQLite calls the file damaged; run: modeldex doctor",
    ),
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR_SHMSIZE: _FULL,  # no room for the memory that WAL shares
    sqlite3.SQLITE_IOERR: (
        errors.CatalogError,
        "the disk refused to read or write; check its health and your quota",
    ),
    sqlite3.SQLITE_READONLY: (
        errors.CatalogReadOnly,
        "may not be written; reads still work",
    ),
    sqlite3.SQLITE_READONLY_ROLLBACK: (
        errors.CatalogReadOnly,
        "a killed program left a half-made change that only a user who may write can undo",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        errors.CatalogError,
        "cannot be opened; check the path and its permissions",
    ),
}


def translate(
    path: object, error: BaseException | None, wait: float = WRITE_WAIT
) -> errors.CatalogError:
    """The modeldex error for one of sqlite3's, told apart by code and never by text."""
    if isinstance(error, UnicodeDecodeError):  # sqlite3 could not even decode the complaint
        return errors.CatalogDamaged(path, _KINDS[sqlite3.SQLITE_CORRUPT][1])
    full = getattr(error, "sqlite_errorcode", None) or 0
    code = full if full in _KINDS else full & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return errors.CatalogLocked(path, wait)
    kind, reason = _KINDS.get(code, (errors.CatalogError, str(error)))
    return kind(path, reason)


@contextlib.contextmanager
def translated(path: object, wait: float = READ_WAIT) -> Iterator[None]:
    """Turn sqlite3's exceptions into ours; `wait` is what the connection waits for a lock."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise translate(path, error, wait) from error


def exists(path: Path) -> bool:
    """Whether something stands there; CatalogError where one may not even look."""
    try:
        return path.exists()
    except OSError as error:
        raise errors.CatalogError(path, f"cannot be reached: {error.strerror}") from None


def state(connection: sqlite3.Connection) -> State:
    """What the opened file is; two header reads, 2 microseconds."""
    (identity,) = connection.execute("PRAGMA application_id").fetchone()
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    if identity == APPLICATION_ID:
        return State("catalog", schema)
    (objects,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return State("foreign" if objects or identity else "empty")


def check(path: Path, found: State, connection: sqlite3.Connection) -> None:
    """Refuse what is not a catalog this version understands."""
    if found.kind == "foreign":
        raise errors.NotACatalog(path, "another program's SQLite database; it was not touched")
    if found.schema > SCHEMA:
        raise errors.CatalogTooNew(path, found.schema, SCHEMA, _needed(connection))


def _needed(connection: sqlite3.Connection) -> str:
    try:
        row = connection.execute("SELECT value FROM about WHERE key = 'needs_modeldex'").fetchone()
    except sqlite3.OperationalError:
        row = None
    return str(row[0]) if row else "a newer one"


def _warn(text: str, path: Path) -> None:
    import logging

    log = logging.getLogger("modeldex.db")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    log.warning(text, path)


def connect_reader(path: Path, wait: float = READ_WAIT) -> FileConnection:
    """A read-only connection as the file stands; raises sqlite3.Error.

    On a folder we may not write, or a full disk, a quiet WAL file is read as a snapshot.
    """
    connection = _connect(uri(path, "ro"), wait)
    try:
        connection.execute("PRAGMA application_id").fetchone()
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode == sqlite3.SQLITE_READONLY_ROLLBACK:
            _undo_half_a_change(path, wait)
            return _connect(uri(path, "ro"), wait)
        if not _lacks_only_sidecars(error.sqlite_errorcode) or not path.exists() or logged(path):
            raise
        _warn("%s: read as a snapshot, new writes will not be seen", path)
        connection = _connect(uri(path, "ro") + "&immutable=1", wait)
        connection.snapshot = True
    return connection


def _lacks_only_sidecars(code: int) -> bool:
    """Whether the files that WAL needs beside the catalog could not be made."""
    blocked = code & 0xFF in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
    return blocked or code == sqlite3.SQLITE_IOERR_SHMSIZE


def logged(path: Path) -> bool:
    """Whether a write-ahead log beside the file holds anything."""
    try:
        return path.with_name(path.name + "-wal").stat().st_size > 0
    except FileNotFoundError:
        return False


def _undo_half_a_change(path: Path, wait: float) -> None:
    """Open for writing, upon which SQLite rolls back what a killed writer left behind."""
    location = uri(path, "rw")
    with contextlib.closing(sqlite3.connect(location, timeout=wait, uri=True)) as connection:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()


@contextlib.contextmanager
def try_lock_file(path: Path, suffix: str, wait: float = 0.0) -> Iterator[bool]:
    """Hold the lock file beside the catalog; it dies with its holder.

    Gives False where another process still holds it after `wait` seconds. Raises
    CatalogReadOnly where the lock file cannot be made.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(
        f"{path}{suffix}", timeout=wait, mode=0o600, thread_local=False, poll_interval=0.01
    )
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    except OSError as error:
        raise errors.CatalogReadOnly(path, f"cannot lock it: {error.strerror}") from None
    try:
        yield True
    finally:
        lock.release()


@contextlib.contextmanager
def lock_file(path: Path, suffix: str, wait: float) -> Iterator[None]:
    """As try_lock_file, but raises CatalogLocked when its turn does not come."""
    with try_lock_file(path, suffix, wait) as ours:
        if not ours:
            raise errors.CatalogLocked(path, wait)
        yield
