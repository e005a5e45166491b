"""A random life of a catalog, and what the catalog was at moments of it."""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from modeldex.query.catalog import Catalog
from modeldex.query.scope import Scope
from modeldex.storage.location import Place, Postgres
from modeldex.storage.open import open_catalog
from modeldex.storage.schema.columns import NOW, RANKING
from modeldex.storage.schema.fold import FACTS
from random_sql import EVERYTHING, IDS, OPENING, Chance, deleted_models, forbidden, typed
from raw_catalog import bare, is_file, migrated


def renamed_models(chance: Chance) -> str:
    """New names, most of them free."""
    return f"UPDATE models SET name = 'n{chance.randint(0, 40)}' WHERE id = {chance.choice(IDS)}"


KINDS = {
    kind: weight
    for kind, weight in {**EVERYTHING, renamed_models: 3}.items()
    # A model that is deleted takes its history with it.
    if kind not in (deleted_models, forbidden)
}
COLUMNS = (*FACTS.split(", "), *(name for name in RANKING if name != "search_text"))
DUMP = f"SELECT {', '.join(COLUMNS)} FROM catalog ORDER BY model_id"
"""Every column of the catalog but that with aliases, of which no past is kept."""

AGED = {
    "models": ("first_seen", "last_seen"),
    "sightings": ("first_seen", "last_seen", "missing_since"),
    "capabilities": ("observed_at", "changed_at"),
    "catalog": ("valid_from",),
    "catalog_history": ("valid_from", "valid_to"),
    "capability_history": ("observed_at", "valid_from", "valid_to"),
    "model_history": ("at",),
    "resolver_history": ("at",),
    "runs": ("started_at", "finished_at"),
    "run_steps": ("started_at",),
}

Row = tuple[object, ...]


def opened(path: Place) -> Catalog:
    """The catalog as questions see it, with no key set; its connection dies with it."""
    return Catalog(path, open_catalog(path), Scope(time.strftime("%Y-%m-%d", time.gmtime())))


_MADE: dict[Callable[[Path], object], bytes] = {}


def copied(make: Callable[[Any], object], path: Any) -> Any:
    """What `make` makes of a path, made once; on a server made each time."""
    if isinstance(path, Postgres):
        make(path)
        return path
    if make not in _MADE:
        with TemporaryDirectory() as folder:
            original = Path(folder) / "original.db"
            make(original)
            _MADE[make] = original.read_bytes()
    path.write_bytes(_MADE[make])
    return path


def fresh(path: Any) -> Any:
    """A catalog to begin a life with."""
    with bare(migrated(path)) as connection:
        connection.execute("BEGIN")
        for statement in OPENING:
            connection.execute(statement)
        connection.execute("COMMIT")
    return path


def lived(path: Place, seed: int, moments: int, *, believed: bool = False) -> dict[str, list[Row]]:
    """Three random statements between any two moments; by moment, every row of the catalog.

    No moment shares its millisecond with a commit. `believed` is whether there are statements
    that give an opinion a time of their own, which may lie anywhere.
    """
    script = iter([s for s in typed(seed, 6 * moments, KINDS) if believed or "changed_at" not in s])
    seen: dict[str, list[Row]] = {}
    with bare(path) as connection:
        if is_file(connection):
            connection.execute("PRAGMA synchronous=OFF")
        for _ in range(moments):
            for _ in range(3):
                with contextlib.suppress(sqlite3.Error):
                    connection.execute(next(script))
            seen[moment_of(connection)] = connection.execute(DUMP).fetchall()
    return seen


def moment_of(connection: sqlite3.Connection) -> str:
    """A millisecond that lies between what was committed and what will be."""
    _next_millisecond(connection)
    moment = _clock(connection)
    _next_millisecond(connection)
    return moment


def _next_millisecond(connection: sqlite3.Connection) -> None:
    before = _clock(connection)
    while _clock(connection) == before:
        time.sleep(0.0002)


def _clock(connection: sqlite3.Connection) -> str:
    (now,) = connection.execute(f"SELECT {NOW}").fetchone()
    return str(now)


def age(path: Place, days: int) -> None:
    """All that happened so far happened so many days earlier."""
    with bare(path) as connection:
        earlier = f"strftime('%Y-%m-%dT%H:%M:%fZ', {{0}}, '-{days} days')"
        if not is_file(connection):
            then = f"CAST({{0}} AS timestamptz) AT TIME ZONE 'utc' - interval '{days} days'"
            earlier = f'to_char({then}, \'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"\')'
        connection.execute(
            f"UPDATE about SET value = {earlier.format('value')} WHERE key = 'born_at'"
        )
        with unguarded(connection):
            for table, columns in AGED.items():
                changes = ", ".join(f"{column} = {earlier.format(column)}" for column in columns)
                connection.execute(f"UPDATE {table} SET {changes}")


@contextlib.contextmanager
def unguarded(connection: Any) -> Iterator[None]:
    """Inside the block the copy may be written."""
    if not is_file(connection):
        connection.execute("ALTER TABLE catalog DISABLE TRIGGER USER")
        yield
        connection.execute("ALTER TABLE catalog ENABLE TRIGGER USER")
        return
    connection.execute("INSERT INTO deferral (active) VALUES (1)")
    connection.execute("INSERT INTO pending (model_id) SELECT model_id FROM catalog")
    yield
    connection.execute("DELETE FROM pending")
    connection.execute("DELETE FROM deferral")
