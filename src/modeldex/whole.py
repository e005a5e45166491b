"""Files that appear under their name when they are complete, and not before."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from modeldex import clock

_ABANDONED = 3600
"""Seconds after which an unfinished file is taken to be that of a program that was killed."""


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A new empty file that only its owner may read; it becomes `path` at the end, on disk.

    After an error nothing is left of it, after a kill a file with a name of its own, which a
    later call removes. Raises OSError.
    """
    _sweep(path.parent)
    descriptor, name = tempfile.mkstemp(".partial", ".modeldex-", path.parent)
    os.close(descriptor)
    partial = Path(name)
    try:
        yield partial
        _sync(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # Windows cannot open a folder
        _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sweep(folder: Path) -> None:
    """Remove what killed programs left, with what SQLite kept beside it."""
    for partial in folder.glob(".modeldex-*.partial*"):
        with contextlib.suppress(OSError):
            if clock.wall() - partial.stat().st_mtime > _ABANDONED:
                partial.unlink()
