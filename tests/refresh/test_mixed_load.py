"""Refreshers, writers, a shell and readers on one catalog at once: all is kept and answered."""

import contextlib
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from child_processes import Child, broken_rules
from modeldex.storage.location import Place
from modeldex.storage.open import open_catalog
from raw_catalog import needs_shell

NIGHTLY = [pytest.mark.nightly, pytest.mark.timeout(3600)]
PROMISED = [pytest.mark.promised, pytest.mark.timeout(3600)]
CROWD = """
from pathlib import Path
from modeldex.storage.sqlite.connection import catalog_path
import concurrent_processes
concurrent_processes.gather(catalog_path(ARGS[0]), Path(ARGS[1]), *ARGS[2:])
"""


def percentiles(waits: Iterable[float]) -> str:
    """Of milliseconds."""
    known = sorted(waits)
    p50, p99 = (known[len(known) * part // 100] for part in (50, 99))
    return f"{len(known)}: p50 {p50:.1f}, p99 {p99:.1f}, max {known[-1]:.1f} ms"


@needs_shell
@pytest.mark.parametrize(
    ("turns", "writers"),
    [(20, 2), pytest.param(350, 4, marks=PROMISED), pytest.param(1500, 20, marks=NIGHTLY)],
)
def test_mixed_use_loses_nothing_and_fails_nobody(
    either_journal: Place, engine: str, tmp_path: Path, turns: int, writers: int
) -> None:
    """Every write is there once, no error is seen, and no reader sees half of a refresh."""
    counts = {"p": 2, "writer": writers, "shell": 1, "reader": 4}
    arguments = either_journal, tmp_path, turns, counts
    with Child(CROWD, *arguments, limit=3600, forked=True) as child:
        end = child.end()
    assert (end.errors, end.said) == ("", [[0] * sum(counts.values())])
    came = {file.stem: json.loads(file.read_text("utf-8")) for file in tmp_path.glob("*.json")}
    with contextlib.closing(open_catalog(either_journal)) as connection:
        rows = connection.execute("SELECT host, count(*) FROM measurements GROUP BY host")
        written = dict(rows.fetchall())
    write = {name: one for name, one in came.items() if "failures" in one}
    read = {name: one for name, one in came.items() if "wrong" in one}
    ends = sum((Counter(one["ends"]) for one in came.values() if "ends" in one), Counter())
    print(f"{engine}: {dict(ends)} refreshes")
    print(f"writes {percentiles(w for one in write.values() for w in one['waits'])}")
    print(f"shell {percentiles(came['shell0']['waits'])}")
    print(f"reads {percentiles(w for one in read.values() for w in one['waits'])}")
    assert written == {name: len(one["waits"]) for name, one in write.items()}
    assert [one["failures"] for one in write.values()] == [[]] * (writers + 1)
    assert [one["wrong"] for one in read.values()] == [[]] * 4
    assert set(ends) == {"ok"}
    assert broken_rules(either_journal) == []
