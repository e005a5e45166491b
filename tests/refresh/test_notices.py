"""What notices reach, and which offers are presumed gone: rows in, effective values out."""

from collections.abc import Callable
from typing import Any

from custom_parts import DictResolver, ListSource
from modeldex import ModelQuery, ModelRegistry, ModelSpec
from modeldex.refresh.report import RefreshReport
from modeldex.refresh.run import refresh
from modeldex.resolvers.inferred import FROM_DATA_SETS, OVERRULING, PRECEDENCE, InferredResolver
from modeldex.storage.location import Place
from raw_catalog import bare

New = Callable[[], Place]
Row = tuple[str, str, str | None, str | None, str | None, str | None]
INFERRED = [InferredResolver(name) for name in (*PRECEDENCE, *FROM_DATA_SETS, *OVERRULING)]
PAGE = "https://openai.test/deprecations"


def listing(name: str, offers: str, kind: str = "reference") -> Any:
    """A source of offers, written provider/name."""
    specs = [
        ModelSpec(provider=p, name=n) for p, _, n in (o.partition("/") for o in offers.split())
    ]
    return ListSource(specs, name, kind=kind)


async def refreshed(
    place: Place, offers: str, *rows: Row, live: str = "", facts: Any = ()
) -> RefreshReport:
    """Refresh from a list of offers, with these notices in place of the shipped ones."""
    await refresh(place, [], [])
    with bare(place) as connection:
        connection.execute("DELETE FROM notices")
        for provider, name, deprecated, retires, replacement, read in rows:
            connection.execute(
                "INSERT INTO notices (provider, name, deprecated_at, retires_at, replacement, "
                "source_url, read_at, stated_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (provider, name, deprecated, retires, replacement, PAGE, read, f"by {read}"),
            )
    sources = [listing("lists", offers), listing("answers", live, "live")]
    return await refresh(place, sources, [*facts, *INFERRED])


def effective(place: Place, column: str) -> dict[str, object]:
    """The known values of a column, by offer."""
    with bare(place) as connection:
        rows = connection.execute(
            f"SELECT provider || '/' || name, {column} FROM catalog WHERE {column} IS NOT NULL"
        ).fetchall()
    return {row[0]: row[1] for row in rows}


async def shown(place: Place) -> set[str]:
    """The offers of the default scope, wherever they can be called."""
    async with ModelRegistry([], [], db=place) as registry:
        found = await registry.query(ModelQuery(available=False, provider_class="any", mode="any"))
    return {model.id for model in found}


async def test_a_snapshot_ends_and_its_siblings_live(new_catalog: New) -> None:
    """A notice of one snapshot reaches its spellings at that provider, and nothing else."""
    place = new_catalog()
    await refreshed(
        place,
        "openai/gpt-4o openai/gpt-4o-2024-05-13 openai/gpt-4o-2024-11-20 "
        "azure_openai/gpt-4o-2024-05-13",
        ("openai", "gpt-4o-2024-05-13", "2026-04-22", "2026-10-23", "gpt-6-luna", "2026-11-20"),
    )
    assert effective(place, "retires_at") == {"openai/gpt-4o-2024-05-13": "2026-10-23"}
    assert effective(place, "replacement") == {"openai/gpt-4o-2024-05-13": "gpt-6-luna"}
    assert effective(place, "lifecycle") == {"openai/gpt-4o-2024-05-13": "retired"}
    assert await shown(place) == {
        "openai/gpt-4o", "openai/gpt-4o-2024-11-20", "azure_openai/gpt-4o-2024-05-13",
    }  # fmt: skip


async def test_an_undated_name_ends_with_its_last_snapshot(new_catalog: New) -> None:
    """Where all known snapshots have a day, the undated name ends on the last of them."""
    place = new_catalog()
    await refreshed(
        place,
        "anthropic/claude-opus-4-1 openai/gpt-4o openai/gpt-4o-2024-05-13",
        ("anthropic", "claude-opus-4-1-20250805", None, "2026-08-05", None, "2026-10-16"),
        ("openai", "gpt-4o-2024-05-13", None, "2026-10-23", None, "2026-10-16"),
        ("openai", "gpt-4o-2024-11-20", None, "2027-01-14", None, "2026-10-16"),
    )
    assert effective(place, "retires_at") == {
        "anthropic/claude-opus-4-1": "2026-08-05",
        "openai/gpt-4o": "2027-01-14",
        "openai/gpt-4o-2024-05-13": "2026-10-23",
    }


async def test_an_undated_name_takes_its_snapshots_unless_one_lives_on(new_catalog: New) -> None:
    """A notice of the undated model is one of its dated ones, too, if none of them outlives it."""
    place = new_catalog()
    await refreshed(
        place,
        "openai/o1-mini openai/o1-mini-2024-09-12 openai/gpt-audio openai/gpt-audio-2025-08-28",
        ("openai", "o1-mini", None, "2025-10-27", None, "2026-10-16"),
        ("openai", "gpt-audio", None, "2026-05-07", None, "2026-10-16"),
        ("openai", "gpt-audio-2025-12-15", None, "2027-01-20", None, "2026-10-16"),
    )
    assert effective(place, "retires_at") == {
        "openai/o1-mini": "2025-10-27",
        "openai/o1-mini-2024-09-12": "2025-10-27",
        "openai/gpt-audio": "2026-05-07",
    }


async def test_a_lab_says_nothing_about_a_cloud(new_catalog: New) -> None:
    """Closed weights that ended at their lab are presumed gone at a gateway, and stay at a cloud.

    What the gateway's own listing has is shown.
    """
    place = new_catalog()
    await refreshed(
        place,
        "anthropic/claude-opus-4-1-20250805 bedrock/anthropic.claude-opus-4-1-20250805-v1:0 "
        "requesty/anthropic/claude-opus-4-1 openrouter/anthropic/claude-opus-4.1 "
        "requesty/meta-llama/llama-3.1-8b-instruct",
        ("anthropic", "claude-opus-4-1-20250805", None, "2026-08-05", None, "2026-10-16"),
        live="openrouter/anthropic/claude-opus-4.1",
    )
    assert effective(place, "presumed_gone") == {"requesty/anthropic/claude-opus-4-1": "2026-08-05"}
    assert await shown(place) == {
        "bedrock/anthropic.claude-opus-4-1-20250805-v1:0", "openrouter/anthropic/claude-opus-4.1",
        "requesty/meta-llama/llama-3.1-8b-instruct",
    }  # fmt: skip


async def test_what_answers_is_shown(new_catalog: New) -> None:
    """A live listing outweighs a day that has passed; the day is still known."""
    place = new_catalog()
    await refreshed(
        place, "openai/o1",
        ("openai", "o1", None, "2026-10-23", None, "2026-11-20"), live="openai/o1",
    )  # fmt: skip
    assert effective(place, "retires_at") == {"openai/o1": "2026-10-23"}
    assert await shown(place) == {"openai/o1"}


async def test_the_page_read_later_counts_and_drift_shows_both(new_catalog: New) -> None:
    """Of two days the one read later is effective, and the disagreement is there to be seen."""
    place = new_catalog()
    await refreshed(
        place, "azure_openai/gpt-4o",
        ("azure_openai", "gpt-4o", None, "2026-12-09", None, "2026-09-24"),
        ("azure_openai", "gpt-4o", None, "2027-04-14", None, "2026-11-20"),
    )  # fmt: skip
    assert effective(place, "retires_at") == {"azure_openai/gpt-4o": "2027-04-14"}
    with bare(place) as connection:
        rows = connection.execute(
            "SELECT effective, said FROM drift WHERE field = 'retires_at'"
        ).fetchall()
    said = "earlier_notices=2026-12-09\nnotices=2027-04-14"
    assert [tuple(row) for row in rows] == [("2027-04-14", said)]


async def test_a_month_is_its_last_day(new_catalog: New) -> None:
    """YYYY-MM means the last day of the month."""
    place = new_catalog()
    await refreshed(place, "openai/o1", ("openai", "o1", None, "2028-02", None, "2026-11-20"))
    assert effective(place, "retires_at") == {"openai/o1": "2028-02-29"}


async def test_a_notice_without_effect_is_kept_and_counted(new_catalog: New) -> None:
    """One without a date, one of an unknown model and one before the release change nothing."""
    place = new_catalog()
    report = await refreshed(
        place, "openai/o1",
        ("openai", "gpt-never", None, "2026-10-23", None, "2026-11-20"),
        ("openai", "o3", None, None, None, "2026-11-20"),
        ("openai", "o1", None, "2019-01-01", None, "2026-11-20"),
        facts=[DictResolver({"o1": {"release_date": "2024-12-17"}}, "other")],
    )  # fmt: skip
    [step] = [step for step in report.steps if step.name == "notices"]
    assert (step.dropped, step.seen) == (4, 0)
    assert effective(place, "retires_at") == {}
    with bare(place) as connection:
        assert connection.execute("SELECT count(*) FROM notices").fetchone()[0] == 3


async def test_a_notice_names_its_page(new_catalog: New) -> None:
    """An opinion has the address of the page that states it, and its day of reading."""
    place = new_catalog()
    await refreshed(place, "openai/o1", ("openai", "o1", None, "2026-10-23", None, "2026-11-20"))
    with bare(place) as connection:
        rows = connection.execute(
            "SELECT source_url, observed_at FROM provenance WHERE field = 'retires_at'"
        ).fetchall()
    assert [tuple(row) for row in rows] == [(PAGE, "2026-11-20T00:00:00.000Z")]


async def test_what_only_an_older_list_has_is_presumed_gone(new_catalog: New) -> None:
    """A younger list that covers the provider and mode has the last word on who exists.

    Not on what it does not cover, nor on what somebody else has seen since.
    """
    place = new_catalog()
    await refresh(place, [], [])
    tools = {"supports_tools": True, "mode": "chat"}
    answers = dict.fromkeys("abc", tools) | {"d": {"mode": "embedding"}}
    old = DictResolver(answers, "old", observed_at="2026-05-21")
    young = DictResolver({"a": tools}, "young", observed_at="2026-11-20")
    with bare(place) as connection:
        connection.execute(
            "INSERT INTO coverage (source, provider, mode, tools_only) "
            "VALUES ('young', 'acme', 'chat', 1)"
        )
    sources = [
        listing("old", "acme/a acme/b acme/c acme/d other/b"), listing("young", "acme/a"),
        listing("own", "acme/c", "live"),
    ]  # fmt: skip
    await refresh(place, sources, [old, young, *INFERRED])
    assert effective(place, "presumed_gone") == {"acme/b": "2026-11-20"}
    assert await shown(place) == {"acme/a", "acme/c", "acme/d", "other/b"}
    async with ModelRegistry([], [], db=place) as registry:
        explained = await registry.explain("acme", "b")
    assert "presumed gone since 2026-11-20" in [lack.text for lack in explained.left_out]


async def test_nothing_is_written_twice(new_catalog: New) -> None:
    """A second refresh over the same notices changes nothing."""
    place = new_catalog()
    row = ("openai", "o1", None, "2026-10-23", None, "2026-11-20")
    await refreshed(place, "openai/o1", row)
    again = await refresh(
        place, [listing("lists", "openai/o1"), listing("answers", "", "live")], INFERRED
    )
    assert {step.name: step.status for step in again.steps}["notices"] == "unchanged"
