"""How a refresh learns that nothing changed, and what it then leaves alone."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from custom_parts import sql
from modeldex.refresh.run import refresh


@pytest.fixture
def catalog_path(blank_catalog: Path) -> Path:
    """An empty catalog."""
    return blank_catalog


class Upstream:
    """A source over something that has a version; it records what it was asked."""

    name = "upstream"

    def __init__(self, current: str) -> None:
        self.current = current
        self.version: str | None = None
        self.asked: list[str | None] = []
        self.discovered = 0

    async def revalidate(self, token: str | None) -> None:
        self.asked.append(token)
        self.version = self.current

    async def discover(self) -> list[SimpleNamespace]:
        self.discovered += 1
        return [SimpleNamespace(provider="acme", name="a")]


class Shipped:
    """A source whose data is dated, and gives way to newer data."""

    name = "upstream"

    def __init__(self, version: str) -> None:
        self.version = version
        self.discovered = 0

    def supersedes(self, token: str | None) -> bool:
        return token is None or token < self.version

    async def discover(self) -> list[SimpleNamespace]:
        self.discovered += 1
        return [SimpleNamespace(provider="acme", name="a")]


class Silent:
    """A source that cannot be asked whether anything changed."""

    name = "silent"

    async def revalidate(self, token: str | None) -> None:
        raise ConnectionError("nobody there")

    async def discover(self) -> list[SimpleNamespace]:
        raise AssertionError("asked all the same")


def tokens(path: Path) -> list[tuple[object, ...]]:
    """Status and version of each recorded step."""
    return sql(path, "SELECT status, token FROM run_steps ORDER BY id")


async def test_the_version_of_the_last_success_is_handed_over(catalog_path: Path) -> None:
    """The first question comes without a version, the next with the one that was stored."""
    source = Upstream("v1")
    await refresh(catalog_path, [source], [])
    await refresh(catalog_path, [source], [])
    assert source.asked == [None, "v1"]


async def test_the_same_version_is_not_read_again(catalog_path: Path) -> None:
    """An unchanged upstream costs one question; a changed one is read."""
    source = Upstream("v1")
    await refresh(catalog_path, [source], [])
    await refresh(catalog_path, [source], [])
    once = source.discovered
    source.current = "v2"
    await refresh(catalog_path, [source], [])
    assert (once, source.discovered) == (1, 2)
    assert tokens(catalog_path) == [("ok", "v1"), ("unchanged", "v1"), ("ok", "v2")]


async def test_older_data_neither_replaces_newer_nor_is_recorded(catalog_path: Path) -> None:
    """What a package ships gives way to what was fetched since; the other way it is loaded."""
    await refresh(catalog_path, [Upstream("2026-11-22")], [])
    older, newer = Shipped("2026-05-21"), Shipped("2026-12-01")
    await refresh(catalog_path, [older], [])
    recorded = tokens(catalog_path)
    await refresh(catalog_path, [newer], [])
    assert (older.discovered, newer.discovered) == (0, 1)
    assert recorded == [("ok", "2026-11-22")]
    assert tokens(catalog_path)[-1] == ("ok", "2026-12-01")


async def test_an_upstream_that_cannot_be_asked_is_a_failed_step(catalog_path: Path) -> None:
    """The failure is recorded, and the source is not read in spite of it."""
    report = await refresh(catalog_path, [Silent()], [])
    assert [(step.status, step.error) for step in report.steps] == [
        ("failed", "ConnectionError: nobody there")
    ]


async def test_a_resolver_may_ask_for_its_place(catalog_path: Path) -> None:
    """A new resolver gets the precedence it names; one that is known keeps the stored one."""

    class Wishing:
        name = "wishing"
        precedence = 400

        async def get_capabilities(self, spec: object) -> dict[str, int]:
            return {"max_context": 1}

    await refresh(catalog_path, [], [Wishing()])
    sql(catalog_path, "UPDATE resolvers SET precedence = 5 WHERE name = 'wishing'")
    await refresh(catalog_path, [], [Wishing()])
    kept = sql(catalog_path, "SELECT precedence FROM resolvers WHERE name = 'wishing'")
    assert kept == [(5,)]
