"""The lock files beside a catalog, which one process at a time holds."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from modeldex import errors


def refuse_hard_links(path: Path) -> None:
    """Raise CatalogReadOnly for a file of several names: SQLite has a journal beside each."""
    try:
        names = path.stat().st_nlink
    except OSError:
        return  # nothing there yet; else who opens it gets the reason
    if names > 1:
        raise errors.CatalogReadOnly(
            path,
            f"has {names} names (hard links), each with a lock and a journal of its own; "
            "remove the others, for a copy run: modeldex backup",
        )


@contextlib.contextmanager
def try_lock_file(path: Path, suffix: str, wait: float = 0.0) -> Iterator[bool]:
    """Hold the lock file beside the catalog; the system releases it if the process dies.

    Yields False if another process still holds it after `wait` seconds. Raises
    CatalogReadOnly if the lock file cannot be created, and as `refuse_hard_links` does.
    """
    refuse_hard_links(path)
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
        raise errors.CatalogReadOnly(path, f"cannot be locked: {error.strerror}") from None
    try:
        yield True
    finally:
        lock.release()
