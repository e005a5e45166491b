"""Measurements: one bare INSERT is a complete job, and medians become the perf_lab opinion."""

import random
import sqlite3
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modeldex.storage.batch import folding
from modeldex.storage.open import open_writer
from raw_catalog import Below, bare, broken, is_file, migrated, needs_shell, shell

FIGURES = {
    "tokens_per_second": "speed_hint_tps",
    "ttft_ms": "ttft_ms",
    "input_cost_per_1m": "input_cost_per_1m",
    "output_cost_per_1m": "output_cost_per_1m",
}


@pytest.fixture
def catalog(below: Below) -> Iterator[Any]:
    """An empty catalog."""
    with below() as connection:
        yield connection


def sample(
    connection: sqlite3.Connection, *values: float, figure: str = "tokens_per_second"
) -> None:
    """Insert samples of acme/alpha, a second apart, one statement each."""
    (count,) = connection.execute("SELECT count(*) FROM measurements").fetchone()
    for second, value in enumerate(values, count):
        connection.execute(
            f"INSERT INTO measurements (provider, name, {figure}, measured_at) "
            "VALUES ('acme', 'alpha', ?, ?)",
            (value, f"2026-01-01T00:{second // 60:02d}:{second % 60:02d}.000Z"),
        )


def speed(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    """What the catalog says of the speed of each model."""
    return connection.execute("SELECT name, speed_hint_tps FROM catalog").fetchall()


@pytest.mark.sqlite_only("the sqlite3 program")
@needs_shell
def test_one_bare_insert_is_a_complete_job(either_journal: Path) -> None:
    """Typed into `sqlite3`, a sample makes the model, the opinion and the catalog row."""
    said = shell(
        either_journal,
        [
            (
                "INSERT INTO measurements(provider, name, tokens_per_second) "
                "VALUES ('acme', 'never-seen', 61.5);"
            ),
            "SELECT provider, name, speed_hint_tps FROM catalog;",
            "SELECT resolver, speed_hint_tps FROM capabilities;",
            "SELECT name, resolver, value FROM provenance WHERE wins;",
        ],
    )
    assert said == (
        ["acme|never-seen|61.5", "perf_lab|61.5", "never-seen|perf_lab|61.5"],
        {},
    )


@pytest.mark.sqlite_only("the sqlite3 program")
@needs_shell
def test_a_failed_job_of_the_shell_says_why(either_journal: Path) -> None:
    """A sample without a figure is refused by name and leaves no model behind."""
    said = shell(
        either_journal,
        ["INSERT INTO measurements(provider, name) VALUES ('acme', 'm');",
         "SELECT count(*) FROM models;"],
    )  # fmt: skip
    assert "a_measurement_has_a_figure" in said.errors[1]
    assert said.lines == ["0"]


def test_measured_beats_stated(catalog: sqlite3.Connection) -> None:
    """The lab outranks the provider's own word, the user outranks the lab."""
    catalog.execute("INSERT INTO models (provider, name) VALUES ('acme', 'alpha')")
    catalog.execute(
        "INSERT INTO capabilities (model_id, resolver, speed_hint_tps) VALUES (1, 'ollama', 99)"
    )
    sample(catalog, 40)
    measured = speed(catalog)
    catalog.execute(
        "INSERT INTO capabilities (model_id, resolver, speed_hint_tps) VALUES (1, 'user', 7)"
    )
    assert (measured, speed(catalog)) == ([("alpha", 40.0)], [("alpha", 7.0)])


@pytest.mark.parametrize(
    ("samples", "median"),
    [
        ([30], 30.0),
        ([30, 50], 40.0),
        ([30, 90, 50], 50.0),
        ([10, 20, 40, 1000], 30.0),
        ([50, 51, 49, 50, 1_000_000], 50.0),
        ([50, 51, 49, 50, 0.001], 50.0),
        ([7] * 9, 7.0),
    ],
)
def test_the_opinion_is_the_median(
    catalog: sqlite3.Connection, samples: list[float], median: float
) -> None:
    """Odd or even, with outliers or without: the middle counts, not the mean."""
    sample(catalog, *samples)
    assert speed(catalog) == [("alpha", median)]


def test_only_the_newest_hundred_count(catalog: sqlite3.Connection) -> None:
    """Of 150 samples the first fifty have no say any more."""
    sample(catalog, *([1.0] * 50), *range(101, 201))
    assert speed(catalog) == [("alpha", statistics.median(range(101, 201)))]


def test_newest_is_by_the_time_of_measuring(catalog: sqlite3.Connection) -> None:
    """Samples that are imported late do not push out newer ones."""
    sample(catalog, *range(101, 201))
    catalog.execute(
        "INSERT INTO measurements (provider, name, tokens_per_second, measured_at) "
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) "
        "SELECT 'acme', 'alpha', 1, '2019-01-01T00:00:00Z' FROM n"
    )
    assert speed(catalog) == [("alpha", 150.5)]


@pytest.mark.parametrize("figure", FIGURES)
def test_each_figure_has_its_own_median(catalog: sqlite3.Connection, figure: str) -> None:
    """A sample that lacks a figure does not count for it."""
    sample(catalog, 2, 4, figure=figure)
    others = [name for name in FIGURES if name != figure]
    for other in others:
        sample(catalog, 100, figure=other)
    row = catalog.execute(f"SELECT {', '.join(FIGURES.values())} FROM catalog").fetchone()
    assert dict(zip(FIGURES, row, strict=True)) == {figure: 3.0} | dict.fromkeys(others, 100.0)


def test_the_hundred_newest_are_those_that_have_the_figure(catalog: sqlite3.Connection) -> None:
    """A figure that is measured rarely is not forgotten when another is measured often."""
    sample(catalog, 90, figure="ttft_ms")
    sample(catalog, *range(1, 121))
    assert catalog.execute("SELECT ttft_ms FROM catalog").fetchall() == [(90.0,)]


def test_the_opinion_is_as_old_as_its_newest_sample(catalog: sqlite3.Connection) -> None:
    """observed_at of the perf_lab opinion is when was last measured, not when was inserted."""
    sample(catalog, 10, 20)
    assert catalog.execute("SELECT observed_at FROM capabilities").fetchall() == [
        ("2026-01-01T00:00:01.000Z",)
    ]


def test_what_measuring_replaced_is_kept(catalog: sqlite3.Connection) -> None:
    """Each new median leaves the one before in the history; the same median leaves nothing."""
    sample(catalog, 10, 30, 20)
    rows = catalog.execute("SELECT speed_hint_tps FROM capability_history ORDER BY id").fetchall()
    assert rows == [(10.0,)]


def test_models_are_measured_each_for_itself(catalog: sqlite3.Connection) -> None:
    """The same name at another provider is another model."""
    catalog.execute(
        "INSERT INTO measurements (provider, name, tokens_per_second) VALUES "
        "('acme', 'alpha', 1), ('globex', 'alpha', 2), ('acme', 'beta', 3), ('acme', 'beta', 5)"
    )
    rows = catalog.execute("SELECT provider, name, speed_hint_tps FROM catalog").fetchall()
    assert sorted(rows) == [
        ("acme", "alpha", 1.0), ("acme", "beta", 4.0), ("globex", "alpha", 2.0),
    ]  # fmt: skip


def test_measuring_keeps_the_rest_of_the_opinion(catalog: sqlite3.Connection) -> None:
    """Other things that the lab said of a model stay when a sample comes in."""
    sample(catalog, 10)
    catalog.execute("UPDATE capabilities SET quality_tier = 'best', quality_basis = 'measured'")
    sample(catalog, 30)
    assert catalog.execute("SELECT speed_hint_tps, quality_tier FROM catalog").fetchall() == [
        (20.0, "best")
    ]


# Append-only.


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE measurements SET tokens_per_second = 99",
        "UPDATE OR IGNORE measurements SET tokens_per_second = 99",
        (
            "INSERT OR REPLACE INTO measurements (id, provider, name, tokens_per_second) "
            "VALUES (1, 'acme', 'alpha', 99)"
        ),
        (
            "INSERT INTO measurements (id, provider, name, tokens_per_second) "
            "VALUES (1, 'acme', 'alpha', 99) ON CONFLICT DO UPDATE SET tokens_per_second = 99"
        ),
    ],
)
def test_samples_are_never_rewritten(catalog: sqlite3.Connection, statement: str) -> None:
    """No way to write over a sample is open; the text says to insert another."""
    sample(catalog, 10)
    with pytest.raises(sqlite3.IntegrityError, match="measurements are append-only"):
        catalog.execute(statement)
    assert catalog.execute("SELECT tokens_per_second FROM measurements").fetchall() == [(10.0,)]


def test_deleting_samples_folds_again(catalog: sqlite3.Connection) -> None:
    """A wrong sample that is deleted no longer counts."""
    sample(catalog, 10, 20, 999)
    catalog.execute("DELETE FROM measurements WHERE tokens_per_second = 999")
    assert speed(catalog) == [("alpha", 15.0)]


def test_deleting_the_last_sample_leaves_the_model_unmeasured(catalog: sqlite3.Connection) -> None:
    """Without samples the speed is unknown again; it never becomes zero."""
    sample(catalog, 10, 20)
    catalog.execute("DELETE FROM measurements")
    assert speed(catalog) == [("alpha", None)]


def test_deleting_the_opinion_and_then_its_samples(catalog: sqlite3.Connection) -> None:
    """Without samples there is nothing to fold: no empty opinion of the lab comes back."""
    sample(catalog, 10)
    catalog.execute("DELETE FROM capabilities")
    catalog.execute("DELETE FROM measurements")
    assert speed(catalog) == [("alpha", None)]
    assert catalog.execute("SELECT count(*) FROM capabilities").fetchone() == (0,)


def test_deleting_samples_of_a_deleted_model_does_not_revive_it(
    catalog: sqlite3.Connection,
) -> None:
    """Who removes a model and then its samples has removed both."""
    sample(catalog, 10)
    catalog.execute("DELETE FROM capabilities")
    catalog.execute("DELETE FROM models")
    catalog.execute("DELETE FROM measurements")
    assert speed(catalog) == []


def test_measuring_under_a_conflict_clause_folds_too(catalog: sqlite3.Connection) -> None:
    """INSERT OR IGNORE and OR REPLACE of new samples count as any other."""
    catalog.execute(
        "INSERT OR IGNORE INTO measurements (provider, name, ttft_ms) VALUES ('acme', 'alpha', 10)"
    )
    catalog.execute(
        "INSERT OR REPLACE INTO measurements (provider, name, ttft_ms) VALUES ('acme', 'alpha', 30)"
    )
    assert catalog.execute("SELECT ttft_ms FROM catalog").fetchall() == [(20.0,)]


# Many at once.

SAMPLES = [
    (("acme", "globex")[i % 2], f"m{i % 50}", 20 + (i * 37 % 101), 100 + i % 7, i % 3)
    for i in range(5_000)
]
INSERT = (
    "INSERT INTO measurements (provider, name, tokens_per_second, ttft_ms, input_cost_per_1m) "
    "VALUES (:provider, :name, :speed, :wait, :cost)"
)


def medians() -> dict[tuple[str, str], tuple[float, float, float]]:
    """The medians of the newest hundred of each model, by Python."""
    found = {}
    for model in {row[:2] for row in SAMPLES}:
        newest = [row[2:] for row in SAMPLES if row[:2] == model][-100:]
        speeds, waits, costs = zip(*newest, strict=True)
        found[model] = (
            float(statistics.median(speeds)),
            float(statistics.median(waits)),
            float(statistics.median(costs)),
        )
    return found


def test_five_thousand_samples_fold_once(either_journal: Path) -> None:
    """A bulk import in one deferred fold gives each model its median, and one history at most."""
    with (
        open_writer(either_journal) as writer,
        writer.transaction() as transaction,
        folding(transaction),
    ):
        names = ("provider", "name", "speed", "wait", "cost")
        rows = [dict(zip(names, sample, strict=True)) for sample in SAMPLES]
        transaction.exec_driver_sql(INSERT, rows)
    with bare(either_journal) as connection:
        rows = connection.execute(
            "SELECT provider, name, speed_hint_tps, ttft_ms, input_cost_per_1m FROM catalog"
        ).fetchall()
        assert {row[:2]: row[2:] for row in rows} == medians()
        assert broken(connection) == []
        assert connection.execute("SELECT count(*) FROM capability_history").fetchone() == (0,)


def test_random_samples_agree_with_their_definition(catalog_path: Path) -> None:
    """After any mix of inserts and deletions every perf_lab opinion equals the view `measured`."""
    migrated(catalog_path)
    chance = random.Random(5)  # noqa: S311 - reproducible
    wrong: list[object] = []
    with bare(catalog_path) as connection:
        connection.execute("BEGIN")
        if not is_file(connection):
            connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for _ in range(300):
            if chance.random() < 0.2:
                connection.execute(
                    "DELETE FROM measurements WHERE id % 7 = ?", (chance.randrange(7),)
                )
            else:
                connection.execute(
                    "INSERT INTO measurements (provider, name, tokens_per_second, ttft_ms) "
                    "VALUES ('acme', ?, ?, ?)",
                    (
                        f"m{chance.randrange(4)}",
                        chance.choice((None, 5, 7.5)),
                        chance.randint(1, 9),
                    ),
                )
            wrong += connection.execute(
                "SELECT m.name FROM models m JOIN measured v ON v.model_id = m.id "
                "LEFT JOIN capabilities c ON c.model_id = m.id AND c.resolver = 'perf_lab' "
                "WHERE c.speed_hint_tps IS NOT v.speed_hint_tps OR c.ttft_ms IS NOT v.ttft_ms"
            ).fetchall()
        assert broken(connection) == []
        connection.execute("COMMIT")
    assert wrong == []
