"""Models found by a part of a name: which, in which order, and what may be meant instead."""

from pathlib import Path
from typing import Any

import pytest

from command_line import on_terminal, run_command
from modeldex import InvalidQuery, ModelRegistry
from modeldex.query.catalog import Catalog
from modeldex.query.scope import Scope
from modeldex.query.search import meant_instead, search
from modeldex.storage.location import Place
from modeldex.sync import ModelRegistry as Blocking
from raw_catalog import bare, migrated
from scopes import presumed

TODAY = "2026-11-22"


@pytest.fixture
def shipped(shipped_catalog: Place) -> Any:
    """The shipped data, without a key."""
    with bare(shipped_catalog) as connection:
        yield Catalog(Path(), connection, Scope(TODAY))


FIRST = [
    ("gpt-4o-mini", (), "openai/gpt-4o-mini"),
    ("gpt-4o-mini", ("azure_openai",), "azure_openai/gpt-4o-mini"),
    ("GPT-4o-Mini", (), "openai/gpt-4o-mini"),
    ("openai gpt-4o", (), "openai/gpt-4o"),
    ("claude sonnet 4.5", (), "anthropic/claude-sonnet-4-5"),
    ("haiku 4.5", (), "anthropic/claude-haiku-4-5"),
    ("groq/*", (), "groq/"),
    ("gpt-oss-120b", ("groq",), "groq/openai/gpt-oss-120b"),
]
"""A text, the providers whose keys are set, and how the id of the first hit begins."""


def test_the_likeliest_comes_first(shipped: Catalog) -> None:
    """What is called so, then what begins so, then the offer that the name means."""
    found = []
    for text, keyed, _ in FIRST:
        here = shipped._replace(scope=Scope(TODAY, presumed(*keyed)))
        hit = search(here, text, 1).hits[0]
        found.append((hit.id, hit.callable))
    assert [id_.startswith(begin) for (id_, _), (*_, begin) in zip(found, FIRST, strict=True)] == (
        [True] * len(FIRST)
    ), found
    assert [can for _, can in found] == [bool(keyed) for _, keyed, _ in FIRST]


def test_exact_before_prefix_before_part(catalog_path: Path) -> None:
    """In this order whatever the rank; an alias and the name for display count as names."""
    with bare(migrated(catalog_path)) as connection:
        for provider, name, display in (
            ("acme", "swift-2", None), ("acme", "swift", None), ("zeta", "b", "Swift"),
            ("zeta", "c", "The Swift"), ("zeta", "d", None), ("acme", "super-swift", None),
        ):  # fmt: skip
            connection.execute(
                "INSERT INTO models (provider, name, display_name) VALUES (?, ?, ?)",
                (provider, name, display),
            )
        connection.execute(
            "INSERT INTO aliases SELECT 'zeta', 'Swift', id FROM models WHERE name = 'd'"
        )
        found = search(Catalog(Path(), connection, Scope(TODAY)), "swift").hits
    assert [hit.id for hit in found] == [
        "acme/swift", "zeta/b", "zeta/d", "acme/swift-2", "acme/super-swift", "zeta/c",
    ]  # fmt: skip


def test_a_page_says_how_many_there_are(shipped: Catalog) -> None:
    """The total is that of all pages, also behind the last one."""
    every = search(shipped, "haiku", 1000)
    pages = [search(shipped, "haiku", 10, start) for start in (0, 10, 10_000)]
    assert {each.total for each in pages} == {len(every.hits)}
    assert [*pages[0].hits, *pages[1].hits] == list(every.hits[:20])
    assert pages[2].hits == ()


def test_a_retired_model_is_found_behind_the_others(shipped: Catalog) -> None:
    """Everything that is known is found, whatever it is for and however it is billed."""
    shipped.connection.execute(
        "UPDATE models SET retired_at = '2026-01-01T00:00:00Z' "
        "WHERE provider = 'openai' AND name = 'gpt-4o-mini'"
    )
    exact = [hit for hit in search(shipped, "gpt-4o-mini", 200).hits if hit.retired_at]
    assert [hit.id for hit in exact] == ["openai/gpt-4o-mini"]
    assert search(shipped, "gpt-4o-mini", 1).hits[0].id != "openai/gpt-4o-mini"
    assert {hit.mode for hit in search(shipped, "embedding", 50).hits} >= {"embedding"}


def test_what_has_ended_stands_behind(shipped: Catalog) -> None:
    """Of names that fit alike, those of models that answer no more come last."""
    has_ended = [
        bool(hit.retires_at and hit.retires_at < TODAY)
        for hit in search(shipped, "haiku", 200).hits
    ]
    assert (any(has_ended), any(has_ended[:40])) == (True, False)


def test_what_is_no_text_to_search_is_refused(shipped: Catalog) -> None:
    """No word, and more than twenty, are errors that say so."""
    for text in ("", "  ", "a " * 21):
        with pytest.raises(InvalidQuery, match="expected 1 to 20 words"):
            search(shipped, text)


def test_a_misspelt_word_is_mended(shipped: Catalog) -> None:
    """Only the words that occur in no name are replaced, and only by likely ones."""
    assert meant_instead(shipped, "hiku 4.5") == "haiku 4.5"
    assert meant_instead(shipped, "claude sonet") == "claude sonnet"
    assert meant_instead(shipped, "qqqqqqqqqqq") is None
    assert meant_instead(shipped, "haiku gpt-4o") is None


# The interfaces.


async def test_the_library_searches(shipped_catalog: Place) -> None:
    """With and without asyncio, now and in a query."""
    async with ModelRegistry(db=shipped_catalog, environ={}) as registry:
        hits = await registry.search("haiku", limit=3)
        named = await registry.find_best(search="haiku 4.5", available=False)
        other = await registry.search("gpt-4?", limit=1)
    with Blocking(db=shipped_catalog, environ={}) as blocking:
        assert blocking.search("haiku", limit=3) == hits
    assert (len(hits), "haiku" in hits[0].id, "gpt-4" in other[0].id) == (3, True, True)
    assert named is not None
    assert "haiku" in str(named.id)


def test_the_command_line_searches(shipped_catalog: Path) -> None:
    """As `search`, as an argument of `list`, and with a suggestion where nothing is found."""
    found = run_command(shipped_catalog, "search", "haiku", "4.5", "-n", "2", "--json").json
    assert (len(found["hits"]), found["hits"][0]["id"]) == (2, "anthropic/claude-haiku-4-5")
    listed = run_command(shipped_catalog, "list", "*haiku*", "--known", "--json").json
    same = run_command(shipped_catalog, "list", "--search", "*haiku*", "--known", "--json").json
    assert listed == same
    assert all("haiku" in model["id"] + str(model["spec"]) + str(model["capabilities"]["base"])
               for model in listed["models"])  # fmt: skip
    nothing = run_command(shipped_catalog, "search", "hiku")
    assert (nothing.code, nothing.err) == (
        3, "Error: no known model is named hiku; did you mean haiku?\n",
    )  # fmt: skip
    none = run_command(shipped_catalog, "list", "hiku", "--known")
    assert (none.code, "none is named hiku (did you mean haiku?)" in none.err) == (3, True)


@pytest.mark.sqlite_only("a terminal's process opens a file")
def test_a_terminal_gets_twenty(shipped_catalog: Path) -> None:
    """And is told how many there are."""
    shown = on_terminal("--db", str(shipped_catalog), "search", "gpt").out
    assert "20 of " in shown
