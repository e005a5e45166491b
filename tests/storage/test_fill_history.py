"""The past of a catalog that was written before effective rows were kept."""

from pathlib import Path

import pytest

from command_line import MODELS, small_catalog, write
from merged_past import merged_past
from modeldex.storage.fill_history import fill_history
from modeldex.storage.location import Place
from modeldex.storage.open import open_writer
from random_history import DUMP, age, fresh, lived, moment_of, opened, unguarded
from raw_catalog import bare, broken, contents


def forgotten(path: Place) -> None:
    """A catalog as an older schema leaves it after the migration: no effective row is kept."""
    with bare(path) as connection:
        connection.execute("DELETE FROM catalog_history")
        with unguarded(connection):
            connection.execute("UPDATE catalog SET valid_from = ''")


def filled(path: Place) -> int:
    """Fill in the past, and say of how many models."""
    with open_writer(path) as writer, writer.transaction() as connection:
        return fill_history(connection)


@pytest.mark.parametrize("believed", [False, True], ids=["own times", "given times"])
@pytest.mark.parametrize("moments", [30, pytest.param(200, marks=pytest.mark.promised)])
def test_it_is_what_was_stated_then(catalog_path: Path, moments: int, believed: bool) -> None:
    """As of each moment of a random life, also one in which people gave times of their own."""
    seen = lived(fresh(catalog_path), moments, moments, believed=believed)
    forgotten(catalog_path)
    assert filled(catalog_path) > 5
    catalog = opened(catalog_path)
    there = {at: catalog.as_of(at).rows(DUMP) for at in seen}
    stated = {at: merged_past(catalog.connection, DUMP, at) for at in seen}
    assert [at for at in seen if there[at] != stated[at]] == []
    assert believed or there == seen
    with bare(catalog_path) as connection:
        assert broken(connection) == []


def test_what_is_filled_in_is_not_filled_in_again(catalog_path: Path) -> None:
    """A second call finds nothing to do and leaves every row."""
    small_catalog(catalog_path, MODELS)
    forgotten(catalog_path)
    assert filled(catalog_path) == len(MODELS)
    with bare(catalog_path) as connection:
        before = contents(connection)
    assert filled(catalog_path) == 0
    with bare(catalog_path) as connection:
        assert contents(connection) == before


def test_the_first_run_is_one_event(catalog_path: Path) -> None:
    """What the first run wrote counts as known since it first saw the model."""
    small_catalog(catalog_path, MODELS)
    with write(catalog_path) as connection:
        early = moment_of(connection)
        connection.execute("UPDATE capabilities SET max_context = 5")
        late = moment_of(connection)
        connection.execute("DELETE FROM runs")
        connection.execute(
            "INSERT INTO runs (kind, started_at, finished_at, status, version) "
            "VALUES ('shipped', '2026-01-01T00:00:00.000Z', ?, 'ok', '0')",
            (late,),
        )
    forgotten(catalog_path)
    filled(catalog_path)
    catalog = opened(catalog_path)
    found = catalog.as_of(early).rows("SELECT DISTINCT max_context FROM catalog")
    assert found == [(5,)]
    assert catalog.rows("SELECT count(*) FROM catalog_history") == [(0,)]


def test_what_ended_before_the_history_begins_is_left_out(catalog_path: Path) -> None:
    """Nobody may ask for it."""
    small_catalog(catalog_path, MODELS)
    age(catalog_path, 9)
    with write(catalog_path) as connection:
        connection.execute("UPDATE capabilities SET max_context = 5")
        now = moment_of(connection)
        connection.execute("UPDATE about SET value = ? WHERE key = 'born_at'", (now,))
    forgotten(catalog_path)
    filled(catalog_path)
    assert opened(catalog_path).rows("SELECT count(*) FROM catalog_history") == [(0,)]
