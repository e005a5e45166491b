"""Many processes on one catalog: nothing is lost, nobody waits for long, nobody reads old news."""

import asyncio
import contextlib
import sqlite3
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from modeldex import CatalogLocked, ModelRegistry, ModelSpec, ModelWithCapabilities, store
from modeldex.db import Writer, open_reader
from modeldex.fields import NAMES
from modeldex.migrate import migrate
from modeldex.reader import Reader
from modeldex.schema import SCHEMA
from modeldex.snapshots import header
from processes import Child, children, run, together

NIGHTLY = pytest.mark.nightly


def ask(path: Path, sql: str) -> Any:
    """The first column of the first row of one SELECT."""
    with contextlib.closing(open_reader(path)) as connection:
        return connection.execute(sql).fetchone()[0]


def disagreements(path: Path) -> int:
    """Rows in which the maintained copy and its definition differ, plus upkeep left over."""
    columns = ", ".join(("model_id", "provider", "name", "family", "display_name", "live", *NAMES))
    one, other = (f"SELECT {columns} FROM {name}" for name in ("catalog", "catalog_rows"))
    return ask(
        path,
        f"SELECT (SELECT count(*) FROM ({one} EXCEPT {other})) "
        f"+ (SELECT count(*) FROM ({other} EXCEPT {one})) "
        "+ (SELECT count(*) FROM pending) + (SELECT count(*) FROM pending_measurements) "
        "+ (SELECT count(*) FROM deferral)",
    )


class Listed:
    """A source that sees `count` models of one provider, and takes `seconds` to say so."""

    name = "listed"

    def __init__(self, count: int, seconds: float = 0.0) -> None:
        self.count = count
        self.seconds = seconds

    async def discover(self) -> list[ModelSpec]:
        await asyncio.sleep(self.seconds)
        return [ModelSpec(provider="acme", name=f"m{i:05d}") for i in range(self.count)]


class Windows:
    """A resolver that gives every model the same window."""

    name = "windows"

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[dict[str, int]]:
        return [{"max_context": self.tokens} for _ in specs]

    async def get_capabilities(self, spec: ModelSpec) -> Any:
        raise NotImplementedError


# Writers.

READ_MODIFY_WRITE = """
import time
from pathlib import Path
from modeldex import ModeldexError
from modeldex.db import Writer

path, times, number = Path(ARGS[0]), ARGS[1], ARGS[2]
failures, slowest = [], 0.0
import sqlalchemy.dialects.sqlite
say("ready"); hear()
with Writer(path) as writer:
    for turn in range(times):
        begun = time.perf_counter()
        try:
            with writer.transaction() as connection:
                run = connection.exec_driver_sql
                count = int(run("SELECT value FROM about WHERE key = 'count'").one()[0])
                run("UPDATE about SET value = ? WHERE key = 'count'", (str(count + 1),))
                for part in range(5):
                    run(
                        "INSERT INTO models (provider, name) VALUES ('acme', ?)",
                        (f"{number}-{turn}-{part}",),
                    )
        except ModeldexError as error:
            failures.append(str(error))
        slowest = max(slowest, time.perf_counter() - begun)
say({"failures": failures, "slowest": slowest})
"""


@pytest.mark.parametrize(
    ("journal", "writers", "times"),
    [
        ("delete", 16, 150),
        ("wal", 8, 100),
        pytest.param("delete", 32, 1000, marks=NIGHTLY),
        pytest.param("wal", 32, 1000, marks=NIGHTLY),
    ],
)
def test_concurrent_writers_lose_nothing(
    catalog_path: Path, journal: str, writers: int, times: int
) -> None:
    """Read-modify-write transactions of many processes all count, whole, and none is refused."""
    migrate(catalog_path, journal=journal)
    with sqlite3.connect(catalog_path) as connection:
        connection.execute("INSERT INTO about (key, value) VALUES ('count', '0')")
    connection.close()
    ended = together(writers, READ_MODIFY_WRITE, catalog_path, times, limit=160)
    assert [child.errors for child in ended] == [""] * writers
    slowest = max(child.said[0]["slowest"] for child in ended)
    print(f"{journal}: {writers} x {times}, slowest write {slowest:.2f} s")
    assert [child.said[0]["failures"] for child in ended] == [[]] * writers
    assert ask(catalog_path, "SELECT value FROM about WHERE key = 'count'") == str(writers * times)
    assert ask(catalog_path, "SELECT count(*) FROM models") == 5 * writers * times
    assert ask(catalog_path, "PRAGMA journal_mode") == journal
    assert ask(catalog_path, "PRAGMA integrity_check") == "ok"
    assert disagreements(catalog_path) == 0


WRITE_WHEN_TOLD = """
import sqlite3, time
connection = sqlite3.connect(ARGS[0], isolation_level=None, timeout=0)
say("ready")
while (name := hear()) is not None:
    try:
        connection.execute("INSERT INTO models (provider, name) VALUES ('shell', ?)", (name,))
        say("ok")
    except sqlite3.Error as error:
        say(str(error))
"""


class Asked(Listed):
    """A source during whose answer a bare shell, which waits for nothing, writes."""

    def __init__(self, count: int, shell: Child) -> None:
        super().__init__(count)
        self.shell = shell
        self.wrote = ""

    async def discover(self) -> list[ModelSpec]:
        self.shell.tell("while-it-answers")
        self.wrote = await asyncio.to_thread(self.shell.hear)
        return await super().discover()


async def test_no_transaction_is_open_while_a_source_answers(either_journal: Path) -> None:
    """A shell that does not wait can write at the moment a source is being asked."""
    with Child(WRITE_WHEN_TOLD, either_journal) as shell:
        assert shell.hear() == "ready"
        source = Asked(10, shell)
        async with ModelRegistry([source], [], db=either_journal) as registry:
            report = await registry.refresh()
        shell.tell(None)
    assert source.wrote == "ok"
    assert [step.seen for step in report.steps] == [10]


SHORT_WRITES = """
import select, time
from pathlib import Path
from modeldex import ModeldexError
from modeldex.db import Writer

waits, failures, turn = [], [], 0
with Writer(Path(ARGS[0])) as writer:
    with writer.transaction():
        pass
    say("ready")
    while not select.select([sys.stdin], [], [], 0.005)[0]:
        turn += 1
        begun = time.perf_counter()
        try:
            with writer.transaction() as connection:
                connection.exec_driver_sql(
                    "INSERT INTO models (provider, name) VALUES ('short', ?)", (f"m{turn}",)
                )
        except ModeldexError as error:
            failures.append(str(error))
        waits.append((time.perf_counter() - begun) * 1000)
say({"waits": waits, "failures": failures})
"""


async def test_others_get_their_turn_during_a_large_refresh(
    either_journal: Path
) -> None:
    """20,000 models are written in small transactions, and short writes land in between."""
    with Child(SHORT_WRITES, either_journal) as shorts:
        assert shorts.hear() == "ready"
        source = Listed(20_000, seconds=0.2)
        async with ModelRegistry([source], [Windows(1000)], db=either_journal) as registry:
            report = await registry.refresh()
        shorts.tell("stop")
        others = shorts.end().said[0]
    assert (report.status, others["failures"]) == ("ok", [])
    with contextlib.closing(open_reader(either_journal)) as connection:
        steps = connection.execute(
            "SELECT changed * CASE kind WHEN 'source' THEN 2 ELSE 1 END, chunks, write_ms "
            "FROM run_steps ORDER BY id"
        ).fetchall()
        (gaps,) = connection.execute(
            "SELECT count(DISTINCT (SELECT count(*) FROM models a WHERE a.provider = 'acme' "
            "AND a.id < s.id)) - 2 FROM models s WHERE s.provider = 'short'"
        ).fetchone()
    waits = statistics.quantiles(others["waits"], n=100)
    print(
        f"write lock held at most {max(ms for *_, ms in steps)} ms; others waited p50 "
        f"{waits[49]:.1f}, p99 {waits[98]:.0f}, max {max(others['waits']):.0f} ms; {gaps} gaps used"
    )
    assert [rows for rows, *_ in steps] == [40_000, 20_000]
    assert max(rows / chunks for rows, chunks, _ in steps) <= store.CHUNK <= 5000
    assert gaps >= 4
