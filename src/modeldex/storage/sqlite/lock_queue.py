"""A queue for the lock file beside a catalog: waiting processes are woken, none polls.

Two files make it. A process first locks `.queue`, then `.lock`, and then frees `.queue`. So only
one process at a time waits for `.lock`, and whoever frees that cannot take it again before this
one. Behind it the system lets processes in as they came: Linux keeps the waiters of a file in that
order, and only one that comes at the very moment at which `.queue` is freed may be a place early.
The locks of a process that dies are freed.
"""

import contextlib
import errno
import os
from collections.abc import Iterator
from concurrent.futures import Future, wait
from pathlib import Path
from threading import Thread

from modeldex import errors
from modeldex.storage.sqlite.connection import try_lock_file
from modeldex.vocabulary import clock

try:
    import fcntl
except ImportError:  # Windows has no lock that a process can wait for
    fcntl = None  # type: ignore[assignment]

_UNSUPPORTED = (errno.ENOSYS, errno.EOPNOTSUPP)


@contextlib.contextmanager
def write_lock(path: Path, seconds: float) -> Iterator[None]:
    """Hold the write lock of a catalog file; raises CatalogLocked if it is not free in time.

    Raises CatalogReadOnly if the lock files cannot be created.
    """
    try:
        held = _queue(path, seconds) if fcntl else None
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise errors.CatalogReadOnly(path, f"cannot be locked: {error.strerror}") from None
        held = None
    if held is None:
        with _polled(path, seconds):
            yield
        return
    try:
        yield
    finally:
        _free(held)


@contextlib.contextmanager
def _polled(path: Path, seconds: float) -> Iterator[None]:
    """Hold the lock where the system has no queue."""
    with try_lock_file(path, ".lock", seconds) as acquired:
        if not acquired:
            raise errors.CatalogLocked(path, seconds)
        yield


def _queue(path: Path, seconds: float) -> int:
    """Wait for both locks; return a descriptor that holds the second one."""
    deadline = clock.steady() + seconds
    turnstile = _lock(f"{path}.queue", seconds)
    if turnstile is None:
        raise errors.CatalogLocked(path, seconds)
    try:
        held = _lock(f"{path}.lock", deadline - clock.steady())
    finally:
        _free(turnstile)
    if held is None:
        raise errors.CatalogLocked(path, seconds)
    return held


def _free(descriptor: int) -> None:
    # Not only closed: a process that was forked meanwhile has a copy of the descriptor.
    fcntl.flock(descriptor, fcntl.LOCK_UN)
    os.close(descriptor)


def _lock(file: str, seconds: float) -> int | None:
    """Lock a file; return a descriptor that holds the lock, None if it is not free in time."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return _lock_in_thread(descriptor, seconds)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _lock_in_thread(descriptor: int, seconds: float) -> int | None:
    """Wait for a lock in a thread, as flock knows no timeout; one given up is freed once taken."""
    locked: Future[int] = Future()

    def take() -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if locked.set_running_or_notify_cancel():
            locked.set_result(descriptor)
        else:
            _free(descriptor)

    Thread(target=take, name="modeldex lock", daemon=True).start()
    try:
        wait([locked], seconds)
    except BaseException:
        if not locked.cancel():
            _free(locked.result())
        raise
    return None if locked.cancel() else locked.result()
