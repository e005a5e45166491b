"""Who ends refreshes of a catalog at some moment, and looks at what they leave."""

import asyncio
import contextlib
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from child_processes import Child, broken_rules
from killed_refreshes import FEED, LIVE, Editions, names, refreshed
from modeldex.refresh.report import RefreshReport
from modeldex.storage.location import Place, Postgres
from modeldex.storage.open import open_catalog

HOURS = 28_800
FACTS = {FEED: ("litellm", "input_cost_per_1m"), LIVE: ("vllm_api", "served_context")}
"""Of each source the resolver that reads its answer, and the field that holds the edition."""

STEPS = 4
"""Of a whole refresh: two sources, two resolvers."""

CYCLE = 8
"""After so many editions the same models come again."""

FORKING = """
sys.path.insert(0, ARGS[0])
import killed_refreshes
killed_refreshes.serve(hear, *ARGS[1:])
"""


@contextlib.contextmanager
def forker(spare: Place, host: Editions) -> Iterator[Child]:
    """A process that has imported everything, warmed up with a catalog, and forks victims."""
    folder = Path(__file__).parent
    with Child(FORKING, folder, spare, host.url, limit=HOURS, forked=True) as child:
        assert child.receive() == "ready"
        yield child
        child.send_value(None)
        assert child.end().errors == ""


def live(connection: Any, source: str) -> set[str]:
    """The models that a source sees now."""
    rows = connection.execute(
        "SELECT m.name FROM sightings s JOIN models m ON m.id = s.model_id "
        "WHERE s.source = :source AND s.missing_since IS NULL",
        {"source": source},
    )
    return {name for (name,) in rows}


def facts(connection: Any, source: str) -> dict[str, int]:
    """Of which edition the opinion about each model is."""
    resolver, field = FACTS[source]
    rows = connection.execute(
        f"SELECT m.name, CAST(round(c.{field}) AS INTEGER) FROM capabilities c "
        "JOIN models m ON m.id = c.model_id WHERE c.resolver = :resolver",
        {"resolver": resolver},
    )
    return dict(rows.fetchall())


def etags(connection: Any) -> list[int]:
    """The editions that the feed's source and its resolver will call unchanged."""
    rows = connection.execute(
        "SELECT token FROM run_steps WHERE id IN (SELECT max(id) FROM run_steps "
        "WHERE name = :feed AND status <> 'failed' GROUP BY kind) ORDER BY kind DESC",
        {"feed": FEED},
    )
    return [int(re.findall(r'etag:"(\d+)"', token)[0]) for (token,) in rows]


class State(NamedTuple):
    """Of which edition the rows of a source and its resolver wholly are; None where mixed."""

    listed: int | None
    stated: int | None


def state(connection: Any, source: str, host: Editions) -> State:
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

    `moments` counts how far they had come, `mixed` the answers that were there in part;
    `complaints` are the errors of those who were not killed but cut off.
    """

    def __init__(self, path: Place, host: Editions, forking: Child) -> None:
        self.path, self.host, self.forking = path, host, forking
        self.moments: Counter[str] = Counter()
        self.mixed = 0
        self.complaints: list[str] = []
        self._steps: Counter[str] = Counter()
        self._measured: set[int] = set()
        self._chance = random.Random(2026)  # noqa: S311 - not a secret
        begun = time.monotonic()
        self.refresh()
        self._seconds = time.monotonic() - begun

    @property
    def cut(self) -> int:
        """How many were ended before they were done."""
        return self.moments.total() - self.moments["done"]

    def refresh(self) -> RefreshReport:
        """One that nobody kills."""
        return asyncio.run(refreshed(self.path, self.host.url, self._told))

    def kill(self) -> None:
        """Kill a refresh to the next edition, and a writer beside it, at some moment."""
        steps, codes = self._heard(self._chance.uniform(0, self._seconds))
        assert codes in ([-9, -9], [-9, 0])
        self._aim(steps, is_cut=codes[1] != 0)

    def cut_off(self, server_ends: Callable[[], object]) -> None:
        """Let the server end such a refresh at some moment; both are to end by themselves."""
        steps, codes = self._heard(self._chance.uniform(0, self._seconds), server_ends)
        assert codes in ([-9, 0], [0, 0])
        self._aim(steps, is_cut=steps < STEPS)

    def _heard(
        self, moment: float, server_ends: Callable[[], object] | None = None
    ) -> tuple[int, list[int]]:
        """How many steps a refresh took, and the exit codes."""
        self.host.edition += 1
        place = self.path.url if isinstance(self.path, Postgres) else self.path
        self.forking.send_value(
            [place, self.host.edition * 10_000, moment, server_ends is not None]
        )
        steps = 0
        while not isinstance(said := self.forking.receive(), list):
            if said == "now" and server_ends is not None:
                server_ends()
                self.forking.send_value("done")
            else:
                steps += isinstance(said, str)
                self._told(said)
        return steps, said

    def _told(self, said: str | int | dict[str, str]) -> None:
        """Remember what was acknowledged, a measurement or a step that is written; complaints."""
        if isinstance(said, int):
            self._measured.add(said)
        elif isinstance(said, dict):
            self.complaints.append(said["error"])
        elif ": ok," in said:
            self._steps[said.partition(":")[0]] += 1

    def _aim(self, steps: int, *, is_cut: bool) -> None:
        """Note the moment; wait a little less for the next where this refresh was done before."""
        self._seconds *= 1.1 if is_cut else 0.6
        inside = Path(f"{self.path}-journal").exists()
        came = f"after {steps} steps" if is_cut else "done"
        self.moments[f"{came}{', in a transaction' * inside}"] += 1

    def wrong(self) -> list[str]:
        """What is broken or lost after a kill; an ETag that is of other rows than there are."""
        with contextlib.closing(open_catalog(self.path)) as connection:
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
        with contextlib.closing(open_catalog(self.path)) as connection:
            found = self._states(connection)
        whole = [State(self.host.edition, self.host.edition)] * 2
        return [(report, found)] * ((report.status, found) != ("ok", whole))

    def _states(self, connection: Any) -> list[State]:
        return [state(connection, source, self.host) for source in (FEED, LIVE)]

    def _lost(self, connection: Any) -> list[str]:
        """What was acknowledged and is not there."""
        steps = connection.execute("SELECT name FROM run_steps WHERE status = 'ok'")
        lost = self._steps - Counter(name for (name,) in steps)
        measured = connection.execute("SELECT CAST(run_id AS INTEGER) FROM measurements")
        gone = self._measured - {number for (number,) in measured}
        return [f"lost: {what}" for what in (*lost.elements(), *gone)]
