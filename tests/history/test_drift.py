"""Disagreements: who says what, who wins, since when; silence until a value changes."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from command_line import run_command, small_catalog
from modeldex import ModelRegistry, errors
from modeldex.history.drift import Disagreement
from raw_catalog import bare

SAID = """
INSERT INTO models (provider, name) VALUES ('acme', 'alpha'), ('acme', 'beta');
INSERT INTO capabilities (model_id, resolver, max_context, input_cost_per_1m, supports_tools,
    known_params) VALUES
  (1, 'models_dev', 128000, 2.0, 1, 'seed,stop'),
  (1, 'litellm', 32000, 2.0, 0, 'stop'),
  (1, 'user', 64000, NULL, NULL, NULL),
  (2, 'models_dev', 8000, 1.0, 1, NULL);
"""


@pytest.fixture
def catalog(catalog_path: Path) -> Path:
    """Two models; three resolvers disagree about the first."""
    small_catalog(catalog_path, {})
    with bare(catalog_path) as connection:
        connection.executescript(SAID)
    return catalog_path


def registry(path: Path) -> ModelRegistry:
    """A registry of that file alone, with nothing to load."""
    return ModelRegistry(sources=[], resolvers=[], db=path)


def by_field(found: list[Disagreement]) -> dict[str, Disagreement]:
    """The disagreements about one model."""
    return {each.field: each for each in found}


async def test_each_disagreement_names_who_says_what_and_who_wins(catalog: Path) -> None:
    """Every field with two different known values is there, with typed values and the winner."""
    async with registry(catalog) as asked:
        found = by_field(await asked.drift())
    assert {field: dict(each.statements) for field, each in found.items()} == {
        "max_context": {"models_dev": 128_000, "litellm": 32_000, "user": 64_000},
        "supports_tools": {"models_dev": True, "litellm": False},
        "known_params": {
            "models_dev": frozenset({"seed", "stop"}), "litellm": frozenset({"stop"}),
        },
    }  # fmt: skip
    assert {field: (each.winner, each.effective) for field, each in found.items()} == {
        "max_context": ("user", 64_000),
        "supports_tools": ("litellm", False),
        "known_params": ("litellm", frozenset({"stop"})),
    }
    assert (found["max_context"].ratio, found["known_params"].ratio) == (4.0, None)


async def test_agreement_and_silence_are_no_drift(catalog: Path) -> None:
    """Equal values, a lone opinion and an absent one are nothing to look at."""
    async with registry(catalog) as asked:
        assert await asked.drift(field="input_cost_per_1m") == []
        assert await asked.drift(name="beta") == []


async def test_filters_narrow_it_down(catalog: Path) -> None:
    """By field and by how far numbers lie apart."""
    async with registry(catalog) as asked:
        far = await asked.drift(min_ratio=4)
        farther = await asked.drift(min_ratio=4.1)
    assert ([each.field for each in far], farther) == (["max_context"], [])


FILTERS: list[dict[str, Any]] = [
    {}, {"provider": "openai"}, {"provider": "openai", "name": "gpt-4o"}, {"name": "gpt-4o"},
    {"field": "max_context"}, {"field": "max_context", "provider": "openai"}, {"min_ratio": 2},
    {"provider": "nobody"}, {"name": "alpha", "min_ratio": 3.5}, {"field": "known_params"},
]  # fmt: skip


async def found_and_viewed(path: Path) -> tuple[list[object], list[object]]:
    """What every filter finds, and what it leaves of the view."""
    async with registry(path) as asked:
        found = [each for wanted in FILTERS for each in await asked.drift(**wanted)]
    with bare(path) as connection:
        rows = connection.execute(
            "SELECT provider, name, field, winner, ratio, since, opinions FROM drift "
            "ORDER BY coalesce(-ratio, 0), provider, name, field"
        ).fetchall()
    kept: list[object] = [row for wanted in FILTERS for row in rows if _meets(row, **wanted)]
    return [(*each[:3], *each[4:7], len(each.statements)) for each in found], kept


def _meets(row: tuple[Any, ...], min_ratio: float = 0, **wanted: str) -> bool:
    known = dict(zip(("provider", "name", "field"), row, strict=False))
    return known | wanted == known and (not min_ratio or (row[4] or 0) >= min_ratio)


async def test_it_is_what_the_view_says(catalog: Path) -> None:
    """Narrowed first, by any filter, the view holds the same in the same order."""
    found, viewed = await found_and_viewed(catalog)
    assert len(viewed) > 6
    assert found == viewed


@pytest.mark.sqlite_only("what is shipped is large; the server's views are the same law")
async def test_it_is_what_the_view_says_of_all_that_is_shipped(shipped_catalog: Path) -> None:
    """Of every model that resolvers disagree on."""
    found, viewed = await found_and_viewed(shipped_catalog)
    assert len(viewed) > 1500
    assert found == viewed


async def test_a_field_that_does_not_exist_is_refused(catalog: Path) -> None:
    """The error names the field and those that exist."""
    async with registry(catalog) as asked:
        with pytest.raises(errors.InvalidQuery, match="expected one of max_context"):
            await asked.drift(field="context")


async def test_what_is_acknowledged_is_silent_until_a_value_changes(catalog: Path) -> None:
    """Silenced, still there for who asks for all, and loud again after the next change."""
    async with registry(catalog) as asked:
        assert await asked.acknowledge(await asked.drift(field="max_context")) == 1
        silent = [each.field for each in await asked.drift()]
        everything = [each.field for each in await asked.drift(acknowledged=True)]
        with bare(catalog) as connection:
            connection.execute(
                "UPDATE capabilities SET max_context = 48000 WHERE resolver = 'litellm'"
            )
        loud = [each.field for each in await asked.drift()]
    assert silent == ["known_params", "supports_tools"]
    assert everything == loud == ["max_context", "known_params", "supports_tools"]


async def test_acknowledging_again_keeps_the_latest(catalog: Path) -> None:
    """A disagreement that changed can be silenced anew."""
    async with registry(catalog) as asked:
        await asked.acknowledge(await asked.drift(field="max_context"))
        with bare(catalog) as connection:
            connection.execute("UPDATE capabilities SET max_context = 1 WHERE resolver = 'litellm'")
        assert await asked.acknowledge(await asked.drift(field="max_context")) == 1
        assert await asked.drift(field="max_context") == []


async def test_values_that_are_hard_to_believe_are_named(catalog: Path) -> None:
    """A cached token dearer than a fresh one, output as long as the window, a price that jumped."""
    with bare(catalog) as connection:
        connection.executescript(
            "UPDATE capabilities SET cache_read_cost_per_1m = 9, max_output_tokens = 8000 "
            "WHERE model_id = 2; "
            "UPDATE capabilities SET input_cost_per_1m = 10.5 WHERE model_id = 1 "
            "AND resolver = 'litellm';"
        )
    async with registry(catalog) as asked:
        found = await asked.suspicions()
    assert [(each.id, each.field, each.value, each.resolver) for each in found] == [
        ("acme/beta", "cache_read_cost_per_1m", 9.0, "models_dev"),
        ("acme/beta", "max_output_tokens", 8000, "models_dev"),
        ("acme/alpha", "input_cost_per_1m", 10.5, "litellm"),
    ]
    assert found[2].why.startswith("changed from 2.0 at 20")


def test_the_command_prints_one_line_each(catalog: Path) -> None:
    """TSV with the winner first; --json holds typed values."""
    done = run_command(catalog, "drift", "acme/alpha", "--field", "max_context")
    assert done.out.splitlines()[1].split("\t")[:4] == [
        "acme/alpha", "max_context", "user: 64000; litellm: 32000; models_dev: 128000", "4",
    ]  # fmt: skip
    [found] = run_command(catalog, "drift", "--field", "supports_tools", "--json").json["drift"]
    assert (found["id"], found["winner"], found["effective"]) == ("acme/alpha", "litellm", False)


def test_the_command_acknowledges_what_it_prints(catalog: Path) -> None:
    """After --acknowledge the same command prints nothing but its header."""
    first = run_command(catalog, "drift", "--field", "max_context", "--acknowledge")
    second = run_command(catalog, "drift", "--field", "max_context")
    assert len(first.out.splitlines()) == 2
    assert second.out.splitlines() == ["model\tfield\tsays\tratio\tsince"]


def _steps(path: Path, sql: str) -> int:
    """How many thousand steps SQLite's machine takes for a statement."""
    taken = itertools.count()
    with bare(path) as connection:
        connection.set_progress_handler(lambda: next(taken) and None, 1000)
        connection.execute(sql).fetchall()
    return next(taken)


@pytest.mark.sqlite_only("its steps can be counted")
def test_over_everything_it_costs_little_more_than_reading_the_opinions(
    shipped_catalog: Path,
) -> None:
    """At most twice the steps of a scan of all opinions, field by field."""
    scan = _steps(shipped_catalog, "SELECT count(*) FROM provenance")
    assert 100 < _steps(shipped_catalog, "SELECT * FROM drift") <= 2 * scan
