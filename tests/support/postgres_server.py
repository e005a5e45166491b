"""A real PostgreSQL server: its own folder, a socket in it, gone when the tests are."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from fork_process import HANG
from modeldex.storage.location import Postgres

NOBODY = 65534
"""PostgreSQL refuses to run as root."""

MISSING = "PostgreSQL is not installed: apt-get install postgresql"

SETTINGS = {
    "listen_addresses": "", "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
    "shared_buffers": "64MB", "max_connections": "80", "log_min_messages": "fatal",
    "max_wal_size": "96MB", "min_wal_size": "32MB",
}  # fmt: skip


MEMORY = Path("/dev/shm")  # noqa: S108 - what is made in it has names of its own
"""Files that are in memory only: databases are made and dropped there at a sixth of the cost."""

ROOM = 4 * 2**30
"""So many bytes are enough for the servers of all workers."""


def has_room(folder: Path) -> bool:
    """Whether there is such a folder, with much space in it."""
    return folder.is_dir() and shutil.disk_usage(folder).free > ROOM


def programs() -> Path | None:
    """The folder of `initdb` and `postgres`; None where they are not installed."""
    debian = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = sorted(debian, key=lambda path: [int(n) for n in path.parts[-3].split(".")])
    found = str(newest[-1]) if newest else shutil.which("postgres")
    return Path(found).resolve().parent if found else None


def as_nobody(*command: object) -> list[str]:
    """A command without the rights of root, that ends at once when this process does."""
    if shutil.which("setpriv") is None:
        return [str(word) for word in command]
    who = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] * (os.geteuid() == 0)
    return ["setpriv", *who, "--pdeathsig=QUIT", *map(str, command)]


def _database(place: Postgres) -> str:
    return urlsplit(place.url).path[1:]


class Server:
    """One server with any number of databases."""

    def __init__(self, folder: Path, made: Path) -> None:
        """`made` is where the files of a server are kept that nobody has used yet."""
        self._programs = folder
        memory = has_room(MEMORY)
        self._folder = Path(tempfile.mkdtemp(prefix="pg-", dir=MEMORY if memory else None))
        self._strategy = "file_copy" if memory else "wal_log"
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0
        self.front: Callable[[Postgres], Postgres] = lambda place: place
        """Where the tests reach a database that they create: here, or through a pooler."""
        if os.geteuid() == 0:
            os.chown(self._folder, NOBODY, NOBODY)
        if made.exists():
            subprocess.run(["cp", "-a", made, self._folder / "data"], check=True)
            return
        self._run(
            self._programs / "initdb", "-D", self._folder / "data", "-U", "catalog", "-A", "trust",
            "-E", "UTF8", "--no-locale", "--no-sync",
        )  # fmt: skip
        subprocess.run(["cp", "-a", self._folder / "data", made], check=True)

    def _run(self, *command: object) -> None:
        subprocess.run(
            as_nobody(*command), check=True, capture_output=True, timeout=HANG,
            cwd="/", env={**os.environ, "HOME": "/"},
        )  # fmt: skip

    def start(self) -> None:
        """Start it and wait until it answers."""
        import psycopg

        settings = [word for item in SETTINGS.items() for word in ("-c", "=".join(item))]
        command = [self._programs / "postgres", "-D", self._folder / "data", "-k", self._folder]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                as_nobody(*command, *settings), cwd="/", stdout=log, stderr=log
            )
        while True:
            try:
                self.run("SELECT 1")
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self._folder / "log").read_text()
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Stop it at once, as a crash would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(HANG)
            self._process = None

    def place(self, database: str) -> Postgres:
        """Where a database is."""
        return Postgres(f"postgresql://catalog@/{database}?host={self._folder}")

    def run(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Run one statement on a connection of its own; its rows."""
        import psycopg

        with psycopg.connect(self.place(database).conninfo, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def create(self, template: str = "template1") -> Postgres:
        """A database of its own, empty or a copy."""
        self._made += 1
        name = f"t{self._made}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY = {self._strategy}")
        return self.front(self.place(name))

    def template(self, name: str, make: Callable[[Postgres], object]) -> str:
        """The name of a database that `make` has made, once."""
        if not self.run(f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
            self.run(f"CREATE DATABASE {name}")
            make(self.place(name))
            self.run(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        return name

    def twin(self, place: Postgres) -> Postgres:
        """A copy of a database to which nobody but an idle pooler is connected."""
        of_it = f"datname = '{_database(place)}'"
        self.run(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {of_it}")
        return self.create(_database(place))

    def drop(self, place: Postgres) -> None:
        """Drop a database, whoever is connected to it."""
        self.run(f"DROP DATABASE {_database(place)} WITH (FORCE)")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
