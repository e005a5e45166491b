"""The refresh lock of a PostgreSQL catalog: a row with an expiry, which its holder renews.

A lock of the session would not work behind a pooler, and one of a transaction would keep a
connection of its pool. Whoever finds the row of a process that is gone takes it over: at once
on the same host, elsewhere when it expires.
"""

import contextlib
import os
import secrets
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

from modeldex import errors
from modeldex.storage.location import Postgres
from modeldex.storage.postgres.connection import connect, translated

LASTS = 60
"""Seconds after which a lease ends that is not renewed."""

RENEWED = 15
"""Seconds between renewals."""

_NAME = "refresh"
_HELD: set[str] = set()
"""The leases that this process holds."""

_TAKE = f"""INSERT INTO leases AS l (name, holder, expires_at)
VALUES ('{_NAME}', %(holder)s, clock_timestamp() + interval '{LASTS} s')
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
WHERE l.expires_at < clock_timestamp() OR l.holder = %(gone)s RETURNING 1"""
_ASK = f"SELECT holder FROM leases WHERE name = '{_NAME}'"
_RENEW = (
    f"UPDATE leases SET expires_at = clock_timestamp() + interval '{LASTS} s' "
    f"WHERE name = '{_NAME}' AND holder = %(holder)s"
)
_GIVE_BACK = f"DELETE FROM leases WHERE name = '{_NAME}' AND holder = %(holder)s"


def _here() -> str:
    """This host, or rather the part of it in which process ids mean the same."""
    with contextlib.suppress(OSError):
        return f"{socket.gethostname()} {Path('/proc/self/ns/pid').readlink()}"
    return socket.gethostname()


def _new_holder() -> str:
    return f"{os.getpid()} {secrets.token_hex(8)} {_here()}"


def _is_gone(holder: str) -> bool:
    """Whether the holder of a lease is known not to run any more."""
    process, _, rest = holder.partition(" ")
    if rest.partition(" ")[2] != _here():
        return False
    if int(process) == os.getpid():
        return holder not in _HELD
    if os.name == "nt":  # asking would end it
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _run(place: Postgres, sql: str, **values: str) -> list[tuple[object, ...]]:
    """Run one statement on a connection of its own; return its rows."""
    with contextlib.closing(connect(place)) as connection, translated(place):
        cursor = connection.execute(sql.encode(), values)
        return cursor.fetchall() if cursor.description else []


def _take(place: Postgres, holder: str) -> bool:
    """Try to get the lease; return whether this was possible."""
    with contextlib.closing(connect(place)) as connection, translated(place):
        found = connection.execute(_ASK.encode()).fetchone()
        gone = str(found[0]) if found and _is_gone(str(found[0])) else ""
        taken = connection.execute(_TAKE.encode(), {"holder": holder, "gone": gone}).fetchone()
    return taken is not None


def _keep_renewing(place: Postgres, holder: str, ended: threading.Event) -> None:
    while not ended.wait(RENEWED):
        with contextlib.suppress(errors.CatalogError):  # the next renewal may reach the server
            _run(place, _RENEW, holder=holder)


@contextlib.contextmanager
def refreshing(place: Postgres) -> Iterator[bool]:
    """Hold the refresh lock, which ends with its process; yields False if another holds it."""
    holder = _new_holder()
    _HELD.add(holder)
    try:
        if not _take(place, holder):
            yield False
            return
        with _renewed(place, holder):
            yield True
    finally:
        _HELD.discard(holder)


@contextlib.contextmanager
def _renewed(place: Postgres, holder: str) -> Iterator[None]:
    """Renew a lease in a thread during the block, and give it back at the end."""
    ended = threading.Event()
    renewing = threading.Thread(
        target=_keep_renewing, args=(place, holder, ended), name="modeldex-lease", daemon=True
    )
    renewing.start()
    try:
        yield
    finally:
        ended.set()
        # Without the server it stays: this process may take it again, others when it expires.
        with contextlib.suppress(errors.CatalogError):
            _run(place, _GIVE_BACK, holder=holder)
