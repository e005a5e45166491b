"""A queue for the lock file beside a catalog: waiting processes are woken, none polls.

Two locks of the file make it. A process first takes a turnstile, then the lock itself, and then
frees the turnstile. So only one process at a time waits for the lock itself, and whoever frees that
cannot take it again before this one. Behind it the system lets processes in as they came: Linux
keeps the waiters of a lock in that order. One that comes at the very moment at which the turnstile
is freed may be early, and those behind then ask anew, in any order. The locks of a process that
dies are freed.

The lock itself is one of `flock`, as that of earlier versions and of the package filelock. The
turnstile is one of the file's first byte, independent of it; where the system has no such locks,
the order is that in which it serves the waiters of `flock`.
"""

import contextlib
import errno
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

from modeldex import errors
from modeldex.storage.sqlite.lock_file import refuse_hard_links, try_lock_file

try:
    import fcntl
except ImportError:  # Windows has no lock that a process can wait for
    _CAN_WAIT = False
else:
    _CAN_WAIT = True

_UNSUPPORTED = (errno.ENOSYS, errno.EOPNOTSUPP)


@contextlib.contextmanager
def write_lock(path: Path, seconds: float) -> Iterator[None]:
    """Hold the write lock of a catalog file; raises CatalogLocked if it is not free in time.

    Raises CatalogReadOnly if the lock files cannot be created, and as `refuse_hard_links` does.
    """
    refuse_hard_links(path)
    try:
        held = _queue(path, seconds) if _CAN_WAIT else None
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
    """Wait for the lock; return a descriptor that holds it."""
    file = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        _take(file, blocking=False)
    except BlockingIOError:
        if not _take_in_thread(file, seconds):
            raise errors.CatalogLocked(path, seconds) from None
    except OSError:
        os.close(file)
        raise
    return file


def _take(file: int, *, blocking: bool) -> None:
    """Pass the turnstile and lock the file. Raises BlockingIOError instead of waiting."""
    _turn(file, fcntl.F_WRLCK, blocking=blocking)
    fcntl.flock(file, fcntl.LOCK_EX if blocking else fcntl.LOCK_EX | fcntl.LOCK_NB)
    _turn(file, fcntl.F_UNLCK, blocking=False)


def _turn(file: int, kind: int, *, blocking: bool) -> None:
    """Lock or unlock the turnstile."""
    if hasattr(fcntl, "F_OFD_SETLK"):
        command = fcntl.F_OFD_SETLKW if blocking else fcntl.F_OFD_SETLK
        # struct flock: kind, os.SEEK_SET, first byte, number of bytes, no process.
        fcntl.fcntl(file, command, struct.pack("hhqqi0q", kind, 0, 0, 1, 0))


def _free(file: int) -> None:
    # Not only closed: a process that was forked meanwhile has a copy of the descriptor.
    fcntl.flock(file, fcntl.LOCK_UN)
    _turn(file, fcntl.F_UNLCK, blocking=False)
    os.close(file)


def _take_in_thread(file: int, seconds: float) -> bool:
    """Wait for the lock in a thread, as these calls know no timeout; False if it is not in time.

    The thread goes on then, and frees the lock when it has it.
    """
    from concurrent.futures import Future, wait  # slow to import, and a free lock needs no thread

    taken: Future[None] = Future()

    def take() -> None:
        failure = None
        try:
            _take(file, blocking=True)
        except OSError as error:
            failure = error
        if not taken.set_running_or_notify_cancel():
            _free(file)
        elif failure is None:
            taken.set_result(None)
        else:
            taken.set_exception(failure)

    Thread(target=take, name="modeldex lock", daemon=True).start()

    def give_up() -> None:
        if not taken.cancel():
            _free(file)

    with contextlib.ExitStack() as interrupted:
        interrupted.callback(give_up)
        wait([taken], seconds)
        interrupted.pop_all()
    if taken.cancel():
        return False
    taken.result()  # raises what the thread has met
    return True
