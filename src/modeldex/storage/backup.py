"""Consistent copies of a catalog file, also while other processes write to it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from modeldex import errors
from modeldex.storage.atomic_file import atomic_file
from modeldex.storage.sqlite.connection import WRITE_WAIT, connect_reader, translated, uri
from modeldex.storage.sqlite.state import check, state

SIDECARS = ("-wal", "-shm", "-journal")


class Backup(NamedTuple):
    """A verified copy: its path, its size in bytes, its schema number and its model count."""

    path: Path
    bytes: int
    schema: int
    models: int


def copy(path: Path, target: Path) -> None:
    """Copy the catalog at `path`, of any known schema, into an empty or absent file.

    Raises CatalogError or a subclass.
    """
    if not path.exists():
        raise errors.CatalogError(path, "there is no such catalog")
    with translated(path, WRITE_WAIT), closing(connect_reader(path, WRITE_WAIT)) as connection:
        check(path, state(connection), connection)
        # VACUUM INTO counts as a write, although it only writes the copy.
        connection.execute("PRAGMA query_only=OFF")
        connection.execute("VACUUM INTO ?", (uri(target, "rwc"),))


def backup(path: Path, target: Path, *, force: bool = False) -> Backup:
    """Make a verified copy of the catalog at `path` as `target`, readable by its owner only.

    The file appears under its name only once it is complete and on disk: a kill, a full disk
    or a damaged catalog leave `target` unchanged. `force` replaces an existing file. Raises
    CatalogError or a subclass.
    """
    _refuse(path, target, force=force)
    try:
        with atomic_file(target) as partial:
            copy(path, partial)
            schema, models = _verified(path, partial)
    except errors.CatalogFull:
        # What is written is the copy alone.
        reason = "no backup was made: its disk is full; free some space, or choose another folder"
        raise errors.CatalogFull(target, reason) from None
    except OSError as error:
        reason = f"no backup was made: {error.strerror}"
        raise errors.CatalogError(target, reason) from None
    return Backup(target, target.stat().st_size, schema, models)


def _refuse(path: Path, target: Path, *, force: bool) -> None:
    """Raise CatalogError if the backup would overwrite something it must not."""
    if target.resolve() in {path, *beside(path)}:
        raise errors.CatalogError(target, "is the catalog itself; choose another name")
    if (target.exists() or target.is_symlink()) and not force:
        raise errors.CatalogError(target, "already exists; --force replaces it")
    if target.exists() and not target.is_file():
        raise errors.CatalogError(target, "is not a file")
    for other in beside(target):
        # SQLite would apply a stale journal or WAL file beside the copy to it.
        if other.exists():
            reason = f"{other.name} exists: a database in use has this name; choose another name"
            raise errors.CatalogError(target, reason)


def beside(path: Path) -> list[Path]:
    """The WAL, shared-memory and journal files that SQLite may create beside a database."""
    return [path.with_name(path.name + suffix) for suffix in SIDECARS]


def _verified(path: Path, copied: Path) -> tuple[int, int]:
    """The schema number and model count of the copy. Raises CatalogDamaged if it is not intact."""
    try:
        with closing(connect_reader(copied)) as connection:
            found = state(connection)
            if found.kind != "catalog":
                raise errors.NotACatalog(path, "an empty file")
            (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            (models,) = connection.execute("SELECT count(*) FROM models").fetchone()
    except sqlite3.Error as error:
        verdict = str(error)
    if verdict != "ok":
        raise errors.CatalogDamaged(path, f"no backup was made: {verdict}; run: modeldex doctor")
    return found.schema, models
