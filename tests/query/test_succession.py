"""Which newer version of its line supersedes an offer at its provider, and how that ranks."""

from collections.abc import Mapping
from typing import Any

import pytest

from raw_catalog import Below

LINE = {"acme/beta-1": "2025-01-01", "acme/beta-2": "2025-06-01", "acme/beta-3": "2026-01-01"}
OLD: dict[str, object] = {
    "base": "acme/beta-1", "input_cost_per_1m": 1.0, "output_cost_per_1m": 1.0,
    "quality_tier": "balanced", "quality_score": 70.0, "max_context": 128_000,
    "supports_tools": 1,
}  # fmt: skip
NEW: dict[str, object] = {**OLD, "base": "acme/beta-2", "input_cost_per_1m": 1.5}


@pytest.fixture
def catalog(below: Below) -> Any:
    """A catalog that knows a line of three versions; nobody offers one yet."""
    with below() as connection:
        for base, day in LINE.items():
            connection.execute(
                "INSERT INTO bases (id, maker, line, released) VALUES (?, 'acme', 'beta', ?)",
                (base, day),
            )
        yield connection


def offered(catalog: Any, name: str, facts: Mapping[str, object], provider: str = "one") -> None:
    """Add an offer with facts that a user states."""
    catalog.execute("INSERT INTO models (provider, name) VALUES (?, ?)", (provider, name))
    catalog.execute(
        f"INSERT INTO capabilities (model_id, resolver, {', '.join(facts)}) "
        f"SELECT id, 'user', {', '.join('?' for _ in facts)} FROM models "
        "WHERE provider = ? AND name = ?",
        (*facts.values(), provider, name),
    )


def superseded(catalog: Any) -> dict[str, tuple[str, int | None]]:
    """The newest version and the number of those of the same band, by what they supersede."""
    rows = catalog.execute(
        "SELECT m.name, s.superseded_by, s.newer_versions FROM superseded_offers s "
        "JOIN models m ON m.id = s.model_id"
    ).fetchall()
    return {row[0]: (row[1], row[2]) for row in rows}


def test_a_newer_version_of_its_line_supersedes_an_offer(catalog: Any) -> None:
    """The newest is named, and those of the same tier and band are counted."""
    offered(catalog, "old", OLD)
    offered(catalog, "new", NEW)
    offered(catalog, "newest", {**NEW, "base": "acme/beta-3", "quality_score": 80.0})
    assert superseded(catalog) == {"old": ("newest", 1), "new": ("newest", None)}


@pytest.mark.parametrize(
    ("changed", "provider"),
    [
        ({"input_cost_per_1m": 2.5}, "one"),  # 2.125 against 1
        ({"quality_tier": "cheap"}, "one"),
        ({"quality_score": 60.0}, "one"),
        ({"max_context": 64_000}, "one"),
        ({"supports_tools": 0}, "one"),
        ({"supports_tools": None}, "one"),
        ({"mode": "embedding"}, "one"),
        ({"price_basis": "free"}, "one"),
        ({"variant": "thinking"}, "one"),
        ({"lifecycle": "preview"}, "one"),
        ({"lifecycle": "deprecated"}, "one"),
        ({"retires_at": "2027-01-01"}, "one"),
        ({"suspicious": 1}, "one"),
        ({"presumed_gone": "2026-01-01"}, "one"),
        ({"base": "acme/beta-1"}, "one"),
        ({}, "two"),
    ],
)
def test_what_is_no_full_replacement_supersedes_nothing(
    catalog: Any, changed: dict[str, object], provider: str
) -> None:
    """It costs twice as much, is worse, can do less, is of another kind, ends or is elsewhere."""
    offered(catalog, "old", OLD)
    offered(catalog, "new", {**NEW, **changed}, provider)
    assert superseded(catalog) == {}


def test_old_versions_stand_back(catalog: Any) -> None:
    """Each newer version of the same band puts an offer one band behind, three at most.

    The rank of a task is that of its own scores.
    """
    for newer in (None, 1, 2, 3, 9):
        facts = OLD if newer is None else {**OLD, "newer_versions": newer}
        offered(catalog, f"m{newer}", facts)
    rows = catalog.execute("SELECT name, rank_band, rank_coding FROM catalog").fetchall()
    bands = {row[0]: tuple(row)[1:] for row in rows}
    assert bands == {
        "mNone": (6, 7), "m1": (7, 7), "m2": (8, 7), "m3": (9, 7), "m9": (9, 7),
    }  # fmt: skip
