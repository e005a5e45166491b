"""`modeldex benchmarks`: scores of a file come into the catalog, once, and say what they did."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from command_line import CommandResult, run_command, seem_loaded
from modeldex import InvalidMeasurements, ModelRegistry
from modeldex.storage.location import Place
from modeldex.sync import ModelRegistry as BlockingRegistry
from modeldex.upstream.import_benchmarks import import_file
from raw_catalog import bare, broken

ARENA = "model,arena_name,suite,score,low,high,votes,rank,date,source,licence"
RECORDS = "model,suite,version,harness,metric,score,date,source,licence"
BASE = "anthropic/claude-opus-5.5"
LATER = "2026-11-20"


def table(path: Path, *rows: str, head: str = ARENA) -> Path:
    """A CSV file of these rows."""
    path.write_text("\n".join([head, *rows]) + "\n", "utf-8")
    return path


def scored(place: Place, name: str) -> tuple[Any, ...]:
    """Score, its low end and the tier of an offer of Anthropic."""
    with bare(place) as connection:
        [row] = connection.execute(
            "SELECT quality_score, quality_low, quality_tier FROM catalog "
            f"WHERE provider = 'anthropic' AND name = '{name}'"
        ).fetchall()
    return tuple(row)


def stored(place: Place, base: str) -> list[tuple[Any, ...]]:
    """The scores of a base that are a user's own."""
    with bare(place) as connection:
        rows = connection.execute(
            "SELECT suite, variant, day, score, n FROM benchmarks "
            f"WHERE base = '{base}' AND shipped = 0 ORDER BY suite, day"
        ).fetchall()
    return [tuple(row) for row in rows]


def drops(suites: Iterable[str], score: float) -> list[str]:
    """Rows of one base, later than those that are shipped."""
    return [f"{BASE},Claude Opus 5.5 (High),{suite},{score},,,,1,{LATER},," for suite in suites]


SUITES = (
    "arena/overall", "arena/coding", "arena/expert", "arena/hard_prompts",
    "arena/instruction_following", "arena/longer_query", "arena/webdev", "arena/document",
    "arena/vision",
)  # fmt: skip


def test_an_import_judges_the_offers_of_its_bases(shipped_catalog: Place, tmp_path: Path) -> None:
    """The newest scores count for every offer, at once; the same file again changes nothing."""
    before = scored(shipped_catalog, "claude-opus-5-5")
    file = table(tmp_path / "own.csv", *drops(SUITES, 1150.0))
    report = import_file(shipped_catalog, file, dry_run=True)
    assert scored(shipped_catalog, "claude-opus-5-5") == before
    assert import_file(shipped_catalog, file) == report
    assert (report.added, report.replaced, report.dropped_rows) == (len(SUITES), 0, 0)
    assert report.bases == (BASE,)
    score, low, tier = scored(shipped_catalog, "claude-opus-5-5")
    assert score < before[0] - 30
    assert low < score
    assert (before[2], tier) == ("best", "cheap")
    again = import_file(shipped_catalog, file)
    assert (again.added, again.duplicates) == (0, len(SUITES))
    with bare(shipped_catalog) as connection:
        stale = connection.execute(
            "SELECT c.name FROM catalog c LEFT JOIN evidence e ON e.model_id = c.model_id "
            "WHERE coalesce(c.quality_score, -1) <> coalesce(e.quality_score, -1)"
        ).fetchall()
        assert stale == []
        assert broken(connection) == []


def test_what_says_nothing_is_kept_and_counted(shipped_catalog: Place, tmp_path: Path) -> None:
    """Unknown bases and suites, scores out of range and lone families change no tier."""
    asked = "SELECT provider, name, quality_score, quality_tier FROM catalog ORDER BY 1, 2"
    with bare(shipped_catalog) as connection:
        before = connection.execute(asked).fetchall()
    rows = [
        f"nobody/model-x,,arena/overall,1400,,,,1,{LATER},,",
        f"{BASE},,own/suite,7,,,,1,{LATER},,",
        f"{BASE},Claude Opus 5.5 (High),arena/overall,99999,,,,1,{LATER},,",
        f"anthropic/claude-2,,arena/overall,1100,,,,1,{LATER},,",
    ]
    report = import_file(shipped_catalog, table(tmp_path / "odd.csv", *rows))
    assert report.without_effect == {
        "one family alone: no general score": 1,
        "outside the range of its suite": 1,
        "unknown base": 1,
        "unknown suite": 1,
    }
    assert (report.added, report.dropped_rows, report.bases) == (4, 0, ())
    with bare(shipped_catalog) as connection:
        assert connection.execute(asked).fetchall() == before


def test_a_row_replaces_the_one_of_its_day(shipped_catalog: Place, tmp_path: Path) -> None:
    """Of one suite, variant and day the later import counts; without a day it is of today."""
    own = f"{BASE},,own/suite,{{}},,,{{}},1,{{}},,"
    first = import_file(
        shipped_catalog, table(tmp_path / "1.csv", own.format(7, 3, LATER), own.format(6, "", ""))
    )
    second = import_file(shipped_catalog, table(tmp_path / "2.csv", own.format(9, 4, LATER)))
    assert (first.added, second.added, second.replaced) == (2, 0, 1)
    kept = {day: (score, n) for _, _, day, score, n in stored(shipped_catalog, BASE)}
    assert kept.pop(LATER) == (9, 4)
    assert list(kept.values()) == [(6, None)]


def test_two_rows_of_one_day_give_the_higher_in_any_order(
    blank_catalog: Place, tmp_path: Path
) -> None:
    """The order of lines decides nothing; what is not taken is named with its line."""
    rows = [f"{BASE},,own/suite,{score},,,,1,{LATER},," for score in (5, 8, 8, 6)]
    for order in (rows, rows[::-1]):
        report = import_file(blank_catalog, table(tmp_path / "x.csv", *order))
        assert [row[3] for row in stored(blank_catalog, BASE)] == [8]
        assert report.dropped_rows == 2
        assert {row.reason for row in report.dropped} == {
            "of one day the highest score counts: not 5.0",
            "of one day the highest score counts: not 6.0",
        }


BAD_ROWS = (
    ",,arena/overall,1400,,,,1,,,",
    f"{BASE},,arena/overall,many,,,,1,,,",
    f"{BASE},,arena/overall,,,,,1,,,",
    f"{BASE},,,1400,,,,1,,,",
    f"{BASE},,arena/overall,999999999999,,,,1,,,",
    f"{BASE},,{'x' * 150}/{'y' * 150},1,,,,1,,,",
    f"{BASE},,arena/overall,1,2,3,4,5,6,7,8,9",
)


def test_rows_that_cannot_be_read_are_dropped_with_a_reason(
    blank_catalog: Place, tmp_path: Path
) -> None:
    """The rest is stored: exit code 5; 1 if nothing was, as with other imports."""
    with bare(blank_catalog) as connection:
        seem_loaded(connection)
    good = f"{BASE},,own/suite,7,,,,1,{LATER},,"
    found = run_command(
        blank_catalog,
        "benchmarks",
        "import",
        str(table(tmp_path / "x.csv", *BAD_ROWS, good)),
        "--json",
    )
    assert (found.code, found.json["added"], found.json["dropped_rows"]) == (5, 1, len(BAD_ROWS))
    assert [row["line"] for row in found.json["dropped"]] == list(range(2, 2 + len(BAD_ROWS)))
    assert all(row["reason"] for row in found.json["dropped"])
    plain = run_command(
        blank_catalog, "benchmarks", "import", str(table(tmp_path / "y.csv", *BAD_ROWS))
    )
    assert (plain.code, plain.out) == (1, "")
    assert len(plain.err.splitlines()) == len(BAD_ROWS)


def test_a_file_of_another_shape_is_refused(blank_catalog: Place, tmp_path: Path) -> None:
    """Its first line must name the columns that are needed."""
    with pytest.raises(InvalidMeasurements, match="missing: suite"):
        import_file(blank_catalog, table(tmp_path / "x.csv", head="model,score"))


async def test_a_registry_imports_both_shapes(shipped_catalog: Path, tmp_path: Path) -> None:
    """With and without asyncio, the report has the counts."""
    rows = [f"{BASE},SciCode,,,percent correct,55.5,{LATER},https://example.org/a,MIT"]
    file = table(tmp_path / "records.csv", *rows, head=RECORDS)
    async with ModelRegistry(db=shipped_catalog, environ={}) as registry:
        report = await registry.import_benchmarks(file)
    assert (report.added, report.kept, report.incomplete) == (1, 1, {})
    [(suite, *_)] = stored(shipped_catalog, BASE)
    assert suite == "scicode/percent-correct"


def test_the_blocking_registry_imports_too(blank_catalog: Path, tmp_path: Path) -> None:
    """As that of asyncio."""
    with bare(blank_catalog) as connection:
        seem_loaded(connection)
    file = table(tmp_path / "x.csv", f"{BASE},,own/suite,7,,,,1,{LATER},,")
    with BlockingRegistry(db=blank_catalog, environ={}) as registry:
        assert registry.import_benchmarks(file, dry_run=True).added == 1
        assert registry.import_benchmarks(file).added == 1


def test_the_scores_of_a_base_are_listed_with_their_sources(shipped_catalog: Path) -> None:
    """By any spelling of the base; its tables are named as their licences want."""
    found: CommandResult = run_command(shipped_catalog, "benchmarks", "claude-opus-5.5", "--json")
    assert (found.json["base"], found.json["total"]) == (BASE, len(found.json["scores"]))
    assert {row["licence"] for row in found.json["scores"]} == {"CC-BY-4.0"}
    assert found.json["attributions"] == ["Arena leaderboard dataset, CC BY 4.0"]
    overall = next(row for row in found.json["scores"] if row["suite"] == "arena/overall")
    assert (overall["family"], overall["task"], overall["day"]) == (
        "arena-text", "general", "2026-10-20",
    )  # fmt: skip
    assert 0 < overall["standing"] < 100
    lines = run_command(shipped_catalog, "benchmarks", BASE).table
    assert [line["suite"] for line in lines] == [row["suite"] for row in found.json["scores"]]
    assert run_command(shipped_catalog, "benchmarks", "no-such-model").code == 1


def test_the_scored_bases_are_listed_best_first(shipped_catalog: Path) -> None:
    """Without a base, each base that has scores, and what they come to."""
    found = run_command(shipped_catalog, "benchmarks", "--json").json["bases"]
    scores = [each.get("quality_score") for each in found]
    known = [score for score in scores if score is not None]
    assert len(found) > 200
    assert known == sorted(known, reverse=True)
    assert scores[: len(known)] == known
