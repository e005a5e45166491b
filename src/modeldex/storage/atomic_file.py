"""Write files atomically: the name appears only once the content is complete."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from modeldex.vocabulary import clock

_ABANDONED = 3600
"""Seconds after which a partial file counts as left by a killed program."""


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a new empty file, readable only by its owner; it is renamed to `path` at the end.

    Content and name are synced to disk. An error removes the file; after a kill, a later call in
    the same folder removes it. Raises OSError.
    """
    _sweep(path.parent)
    descriptor, name = tempfile.mkstemp(".partial", ".modeldex-", path.parent)
    os.close(descriptor)
    partial = Path(name)
    try:
        yield partial
        # First the content, else a power cut after the rename could leave an empty file.
        _sync(partial)
        partial.replace(path)
    finally:
        for left in partial.parent.glob(f"{partial.name}*"):  # with the journals of a database
            left.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # Windows cannot open a folder
        _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(folder: Path) -> None:
    """Remove partial files of killed programs, and the journals SQLite left beside them."""
    for partial in folder.glob(".modeldex-*.partial*"):
        with contextlib.suppress(OSError):
            if clock.wall() - partial.stat().st_mtime > _ABANDONED:
                partial.unlink()
