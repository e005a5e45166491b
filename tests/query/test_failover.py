"""The ranked fall-backs: the best so many, of different providers or families."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from command_line import environment, ids, on_terminal, run_command, small_catalog, unstyled
from modeldex import InvalidQuery, ModelQuery, ModelRegistry, Workload
from modeldex.query.compile import COLUMNS, compile_query
from modeldex.query.selection import Selection, select_rows
from modeldex.storage.location import Place
from raw_catalog import Below
from sample_offers import FACTS, KNOWN, holding

OURS: dict[str, Any] = {"available": False, "providers": {"acme", "mid", "zeta"}}


@pytest.fixture(scope="module")
def empty(below: Below) -> Iterator[Any]:
    """A catalog without models."""
    with below() as connection:
        yield connection


FAMILIES = st.none() | st.sampled_from(("gpt", "claude"))
OFFERS = st.dictionaries(
    st.sampled_from([f"{host}/{name}" for host in ("acme", "mid", "zeta") for name in "abcd"]),
    st.builds(lambda facts, family: {**facts, "family": family}, FACTS, FAMILIES),
    max_size=9,
)


def one_of_each(rows: list[tuple[Any, ...]], column: int) -> list[tuple[Any, ...]]:
    """The first row of each group; a row without one is a group of its own."""
    groups = [row[column] for row in rows]
    return [
        row for i, row in enumerate(rows) if groups[i] is None or groups[i] not in groups[:i]
    ]  # fmt: skip


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    offers=OFFERS, group=st.sampled_from(("provider", "family")), offset=st.integers(0, 2),
    limit=st.none() | st.integers(1, 4), workload=st.none() | st.just(Workload(300_000, 100)),
)  # fmt: skip
def test_the_choice_is_the_best_of_each_group(
    empty: sqlite3.Connection,
    *,
    offers: dict[str, Any],
    group: str,
    offset: int,
    limit: int | None,
    workload: Workload | None,
) -> None:
    """Exactly the first of each group, in rank order, whatever ranks and whatever limit."""
    with holding(empty, offers) as catalog:
        ranked = (
            select_rows(catalog, KNOWN, Selection(workload))
            if workload
            else catalog.rows(*compile_query(KNOWN, catalog.scope))
        )
        found = select_rows(
            catalog, {**KNOWN, "limit": limit, "offset": offset}, Selection(workload, group)
        )
    last = None if limit is None else offset + limit
    assert found == one_of_each(ranked, COLUMNS.index(group))[offset:last]


MODELS = {
    f"{provider}/{name}": {
        "input_cost_per_1m": cost, "output_cost_per_1m": cost, "quality_tier": "best"
    }
    for provider, name, cost in [
        ("acme", "first", 1), ("acme", "second", 2), ("mid", "third", 3),
        ("mid", "fourth", 4), ("zeta", "fifth", 5),
    ]
}  # fmt: skip


@pytest.fixture(scope="module")
def hosts(new_place: Callable[[], Place]) -> Place:
    """Five models of three providers that nobody else knows."""
    return small_catalog(new_place(), MODELS)


async def test_find_best_gives_a_list_where_one_is_asked_for(hosts: Path) -> None:
    """With n the best so many; with distinct one of each provider; without n just the best."""
    async with ModelRegistry(db=hosts) as registry:
        three = await registry.find_best(n=3, **OURS)
        apart = await registry.find_best(n=3, distinct="provider", **OURS)
        one = await registry.find_best(distinct="provider", **OURS)
        none = await registry.find_best(n=3, requires_vision=True, **OURS)
        query = await registry.query(ModelQuery(limit=2, offset=1, **OURS), distinct="provider")
    assert [model.spec.name for model in three] == ["first", "second", "third"]
    assert [model.spec.name for model in apart] == ["first", "third", "fifth"]
    assert one == three[0]
    assert none == []
    assert [model.spec.name for model in query] == ["third", "fifth"]


async def test_a_list_may_be_altered_by_its_owner(hosts: Path) -> None:
    """The answer to the same question is whole again, also when it comes from memory."""
    async with ModelRegistry(db=hosts) as registry:
        (await registry.find_best(n=2, **OURS)).clear()
        again = await registry.find_best(n=2, **OURS)
    assert len(again) == 2


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"n": 0}, "n"), ({"n": True}, "n"), ({"n": 2.0}, "n"), ({"distinct": "host"}, "distinct")],
)
async def test_what_makes_no_list_is_refused(
    hosts: Path, asked: dict[str, Any], field: str
) -> None:
    """The error names the argument."""
    async with ModelRegistry(db=hosts) as registry:
        with pytest.raises(InvalidQuery) as caught:
            await registry.find_best(**asked, **OURS)
    assert caught.value.field == field


def test_the_command_prints_a_line_for_each(hosts: Path) -> None:
    """A shell script reads the fall-backs line by line; JSON holds the whole models."""
    done = run_command(hosts, "best", "--known", "-n", "3", "--distinct", "provider")
    assert done.out == "acme/first\nmid/third\nzeta/fifth\n"
    assert run_command(hosts, "best", "--known", "-n", "9").out.count("\n") == 5
    document = run_command(hosts, "best", "--known", "--count", "2", "--json").json
    assert [model["id"] for model in document["models"]] == ["acme/first", "acme/second"]
    assert document["matches"] == 5
    assert run_command(hosts, "best", "--known", "-n", "2", "--vision").code == 3


def test_a_listing_takes_one_of_each_too(hosts: Path) -> None:
    """The total counts groups, not models."""
    args = ("list", "--known", "--distinct", "provider")
    assert ids(run_command(hosts, *args).table) == ["acme/first", "mid/third", "zeta/fifth"]
    short = run_command(hosts, *args, "--limit", "1", "--json").json
    assert (short["total"], len(short["models"])) == (3, 1)


def test_a_person_sees_the_fall_backs_as_a_table(hosts: Path) -> None:
    """On a terminal -n prints what list prints."""
    env = environment(MODELDEX_DB=str(hosts))
    shown = unstyled(on_terminal("best", "--known", "-n", "2", env=env).out)
    assert [line.split()[0] for line in shown.splitlines()] == [
        "model", "acme/first", "acme/second",
    ]  # fmt: skip
