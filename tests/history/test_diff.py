"""What changed from one catalog file to another."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from command_line import MODELS, small_catalog, write
from custom_parts import sql
from modeldex.errors import NotACatalog
from modeldex.history.diff import Change, Difference, Offer, difference

SEEN = {"openai/flagship": "openai", "openai/small": "openai", "groq/shared": "models_dev"}


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Two equal catalogs of which some models are seen by a live and a reference source."""
    before, after = small_catalog(tmp_path / "before #1.db", MODELS), tmp_path / "after.db"
    with write(before) as connection:
        connection.executemany(
            "INSERT INTO sources (name, kind) VALUES (?, ?)",
            [("openai", "live"), ("models_dev", "reference")],
        )
    see(before, SEEN)
    shutil.copyfile(before, after)
    return before, after


def see(path: Path, models: dict[str, str]) -> None:
    """Sightings by `provider/name`."""
    with write(path) as connection:
        connection.executemany(
            "INSERT INTO sightings (model_id, source) SELECT id, ? FROM models "
            "WHERE provider || '/' || name = ?",
            [(source, model) for model, source in models.items()],
        )


def of(model: str) -> str:
    """SQL: the id of a model."""
    return f"(SELECT id FROM models WHERE provider || '/' || name = '{model}')"


def lose(path: Path, model: str, source: str) -> None:
    """A source misses a model."""
    sql(
        path, f"UPDATE sightings SET missing_since = '2026-01-01T00:00:00Z' WHERE source = ? "
        f"AND model_id = {of(model)}", source,
    )  # fmt: skip


def test_equal_catalogs_differ_in_nothing(pair: tuple[Path, Path]) -> None:
    """Nothing is added, gone or changed; both stay byte for byte as they were."""
    contents = [path.read_bytes() for path in pair]
    assert difference(*pair) == Difference((), (), ())
    assert [path.read_bytes() for path in pair] == contents


def test_a_new_model_is_added_with_those_who_see_it(pair: tuple[Path, Path]) -> None:
    """Its sources are named, sorted; its fields are not listed one by one."""
    before, after = pair
    sql(after, "INSERT INTO models (provider, name) VALUES ('openai', 'newer')")
    see(after, {"openai/newer": "openai"})
    see(after, {"openai/newer": "models_dev"})
    sql(after, f"INSERT INTO capabilities (model_id, resolver, max_context) "
               f"SELECT {of('openai/newer')}, 'user', 1000")  # fmt: skip
    assert difference(before, after) == Difference(
        added=(Offer("openai", "newer", ("models_dev", "openai")),)
    )
    assert difference(after, before).gone == (Offer("openai", "newer", ("models_dev", "openai")),)


def test_a_model_is_gone_when_nobody_sees_it(pair: tuple[Path, Path]) -> None:
    """The last source that misses it makes it gone, and whoever sees it again adds it."""
    before, after = pair
    lose(after, "groq/shared", "models_dev")
    assert difference(before, after) == Difference(gone=(Offer("groq", "shared", ("models_dev",)),))
    assert [offer.id for offer in difference(after, before).added] == ["groq/shared"]


def test_a_model_that_another_source_sees_is_only_not_live(pair: tuple[Path, Path]) -> None:
    """A data set still knows it: it cannot be called from here any more, which is a change."""
    before, after = pair
    see(before, {"openai/small": "models_dev"})
    see(after, {"openai/small": "models_dev"})
    lose(after, "openai/small", "openai")
    assert difference(before, after) == Difference(
        changed=(Change("openai", "small", "live", True, False, None),)  # noqa: FBT003
    )


def test_a_retired_model_is_gone(pair: tuple[Path, Path]) -> None:
    """Also one that nobody claimed to see, such as a model that was only measured."""
    before, after = pair
    sql(after, "UPDATE models SET retired_at = '2026-01-01T00:00:00Z' WHERE provider = 'mistral'")
    gone = difference(before, after).gone
    assert [(offer.id, offer.sources) for offer in gone] == [
        ("mistral/shared", ()), ("mistral/vectors", ()),
    ]  # fmt: skip


CHANGES: dict[str, tuple[str, object, object, str | None]] = {
    "max_context = 64000": ("max_context", 32_000, 64_000, "user"),
    "supports_tools = 1": ("supports_tools", False, True, "user"),
    "supports_tools = NULL": ("supports_tools", False, None, "user"),
    "supports_audio = 0": ("supports_audio", None, False, "user"),
    "input_cost_per_1m = 0.25": ("input_cost_per_1m", 0.1, 0.25, "user"),
    "quality_tier = 'best'": ("quality_tier", "cheap", "best", "user"),
    "release_date = '2026-02'": ("release_date", None, "2026-02", "user"),
    "known_params = 'seed'": (
        "known_params", frozenset({"seed", "top_p"}), frozenset({"seed"}), "user",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("assignment", "expected"), CHANGES.items())
def test_a_changed_field_has_its_old_and_new_value(
    pair: tuple[Path, Path], assignment: str, expected: tuple[str, object, object, str | None]
) -> None:
    """Values as Python reads them, None for unknown, and the resolver that states them."""
    before, after = pair
    sql(after, f"UPDATE capabilities SET {assignment} WHERE model_id = {of('openai/small')}")
    assert difference(before, after).changed == (Change("openai", "small", *expected),)


def test_the_resolver_that_wins_is_named(pair: tuple[Path, Path]) -> None:
    """The new value's, where there is one; an opinion that does not win changes nothing."""
    before, after = pair
    sql(after, f"INSERT INTO capabilities (model_id, resolver, max_context, ttft_ms) "
               f"SELECT {of('openai/small')}, 'static', 99, 7")  # fmt: skip
    assert difference(before, after).changed == (
        Change("openai", "small", "ttft_ms", None, 7, "static"),
    )
    sql(
        after,
        f"DELETE FROM capabilities WHERE resolver = 'user' AND model_id = {of('openai/small')}",
    )
    changed = {c.field: c for c in difference(before, after).changed}
    assert changed["max_context"][3:] == (32_000, 99, "static")
    assert changed["quality_tier"][3:] == ("cheap", None, "user")


def test_names_of_a_model_are_compared(pair: tuple[Path, Path]) -> None:
    """Family and display name are no resolver's word."""
    before, after = pair
    sql(after, "UPDATE models SET family = 'fast', display_name = 'Shared' WHERE provider = 'groq'")
    assert difference(before, after).changed == (
        Change("groq", "shared", "family", None, "fast", None),
        Change("groq", "shared", "display_name", None, "Shared", None),
    )


def test_what_is_not_there_is_not_compared(pair: tuple[Path, Path]) -> None:
    """A model that is gone in both files, or came or went, has no changed fields."""
    before, after = pair
    lose(before, "groq/shared", "models_dev")
    lose(after, "groq/shared", "models_dev")
    lose(after, "openai/small", "openai")
    sql(after, "UPDATE capabilities SET max_output_tokens = 1")
    found = difference(before, after)
    assert [offer.id for offer in found.gone] == ["openai/small"]
    assert {change.id for change in found.changed} == {
        "openai/flagship", "openai/older", "mistral/shared", "mistral/vectors",
    }  # fmt: skip


def test_records_are_sorted(pair: tuple[Path, Path]) -> None:
    """By provider, name, and then in the order of the vocabulary."""
    before, after = pair
    sql(after, "UPDATE capabilities SET ttft_ms = 5, max_context = 5")
    order = [(c.provider, c.name) for c in difference(before, after).changed]
    assert order == sorted(order)
    fields = [c.field for c in difference(before, after).changed if c.id == "openai/small"]
    assert fields == ["max_context", "ttft_ms"]


@pytest.mark.parametrize("foreign", [0, 1])
def test_a_file_that_is_no_catalog_is_refused(
    pair: tuple[Path, Path], tmp_path: Path, foreign: int
) -> None:
    """Either of the two may be the wrong one."""
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE t (x)")
    connection.close()
    files = list(pair)
    files[foreign] = other
    with pytest.raises(NotACatalog):
        difference(*files)
