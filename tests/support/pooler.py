"""A real pgbouncer in transaction mode, in front of a server of the tests."""

import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

from fork_process import HANG
from modeldex.storage.location import Postgres
from postgres_server import as_nobody

PORT = 6432


def program() -> str | None:
    """Where pgbouncer is; None where it is not installed."""
    return shutil.which("pgbouncer") or shutil.which("/usr/sbin/pgbouncer")


def is_front(place: Postgres) -> bool:
    """Whether a database is reached through a pooler."""
    return f"port={PORT}" in place.url


class Pooler:
    """A pooler with two connections to each database, by a socket in a folder of its own."""

    def __init__(self, behind: Postgres, connections: int = 2) -> None:
        """`behind` is a database of the server."""
        self._behind = behind
        self._folder = Path(tempfile.mkdtemp(prefix="pgb-"))
        self._folder.chmod(0o777)
        (self._folder / "users").write_text('"catalog" ""\n')
        (self._folder / "ini").write_text(
            f"[databases]\n* = host={parse_qs(urlsplit(behind.url).query)['host'][0]}\n"
            f"[pgbouncer]\nlisten_addr =\nlisten_port = {PORT}\nunix_socket_dir = {self._folder}\n"
            f"auth_type = trust\nauth_file = {self._folder}/users\npool_mode = transaction\n"
            f"default_pool_size = {connections}\nmax_client_conn = 500\nserver_login_retry = 0\n"
            f"logfile = {self._folder}/log\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    def front(self, place: Postgres) -> Postgres:
        """Where a database of the server is, through the pooler."""
        database = urlsplit(place.url).path
        return Postgres(f"postgresql://catalog@{database}?host={self._folder}&port={PORT}")

    def __enter__(self) -> Self:
        import psycopg

        command = as_nobody(program(), "-q", self._folder / "ini")
        self._process = subprocess.Popen(
            command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while True:
            try:
                psycopg.connect(self.front(self._behind).conninfo).close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, "pgbouncer does not start"
                time.sleep(0.02)
            else:
                return self

    def __exit__(self, *_exception: object) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(HANG)
        shutil.rmtree(self._folder, ignore_errors=True)
