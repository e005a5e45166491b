"""Forgetting what is older than a horizon."""

import sqlite3
from pathlib import Path

import pytest

from command_line import MODELS, on_terminal, run_command, small_catalog, unstyled, write
from modeldex.errors import InvalidQuery
from modeldex.history.prune import HISTORIES, outdated_rows, prune
from modeldex.storage.open import open_writer
from modeldex.storage.run_log import last_steps
from modeldex.vocabulary.timestamps import parse_moment
from random_history import DUMP, age, copied, fresh, lived, moment_of, opened
from raw_catalog import bare, broken, contents, is_file

STANDING = (
    "models", "aliases", "sources", "sightings", "resolvers", "capabilities", "catalog",
    "cost_tiers", "acknowledged", "measurements",
)  # fmt: skip


def forget(path: Path, horizon: str, *, measurements: bool = False) -> dict[str, int]:
    """Prune, and say how many rows of which table went."""
    found = outdated_rows(opened(path), horizon, measurements=measurements)
    before = counts(path)
    with open_writer(path) as writer:
        prune(writer, found, horizon)
    after = counts(path)
    gone = {table: before[table] - after[table] for table in before}
    assert {t: n for t, n in gone.items() if n} == {t: len(i) for t, i in found.items() if i}
    return {table: number for table, number in gone.items() if number}


def counts(path: Path) -> dict[str, int]:
    """The rows of each table."""
    with bare(path) as connection:
        return {table: len(rows) for table, rows in contents(connection).items()}


def standing(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """What nobody may forget."""
    with bare(path) as connection:
        return {table: contents(connection)[table] for table in STANDING}


@pytest.fixture
def year_old(catalog_path: Path) -> Path:
    """A catalog that was loaded 400 days ago and has been edited 100 days ago."""
    return copied(_year_old, catalog_path)


def _year_old(path: Path) -> None:
    small_catalog(path, MODELS)
    with write(path) as connection:
        moment_of(connection)  # what holds for no time is not kept
        connection.execute("UPDATE capabilities SET max_context = 5")
        moment_of(connection)
        connection.execute("UPDATE models SET family = 'early'")
        connection.execute("UPDATE resolvers SET precedence = 999 WHERE name = 'user'")
    age(path, 300)
    with write(path) as connection:
        connection.execute("UPDATE capabilities SET max_context = 6")
        connection.execute("UPDATE models SET family = 'late'")
        connection.execute("UPDATE resolvers SET precedence = 1000 WHERE name = 'user'")
    age(path, 100)


# The law.


@pytest.mark.parametrize("moments", [40, pytest.param(600, marks=pytest.mark.nightly)])
def test_as_of_any_later_moment_nothing_is_forgotten(catalog_path: Path, moments: int) -> None:
    """After pruning up to the middle of a random life, every moment after it is what it was,
    every moment before it is refused, and what stands now is untouched.
    """
    seen = lived(fresh(catalog_path), moments + 5, moments)
    known = list(seen)
    horizon = known[moments // 2]
    before = standing(catalog_path)
    gone = forget(catalog_path, horizon)
    catalog = opened(catalog_path)
    later = {at: catalog.as_of(at).rows(DUMP) for at in known[moments // 2 :]}
    assert later == {at: seen[at] for at in known[moments // 2 :]}
    assert standing(catalog_path) == before
    assert gone.keys() == HISTORIES.keys()
    with pytest.raises(InvalidQuery, match=f"history begins at {horizon}"):
        catalog.as_of(known[moments // 2 - 1])
    with bare(catalog_path) as connection:
        assert broken(connection) == []


def test_what_was_pruned_once_is_not_found_again(year_old: Path) -> None:
    """A second time there is nothing to do, and history still begins at the horizon."""
    horizon = parse_moment("keep", "365d")
    gone = forget(year_old, horizon)
    # At least those before each of two updates; a model may also have been seen without opinions.
    assert gone.pop("catalog_history") in range(12, 19)
    assert gone == {"capability_history": 6, "model_history": 6, "resolver_history": 1}
    assert forget(year_old, horizon) == {}
    assert opened(year_old).rows("SELECT value FROM about WHERE key = 'born_at'") == [(horizon,)]


def test_what_is_still_needed_stays(year_old: Path) -> None:
    """What was replaced only after the horizon is what held at it."""
    forget(year_old, parse_moment("keep", "365d"))
    catalog = opened(year_old)
    sql = "SELECT max_context, family FROM catalog WHERE name = 'small'"
    assert [catalog.as_of(when).rows(sql) for when in ("364d", "99d")] == [
        [(5, "early")], [(6, "late")],
    ]  # fmt: skip


def test_where_nothing_is_old_nothing_is_touched(year_old: Path) -> None:
    """A horizon before the birth removes nothing, and history begins where it began."""
    with bare(year_old) as connection:
        before = contents(connection)
    assert forget(year_old, parse_moment("keep", "500d")) == {}
    with bare(year_old) as connection:
        assert contents(connection) == before


# Runs.

_RUN = (
    "INSERT INTO runs (id, kind, started_at, finished_at, status, version) VALUES "
    "(:id, 'refresh', :at, :at, :status, '0')"
)
_STEP = (
    "INSERT INTO run_steps (run_id, kind, name, status, started_at, fetch_ms, write_ms, chunks, "
    "seen, changed, dropped, token, error) VALUES (:run, 'source', :name, :status, :at, 0, 0, 0, "
    "0, 0, 0, :token, :error)"
)


def run(connection: sqlite3.Connection, id_: int, days: int, **steps: str) -> None:
    """A refresh so many days ago, with the status of each source."""
    at = parse_moment("at", f"{days}d")
    failed = "failed" in steps.values()
    status = "partial" if failed else "ok"
    connection.execute(_RUN, {"id": id_, "at": at, "status": status})
    connection.executemany(
        _STEP,
        [
            {
                "run": id_, "name": name, "status": word, "at": at, "token": f"{name}{id_}",
                "error": "refused" if word == "failed" else None,
            }
            for name, word in steps.items()
        ],
    )  # fmt: skip


def sources(path: Path) -> dict[str, dict[str, object]]:
    """What `status` says of each source, but for its age, which grows."""
    found = run_command(path, "status", "--json").json["sources"]
    return {name: {**row, "age_s": None} for name, row in found.items()}


def test_old_runs_go_and_the_newest_success_of_each_source_stays(year_old: Path) -> None:
    """What the next refresh and `status` ask of earlier runs is answered as before."""
    with write(year_old) as connection:
        run(connection, 11, 900, here="ok", there="ok")
        run(connection, 12, 800, here="ok", there="ok")
        run(connection, 13, 700, here="ok", there="failed")
        run(connection, 14, 600, here="ok", there="failed")
        run(connection, 15, 500, here="ok", there="failed")
        run(connection, 16, 10, here="ok")
    with open_writer(year_old) as writer:
        before = last_steps(writer), sources(year_old)
        gone = forget(year_old, parse_moment("keep", "365d"))
        after = last_steps(writer), sources(year_old)
    assert after == before
    assert (gone["runs"], gone["run_steps"]) == (3, 6)
    with bare(year_old) as connection:
        kept = connection.execute("SELECT id FROM runs WHERE id > 10 ORDER BY id").fetchall()
    assert kept == [(12,), (15,), (16,)]


# Measurements.


def measure(path: Path, name: str, days: int, number: int, speed: float) -> None:
    """Samples of one model, so many days old."""
    with write(path) as connection:
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO measurements (provider, name, tokens_per_second, measured_at) "
            "VALUES ('openai', ?, ?, ?)",
            [(name, speed, parse_moment("at", f"{days}d"))] * number,
        )
        connection.execute("COMMIT")


def test_only_samples_that_cannot_count_go_and_only_when_told(year_old: Path) -> None:
    """All but the newest 1,000 of a model; scores stay; the opinion of perf_lab is untouched."""
    with write(year_old) as connection:
        if is_file(connection):  # fold once, not per sample
            connection.execute("INSERT INTO deferral VALUES (1)")
    measure(year_old, "small", 500, 150, 10)
    measure(year_old, "small", 2, 990, 90)
    measure(year_old, "older", 500, 3, 10)
    with write(year_old) as connection:
        if is_file(connection):
            connection.execute("DELETE FROM deferral")
        connection.execute("DELETE FROM pending_measurements")
        connection.execute(
            "INSERT INTO measurements (provider, name, quality_score, quality_suite, measured_at) "
            "VALUES ('openai', 'small', 0.5, 'house', ?)",
            (parse_moment("at", "900d"),),
        )
        connection.execute("UPDATE capabilities SET ttft_ms = 7 WHERE resolver = 'perf_lab'")
        before = contents(connection)
    horizon = parse_moment("keep", "365d")
    assert "measurements" not in forget(year_old, horizon)
    assert forget(year_old, horizon, measurements=True) == {"measurements": 140}
    with bare(year_old) as connection:
        after = contents(connection)
        assert broken(connection) == []
        rest = connection.execute(
            "SELECT name, count(*), count(quality_score) FROM measurements GROUP BY name"
        ).fetchall()
    assert rest == [("older", 3, 0), ("small", 1001, 1)]
    assert after["capabilities"] == before["capabilities"]
    [(speed, ttft)] = opened(year_old).rows(
        "SELECT speed_hint_tps, ttft_ms FROM capabilities WHERE resolver = 'perf_lab' "
        "AND model_id = (SELECT id FROM models WHERE name = 'small')"
    )
    assert (speed, ttft) == (90, 7)


# The command.


def test_the_command_says_what_it_removes(year_old: Path) -> None:
    """A dry run names the same rows and touches nothing; JSON names the horizon."""
    with bare(year_old) as connection:
        before = contents(connection)
    dry = run_command(year_old, "prune", "--keep", "52w", "--dry-run")
    with bare(year_old) as connection:
        assert contents(connection) == before
    done = run_command(year_old, "prune", "--keep", "52w", "--json").json
    assert {row["table"]: int(row["rows"]) for row in dry.table} == done["rows"]
    assert done["rows"].pop("catalog_history") in range(12, 19)
    assert done["rows"] == {
        "capability_history": 6, "model_history": 6, "resolver_history": 1, "run_steps": 0,
        "runs": 0, "listings": 0,
    }  # fmt: skip
    assert done["dry_run"] is False
    refused = run_command(year_old, "show", "openai/small", "--as-of", "380d")
    assert (refused.code, done["horizon"] in refused.err) == (2, True)
    found = run_command(year_old, "history", "openai/small", "max_context", "--json")
    assert found.json["history"][0]["value"] == 5


@pytest.mark.parametrize("options", [[], ["--keep", "soon"], ["--keep", "-1d"], ["--keep", "365"]])
def test_how_long_to_remember_must_be_said(year_old: Path, options: list[str]) -> None:
    """Nothing is pruned by default, nor by a span that cannot be read."""
    done = run_command(year_old, "prune", *options)
    assert (done.code, done.out) == (2, "")


def test_a_person_is_told_how_much_went(year_old: Path) -> None:
    """On a terminal one sentence closes the table."""
    found = outdated_rows(opened(year_old), parse_moment("keep", "365d"))
    number = sum(map(len, found.values()))
    shown = [
        unstyled(on_terminal("--db", str(year_old), "prune", "--keep", "365d", *more).out)
        for more in (["--dry-run"], [])
    ]
    assert f"{number} rows would be deleted" in shown[0]
    assert f"{number} rows were deleted" in shown[1]
