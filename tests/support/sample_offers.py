"""Catalogs of a few offers, and random prices, for the tests of what things cost."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from modeldex.query.catalog import Catalog
from modeldex.query.scope import Scope
from modeldex.vocabulary.fields import BY_NAME, TIERS
from modeldex.vocabulary.prices import USUAL, Price
from raw_catalog import undone

TODAY = "2026-11-22"
KNOWN = {"available": False, "price_basis": "any"}
"""Criteria under which everything that a test writes is found."""

SIZES = (0, 8, 200_000)
AMOUNTS = tuple(map(Decimal, ("0", "0.1", "0.30", "2.5", "30", "0.000000000001")))
PRICES = st.builds(
    Price,
    st.sampled_from((*USUAL, "cache_write_1h")),
    st.sampled_from(AMOUNTS),
    st.sampled_from(("standard", "batch", "flex", "priority")),
    st.sampled_from(SIZES),
    st.none() | st.sampled_from(("*", "eu", "eu-west-2")),
    st.none() | st.sampled_from(("1630-0030", "0000-0000w67", "0400-0600w12345")),
    st.none() | st.sampled_from(("2026-01-01", "2026-12-01")),
    st.none() | st.sampled_from(("2026-11-30", "2099-12-31")),
)
OTHERS = st.lists(PRICES, max_size=6).map(lambda prices: frozenset(p.word for p in prices))
COSTS = st.none() | st.sampled_from((0.0, 0.1, 0.5, 3.0))
FACTS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        **dict.fromkeys(USUAL.values(), COSTS),
        "other_prices": st.just(frozenset()) | OTHERS,
        "quality_tier": st.none() | st.sampled_from(TIERS),
        "speed_hint_tps": st.none() | st.sampled_from((10.0, 50.0, 200.0)),
        "release_date": st.none() | st.sampled_from(("2025-01-01", "2026-01-01")),
    }
)
"""What is known of a model; often nothing, often the same as of another."""


@contextmanager
def holding(connection: Any, offers: Mapping[str, Mapping[str, Any]]) -> Iterator[Catalog]:
    """A catalog of these offers, by `provider/name`; `family` is a fact like the others."""
    with undone(connection):
        for model, facts in offers.items():
            _write(connection, model, dict(facts))
        yield Catalog(Path("catalog.db"), connection, Scope(TODAY))


def _write(connection: Any, model: str, facts: dict[str, Any]) -> None:
    provider, _, name = model.partition("/")
    row = (provider, name, facts.pop("family", None))
    connection.execute("INSERT INTO models (provider, name, family) VALUES (?, ?, ?)", row)
    columns = ", ".join(["model_id", "resolver", *facts])
    connection.execute(
        f"INSERT INTO capabilities ({columns}) SELECT max(id), 'user'{', ?' * len(facts)} "
        "FROM models",
        [BY_NAME[field].clean(value) for field, value in facts.items()],
    )


def ids(rows: list[tuple[object, ...]]) -> list[str]:
    """The ids of rows of compile.COLUMNS."""
    return [f"{row[0]}/{row[1]}" for row in rows]
