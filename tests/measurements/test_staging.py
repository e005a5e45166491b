"""Taking samples in: each as often as it was there or is given, whoever brings it."""

import asyncio
import json
import os
import random
import signal
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from child_processes import Child, broken_rules, run
from modeldex import (
    CatalogError,
    CatalogTooNew,
    InvalidMeasurements,
    Measurement,
    ModelRegistry,
    NotACatalog,
)
from modeldex.measurements.import_file import import_file
from modeldex.measurements.record import RecordReport, numbered_rows, record
from modeldex.storage.location import Place
from modeldex.storage.sqlite.migrate import migrate
from raw_catalog import bare

DAY = "2026-11-{:02d}T10:00:00.000Z"
CONTENT = (
    "SELECT provider, name, measured_at, tokens_per_second, supports_tools, error, samples, "
    "host, run_id FROM measurements ORDER BY id"
)


@pytest.fixture
def catalog(blank_catalog: Place) -> Place:
    """An empty catalog."""
    return blank_catalog


def one(
    day: int | None = 1, tps: float = 50, name: str = "alpha", **more: object
) -> dict[str, Any]:
    """One row about a model of acme."""
    when = {} if day is None else {"measured_at": DAY.format(day)}
    return {"provider": "acme", "name": name, "tps": tps, **when, **more}


def take(place: Place, rows: Iterable[Mapping[str, object]], **how: Any) -> RecordReport:
    """Record some rows."""
    return record(place, numbered_rows(rows), **how)


def counts(report: RecordReport) -> tuple[int, int, int]:
    """Added, there already, refused."""
    return report.added, report.duplicates, report.refused_rows


def select(place: Place, sql: str = CONTENT) -> list[Any]:
    """Rows of one SELECT by another program; of one column, its values."""
    with bare(place) as connection:
        rows = connection.execute(sql).fetchall()
    return [row[0] for row in rows] if rows and len(rows[0]) == 1 else rows


def jsonl(file: Path, rows: Iterable[Mapping[str, object]]) -> Path:
    """Rows as a file of JSON Lines."""
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


# The law.


def test_a_sample_is_there_as_often_as_it_was_or_is_given(catalog: Place) -> None:
    """After any imports each content is there as often as the most that one import gave of it."""
    chance = random.Random(11)  # noqa: S311 - reproducible
    pool = [one(day, tps) for day in (1, 2) for tps in (50, 60)]
    pool += [one(1, 50, "beta", run_id="r", tools=tools) for tools in (None, True, False)]
    pool += [one(None, tps, run_id=run) for tps in (50, 60) for run in ("x", "y")]
    expected: Counter[str] = Counter()
    wrong = []
    for _ in range(12):
        batch = chance.choices(pool, k=chance.randrange(12))
        before = expected.total()
        expected |= Counter(json.dumps(row) for row in batch)
        added = expected.total() - before
        wrong += [
            (batch, r)
            for r in [take(catalog, batch)]
            if counts(r) != (added, len(batch) - added, 0)
        ]
    found = select(catalog, "SELECT count(*) FROM measurements")
    assert (wrong, found) == ([], [expected.total()])
    assert broken_rules(catalog) == []


@pytest.mark.sqlite_only("each takes the file of the other")
def test_two_catalogs_that_take_each_other_hold_the_same(tmp_path: Path) -> None:
    """Each once, also what a shell wrote in another spelling; the second time adds nothing."""
    ours, theirs = tmp_path / "ours.db", tmp_path / "theirs.db"
    take_from = (migrate(ours), migrate(theirs))
    take(ours, [one(1), one(1), one(2, error="half\nof it"), one(3, host="here")])
    take(theirs, [one(1), one(3, host="here"), one(3, host="there")])
    with bare(theirs) as connection:
        connection.execute(
            "INSERT INTO measurements (provider, name, tokens_per_second, measured_at, error) "
            "VALUES ('acme', 'alpha', 50, '2026-11-04T10:00:00Z', 'two' || char(10) || 'lines')"
        )
    there, back = import_file(ours, theirs), import_file(theirs, ours)
    again = import_file(ours, theirs), import_file(theirs, ours)
    assert take_from == (True, True)
    assert [counts(r) for r in (there, back)] == [(2, 2, 0), (2, 4, 0)]
    assert [counts(r) for r in again] == [(0, 6, 0), (0, 6, 0)]
    speeds = "SELECT provider || name || speed_hint_tps FROM catalog"
    assert select(ours, speeds) == select(theirs, speeds) == ["acmealpha50.0"]


def test_the_other_catalog_is_only_read(tmp_path: Path, catalog: Place) -> None:
    """Its bytes stay, and so does its schema where that is an older one."""
    other = tmp_path / "older.db"
    migrate(other, revision="0001", journal="delete")
    with bare(other) as connection:
        connection.execute(
            "INSERT INTO measurements (provider, name, tokens_per_second) VALUES ('acme', 'a', 5)"
        )
    before = other.read_bytes()
    assert counts(import_file(catalog, other)) == (1, 0, 0)
    assert other.read_bytes() == before


@pytest.mark.parametrize(
    ("statements", "error"),
    [
        ((), CatalogError),
        (("CREATE TABLE t (x)",), NotACatalog),
        (("PRAGMA user_version = 7",), NotACatalog),
        (("PRAGMA application_id = 1835296120", "PRAGMA user_version = 99"), CatalogTooNew),
    ],
    ids=["missing", "foreign", "empty", "newer"],
)
def test_another_file_is_refused(
    tmp_path: Path, catalog: Place, statements: Sequence[str], error: type[CatalogError]
) -> None:
    """A file that is missing, of another program, empty or of a newer modeldex is not taken."""
    other = tmp_path / "other.db"
    for statement in statements:
        with bare(other) as connection:
            connection.execute(statement)
    with pytest.raises(error, match=r"other\.db: "):
        import_file(catalog, other)
    assert other.exists() == bool(statements)


def test_rows_without_a_time_have_that_of_their_file(tmp_path: Path, catalog: Place) -> None:
    """The same file twice is once; written anew it holds new samples."""
    file = jsonl(tmp_path / "s.jsonl", [one(None), one(None), one(None, 60)])
    os.utime(file, (1_700_000_000, 1_700_000_000.25))
    twice = [counts(import_file(catalog, file)) for _ in range(2)]
    os.utime(file, (1_700_000_060, 1_700_000_060))
    assert [*twice, counts(import_file(catalog, file))] == [(3, 0, 0), (0, 3, 0), (3, 0, 0)]
    times = select(catalog, "SELECT DISTINCT measured_at FROM measurements ORDER BY 1")
    assert [time[:17] for time in times] == ["2023-11-14T22:13:", "2023-11-14T22:14:"]


def test_a_file_of_the_future_is_of_now(tmp_path: Path, catalog: Place) -> None:
    """A file time that is to come is no reason to refuse what the file holds."""
    file = jsonl(tmp_path / "s.jsonl", [one(None)])
    os.utime(file, (9e9, 9e9))
    assert counts(import_file(catalog, file)) == (1, 0, 0)


def test_a_run_that_is_tried_again_adds_nothing(catalog: Place) -> None:
    """With a run id and no time the time does not matter; another run, or none, is news."""
    batch = [
        one(None, run_id="nightly"),
        one(None, run_id="nightly"),
        one(None, 60, run_id="nightly"),
    ]
    first, retried = take(catalog, batch), take(catalog, batch)
    other, plain = take(catalog, [one(None, run_id="next")]), take(catalog, [one(None)] * 2)
    reports = [first, retried, other, plain, take(catalog, [one(None)])]
    assert list(map(counts, reports)) == [(3, 0, 0), (0, 3, 0), (1, 0, 0), (2, 0, 0), (1, 0, 0)]


def test_the_newest_of_one_time_are_the_last_of_the_file(tmp_path: Path, catalog: Place) -> None:
    """Samples that share a time keep the order they were given in, whatever they say."""
    speeds = [*range(300, 200, -1), *range(1, 101)]
    file = jsonl(tmp_path / "s.jsonl", [one(None, tps) for tps in speeds])
    import_file(catalog, file)
    assert select(catalog, "SELECT tokens_per_second FROM measurements ORDER BY id") == speeds
    assert select(catalog, "SELECT speed_hint_tps FROM catalog") == [median(range(1, 101))]


# What is wrong, and what is new.


def test_the_rest_of_a_batch_is_kept(catalog: Place) -> None:
    """Each row that cannot be a fact is named by place and field; the others are there."""
    report = record(catalog, numbered_rows([one(1), one(2, -1), one(3), "nonsense", one(4, 9e9)]))  # type: ignore[list-item]
    assert counts(report) == (2, 0, 3)
    assert [refused[:2] for refused in report.refused] == [
        (2, "tokens_per_second"), (4, ""), (5, "tokens_per_second"),
    ]  # fmt: skip
    assert str(report.refused[0]) == "row 2: tokens_per_second: not above 0"


def test_strict_keeps_nothing(tmp_path: Path, catalog: Place) -> None:
    """One bad row, and none is kept; the error names the file, the first row and how many more."""
    file = jsonl(tmp_path / "s.jsonl", [one(1), one(2, -1), {"x": 1}])
    with pytest.raises(
        InvalidMeasurements, match=r"row 2: tokens_per_second: not above 0"
    ) as error:
        import_file(catalog, file, strict=True)
    assert str(error.value).endswith(", and 1 more; nothing was stored")
    assert [row for row, _, _ in error.value.refused] == [2, 3]
    assert select(catalog) == []


def test_a_report_lists_a_thousand(catalog: Place) -> None:
    """All rows that are refused are counted; the first thousand are listed."""
    report = take(catalog, [one(1, -1)] * 1500)
    assert (report.refused_rows, len(report.refused), report.refused[-1].row) == (1500, 1000, 1000)


def test_a_dry_run_says_the_same_and_writes_nothing(tmp_path: Path, catalog: Place) -> None:
    """The report is that of the import which follows."""
    take(catalog, [one(1)])
    file = jsonl(tmp_path / "s.jsonl", [one(1), one(2), one(2), one(3, name="beta"), one(4, 0)])
    before = select(catalog)
    promised = import_file(catalog, file, dry_run=True)
    assert select(catalog) == before
    assert import_file(catalog, file) == promised
    assert (counts(promised), promised.created) == ((3, 1, 1), ("acme/beta",))


def test_names_are_those_of_the_catalog(catalog: Place) -> None:
    """Aliases of a provider and of a model mean it; a model nobody knows is created and named."""
    with bare(catalog) as connection:
        connection.execute("INSERT INTO models (provider, name) VALUES ('gemini', 'pro-1')")
        connection.execute("INSERT INTO aliases VALUES ('gemini', 'pro', 1)")
    rows = [
        {"provider": "Google", "name": "pro", "tps": 5},
        {"model": "google/pro-1", "tps": 7},
        {"model": "gemini/pro-2", "tps": 9},
    ]
    report = take(catalog, rows)
    assert report.created == ("gemini/pro-2",)
    assert select(catalog, "SELECT name, speed_hint_tps FROM catalog ORDER BY name") == [
        ("pro-1", 6.0), ("pro-2", 9.0),
    ]  # fmt: skip
    assert take(catalog, rows[2:]).created == ()


# Others at the same time, kills, size.


async def test_two_imports_of_one_file_at_once_are_one(tmp_path: Path, catalog: Place) -> None:
    """Whatever both add in turns, each sample is there once in the end."""
    rows = [one(1 + i % 20, 1 + i, f"m{i % 3}") for i in range(4000)]
    file = jsonl(tmp_path / "s.jsonl", [*rows, *rows[:50]])
    async with ModelRegistry([], [], db=catalog) as a, ModelRegistry([], [], db=catalog) as b:
        reports = await asyncio.gather(a.import_measurements(file), b.import_measurements(file))
    assert sum(report.added for report in reports) == 4050
    assert sum(report.duplicates for report in reports) == 4050
    assert len(set(select(catalog))) == 4000
    assert broken_rules(catalog) == []


IMPORT = """
from modeldex.storage.sqlite.connection import catalog_path
from modeldex.measurements.record import numbered_rows, record
def progress(text):
    if "stored" in text and ARGS[2]:
        say(text)
        hear()
rows = [{"model": f"acme/m{i % 40:02d}", "tps": 1 + i, "run_id": "job"} for i in range(ARGS[1])]
report = record(catalog_path(ARGS[0]), numbered_rows(rows), progress=progress)
say([report.added, report.duplicates])
"""
UNFOLDED = (
    "SELECT m.name FROM models m JOIN measured v ON v.model_id = m.id LEFT JOIN capabilities c "
    "ON c.model_id = m.id AND c.resolver = 'perf_lab' "
    "WHERE c.speed_hint_tps IS NOT v.speed_hint_tps"
)


@pytest.mark.parametrize("rows", [6000, pytest.param(200_000, marks=pytest.mark.nightly)])
def test_a_killed_import_is_finished_by_the_next(catalog: Place, rows: int) -> None:
    """It leaves a catalog that is true; tried again under its run id it adds what was missing."""
    with Child(IMPORT, str(catalog), rows, "pause", forked=True) as child:
        assert child.receive().endswith("stored")
        child.send(signal.SIGKILL)
        assert child.end().code == -signal.SIGKILL
    [kept] = select(catalog, "SELECT count(*) FROM measurements")
    assert 0 < kept < rows
    assert (select(catalog, UNFOLDED), broken_rules(catalog)) == ([], [])
    assert run(IMPORT, str(catalog), rows, "", forked=True).said == [[rows - kept, kept]]
    assert (select(catalog, UNFOLDED), broken_rules(catalog)) == ([], [])


MEASURED = """
import re
from pathlib import Path
from modeldex.storage.sqlite.connection import catalog_path
from modeldex.measurements.import_file import import_file
held = []
report = import_file(catalog_path(ARGS[0]), ARGS[1])
status = Path("/proc/self/status")  # ru_maxrss begins at what the parent had
peak = re.search(r"VmHWM:\\s+(\\d+)", status.read_text()) if status.exists() else None
say([report.added, report.duplicates, report.refused_rows, int(peak[1]) * 1024 if peak else 0])
"""


@pytest.mark.promised_on_server
@pytest.mark.parametrize("rows", [3000, pytest.param(1_000_000, marks=pytest.mark.nightly)])
def test_many_samples_take_little_memory(tmp_path: Path, catalog: Place, rows: int) -> None:
    """Read line by line, sorted on disk: each model gets the median of its newest hundred."""
    chance = random.Random(3)  # noqa: S311 - reproducible
    file, newest = tmp_path / "s.jsonl", {}
    with file.open("w") as lines:
        for i in range(rows):
            name, tps = f"m{i % 25:02d}", chance.randrange(1, 500)
            newest[name] = [*newest.get(name, ())[-99:], tps]
            moment = 1_700_000_000 + i // 1000
            lines.write(f'{{"model":"acme/{name}","tps":{tps},"ttft":{i + 1},"time":{moment}}}\n')
    added, duplicates, refused, peak = run(MEASURED, str(catalog), str(file), limit=600).said[0]
    assert (added, duplicates, refused) == (rows, 0, 0)
    assert peak < 300_000_000
    speeds = dict(select(catalog, "SELECT name, speed_hint_tps FROM catalog"))
    assert speeds == {name: median(values) for name, values in newest.items()}
    assert broken_rules(catalog) == []


# Through a registry.


async def test_a_registry_records_one(catalog: Place) -> None:
    """What was recorded is seen by its own next question; the report names a new model."""
    async with ModelRegistry([], [], db=catalog) as registry:
        before = await registry.find_model("acme", "alpha")
        report = await registry.record("acme", "alpha", tokens_per_second=275, supports_tools=False)
        after = await registry.find_model("acme", "alpha")
    assert (before, report) == (None, RecordReport(1, created=("acme/alpha",)))
    assert after is not None
    assert (after.capabilities.speed_hint_tps, after.capabilities.supports_tools) == (275.0, False)


async def test_a_registry_refuses_one_by_name(catalog: Place) -> None:
    """A figure that cannot be a fact is an error, and one that there is not a TypeError."""
    async with ModelRegistry([], [], db=catalog) as registry:
        with pytest.raises(InvalidMeasurements, match=r"^ttft_ms: not a finite number; nothing"):
            await registry.record("acme", "alpha", ttft_ms=float("nan"))
        with pytest.raises(TypeError, match="tps"):
            await registry.record("acme", "alpha", tps=1)
    assert select(catalog) == []


async def test_a_registry_records_many(catalog: Place) -> None:
    """Measurements and mappings, from any iterable; strict or for show where that is asked."""
    rows = [Measurement("acme", "alpha", DAY.format(1), ttft_ms=5.0), one(1, 0)]
    async with ModelRegistry([], [], db=catalog) as registry:
        shown = await registry.record_many(iter(rows), dry_run=True)
        with pytest.raises(InvalidMeasurements, match=r"^row 2: tokens_per_second"):
            await registry.record_many(rows, strict=True)
        done = await registry.record_many(row for row in rows)
    assert (counts(shown), done) == ((1, 0, 1), shown)
    assert select(catalog, "SELECT ttft_ms FROM catalog") == [5.0]
