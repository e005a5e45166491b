"""Forks of a process that has imported everything: they cost milliseconds, and say what they did.

The process that forks must be single-threaded and hold no SQLite connection.
"""

import json
import os
import signal
import traceback
from collections.abc import Callable

HANG = 900.0
"""Seconds after which what still waits is taken to hang. No outcome may depend on it."""


def say(value: object) -> None:
    """One line in one piece: a process that is killed says it or does not."""
    os.write(1, json.dumps(value).encode() + b"\n")


def fork(work: Callable[[], object], limit: float = HANG) -> int:
    """A child that does `work` and exits; SIGALRM ends it after `limit` seconds. Its pid."""
    pid = os.fork()
    if pid:
        return pid
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        work()
    except BaseException:  # noqa: BLE001 - or the child would go on as its parent
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def ended(pid: int) -> int:
    """The exit code of a child, once it has ended; minus the signal where one ended it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
