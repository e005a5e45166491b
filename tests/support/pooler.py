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


class Pooler:
    """A pooler with two connections to one database, by a socket in a folder of its own."""

    def __init__(self, place: Postgres) -> None:
        url = urlsplit(place.url)
        self._database = url.path[1:]
        self._folder = Path(tempfile.mkdtemp(prefix="pgb-"))
        self._folder.chmod(0o777)
        (self._folder / "users").write_text('"catalog" ""\n')
        (self._folder / "ini").write_text(
            f"[databases]\n{self._database} = host={parse_qs(url.query)['host'][0]}\n"
            f"[pgbouncer]\nlisten_addr =\nlisten_port = {PORT}\nunix_socket_dir = {self._folder}\n"
            f"auth_type = trust\nauth_file = {self._folder}/users\npool_mode = transaction\n"
            f"default_pool_size = 2\nlogfile = {self._folder}/log\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def place(self) -> Postgres:
        """Where the catalog is, through the pooler."""
        return Postgres(f"postgresql://catalog@/{self._database}?host={self._folder}&port={PORT}")

    def __enter__(self) -> Self:
        import psycopg

        command = as_nobody(program(), "-q", self._folder / "ini")
        self._process = subprocess.Popen(
            command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while True:
            try:
                psycopg.connect(self.place.conninfo).close()
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
