"""kill -9 at any moment of a refresh: a whole catalog, old or new, and nothing said is lost."""

import asyncio
import contextlib
import random
import re
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from modeldex.migrate import migrate
from modeldex.opening import open_reader
from modeldex.report import RefreshReport
from modeldex.store import CHUNK
from processes import Child, broken_rules
from victims import FEED, LIVE, Editions, names, refreshed

pytestmark = pytest.mark.sqlite_only("kills of processes that write a file")

HOURS = 7200
NIGHTLY = [pytest.mark.nightly, pytest.mark.timeout(HOURS)]
PROMISED = [pytest.mark.promised, pytest.mark.timeout(600)]
FACTS = {FEED: ("litellm", "input_cost_per_1m"), LIVE: ("vllm_api", "served_context")}
"""Of each source the resolver that reads its answer, and the field that holds the edition."""

CYCLE = 8
"""After so many editions the same models come again."""

FORKING = """
sys.path.insert(0, ARGS[0])
import victims
victims.serve(hear, *ARGS[1:])
"""


def live(connection: sqlite3.Connection, source: str) -> set[str]:
    """The models that a source sees now."""
    rows = connection.execute(
        "SELECT m.name FROM sightings s JOIN models m ON m.id = s.model_id "
        "WHERE s.source = ? AND s.missing_since IS NULL",
        (source,),
    )
    return {name for (name,) in rows}


def facts(connection: sqlite3.Connection, source: str) -> dict[str, int]:
    """Of which edition the opinion about each model is."""
    resolver, field = FACTS[source]
    rows = connection.execute(
        f"SELECT m.name, CAST(round(c.{field}) AS INTEGER) FROM capabilities c "
        "JOIN models m ON m.id = c.model_id WHERE c.resolver = ?",
        (resolver,),
    )
    return dict(rows.fetchall())


def etags(connection: sqlite3.Connection) -> list[int]:
    """The editions that the feed's source and its resolver will call unchanged."""
    rows = connection.execute(
        "SELECT token, max(id) FROM run_steps WHERE name = ? AND status <> 'failed' "
        "GROUP BY kind ORDER BY kind DESC",
        (FEED,),
    )
    return [int(re.findall(r'etag:"(\d+)"', token)[0]) for token, _ in rows]


class State(NamedTuple):
    """Of which edition the rows of a source and its resolver wholly are; None where mixed."""

    listed: int | None
    stated: int | None


def state(connection: sqlite3.Connection, source: str, host: Editions) -> State:
    """Looks for the newest edition that the rows can be of, up to the host's."""
    editions = range(host.edition, max(0, host.edition - CYCLE), -1)
    lists = {edition: set(names(source, edition, host.count)) for edition in editions}
    seen, stated = live(connection, source), facts(connection, source)
    newest = max(stated.values())
    is_whole = all(stated.get(name) == newest for name in lists[newest])
    listed = next((edition for edition in editions if lists[edition] == seen), None)
    return State(listed, newest if is_whole else None)


class Killer:
    """Kills refreshes of a catalog, each to the next edition of a host, and looks at what is left.

    `moments` counts how far they had come, `mixed` the answers that were there in part.
    """

    def __init__(self, path: Path, host: Editions, forking: Child) -> None:
        self.path, self.host, self.forking = path, host, forking
        self.moments: Counter[str] = Counter()
        self.mixed = 0
        self._steps: Counter[str] = Counter()
        self._measured: set[int] = set()
        self._chance = random.Random(2026)  # noqa: S311 - not a secret
        begun = time.monotonic()
        self.refresh()
        self._seconds = time.monotonic() - begun

    def refresh(self) -> RefreshReport:
        """One that nobody kills."""
        return asyncio.run(refreshed(self.path, self.host.url, self._told))

    def kill(self) -> None:
        """Kill a refresh to the next edition, and a writer beside it, at some moment."""
        self.host.edition += 1
        moment = self._chance.uniform(0, self._seconds)
        self.forking.tell([self.path, self.host.edition * 10_000, moment])
        steps = 0
        while not isinstance(said := self.forking.hear(), list):
            steps += isinstance(said, str)
            self._told(said)
        self._aim(said, steps)

    def _told(self, said: str | int) -> None:
        """Remember what was acknowledged: a measurement, or a step that is written."""
        if isinstance(said, int):
            self._measured.add(said)
        elif ": ok," in said:
            self._steps[said.partition(":")[0]] += 1

    def _aim(self, codes: list[int], steps: int) -> None:
        """Note the moment; wait a little less for the next where this refresh was done before."""
        assert codes in ([-9, -9], [-9, 0])
        killed = codes[1] != 0
        self._seconds *= 1.1 if killed else 0.6
        inside = self.path.with_name(f"{self.path.name}-journal").exists()
        came = f"after {steps} steps" if killed else "done"
        self.moments[f"{came}{', in a transaction' * inside}"] += 1

    def wrong(self) -> list[str]:
        """What is broken or lost after a kill; an ETag that is of other rows than there are."""
        with contextlib.closing(open_reader(self.path)) as connection:
            found = self._states(connection)
            tags, lost = etags(connection), self._lost(connection)
        self.mixed += sum(edition is None for state in found for edition in state)
        torn = [
            f"ETag {tag} on rows of {edition}"
            for edition, tag in zip(found[0], tags, strict=True)
            if tag != edition and (edition is not None or tag == self.host.edition)
        ]
        return [*broken_rules(self.path), *lost, *torn]

    def unfinished(self) -> list[object]:
        """What a refresh that nobody kills leaves undone."""
        report = self.refresh()
        with contextlib.closing(open_reader(self.path)) as connection:
            found = self._states(connection)
        whole = [State(self.host.edition, self.host.edition)] * 2
        return [(report, found)] * ((report.status, found) != ("ok", whole))

    def _states(self, connection: sqlite3.Connection) -> list[State]:
        return [state(connection, source, self.host) for source in (FEED, LIVE)]

    def _lost(self, connection: sqlite3.Connection) -> list[str]:
        """What was acknowledged and is not there."""
        steps = connection.execute("SELECT name FROM run_steps WHERE status = 'ok'")
        lost = self._steps - Counter(name for (name,) in steps)
        measured = connection.execute("SELECT CAST(run_id AS INTEGER) FROM measurements")
        gone = self._measured - {number for (number,) in measured}
        return [f"lost: {what}" for what in (*lost.elements(), *gone)]


@pytest.fixture(scope="module")
def host() -> Iterator[Editions]:
    """The host that all refreshes of this module ask."""
    with Editions() as server:
        yield server


@pytest.fixture(scope="module")
def forking(host: Editions, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Child]:
    """A process that has imported everything and forks victims."""
    spare = tmp_path_factory.mktemp("spare") / "catalog.db"
    with Child(FORKING, Path(__file__).parent, spare, host.url, limit=HOURS) as child:
        assert child.hear() == "ready"
        yield child
        child.tell(None)
        assert child.end().errors == ""


@pytest.mark.parametrize(
    ("journal", "count", "kills", "in_a_row"),
    [
        ("delete", 12, 6, 3),
        ("wal", 12, 6, 3),
        pytest.param("delete", 12, 60, 3, marks=PROMISED),
        pytest.param("wal", 12, 60, 3, marks=PROMISED),
        pytest.param("delete", 1000, 5, 1, marks=PROMISED),
        pytest.param("wal", 1000, 5, 1, marks=PROMISED),
        pytest.param("delete", 12, 500, 1, marks=NIGHTLY),
        pytest.param("wal", 12, 500, 1, marks=NIGHTLY),
        pytest.param("delete", 2500, 100, 2, marks=NIGHTLY),
        pytest.param("wal", 2500, 100, 2, marks=NIGHTLY),
    ],
)
def test_a_kill_during_a_refresh_harms_nothing(
    catalog_path: Path, host: Editions, forking: Child, *, journal: str, count: int, kills: int,
    in_a_row: int,
) -> None:  # fmt: skip
    """Each answer is there wholly or not at all, as its ETag says, and the next refresh ends well.

    An answer that takes several transactions may be there in part, but not under its ETag.
    """
    migrate(catalog_path, journal=journal)
    host.edition, host.count = 1, count
    killer = Killer(catalog_path, host, forking)
    wrong, unfinished = [], []
    for turn in range(1, kills + 1):
        killer.kill()
        wrong += killer.wrong()
        unfinished += killer.unfinished() if turn % in_a_row == 0 else []
    print(
        f"{journal}, {count} models: {dict(sorted(killer.moments.items()))}, {killer.mixed} mixed"
    )
    assert (wrong + killer.wrong(), unfinished) == ([], [])
    assert killer.mixed == 0 or count >= CHUNK / 2
    assert killer.moments.total() - killer.moments["done"] > kills / 3
