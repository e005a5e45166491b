"""Backups of a catalog that two processes write to, and backups that are killed."""

import itertools
import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from forks import HANG, ended, fork, say
from modeldex.backup import backup
from modeldex.writer import Writer

PAUSE = 0.005
"""Seconds between two transactions of one process."""

MODEL = "INSERT INTO models (provider, name) VALUES ('{0}', '{1}')"
ALIAS = (
    "INSERT INTO aliases SELECT provider, 'also-' || name, id FROM models "
    "WHERE provider = '{0}' AND name = '{1}'"
)
PAIR = (MODEL, ALIAS)
"""A model and its alias, which one transaction adds."""


def by_library(path: Path) -> None:
    """Add pairs for ever, as the library does."""
    with Writer(path) as writer:
        for number in itertools.count():
            with writer.transaction() as connection:
                for statement in PAIR:
                    connection.exec_driver_sql(statement.format("library", number))
            time.sleep(PAUSE)


def by_driver(path: Path) -> None:
    """Add pairs for ever, as a bare program does."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=HANG)
    for number in itertools.count():
        connection.execute("BEGIN IMMEDIATE")
        for statement in PAIR:
            connection.execute(statement.format("driver", number))
        connection.execute("COMMIT")
        time.sleep(PAUSE)


def under_writers(path: str, targets: list[str]) -> None:
    """One backup after the other while two processes write; says the size of each."""
    writers = [fork(lambda work=work: work(Path(path))) for work in (by_library, by_driver)]
    time.sleep(0.05)
    for target in targets:
        pid = fork(lambda target=target: say(backup(Path(path), Path(target)).models))
        assert ended(pid) == 0
    for pid in writers:
        os.kill(pid, signal.SIGKILL)
    say([ended(pid) for pid in writers])


def killed(path: str, targets: list[str]) -> None:
    """A backup to each target, killed at some moment; says how each ended."""
    chance = random.Random(17)  # noqa: S311 - not a secret
    begun = time.monotonic()
    assert ended(fork(_to(path, f"{targets[0]}.first"))) == 0
    took = time.monotonic() - begun
    for target in targets:
        pid = fork(_to(path, target))
        time.sleep(chance.uniform(0, took))
        os.kill(pid, signal.SIGKILL)
        say(end := ended(pid))
        took *= 1.04 if end else 0.8


def _to(path: str, target: str) -> Callable[[], object]:
    return lambda: backup(Path(path), Path(target))
