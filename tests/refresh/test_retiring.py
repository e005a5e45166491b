"""When a model is missing, when it is retired, and which answers are not believed."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from modeldex import ModelRegistry, RefreshReport
from modeldex.refresh.run import refresh
from modeldex.storage.sightings import SHRINK_FROM
from modeldex.vocabulary.timestamps import utc
from raw_catalog import bare


@pytest.fixture
def catalog_path(blank_catalog: Path) -> Path:
    """An empty catalog."""
    return blank_catalog


class Lists:
    """A source that lists what it is told to."""

    def __init__(self, name: str, names: Sequence[str], kind: str = "live") -> None:
        self.name = name
        self.kind = kind
        self.names = names

    async def discover(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(provider="acme", name=name) for name in self.names]


class Says:
    """A resolver that knows the window of some models."""

    name = "lab"

    def __init__(self, known: Sequence[str]) -> None:
        self.known = known

    async def resolve_many(self, specs: Sequence[object]) -> list[dict[str, int] | None]:
        return [{"max_context": 1000} if spec.name in self.known else None for spec in specs]  # type: ignore[attr-defined]

    async def get_capabilities(self, spec: object) -> dict[str, int]:
        raise AssertionError("asked one by one")


async def seen(path: Path, *sources: Lists, accept: Sequence[str] = ()) -> RefreshReport:
    """One refresh over these sources."""
    return await refresh(path, sources, [], accept=accept)


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    """What a bare connection reads."""
    with bare(path) as connection:
        return list(connection.execute(sql).fetchall())


def a_day_passes(path: Path) -> None:
    """Make every absence a day and an hour older."""
    absences = "SELECT DISTINCT missing_since FROM sightings WHERE missing_since IS NOT NULL"
    with bare(path) as connection:
        for (since,) in sorted(connection.execute(absences).fetchall()):
            earlier = utc(datetime.fromisoformat(since).timestamp() - 25 * 3600)
            connection.execute(
                "UPDATE sightings SET missing_since = ? WHERE missing_since = ?", (earlier, since)
            )


RETIRED = "SELECT name FROM models WHERE retired_at IS NOT NULL ORDER BY name"
LIVE = "SELECT name FROM catalog WHERE live = 1 ORDER BY name"


async def test_a_missing_model_is_no_longer_live_at_once(catalog_path: Path) -> None:
    """What the last complete answer lacks cannot be counted on, but is not gone yet."""
    await seen(catalog_path, Lists("one", ["a", "b"]))
    await seen(catalog_path, Lists("one", ["a"]))
    assert rows(catalog_path, LIVE) == [("a",)]
    assert rows(catalog_path, RETIRED) == []


@pytest.mark.parametrize(
    ("days", "answers", "retired"),
    [(0, 3, []), (1, 1, []), (1, 2, [("b",)])],
    ids=["three answers within a day", "one answer and a day", "two answers and a day"],
)
async def test_gone_means_two_answers_and_a_day(
    days: int, answers: int, retired: list[tuple[str]], catalog_path: Path
) -> None:
    """Neither a day nor many answers alone retire a model."""
    await seen(catalog_path, Lists("one", ["a", "b"]))
    await seen(catalog_path, Lists("one", ["a"]))
    if days:
        a_day_passes(catalog_path)
    for _ in range(answers - 1):
        await seen(catalog_path, Lists("one", ["a"]))
    assert rows(catalog_path, RETIRED) == retired


async def gone(path: Path, *sources: Lists) -> None:
    """The state of these sources held for two answers and more than a day."""
    await seen(path, *sources)
    a_day_passes(path)
    await seen(path, *sources)


async def test_a_retired_model_is_hidden_but_found_by_name(catalog_path: Path) -> None:
    """Retiring deletes nothing: the exact name still answers."""
    await seen(catalog_path, Lists("one", ["a", "b"]))
    await gone(catalog_path, Lists("one", ["a"]))
    async with ModelRegistry([Lists("one", ["a"])], [], db=catalog_path) as registry:
        found = await registry.find_model("acme", "b")
        known = await registry.find_best(available=False)
    assert found is not None
    assert known is not None
    assert (found.spec.name, known.spec.name) == ("b", "a")


async def test_a_source_retires_only_what_it_introduced(catalog_path: Path) -> None:
    """A model that another source had named before stays, however long this one lacks it."""
    first = Lists("book", ["a", "b"], "reference")
    await seen(catalog_path, first)
    await seen(catalog_path, first, Lists("host", ["a", "b", "c"]))
    await seen(catalog_path, Lists("book", ["a"], "reference"))
    await gone(catalog_path, Lists("host", ["a"]))
    assert rows(catalog_path, RETIRED) == [("c",)]


async def test_a_model_that_another_source_sees_is_not_retired(catalog_path: Path) -> None:
    """As long as somebody sees it, it exists."""
    await seen(catalog_path, Lists("one", ["a", "b"]))
    await seen(catalog_path, Lists("two", ["b"]))
    await gone(catalog_path, Lists("one", ["a"]))
    assert rows(catalog_path, RETIRED) == []


async def test_a_model_that_comes_back_is_no_longer_retired(catalog_path: Path) -> None:
    """One answer that has it again suffices, and the count of absences starts anew."""
    await seen(catalog_path, Lists("one", ["a", "b"]))
    await gone(catalog_path, Lists("one", ["a"]))
    await seen(catalog_path, Lists("one", ["a", "b"]))
    assert rows(catalog_path, RETIRED) == []
    assert rows(catalog_path, LIVE) == [("a",), ("b",)]
    assert rows(catalog_path, "SELECT DISTINCT missed FROM sightings") == [(0,)]


async def test_a_model_that_the_user_hid_stays_hidden(catalog_path: Path) -> None:
    """A source that goes on seeing it does not undo what the user set."""
    await seen(catalog_path, Lists("one", ["a", "b"]))
    with bare(catalog_path) as connection:
        connection.execute(
            "UPDATE models SET retired_at = '2026-01-01T00:00:00.000Z' WHERE name = 'b'"
        )
    await seen(catalog_path, Lists("one", ["a", "b"]))
    assert rows(catalog_path, RETIRED) == [("b",)]


MANY = [f"m{i:02d}" for i in range(SHRINK_FROM)]


@pytest.mark.parametrize(
    ("left", "status"),
    [(MANY[: SHRINK_FROM // 2], "ok"), (MANY[: SHRINK_FROM // 2 - 1], "failed"), ([], "failed")],
    ids=["half", "less than half", "nothing"],
)
async def test_an_answer_that_shrank_by_more_than_half_is_refused(
    left: list[str], status: str, catalog_path: Path
) -> None:
    """The old sightings stay as they are, and the reason says how to take it all the same."""
    await seen(catalog_path, Lists("one", MANY))
    report = await seen(catalog_path, Lists("one", left))
    missing = rows(catalog_path, "SELECT count(*) FROM sightings WHERE missing_since IS NOT NULL")
    assert report.steps[0].status == status
    assert missing == [(0 if status == "failed" else SHRINK_FROM - len(left),)]
    assert (report.steps[0].error or "--accept one").endswith("--accept one")


async def test_a_refused_answer_can_be_accepted_by_name(catalog_path: Path) -> None:
    """`accept` takes the shorter list; the next refusal compares with that."""
    await seen(catalog_path, Lists("one", MANY))
    report = await seen(catalog_path, Lists("one", ["m00"]), accept=["one"])
    again = await seen(catalog_path, Lists("one", ["m00"]))
    assert (report.status, again.status) == ("ok", "ok")
    assert rows(catalog_path, LIVE) == [("m00",)]


async def test_a_small_list_may_shrink(catalog_path: Path) -> None:
    """Somebody who removes two of three local models means it."""
    await seen(catalog_path, Lists("one", ["a", "b", "c"]))
    report = await seen(catalog_path, Lists("one", ["a"]))
    assert report.status == "ok"
    assert rows(catalog_path, LIVE) == [("a",)]


async def test_a_resolver_that_withdraws_most_of_its_word_is_refused(catalog_path: Path) -> None:
    """What it said before stays; accepted by name, it is withdrawn."""
    source = Lists("one", MANY)
    await refresh(catalog_path, [source], [Says(MANY)])
    refused = await refresh(catalog_path, [source], [Says(MANY[:2])])
    kept = rows(catalog_path, "SELECT count(*) FROM capabilities")
    await refresh(catalog_path, [source], [Says(MANY[:2])], accept=["lab"])
    assert refused.failed[0].error == (
        "withdraws 8 of 10 opinions: rejected; to accept it: modeldex refresh --accept lab"
    )
    assert (kept, rows(catalog_path, "SELECT count(*) FROM capabilities")) == ([(10,)], [(2,)])


async def test_an_absence_that_lasts_writes_nothing_more(catalog_path: Path) -> None:
    """Once counted often enough, a missing model costs no write per refresh."""
    await seen(catalog_path, Lists("one", ["a", "b"]))
    for _ in range(3):
        await seen(catalog_path, Lists("one", ["a"]))
    before = rows(catalog_path, "SELECT * FROM sightings WHERE missing_since IS NOT NULL")
    await seen(catalog_path, Lists("one", ["a"]))
    assert rows(catalog_path, "SELECT * FROM sightings WHERE missing_since IS NOT NULL") == before
    assert before[0][-1] == 2
