"""SQLite connections to a catalog file: its path, read connections, errors.

Only this module, `writer` and `migrate` connect to the file. A reader is `mode=ro` and
query-only.
"""

import contextlib
import os
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from modeldex import errors
from modeldex.storage.location import Place, Postgres, postgres
from modeldex.vocabulary.user_folders import at_home, user_folder

READ_WAIT = 5.0
WRITE_WAIT = 30.0
MINIMUM_SQLITE = (3, 37, 0)

_READER = "PRAGMA query_only=ON; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON;"


def catalog_path(
    db: "str | os.PathLike[str] | Postgres | None" = None,
    environ: Mapping[str, str] | None = None,
) -> Place:
    """The catalog's location: `db`, else MODELDEX_DB, else a file in the user's data folder.

    Accepts a path, a `sqlite:///path` or a `postgresql://` URL; others raise CatalogError.
    """
    if isinstance(db, Postgres):
        return db
    given = str(db) if db else (os.environ if environ is None else environ).get("MODELDEX_DB", "")
    if not given:
        return _real(_default())
    if (elsewhere := postgres(given)) is not None:
        return elsewhere
    scheme, found, rest = given.partition("://")
    if found:
        if scheme not in ("sqlite", "sqlite+aiosqlite"):
            raise errors.CatalogError(
                scheme + "://...", "not supported: use a path or a postgresql:// URL"
            )
        given = rest.removeprefix("/")
    if "\0" in given:
        raise errors.CatalogError(given.replace("\0", "?"), "a path cannot hold a NUL character")
    return _real(Path(given))


def _default() -> Path:
    try:
        return user_folder("data") / "catalog.db"
    except errors.NoHome:
        raise _homeless(Path("catalog.db")) from None


def _homeless(path: Path) -> errors.CatalogError:
    return errors.CatalogError(
        path, "the home folder is unknown; set a path with --db or MODELDEX_DB, or set HOME"
    )


def _real(path: Path) -> Path:
    """The path with links resolved, so that all users of a file share the lock files beside it."""
    return Path(os.path.realpath(_at_home(path)))


def _at_home(path: Path) -> Path:
    try:
        return at_home(path)
    except errors.NoHome:
        raise _homeless(path) from None


def uri(path: Path, mode: str) -> str:
    """A SQLite URI for the path, with blanks, `#`, `?` and `%` escaped; `mode` is ro, rw or rwc."""
    return f"file:{quote(os.fsencode(path))}?mode={mode}"


class FileConnection(sqlite3.Connection):
    """A connection that is closed when it is garbage-collected, without a ResourceWarning."""

    snapshot = False
    """Whether the file was opened as immutable: later writes are not seen and may break reads."""

    broken = False
    """A file is not lost as a server is."""

    file: tuple[int, int] | None = None
    """The identity of the file as it was before this opened it."""

    def cancel(self) -> None:
        """Interrupt the running statement; called from another thread."""
        with contextlib.suppress(sqlite3.ProgrammingError):  # it was closed
            self.interrupt()

    def __del__(self) -> None:
        with contextlib.suppress(sqlite3.ProgrammingError):  # __init__ had failed
            self.close()


def driver_arguments(wait: float) -> dict[str, Any]:
    """Arguments of sqlite3.connect for readers and writers; `wait` is the busy timeout in s."""
    arguments: dict[str, Any] = {
        "timeout": wait,
        "check_same_thread": False,
        "factory": FileConnection,
    }
    if sys.version_info >= (3, 12):
        arguments["autocommit"] = sqlite3.LEGACY_TRANSACTION_CONTROL
    return arguments


def file_identity(path: Path) -> tuple[int, int] | None:
    """Device and inode of the file at a path; None if there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _connect(location: str, wait: float) -> FileConnection:
    connection: FileConnection = sqlite3.connect(
        location, uri=True, isolation_level=None, **driver_arguments(wait)
    )
    connection.executescript(_READER)
    connection.text_factory = _text
    return connection


def _text(stored: bytes) -> str:
    """Decode with replacement: a shell can insert text that is not UTF-8, and reads must go on."""
    return stored.decode("utf-8", "replace")


_FULL = (errors.CatalogFull, "the disk is full; nothing was lost, free some space")


_KINDS: dict[int, tuple[type[errors.CatalogError], str]] = {
    sqlite3.SQLITE_NOTADB: (
        errors.NotACatalog,
        "not a SQLite database; give another path with --db",
    ),
    sqlite3.SQLITE_CORRUPT: (
        errors.CatalogDamaged,
        "SQLite reports that the file is damaged; run: modeldex doctor",
    ),
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR_SHMSIZE: _FULL,  # the -shm file of WAL mode could not grow
    sqlite3.SQLITE_IOERR: (
        errors.CatalogError,
        "reading or writing failed; check the disk and your quota",
    ),
    sqlite3.SQLITE_READONLY: (
        errors.CatalogReadOnly,
        "may not be written; reads still work",
    ),
    sqlite3.SQLITE_READONLY_ROLLBACK: (
        errors.CatalogReadOnly,
        "an interrupted write must be undone: run modeldex once as a user who may write",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        errors.CatalogError,
        "cannot be opened; check the path and its permissions",
    ),
}


def translate(
    path: object, error: BaseException | None, wait: float = WRITE_WAIT
) -> errors.CatalogError:
    """The modeldex error for one of sqlite3's, chosen by its code, never by its text."""
    if isinstance(error, UnicodeDecodeError):  # the text of SQLite's own error is not UTF-8
        return errors.CatalogDamaged(path, _KINDS[sqlite3.SQLITE_CORRUPT][1])
    full = getattr(error, "sqlite_errorcode", None) or 0
    code = full if full in _KINDS else full & 0xFF  # the low byte is the primary code
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return errors.CatalogLocked(path, wait)
    kind, reason = _KINDS.get(code, (errors.CatalogError, str(error)))
    return kind(path, reason)


@contextlib.contextmanager
def translated(path: object, wait: float = READ_WAIT) -> Iterator[None]:
    """Turn sqlite3's exceptions into CatalogErrors; `wait` is the connection's busy timeout."""
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise translate(path, error, wait) from error


def exists(path: Path) -> bool:
    """Whether the path exists. Raises CatalogError if it cannot be examined."""
    try:
        return path.exists()
    except OSError as error:
        raise errors.CatalogError(path, f"cannot be reached: {error.strerror}") from None


def _warn(text: str, path: Path) -> None:
    import logging

    log = logging.getLogger("modeldex.db")
    if not log.handlers:
        log.addHandler(logging.NullHandler())
    log.warning(text, path)


def connect_reader(path: Path, wait: float = READ_WAIT) -> FileConnection:
    """A read-only connection to the file as it is, without migration. Raises sqlite3.Error.

    In a folder without write permission, or on a full disk, a WAL database with an empty log
    is opened as immutable (`snapshot`).
    """
    identity = file_identity(path)
    connection = _connect_reader(path, wait)
    connection.file = identity
    return connection


def _connect_reader(path: Path, wait: float) -> FileConnection:
    # WAL mode needs a -shm file, which even a reader creates; the first reads below try that.
    connection = _connect(uri(path, "ro"), wait)
    try:
        connection.execute("PRAGMA application_id").fetchone()
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        if error.sqlite_errorcode == sqlite3.SQLITE_READONLY_ROLLBACK:
            _roll_back_hot_journal(path, wait)
            return _connect(uri(path, "ro"), wait)
        if not _lacks_only_sidecars(error.sqlite_errorcode) or not path.exists() or logged(path):
            raise
        _warn("%s: opened as a read-only snapshot; later writes will not be seen", path)
        connection = _connect(uri(path, "ro") + "&immutable=1", wait)
        connection.snapshot = True
    return connection


def _lacks_only_sidecars(code: int) -> bool:
    """Whether opening failed only because the WAL files beside the catalog cannot be created."""
    blocked = code & 0xFF in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
    return blocked or code == sqlite3.SQLITE_IOERR_SHMSIZE


def logged(path: Path) -> bool:
    """Whether the write-ahead log beside the file is not empty."""
    try:
        return path.with_name(path.name + "-wal").stat().st_size > 0
    except FileNotFoundError:
        return False


def _roll_back_hot_journal(path: Path, wait: float) -> None:
    """Open for writing: SQLite then rolls back the hot journal that a killed writer left."""
    location = uri(path, "rw")
    with contextlib.closing(sqlite3.connect(location, timeout=wait, uri=True)) as connection:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
