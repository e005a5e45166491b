"""The ready file: copies of it, editions taken from it, and what is done without it."""

import asyncio
import lzma
import signal
import sqlite3
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from child_processes import broken_rules
from command_line import environment, pasted, piped, run_command
from modeldex import CatalogError, InvalidQuery, ModelRegistry
from modeldex.refresh.first_copy import copy_if_new
from modeldex.refresh.first_server_copy import copy_to_new_server
from modeldex.storage.backup import copy
from modeldex.storage.copy import COPIED
from modeldex.storage.copy import copy as copy_catalog
from modeldex.storage.location import Place, Postgres
from modeldex.storage.schema.fold import FOLD_STEPS
from modeldex.storage.schema.version import SCHEMA
from modeldex.storage.sqlite.new_file import copy_to_new
from modeldex.upstream import ready, snapshots
from modeldex.vocabulary import clock
from modeldex.vocabulary.providers import providers
from postgres_server import Server
from raw_catalog import bare, migrated

pytestmark = pytest.mark.sqlite_only("the ready file is a file of SQLite")
PROMISED = [pytest.mark.promised, pytest.mark.timeout(3600)]

TIMES = frozenset((
    "first_seen", "last_seen", "valid_from", "valid_to", "at", "changed_at", "started_at",
    "finished_at", "fetch_ms", "write_ms", "chunks",
))  # fmt: skip
OWN = ("born_at", "catalog_id", "inferred_from")
DAYS = {name: f"{snapshots.header(name)['as_of']}T00:00:00.000Z" for name in snapshots.NAMES}

Rows = dict[str, list[str]]

LOADS = "SELECT count(*) FROM run_steps WHERE kind = 'source' AND name = 'litellm' AND changed > 0"
"""SQL: how often what is shipped was loaded; a later run may be about a price of a day."""


@pytest.fixture
def no_ready_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], None]:
    """Takes the ready file away, for the rest of the test."""
    return lambda: monkeypatch.setattr(ready, "CATALOG", tmp_path / "absent.xz")


def load(path: Place) -> Any:
    """Load what is shipped as a registry without keys does; gives its report."""

    async def run() -> Any:
        async with ModelRegistry(db=path, environ={}) as registry:
            return await registry.load_shipped()

    return asyncio.run(run())


def facts(path: Path, *omitted: str) -> Rows:
    """Every row of a catalog but for times and numbers, by table."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        ids = "SELECT id, provider || '/' || name FROM models"
        names = {row[0]: row[1] for row in connection.execute(ids)}
        return {
            table: sorted(
                str(fact(dict(row), names)) for row in connection.execute(f"SELECT * FROM {table}")
            )
            for table in COPIED
            if table not in omitted
        }


def fact(row: dict[str, Any], names: dict[int, str]) -> list[tuple[str, Any]]:
    """A row without times and numbers, its model by name."""
    if row.get("key") in OWN:
        row["value"] = None
    if "model_id" in row:
        row["model_id"] = names[row["model_id"]]
    # Of these it matters which day they are of.
    row |= {name: row[name][:10] for name in ("missing_since", "retired_at") if row.get(name)}
    return [(name, value) for name, value in row.items() if name not in TIMES | {"id"}]


@pytest.fixture
def day_of_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be the day of the newest snapshot, of which the ready file is."""
    day = max(str(snapshots.header(name)["as_of"]) for name in snapshots.NAMES)
    moment = datetime.fromisoformat(f"{day}T12:00:00Z").timestamp()
    monkeypatch.setattr(clock, "wall", lambda: moment)


@pytest.mark.promised
@pytest.mark.usefixtures("day_of_the_data")
def test_a_copy_holds_what_a_load_writes(tmp_path: Path, no_ready_file: Callable[[], None]) -> None:
    """Row for row, a copy of the ready file and a load of the snapshots are one catalog."""
    copied, loaded = tmp_path / "copied.db", tmp_path / "loaded.db"
    report = load(copied)
    no_ready_file()
    assert {step.changed for step in load(loaded).steps} == {step.changed for step in report.steps}
    assert facts(copied) == facts(loaded)
    with closing(sqlite3.connect(copied)) as one, closing(sqlite3.connect(loaded)) as other:
        ids = "SELECT id, provider, name FROM models ORDER BY id"
        assert one.execute(ids).fetchall() == other.execute(ids).fetchall()
    assert broken_rules(copied) == []


def test_a_copy_is_a_catalog_of_its_own(tmp_path: Path) -> None:
    """Two copies have two ids, were born when they were made, and belong to their owner only."""
    ids = set()
    for name in ("a.db", "b.db"):
        path = tmp_path / "new" / name
        assert copy_if_new(path, {})
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with closing(sqlite3.connect(path)) as connection:
            about = dict(connection.execute("SELECT key, value FROM about"))
            runs = connection.execute("SELECT kind, status, started_at FROM runs").fetchall()
        ids.add(about["catalog_id"])
        assert runs == [("shipped", "ok", about["born_at"])]
        assert max(DAYS.values()) < about["born_at"]
    assert len(ids) == 2
    assert [entry.name for entry in sorted((tmp_path / "new").iterdir())] == [
        "a.db", "a.db.lock", "b.db", "b.db.lock",
    ]  # fmt: skip


def test_what_a_copy_knows_it_knew_at_birth(tmp_path: Path) -> None:
    """Its rows are dated by the data; nothing in it is news, and before its birth is no past.

    But for prices that have begun by their date since, which are left out here.
    """
    path = tmp_path / "catalog.db"
    copy_if_new(path, {})
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DELETE FROM about WHERE key = 'changes_on'")
        seen = connection.execute(
            "SELECT DISTINCT source, first_seen, last_seen FROM sightings ORDER BY source"
        ).fetchall()
        held = connection.execute(
            "SELECT valid_from FROM catalog UNION SELECT changed_at FROM capabilities "
            "UNION SELECT at FROM model_history"
        ).fetchall()
        [(born,)] = connection.execute("SELECT value FROM about WHERE key = 'born_at'").fetchall()
    assert seen == [(name, DAYS[name], DAYS[name]) for name in sorted(DAYS)]
    assert held == [(max(DAYS.values()),)]

    async def ask() -> None:
        async with ModelRegistry(db=path, environ={}) as registry:
            now = await registry.find_best(available=False, requires_tools=True)
            then = await registry.find_best(available=False, requires_tools=True, as_of=born)
            assert now is not None
            assert now == then
            assert await registry.changes(born) == ()
            with pytest.raises(InvalidQuery):
                await registry.find_best(available=False, as_of=max(DAYS.values()))

    asyncio.run(ask())


def test_the_first_question_loads_nothing(tmp_path: Path) -> None:
    """A registry and a command on a new path answer from the copy, without another run."""
    paths = tmp_path / "library.db", tmp_path / "command.db"

    async def ask() -> Any:
        async with ModelRegistry(db=paths[0], environ={}) as registry:
            return await registry.find_best(available=False, requires_tools=True)

    assert (
        asyncio.run(ask()).spec.id
        == run_command(paths[1], "best", "--tools", "--known").out.strip()
    )
    for path in paths:
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute(LOADS).fetchall() == [(1,)]


@pytest.mark.parametrize("variable", ["OPENAI_API_KEY", "OLLAMA_HOST"])
def test_what_the_environment_names_is_loaded_at_birth(tmp_path: Path, variable: str) -> None:
    """With a key or a server in the environment, its default model is sighted from the start."""
    path = tmp_path / "catalog.db"
    assert run_command(path, "status", **{variable: "something"}).code == 0
    with closing(sqlite3.connect(path)) as connection:
        seen = "SELECT count(*) FROM sightings WHERE source = 'env'"
        assert connection.execute(seen).fetchall() == [(1,)]


def test_own_parts_get_an_empty_catalog(tmp_path: Path) -> None:
    """A registry with sources or resolvers of its own is not given what is shipped."""

    async def ask(path: Path, **given: Any) -> None:
        async with ModelRegistry(db=path, environ={}, **given) as registry:
            await registry.find_best(available=False)
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT count(*) FROM models").fetchall() == [(0,)]

    asyncio.run(ask(tmp_path / "sources.db", sources=[]))
    asyncio.run(ask(tmp_path / "both.db", sources=[], resolvers=[]))


# Damage.


def packed(content: bytes) -> bytes:
    """As the ready file is packed."""
    return lzma.compress(content, preset=0)


def other_schema() -> bytes:
    """A catalog of a schema that this program does not have."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(ready.image() or b"")
        connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
        return connection.serialize()


def foreign() -> bytes:
    """A database of another program."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE notes (text)")
        return connection.serialize()


@pytest.mark.parametrize(
    "content",
    [
        lambda: b"", lambda: b"not compressed", lambda: packed(b"no database"),
        lambda: ready.CATALOG.read_bytes()[:100_000], lambda: packed(foreign()),
        lambda: packed(other_schema()),
    ],
    ids=["empty", "garbage", "no database", "cut off", "foreign", "newer"],
)  # fmt: skip
def test_a_damaged_ready_file_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: Callable[[], bytes]
) -> None:
    """What is not a ready file of this program is not copied; the snapshots are loaded instead."""
    file = tmp_path / "catalog.db.xz"
    file.write_bytes(content())
    monkeypatch.setattr(ready, "CATALOG", file)
    assert ready.image() is None
    assert not copy_if_new(tmp_path / "catalog.db", {})
    assert not (tmp_path / "catalog.db").exists()


def test_a_ready_file_of_other_source_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a source tree it is used only if it was made from what is there now."""
    assert ready.is_current()
    marker = tmp_path / "made-from"
    marker.write_text("0" * 64)
    monkeypatch.setattr(ready, "MADE_FROM", marker)
    assert not ready.is_current()
    monkeypatch.setattr(ready, "MADE_FROM", tmp_path / "absent")
    assert not ready.is_current()


def test_other_ids_of_shipped_providers_need_a_load(tmp_path: Path) -> None:
    """Where the user's providers.toml takes over a shipped id as an alias, there is no copy."""
    provider = '[team]\nbase_url = "https://llm.example.org/v1"\naliases = ["{}"]\n'
    found = []
    listed = {row["provider"] for row in snapshots.load("litellm").rows}
    for alias in (min(listed.difference(providers())), "elsewhere"):
        own = tmp_path / f"{alias}.toml"
        own.write_text(provider.format(alias))
        code = "from modeldex.upstream import ready; print(ready.image() is None)"
        found.append(pasted(code, env=environment(MODELDEX_PROVIDERS=str(own))).out)
    assert found == ["True\n", "False\n"]


FILE_LIMIT = """
import resource, signal, sys
from modeldex.cli import main
if sys.argv.pop(1) == "full":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
else:
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
size = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
main()
"""
"""The program, whose files cannot grow beyond a size: a write fails, or ends the process."""


@pytest.mark.parametrize(
    ("end", "size"),
    [
        ("full", 4096), ("killed", 9_999_999),
        *(pytest.param("full", size, marks=PROMISED) for size in (1000, 1_000_000, 9_999_999)),
        *(pytest.param("killed", size, marks=PROMISED) for size in (1000, 4096, 1_000_000)),
    ],
)  # fmt: skip
def test_an_interrupted_copy_is_made_good(tmp_path: Path, end: str, size: int) -> None:
    """Where the disk is full or a write kills the process, the next start makes it good."""
    path = tmp_path / "catalog.db"
    # Python keeps half of what it compiles then, and the next process would read it.
    env = environment(PYTHONDONTWRITEBYTECODE="1")
    done = pasted(FILE_LIMIT, end, str(size), "--db", str(path), "best", "--known", env=env)
    if end == "full":
        assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
        assert str(path) in done.err
    else:
        assert (done.code, done.out) == (-signal.SIGXFSZ, "")
    again = piped("--db", str(path), "best", "--known")
    assert (again.code, again.err) == (0, "")
    assert broken_rules(path) == []
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute(LOADS).fetchall() == [(1,)]


def test_ten_at_once_make_one_catalog(tmp_path: Path) -> None:
    """Ten first commands at the same moment all answer the same, from one copy."""
    path = tmp_path / "catalog.db"
    with ThreadPoolExecutor(10) as pool:
        done = list(pool.map(lambda _n: piped("--db", str(path), "best", "--known"), range(10)))
    assert {(each.code, each.err) for each in done} == {(0, "")}
    assert len({each.out for each in done}) == 1
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute(LOADS).fetchall() == [(1,)]
    left = {entry.name for entry in tmp_path.iterdir()}
    assert left >= {"catalog.db", "catalog.db.lock"}
    assert [name for name in left if not name.startswith("catalog.db") or "making" in name] == []


def test_only_the_first_of_many_copies(tmp_path: Path) -> None:
    """A path at which something is by now is left as it is."""
    path = tmp_path / "catalog.db"
    image = ready.image()
    assert image is not None
    assert copy_to_new(path, image)
    content = path.read_bytes()
    assert not copy_to_new(path, image)
    assert not copy_if_new(path, {})
    assert path.read_bytes() == content


def test_without_its_data_an_installation_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the snapshots are missing or damaged, one error names the file and what to do."""
    monkeypatch.setattr(snapshots, "DATA", tmp_path)
    monkeypatch.setattr(snapshots, "READY", tmp_path)
    monkeypatch.setattr(snapshots, "HEADERS", tmp_path / "headers.json")
    with pytest.raises(CatalogError, match=r"litellm\.json\.xz: .*install modeldex again"):
        snapshots.load("litellm")
    (tmp_path / "litellm.json.xz").write_bytes(b"damaged")
    with pytest.raises(CatalogError, match="install modeldex again"):
        snapshots.load("litellm")
    snapshots._headers.cache_clear()
    with pytest.raises(CatalogError, match=r"headers\.json: .*install modeldex again"):
        snapshots.header("litellm")
    (tmp_path / "litellm.json.xz").write_bytes(
        snapshots_of(ready.CATALOG.parent / "litellm.json.xz")
    )
    assert len(snapshots.load("litellm").rows) > 3000
    snapshots._headers.cache_clear()


def snapshots_of(path: Path) -> bytes:
    """The compressed snapshot that the build has made."""
    return path.read_bytes()


# Newer editions.


OLDER = "2026-01-01 sha:000000000000 v1.0 p0.1.0"
NEWER = "2027-01-01 sha:000000000000 v9.0 p9.0.0"
LONG_AGO = "'2026-01-01T00:00:00.000Z'"
ALTERED = (
    f"UPDATE run_steps SET token = '{OLDER}' WHERE name IN {snapshots.NAMES}",
    "UPDATE run_steps SET token = '2026-01-01' WHERE name IN ('tiers', 'static')",
    "INSERT INTO resolvers (name, precedence) VALUES ('mine', 205)",
    # Other values, no opinion, and opinions of which the edition has none.
    (f"UPDATE capabilities SET input_cost_per_1m = coalesce(input_cost_per_1m, 0) + 1, "
    f"max_context = NULL, observed_at = {LONG_AGO} WHERE model_id % 29 = 0 "
    "AND resolver <> 'inferred'"),
    "DELETE FROM capabilities WHERE model_id % 97 = 0",
    ("INSERT INTO capabilities (model_id, resolver, supports_tools, input_cost_per_1m) "
    "SELECT id, 'user', 1, 9 FROM models WHERE id % 301 = 0"),
    ("INSERT INTO capabilities (model_id, resolver, input_cost_per_1m) SELECT id, 'mine', 3 "
    "FROM models WHERE id % 17 = 0"),
    ("INSERT INTO capabilities (model_id, resolver, supports_tools) SELECT id, 'litellm', 1 "
    "FROM models WHERE id % 67 = 0 AND id NOT IN "
    "(SELECT model_id FROM capabilities WHERE resolver = 'litellm')"),
    # Models that only this catalog has: resolved one by one, to be missed, to be retired.
    ("INSERT INTO models (provider, name) VALUES ('acme', 'own'), ('openai', 'gpt-9-mini'), "
    "('openai', 'ended')"),
    ("INSERT INTO sightings (model_id, source) SELECT id, 'litellm' FROM models "
    "WHERE name IN ('own', 'gpt-9-mini', 'ended')"),
    (f"UPDATE sightings SET missed = 1, missing_since = {LONG_AGO}, first_seen = {LONG_AGO} "
    "WHERE model_id = (SELECT id FROM models WHERE name = 'ended')"),
    ("INSERT INTO capabilities (model_id, resolver, supports_tools) SELECT id, 'models_dev', 1 "
    "FROM models WHERE name = 'gpt-9-mini'"),
    # Other identities, and models that had gone.
    "UPDATE models SET family = 'gpt' WHERE id % 211 = 0",
    "UPDATE models SET family = NULL, display_name = NULL WHERE id % 213 = 0",
    f"UPDATE models SET retired_at = {LONG_AGO} WHERE id % 151 = 0",
    f"UPDATE sightings SET missed = 2, missing_since = {LONG_AGO} WHERE model_id % 151 = 0",
    *(f"DELETE FROM {table} WHERE model_id % 103 = 0"
      for table in ("capabilities", "sightings", "aliases")),
    "DELETE FROM models WHERE id % 103 = 0",
)  # fmt: skip


def altered(path: Path, *more: str) -> Path:
    """A catalog that seems to hold an older edition."""
    copy_if_new(path, {})
    with bare(path) as connection:
        for statement in ("BEGIN", "INSERT INTO deferral VALUES (1)", *ALTERED, *more, *FOLD_STEPS,
                          "DELETE FROM pending", "DELETE FROM deferral", "COMMIT"):  # fmt: skip
            connection.execute(statement)
    return path


def twin_of(path: Path) -> Path:
    """Another catalog with the same rows."""
    other = path.with_name("twin.db")
    copy(path, other)
    return other


@pytest.mark.promised
def test_taking_an_edition_does_what_a_load_does(
    tmp_path: Path, no_ready_file: Callable[[], None]
) -> None:
    """A newer edition changes, adds, withdraws, misses and retires what a load of it does."""
    taken = altered(tmp_path / "catalog.db")
    loaded = twin_of(taken)
    by_sql = load(taken)
    no_ready_file()
    by_parts = load(loaded)
    assert sorted(by_sql.steps) == sorted(by_parts.steps)
    assert sum(step.changed for step in by_sql.steps) > 1000
    # A load keeps each of its steps as a past of its own.
    assert facts(taken, "catalog_history") == facts(loaded, "catalog_history")
    assert broken_rules(taken) == []
    with closing(sqlite3.connect(taken)) as connection:
        kept = connection.execute(
            "SELECT count(*) FROM capabilities WHERE resolver IN ('user', 'mine')"
        ).fetchone()
        past = connection.execute("SELECT count(*) FROM capability_history").fetchone()
        retired = connection.execute("SELECT retired_at FROM models WHERE name = 'ended'")
        assert kept[0] > 400
        assert past[0] > 500
        assert retired.fetchone()[0] is not None
    assert [step.status for step in load(taken).steps if step.changed] == []


@pytest.mark.parametrize("compared", [False, pytest.param(True, marks=PROMISED)])
def test_newer_facts_than_the_shipped_ones_stay(
    tmp_path: Path, no_ready_file: Callable[[], None], *, compared: bool
) -> None:
    """Where a feed has brought a later day, a newer edition of the others leaves it alone.

    The others are taken as a load takes them, which is compared where what is promised is tested.
    """
    taken = altered(
        tmp_path / "catalog.db",
        f"UPDATE run_steps SET token = '{NEWER}' WHERE name = 'litellm'",
    )
    before = opinions(taken)
    loaded = twin_of(taken)
    load(taken)
    assert opinions(taken) == before
    if not compared:
        return
    no_ready_file()
    load(loaded)
    assert facts(taken, "catalog_history", "run_steps") == facts(
        loaded, "catalog_history", "run_steps"
    )


def opinions(path: Path) -> list[Any]:
    """What litellm states of models that only an upstream knows, and of which it sees which."""
    with closing(sqlite3.connect(path)) as connection:
        return [
            connection.execute(f"SELECT * FROM {table} WHERE {column} = 'litellm'").fetchall()
            for table, column in (("capabilities", "resolver"), ("sightings", "source"))
        ]


@pytest.mark.promised
@pytest.mark.usefixtures("day_of_the_data")
def test_an_empty_catalog_takes_the_edition(tmp_path: Path) -> None:
    """A catalog without a model becomes what a copy is."""
    empty, copied = tmp_path / "empty.db", tmp_path / "copied.db"
    migrated(empty)
    load(empty)
    copy_if_new(copied, {})
    assert facts(empty, "run_steps") == facts(copied, "run_steps")
    assert broken_rules(empty) == []


# A server.


@pytest.mark.promised
def test_an_empty_server_gets_a_copy(postgres: Server, tmp_path: Path) -> None:
    """On a server an empty catalog is filled with the same rows, and is one of its own."""
    place, copied, back = postgres.create(), tmp_path / "copied.db", tmp_path / "back.db"
    report = load(place)
    copy_if_new(copied, {})
    copy_catalog(place, back)
    assert sum(step.changed for step in report.steps) > 20_000
    assert facts(back) == facts(copied)
    with closing(sqlite3.connect(back)) as one, closing(sqlite3.connect(copied)) as other:
        own = "SELECT value FROM about WHERE key = 'catalog_id'"
        assert one.execute(own).fetchall() != other.execute(own).fetchall()


def test_what_somebody_wrote_on_a_server_stays(postgres: Server) -> None:
    """A catalog to which somebody has written is none to copy to, though it has no models."""
    writes = (
        "INSERT INTO quality_suites (name, balanced_at_least, best_at_least) VALUES ('own', 1, 2)",
        "UPDATE resolvers SET precedence = 950 WHERE name = 'static'",
        "UPDATE cost_tiers SET below = 0.7 WHERE name = 'cheap'",
        "INSERT INTO sources (name) VALUES ('own')",
    )
    for statement in writes:
        place = migrated(postgres.create())
        with bare(place) as connection:
            connection.execute(statement)
        assert isinstance(place, Postgres)
        assert not copy_to_new_server(place, {})
