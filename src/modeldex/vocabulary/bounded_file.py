"""Reads files whole that are read without being asked for: settings, credentials, figures."""

import os
import stat
from pathlib import Path

from modeldex.vocabulary.caps import SETTINGS, TooMuch

_NOT_WAITING = getattr(os, "O_NONBLOCK", 0)


def read_bounded(path: Path, cap: int = SETTINGS) -> bytes:
    """Return the content of a regular file; nothing for the null device.

    Raises TooMuch if it has more than `cap` bytes, OSError if it cannot be read or is a folder, a
    pipe or a device.
    """
    if str(path) == os.devnull:
        return b""
    with open(path, "rb", opener=_opener) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(None, "not a regular file")
        content = file.read(cap + 1)
    if len(content) > cap:
        raise TooMuch(f"larger than {cap:,} bytes")
    return content


def _opener(path: str, flags: int) -> int:
    """Open a file; a named pipe without a writer would block at the opening already."""
    return os.open(path, flags | _NOT_WAITING)
