"""How much SQLite does for a question in a catalog and in one ten times larger."""

import random
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from modeldex import ModelQuery
from modeldex.query.catalog import Catalog
from modeldex.query.compile import compile_walk
from modeldex.query.scope import Scope
from modeldex.query.selection import Selection, select_rows
from modeldex.storage.location import Place
from modeldex.storage.open import open_catalog
from modeldex.vocabulary.fields import TIERS
from modeldex.vocabulary.suites import TASKS
from raw_catalog import bare, in_memory, migrated
from scopes import listed, presumed

SIZES = (4_000, 40_000)
PROVIDERS = 60
LIVE = f"p{PROVIDERS - 1}"
MOST = 1.5
"""Times as many steps in the larger catalog."""

QUESTIONS: tuple[Mapping[str, Any], ...] = (
    {},
    {"requires_tools": True},
    {"requires_vision": True, "min_context": 100_000},
    {"cost_tier": "cheap"},
    {"cost_tier": "premium"},
    {"quality_tier": "balanced", "requires_vision": True},
    {"min_quality_tier": "balanced"},
    {"task": "coding"},
    {"task": "coding", "requires_tools": True, "min_days_left": 30},
    {"task": "coding", "cost_tier": "cheap"},
    {"min_days_left": 30},
    {"min_days_left": 30, "requires_tools": True},
    {"min_days_left": 30, "cost_tier": "cheap", "min_context": 8_000},
)
SCORES: dict[str | None, tuple[int | None, ...]] = {
    "best": (None, 72, 78, 84), "balanced": (None, 56, 64, 72), "cheap": (None, 40, 50, 58),
    None: (None,),
}  # fmt: skip
"""What benchmarks say of offers of each tier."""

KEYED = {
    "1 provider": ("p7",),
    "3 providers": ("p3", "p20", "p41"),
    "40 providers": tuple(f"p{number}" for number in range(40)),
}


def _offer(dice: random.Random, number: int) -> tuple[object, ...]:
    """An offer whose properties do not depend on each other, but for embeddings: all are cheap."""
    provider = f"p{dice.randrange(PROVIDERS)}"
    embeds = dice.random() < 0.1
    tier = dice.choice((*TIERS, None))
    price = 0.01 if embeds else dice.choice((0.0, 0.2, 1.0, 4.0, None))
    return (
        number, provider, f"m{number}", f"f{dice.randrange(200)}", provider == LIVE,
        dice.random() < 0.6, dice.random() < 0.6, dice.choice((8_000, 128_000, 1_000_000)),
        dice.choice(SCORES[tier]), dice.choice(SCORES[tier]), price, price,
        "embedding" if embeds else "chat", tier,
        f"acme/b{dice.randrange(200)}", dice.choice((*[None] * 4, "2026-12-01", "2027-06-01")),
    )  # fmt: skip


_INSERT = f"""INSERT INTO catalog (live, model_id, provider, name, family, own, supports_tools,
  supports_vision, max_context, quality_score, coding_score, input_cost_per_1m,
  output_cost_per_1m, mode, quality_tier, base,
  retires_at, valid_from)
  VALUES (0, {", ".join("?" * 16)}, '2026-01-01T00:00:00Z')"""


_LIST = "INSERT INTO listed (listing_id, model_id) VALUES (?, ?)"


def _listed(offers: list[tuple[object, ...]]) -> list[tuple[int, object]]:
    """The first offers of one provider, and two of three of two others."""
    of = {name: [offer[0] for offer in offers if offer[1] == name] for name in ("p7", "p20", "p41")}
    many = {2: of["p20"], 3: of["p41"]}
    return [(1, number) for number in of["p7"][:3]] + [
        (listing, number) for listing in many for at, number in enumerate(many[listing]) if at % 3
    ]


def _without_guards(connection: sqlite3.Connection) -> None:
    """Let rows be written to `catalog` itself, as only the fold does."""
    connection.execute("PRAGMA foreign_keys = OFF")
    triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'catalog'"
    for (name,) in connection.execute(triggers).fetchall():
        connection.execute(f"DROP TRIGGER {name}")


@pytest.fixture(scope="module")
def connections() -> Iterator[list[sqlite3.Connection]]:
    """A connection to a catalog of each size; only the merged rows are filled."""
    with in_memory() as small, in_memory() as large:
        for connection, size in zip((small, large), SIZES, strict=True):
            dice = random.Random(7)  # noqa: S311 - no secret
            offers = [_offer(dice, number) for number in range(1, size + 1)]
            _without_guards(connection)
            connection.executemany(_INSERT, offers)
            connection.executemany(_LIST, _listed(offers))
        yield [small, large]


def steps(
    connection: sqlite3.Connection, scope: Scope, query: ModelQuery, distinct: str | None
) -> tuple[int, int]:
    """The VM steps that SQLite takes for a query, and the number of models it finds."""
    taken = 0

    def step() -> int:
        nonlocal taken
        taken += 1
        return 0

    connection.set_progress_handler(step, 1)
    try:
        found = select_rows(
            Catalog(Path(), connection, scope), dict(query), Selection(distinct=distinct)
        )
    finally:
        connection.set_progress_handler(None, 0)
    return taken, len(found)


def scope_of(keyed: str) -> Scope:
    """The scope of some providers; those of `listings` have one of 3 offers, and one of most.

    In `part`, one has a listing of a part, and another has none.
    """
    if keyed == "part":
        return Scope("2026-11-22", (listed("p41", 3, 900, "partial"), *presumed("p3")))
    if keyed == "listings":
        return Scope("2026-11-22", (listed("p7", 1), listed("p20", 2, offers=900)))
    return Scope("2026-11-22", presumed(*KEYED[keyed]))


@pytest.mark.parametrize("keyed", [*KEYED, "listings", "part"])
@pytest.mark.parametrize(
    ("n", "distinct"),
    [(1, None), (3, None), (3, "family"), (5, "base")],
    ids=["1", "3", "3 families", "5 bases"],
)
def test_a_larger_catalog_takes_no_more_steps(
    connections: list[sqlite3.Connection], keyed: str, n: int, distinct: str | None
) -> None:
    """With ten times the models a question takes at most 1.5 times the VM steps."""
    scope = scope_of(keyed)
    long = {}
    for criteria in QUESTIONS:
        query = ModelQuery(limit=n, **criteria)
        small, large = (steps(each, scope, query, distinct) for each in connections)
        assert large[1] == n, criteria
        # Where the smaller one has too few, it is read to its end.
        if small[1] == n and large[0] > MOST * small[0]:
            long[str(criteria)] = small, large
    assert long == {}


def test_one_provider_among_many_is_not_searched_for(
    connections: list[sqlite3.Connection],
) -> None:
    """A provider's own models are all that a question about it steps over, whatever their rank."""
    _, large = connections
    scope = Scope("2026-11-22", presumed("p7"))
    query = ModelQuery(limit=1, min_speed_tps=1)  # no model's speed is known
    taken, found = steps(large, scope, query, None)
    assert found == 0
    assert taken < SIZES[1]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("cost_tier", ["free", "cheap", "standard", "premium"])
@pytest.mark.parametrize("keyed", ["3 providers", "listings", "part"])
def test_a_cost_tier_is_read_in_rank_order(
    connections: list[sqlite3.Connection], keyed: str, cost_tier: str, task: str
) -> None:
    """The first offers of a cost tier are the same, read by walks or from the sorted list."""
    catalog = Catalog(Path(), connections[0], scope_of(keyed))
    every = ModelQuery(cost_tier=cost_tier, task=task)
    first = ModelQuery(cost_tier=cost_tier, task=task, limit=40)
    found = select_rows(catalog, dict(first))
    assert found
    assert found == select_rows(catalog, dict(every))[:40]


def test_a_cost_tier_takes_one_walk_per_provider() -> None:
    """A question about a cost tier has as many walks as one without: its statement is short."""
    walks = {
        compile_walk("c.name", dict(ModelQuery(**criteria)), scope_of("40 providers")).sql.count(
            " UNION ALL "
        )
        for criteria in ({}, {"cost_tier": "cheap"}, {"task": "coding", "cost_tier": "premium"})
    }
    assert walks == {40}


def test_a_cost_tier_has_the_best_band_first(new_place: Callable[[], Place]) -> None:
    """Walks from band to band give the better offer of a cost tier first, on both engines."""
    place = migrated(new_place())
    scores = {1: ("cheap", 45.0), 2: ("best", 72.0), 3: ("best", 84.0), 4: ("balanced", 60.0)}
    with bare(place) as connection:
        for number, (tier, score) in scores.items():
            connection.execute(
                f"INSERT INTO models (id, provider, name) VALUES ({number}, 'p1', 'm{number}')"
            )
            connection.execute(
                "INSERT INTO capabilities (model_id, resolver, quality_tier, quality_score, "
                "input_cost_per_1m, output_cost_per_1m) "
                f"VALUES ({number}, 'user', '{tier}', {score}, 1.0, {number / 2})"
            )
    query = ModelQuery(cost_tier="standard", limit=3)
    with closing(open_catalog(place)) as connection:
        catalog = Catalog(place, connection, Scope("2026-11-22", presumed("p1")))
        found = [catalog.entry(row).spec.name for row in select_rows(catalog, dict(query))]
    assert found == ["m3", "m2", "m4"]
