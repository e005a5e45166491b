"""Whether what is on this machine (shipped data, overrides) is in a catalog yet."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from modeldex import overrides, snapshots

DONE = (
    "SELECT kind, name, token, max(id) FROM run_steps WHERE status <> 'failed' "
    "GROUP BY kind, name"
)
"""SQL: the newest successful step of each source and resolver."""

Done = Mapping[tuple[str, str], object]


class Part(NamedTuple):
    """A source or resolver by kind and name, and the version of its data where it has one."""

    kind: str
    name: str
    token: str | None


def done(rows: Iterable[tuple[object, ...]]) -> dict[tuple[str, str], object]:
    """The rows of DONE as a mapping from kind and name to the version that was loaded."""
    return {(str(row[0]), str(row[1])): row[2] for row in rows}


def shipped() -> list[Part]:
    """The parts of a default registry that need no network, without importing them."""
    versions = {name: snapshots.version(name) for name in snapshots.NAMES}
    versions["overrides"] = overrides.digest(overrides.default_paths())
    return [Part(kind, *item) for item in versions.items() for kind in ("source", "resolver")]


def stale(done: Done, parts: Iterable[Part]) -> list[Part]:
    """The parts that never ran, or whose data has another version since."""
    return [
        part
        for part in parts
        if (part.kind, part.name) not in done
        or (part.token is not None and done[part.kind, part.name] != part.token)
    ]
