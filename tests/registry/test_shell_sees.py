"""What the bare `sqlite3` program writes changes the next answer of an open registry."""

import shutil
import subprocess
from pathlib import Path

import pytest

from custom_parts import DictResolver, ListSource, caps, spec
from modeldex import ModelRegistry
from modeldex.storage.sqlite.migrate import migrate

pytestmark = [
    pytest.mark.sqlite_only("the sqlite3 program"),
    pytest.mark.skipif(shutil.which("sqlite3") is None, reason="no sqlite3 program"),
]

OURS = "(SELECT id FROM models WHERE provider = 'acme' AND name = '{}')"


@pytest.fixture(params=["delete", "wal"])
def catalog(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An empty catalog in each journal mode."""
    path = tmp_path / "catalog.db"
    migrate(path, journal=request.param)
    return path


def shell(path: Path, statement: str) -> str:
    """Type one statement into the program with its defaults; what it printed."""
    done = subprocess.run(
        ["sqlite3", "-bail", path, statement], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


async def answers(path: Path, *statements: str) -> list[str | None]:
    """The best model before any statement and after each, by one registry that stays open."""
    source = ListSource([spec("plain"), spec("other")], network=True)
    facts = {"plain": caps(quality_tier="balanced"), "other": caps(quality_tier="cheap")}
    async with ModelRegistry([source], [DictResolver(facts, network=True)], db=path) as registry:
        await registry.refresh()
        seen = [await registry.find_best()]
        for statement in statements:
            seen.append(await registry.find_best())
            shell(path, statement)
            seen.append(await registry.find_best())
    return [found.spec.name if found else None for found in (seen[0], *seen[2::2])]


async def test_an_opinion_by_insert_update_and_delete(catalog: Path) -> None:
    """A capabilities row written, changed and removed from the shell each changes the winner."""
    seen = await answers(
        catalog,
        "INSERT INTO capabilities (model_id, resolver, quality_tier) "
        f"VALUES ({OURS.format('other')}, 'user', 'best')",
        "UPDATE capabilities SET quality_tier = 'cheap' WHERE resolver = 'user'",
        "UPDATE capabilities SET quality_tier = 'best' WHERE resolver = 'user'",
        "DELETE FROM capabilities WHERE resolver = 'user'",
    )
    assert seen == ["plain", "other", "plain", "other", "plain"]


async def test_an_opinion_by_insert_or_replace(catalog: Path) -> None:
    """INSERT OR REPLACE, which fires no delete trigger in the shell, changes the winner too."""
    put = "INSERT OR REPLACE INTO capabilities (model_id, resolver, quality_tier) VALUES "
    seen = await answers(
        catalog,
        f"{put} ({OURS.format('other')}, 'user', 'best')",
        f"{put} ({OURS.format('other')}, 'user', 'cheap')",
    )
    assert seen == ["plain", "other", "plain"]


async def test_a_model_by_insert_update_and_delete(catalog: Path) -> None:
    """A model added, retired, brought back and removed from the shell changes the answer."""
    seen = await answers(
        catalog,
        "INSERT INTO models (provider, name) VALUES ('acme', 'new'); "
        "INSERT INTO capabilities (model_id, resolver, quality_tier) "
        f"VALUES ({OURS.format('new')}, 'user', 'best'); "
        f"INSERT INTO sightings (model_id, source) VALUES ({OURS.format('new')}, 'lists')",
        "UPDATE models SET retired_at = '2026-01-01T00:00:00Z' WHERE name = 'new'",
        "UPDATE models SET retired_at = NULL WHERE name = 'new'",
        "DELETE FROM capabilities WHERE resolver = 'user'; DELETE FROM models WHERE name = 'new'",
    )
    assert seen == ["plain", "new", "plain", "new", "plain"]


async def test_a_sighting_by_delete_and_insert(catalog: Path) -> None:
    """A model that its source is said not to see any more is out, and in again when it is."""
    seen = await answers(
        catalog,
        f"DELETE FROM sightings WHERE model_id = {OURS.format('plain')}",
        f"INSERT INTO sightings (model_id, source) VALUES ({OURS.format('plain')}, 'lists')",
    )
    assert seen == ["plain", "other", "plain"]


async def test_precedence_by_update(catalog: Path) -> None:
    """Who outranks whom is a row: changing it in the shell changes the winner."""
    seen = await answers(
        catalog,
        "INSERT INTO resolvers (name, precedence) VALUES ('shy', 1); "
        "INSERT INTO capabilities (model_id, resolver, quality_tier) "
        f"VALUES ({OURS.format('other')}, 'shy', 'best')",
        "UPDATE resolvers SET precedence = 2000 WHERE name = 'shy'",
    )
    assert seen == ["plain", "plain", "other"]


async def test_a_measurement_by_insert(catalog: Path) -> None:
    """One measured sample typed into the shell answers the next question about speed."""
    source = ListSource([spec("plain")], network=True)
    async with ModelRegistry([source], [], db=catalog) as registry:
        await registry.refresh()
        before = await registry.find_best(min_speed_tps=50)
        shell(
            catalog,
            "INSERT INTO measurements (provider, name, tokens_per_second) "
            "VALUES ('acme', 'plain', 80)",
        )
        after = await registry.find_best(min_speed_tps=50)
    assert before is None
    assert after is not None
    assert after.capabilities.speed_hint_tps == 80


async def test_the_shell_reads_what_a_registry_learned(catalog: Path) -> None:
    """The other way round: after a refresh the shell's next SELECT has the effective values."""
    resolver = DictResolver({"plain": caps(max_context=8_192, supports_tools=True)})
    async with ModelRegistry([ListSource([spec("plain")])], [resolver], db=catalog) as registry:
        await registry.refresh()
        row = shell(catalog, "SELECT name, max_context, supports_tools, live FROM catalog")
    assert row == "plain|8192|1|1"


async def test_the_shipped_data_and_the_shell(
    shipped_catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user's row outranks thousands of shipped ones at once, and leaves them as they were."""
    monkeypatch.setenv("OPENAI_API_KEY", "placeholder-key")
    model = "(SELECT id FROM models WHERE provider = 'openai' AND name = 'gpt-4o-mini')"
    async with ModelRegistry(db=shipped_catalog) as registry:
        before = await registry.find_best(requires_tools=True)
        shell(
            shipped_catalog,
            "INSERT INTO capabilities (model_id, resolver, quality_tier, quality_score, "
            "input_cost_per_1m, output_cost_per_1m) "
            f"VALUES ({model}, 'user', 'best', 99, 0.001, 0.001)",
        )
        during = await registry.find_best(requires_tools=True)
        shell(shipped_catalog, "DELETE FROM capabilities WHERE resolver = 'user'")
        after = await registry.find_best(requires_tools=True)
    assert before is not None
    assert during is not None
    assert before == after
    assert before.spec.name != "gpt-4o-mini" == during.spec.name
    assert during.capabilities.input_cost_per_1m == 0.001
