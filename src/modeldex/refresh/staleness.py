"""Staleness of local data (shipped data sets, overrides, perf.json) in a catalog."""

from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import NamedTuple

from modeldex.measurements import perf_lab_file
from modeldex.storage.location import Place
from modeldex.storage.open import open_catalog
from modeldex.storage.schema.version import CHANGES_ON, LOADED_AFTER
from modeldex.upstream import editions, override_files, snapshots
from modeldex.version import __version__
from modeldex.vocabulary import clock

LOADED_TOKENS = (
    "SELECT s.kind, s.name, s.token FROM run_steps s WHERE s.id IN "
    "(SELECT max(id) FROM run_steps WHERE status <> 'failed' GROUP BY kind, name)"
)
"""SQL: the newest successful step of each source and resolver."""

VERSION_RAN = (
    "SELECT 1 FROM runs WHERE version = :version AND status <> 'running' AND id > coalesce("
    f"(SELECT CAST(value AS BIGINT) FROM about WHERE key = '{LOADED_AFTER}'), 0) LIMIT 1"
)
"""SQL: a row if this version of modeldex has loaded what it ships since it made its objects."""

DAY_CAME = f"SELECT 1 FROM about WHERE key = '{CHANGES_ON}' AND value <= :today"
"""SQL: a row if a price has begun by its date since the last refresh."""

LoadedTokens = Mapping[tuple[str, str], object]


class Part(NamedTuple):
    """A source or resolver: kind, name, and the version token of its data if it has one."""

    kind: str
    name: str
    token: str | None


def loaded_tokens(rows: Iterable[tuple[object, ...]]) -> dict[tuple[str, str], object]:
    """The rows of LOADED_TOKENS as a mapping from (kind, name) to the token that was loaded."""
    return {(str(row[0]), str(row[1])): row[2] for row in rows}


def shipped_parts() -> list[Part]:
    """The default parts that need no network, without importing their modules."""
    versions = {name: snapshots.version(name) for name in snapshots.NAMES}
    versions["overrides"] = override_files.digest(override_files.default_paths())
    parts = [Part(kind, *item) for item in versions.items() for kind in ("source", "resolver")]
    parts.append(Part("source", "env", None))
    if (file := perf_lab_file.default_path()) is not None:
        parts.append(Part("resolver", perf_lab_file.NAME, perf_lab_file.version(file)))
    return parts


def stale_parts(done: LoadedTokens, parts: Iterable[Part]) -> list[Part]:
    """The parts that never ran, or whose data has changed since.

    A data set counts only if it is newer than the stored one, which a refresh may have fetched
    from its feed.
    """
    return [
        part
        for part in parts
        if (part.kind, part.name) not in done
        or _is_outdated(done[part.kind, part.name], part.token)
    ]


def only_a_day_came(place: Place, parts: Iterable[Part]) -> bool:
    """Whether all of these parts are current, but for prices that begin by their date."""
    with closing(open_catalog(place)) as connection:
        if not connection.execute(DAY_CAME, {"today": clock.today().isoformat()}).fetchall():
            return False
        ran = connection.execute(VERSION_RAN, {"version": __version__}).fetchall()
        done = loaded_tokens(connection.execute(LOADED_TOKENS).fetchall())
    return bool(ran) and not stale_parts(done, parts)


def _is_outdated(stored: object, token: str | None) -> bool:
    if editions.parse(token):
        return editions.is_newer(token, str(stored))
    return token is not None and stored != token
