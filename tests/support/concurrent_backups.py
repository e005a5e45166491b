"""Backups of a catalog that two processes write to, and backups that are killed."""

import itertools
import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from fork_process import HANG, ended, fork, say
from modeldex.storage.backup import backup
from modeldex.storage.sqlite.writer import Writer

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
    with Writer(path, HANG) as writer:
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
    for target in targets:
        wait_for_more(Path(path))
        pid = fork(lambda target=target: say(backup(Path(path), Path(target)).models))
        assert ended(pid) == 0
    for pid in writers:
        os.kill(pid, signal.SIGKILL)
    say([ended(pid) for pid in writers])


def wait_for_more(path: Path) -> None:
    """Until both writers have added something."""
    before = _models(path)
    while any(after <= was for was, after in zip(before, _models(path), strict=True)):
        time.sleep(PAUSE)


def _models(path: Path) -> list[int]:
    """How many models each of the two has added."""
    with closing(sqlite3.connect(path, timeout=HANG)) as connection:
        count = "SELECT count(*) FROM models WHERE provider = ?"
        writers = ("library", "driver")
        return [connection.execute(count, (name,)).fetchone()[0] for name in writers]


def killed(path: str, folder: str, kills: int) -> None:
    """So many backups, killed at some moment; more of them, until a third died. How each ended."""
    chance = random.Random(17)  # noqa: S311 - not a secret
    begun = time.monotonic()
    assert ended(fork(_to(path, f"{folder}/first"))) == 0
    took = time.monotonic() - begun
    died = 0
    for number in itertools.count():
        if number >= kills and died > kills / 3:
            return
        pid = fork(_to(path, f"{folder}/{number}.db"))
        time.sleep(chance.uniform(0, took))
        os.kill(pid, signal.SIGKILL)
        say(end := ended(pid))
        took *= 1.04 if end else 0.8
        died += end != 0


def _to(path: str, target: str) -> Callable[[], object]:
    return lambda: backup(Path(path), Path(target))
