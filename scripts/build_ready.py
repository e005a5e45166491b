"""Make the ready file: load the snapshots into a new catalog, and compress it.

python scripts/build_ready.py

Writes into `src/modeldex/data/ready/`, which git ignores, unless what is there is current. Beside
the catalog it puts what an installed package has in place of the snapshots' text: each of them
compressed, and their headers. The same source gives the same bytes, with the same SQLite.
"""

import asyncio
import json
import lzma
import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src"

NO_TIME = "1970-01-01T00:00:00.000Z"
"""Stands for times and ids that each copy gets of its own."""


def _isolate(folder: Path) -> None:
    """Leave out the keys, files and settings of whoever builds, and use this source."""
    sys.path.insert(0, str(SOURCE))
    for name in list(os.environ):
        if name.startswith(("MODELDEX_", "OLLAMA_", "XDG_")):
            del os.environ[name]
    os.environ |= {
        "HOME": str(folder), "USERPROFILE": str(folder), "MODELDEX_PROVIDERS": os.devnull,
    }  # fmt: skip


@contextmanager
def _on_the_day_of_the_data() -> Iterator[None]:
    """Let it be the day of the newest snapshot: what has a date is in force as of then."""
    from modeldex.upstream import snapshots
    from modeldex.vocabulary import clock

    day = max(snapshots.header(name)["as_of"] for name in snapshots.NAMES)
    moment = datetime.fromisoformat(f"{day}T12:00:00+00:00").timestamp()
    wall, clock.wall = clock.wall, lambda: moment
    try:
        yield
    finally:
        clock.wall = wall


async def _load(path: Path) -> None:
    """Load what is shipped, as a registry without keys does."""
    from modeldex.refresh.defaults import default_parts
    from modeldex.refresh.run import refresh

    parts = default_parts({})
    report = await refresh(
        path,
        [source for source in parts.sources if not getattr(source, "network", False)],
        [resolver for resolver in parts.resolvers if not getattr(resolver, "network", False)],
        kind="shipped",
        environ={},
    )
    if report.status != "ok":
        raise SystemExit(f"{report}: {[step.error for step in report.failed]}")


def _statements() -> Iterator[tuple[str, dict[str, str]]]:
    """SQL that replaces the times of this build by the days of the data."""
    from modeldex.storage.sqlite.new_file import BORN
    from modeldex.upstream import snapshots

    days = {name: f"{snapshots.header(name)['as_of']}T00:00:00.000Z" for name in snapshots.NAMES}
    for name, day in days.items():
        yield (
            "UPDATE sightings SET first_seen = :day, last_seen = :day WHERE source = :name",
            {"name": name, "day": day},
        )
    seen = "SELECT min(s.first_seen), max(s.last_seen) FROM sightings s WHERE s.model_id = id"
    yield f"UPDATE models SET (first_seen, last_seen) = ({seen})", {}
    newest = {"day": max(days.values())}
    yield "UPDATE capabilities SET changed_at = :day", newest
    yield "UPDATE catalog SET valid_from = :day", newest
    yield "UPDATE model_history SET at = :day", newest
    for statement in BORN:
        yield statement, {"now": NO_TIME, "catalog_id": "0" * 32}
    yield "UPDATE run_steps SET fetch_ms = 0, write_ms = 0", {}


def _remember_state(connection: sqlite3.Connection) -> None:
    """Enter the state from which opinions were inferred, which has times in it."""
    from modeldex.storage import inferred

    now = inferred.remembered(connection, inferred.ORDER)
    connection.execute("UPDATE about SET value = ? WHERE key = ?", (now, inferred.KEY))


def _leave_out_indexes(connection: sqlite3.Connection) -> None:
    """Drop those of tasks and providers, a sixth of the file; whoever copies it makes them."""
    from modeldex.storage.sqlite.scratch import LEFT_OUT

    found = connection.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'catalog' "
        "AND (name LIKE 'catalog_for_%' OR name LIKE '%_by_provider' OR name LIKE '%_base')"
    ).fetchall()
    for name, _ in found:
        connection.execute(f'DROP INDEX "{name}"')
    made = ";\n".join(sql for _, sql in found)
    connection.execute("INSERT INTO about (key, value) VALUES (?, ?)", (LEFT_OUT, made))


def _settle(path: Path, target: Path) -> None:
    """Copy the catalog without anything that differs from build to build."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        triggers = connection.execute(
            "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' ORDER BY rowid"
        ).fetchall()
        for name, _ in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        for statement, given in _statements():
            connection.execute(statement, given)
        _remember_state(connection)
        _leave_out_indexes(connection)
        for _, sql in triggers:
            connection.execute(sql)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode=delete")
        connection.execute("VACUUM INTO ?", (str(target),))


@contextmanager
def _written(folder: Path) -> Iterator[Path]:
    """A new folder, whose files replace those of `folder` at the end."""
    from modeldex.upstream import ready

    with tempfile.TemporaryDirectory(prefix=".making-", dir=folder) as made:
        yield Path(made)
        ready.MADE_FROM.unlink(missing_ok=True)
        for file in Path(made).iterdir():
            file.replace(folder / file.name)


def _packed(content: bytes) -> bytes:
    """Compress as a text of bytes, not of words of 4, which is smaller by a twentieth."""
    best = {"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 4, "pb": 0}
    return lzma.compress(content, filters=[best])


def make() -> None:
    """Make the ready file if there is no current one; one process at a time."""
    from filelock import FileLock

    from modeldex.upstream import ready, snapshots

    snapshots.READY.mkdir(exist_ok=True)
    with FileLock(snapshots.READY / ".lock"):
        if ready.is_current():
            return
        digest = ready.made_from()
        with _written(snapshots.READY) as made, tempfile.TemporaryDirectory() as scratch:
            loaded, settled = Path(scratch) / "loaded.db", Path(scratch) / "settled.db"
            with _on_the_day_of_the_data():
                asyncio.run(_load(loaded))
                _settle(loaded, settled)
            (made / ready.CATALOG.name).write_bytes(_packed(settled.read_bytes()))
            for name in snapshots.NAMES:
                text = snapshots.path(name).read_bytes()
                (made / snapshots.compressed_path(name).name).write_bytes(_packed(text))
            headers = {name: snapshots.header(name) for name in snapshots.NAMES}
            (made / snapshots.HEADERS.name).write_text(json.dumps(headers, indent=1) + "\n")
        ready.MADE_FROM.write_text(digest)  # last: without it the other files do not count


if __name__ == "__main__":
    home = Path(tempfile.mkdtemp(prefix="modeldex-build-"))
    try:
        _isolate(home)
        make()
    finally:
        shutil.rmtree(home)
