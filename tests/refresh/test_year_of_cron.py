"""A refresh a day for a long time: models appear, change and vanish, hosts fail for weeks."""

import random
from collections.abc import Sequence
from datetime import datetime
from types import SimpleNamespace

import pytest

from custom_parts import sql
from modeldex.refresh.run import refresh
from modeldex.storage.location import Place
from modeldex.vocabulary.timestamps import utc

World = dict[str, dict[str, float]]


@pytest.fixture
def catalog_path(blank_catalog: Place) -> Place:
    """An empty catalog."""
    return blank_catalog


class Host:
    """A source and a resolver over one changing world, which may be down."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.world: World = {f"m{i:03d}": {"max_context": 1000.0 + i} for i in range(40)}
        self.down = False

    def _check(self) -> None:
        if self.down:
            raise ConnectionError("the host is down")

    async def discover(self) -> list[SimpleNamespace]:
        self._check()
        return [SimpleNamespace(provider=self.name, name=name) for name in self.world]

    async def resolve_many(self, specs: Sequence[SimpleNamespace]) -> list[object]:
        self._check()
        return [self.world.get(s.name) if s.provider == self.name else None for s in specs]

    async def get_capabilities(self, spec: object) -> object:
        raise AssertionError("asked one by one")


def live_a_day(host: Host, dice: random.Random, day: int) -> int:
    """A few models appear, change or vanish; the number of opinions that were replaced."""
    replaced = 0
    if dice.random() < 0.1:
        del host.world[dice.choice(sorted(host.world))]
    for name in dice.sample(sorted(host.world), k=dice.choice((0, 0, 1, 2))):
        host.world[name] = {"max_context": host.world[name]["max_context"] + 1}
        replaced += 1
    if dice.random() < 0.3:
        host.world[f"n{day:03d}"] = {"max_context": 2000.0 + day}
    return replaced


def a_day_passes(place: Place) -> None:
    """Make every absence a day older."""
    absences = "SELECT DISTINCT missing_since FROM sightings WHERE missing_since IS NOT NULL"
    for (since,) in sorted(sql(place, absences)):
        earlier = utc(datetime.fromisoformat(since).timestamp() - 24 * 3600)
        sql(place, "UPDATE sightings SET missing_since = ? WHERE missing_since = ?", earlier, since)


SIZES = (
    "SELECT (SELECT count(*) FROM capabilities), (SELECT count(*) FROM capability_history), "
    "(SELECT count(*) FROM sightings), (SELECT count(*) FROM models)"
)


@pytest.mark.parametrize(
    "days",
    [
        20,
        pytest.param(60, marks=pytest.mark.promised),
        pytest.param(365, marks=[pytest.mark.nightly, pytest.mark.timeout(3600)]),
    ],
)
async def test_a_catalog_grows_with_changes_and_not_with_days(
    days: int, catalog_path: Place
) -> None:
    """After each day the catalog is the world's; the history holds each replaced opinion once."""
    dice = random.Random(20261122)  # noqa: S311 - a world, not a secret
    host, steady = Host("host"), Host("steady")
    replaced, seen, wrong = 0, set(host.world), []
    for day in range(days):
        host.down = 30 <= day < 44
        if not host.down:
            replaced += live_a_day(host, dice, day)
            seen |= host.world.keys()
        report = await refresh(catalog_path, [host, steady], [host, steady])  # type: ignore[list-item]
        a_day_passes(catalog_path)
        listed = sql(
            catalog_path,
            "SELECT name, max_context FROM catalog WHERE provider = 'host' AND live = 1",
        )
        if dict(listed) != {n: v["max_context"] for n, v in host.world.items()}:
            wrong.append(day)
        if report.status != ("partial" if host.down else "ok"):
            wrong.append(day)
    assert wrong == []
    opinions, history, sightings, models = sql(catalog_path, SIZES)[0]
    assert (sightings, models) == (len(seen) + 40, len(seen) + 40)
    assert opinions == models
    assert history == replaced


async def test_a_year_of_nothing_new_leaves_only_the_record_of_its_runs(
    catalog_path: Place,
) -> None:
    """Days without a change add rows to runs and run_steps, and to nothing else."""
    steady = Host("steady")
    await refresh(catalog_path, [steady], [steady])
    before = sql(catalog_path, SIZES)
    for _ in range(30):
        await refresh(catalog_path, [steady], [steady])
    assert sql(catalog_path, SIZES) == before
    assert sql(catalog_path, "SELECT count(*) FROM runs") == [(31,)]
    assert sql(catalog_path, "SELECT count(DISTINCT changed_at) FROM capabilities") == [(1,)]


async def test_a_vanished_model_is_retired_after_its_day(catalog_path: Place) -> None:
    """What vanished for good is hidden in the end, and what it could do stays on record."""
    host = Host("host")
    await refresh(catalog_path, [host], [host])
    del host.world["m000"]
    for _ in range(3):
        await refresh(catalog_path, [host], [host])
        a_day_passes(catalog_path)
    kept = sql(
        catalog_path,
        "SELECT retired_at IS NOT NULL, max_context FROM catalog WHERE name = 'm000'",
    )
    assert kept == [(1, 1000)]
