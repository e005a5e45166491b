"""A catalog behind a pooler that gives a connection to another client after each transaction."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from command_line import MODELS, run_command, small_catalog
from custom_parts import DictResolver, ListSource, specs
from modeldex.storage.copy import copy
from modeldex.storage.location import Postgres
from modeldex.storage.open import open_catalog, open_writer, refreshing
from modeldex.storage.postgres.read_only import run_select
from modeldex.storage.postgres.reader import PostgresReader
from modeldex.sync import ModelRegistry
from pooler import Pooler, program
from postgres_server import MISSING, Server, programs
from raw_catalog import bare, broken, migrated

pytestmark = [
    pytest.mark.skipif(programs() is None, reason=MISSING),
    pytest.mark.skipif(program() is None, reason="pgbouncer is not installed"),
]

CLIENTS, TIMES = 6, 60
SETTINGS = (
    "default_transaction_read_only", "jit", "statement_timeout", "lock_timeout",
    "idle_in_transaction_session_timeout", "transaction_read_only", "transaction_isolation",
    "enable_seqscan",
)  # fmt: skip
LEFT = (
    "SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'), "
    "(SELECT count(*) FROM pg_prepared_statements)"
)


@pytest.fixture
def direct(postgres: Server) -> Iterator[Postgres]:
    """A catalog of six models, on the server itself."""
    place = postgres.create(postgres.template("blank", migrated))
    small_catalog(place, MODELS)
    yield place
    postgres.drop(place)


@pytest.fixture
def pooled(direct: Postgres) -> Iterator[Postgres]:
    """The same catalog, as clients of the pooler reach it."""
    with Pooler(direct) as pooler:
        yield pooler.front(direct)


def read(place: Postgres) -> None:
    """One query, and one that fails."""
    with closing(open_catalog(place)) as reader:
        [(count,)] = reader.execute(
            "SELECT count(*) FROM catalog WHERE live = :live", {"live": 1}
        ).fetchall()
        assert count >= 0
        with pytest.raises(Exception, match="does not exist"):
            reader.execute("SELECT nothing FROM catalog")
        assert reader.execute("SELECT 1").fetchall() == [(1,)]


def write(place: Postgres) -> None:
    """A transaction of the library."""
    with open_writer(place) as writer, writer.transaction() as connection:
        connection.exec_driver_sql(
            "UPDATE capabilities SET max_context = max_context + 1 WHERE resolver = 'user'"
        )


def ask(place: Postgres) -> None:
    """The SQL of a user, who would leave a setting behind."""
    setting = "SELECT set_config('statement_timeout', '1234', false), name FROM catalog"
    columns, rows, more = run_select(place, setting, 2, 60, 1 << 20)
    assert (columns, len(rows), more) == (("set_config", "name"), 2, True)


def hold(place: Postgres) -> None:
    """The lock of refreshes, which somebody else may have."""
    with refreshing(place):
        pass


KINDS: dict[str, Callable[[Postgres], None]] = {
    "read": read, "write": write, "sql": ask, "lease": hold,
}  # fmt: skip


def settings(place: Postgres, direct: Postgres) -> list[dict[str, object]]:
    """What two clients with no settings of their own see who have all connections of the pool."""
    found = []
    opened = [psycopg.connect(place.conninfo) for _ in range(2)]
    for connection in opened:
        values: dict[str, object] = {}
        for name in SETTINGS:
            [(values[name],)] = connection.execute(f"SHOW {name}".encode()).fetchall()
        [(values["locks"], values["prepared"])] = connection.execute(LEFT).fetchall()
        found.append(values)
    for connection in opened:
        connection.close()
    with psycopg.connect(direct.conninfo) as connection:
        for name in SETTINGS:
            [(expected,)] = connection.execute(f"SHOW {name}".encode()).fetchall()
            assert [values[name] for values in found] == [expected] * 2
    return found


def left_behind(pooled: Postgres, direct: Postgres) -> list[tuple[object, object]]:
    """The advisory locks and prepared statements that each connection of the pool still has."""
    return [(values["locks"], values["prepared"]) for values in settings(pooled, direct)]


@pytest.mark.parametrize("kind", KINDS)
def test_six_clients_do_it_sixty_times(pooled: Postgres, direct: Postgres, kind: str) -> None:
    """Each succeeds every time, and other clients of the pool see nothing of it."""
    work = KINDS[kind]

    def client(_number: int) -> int:
        for _ in range(TIMES // CLIENTS):
            work(pooled)
        return 1

    with ThreadPoolExecutor(CLIENTS) as threads:
        assert sum(threads.map(client, range(CLIENTS))) == CLIENTS
    assert left_behind(pooled, direct) == [(0, 0)] * 2
    with bare(direct) as connection:
        assert broken(connection) == []
        if kind == "write":
            windows = "SELECT DISTINCT max_context FROM capabilities WHERE resolver = 'user'"
            before = {model["max_context"] for model in MODELS.values() if "max_context" in model}
            after = {value for (value,) in connection.execute(windows) if value is not None}
            assert after == {int(str(value)) + TIMES for value in before}


async def test_one_snapshot_of_several_statements(pooled: Postgres, direct: Postgres) -> None:
    """The reads of a registry, also those of one transaction, and one that is given up."""
    reader = PostgresReader(pooled)
    for _ in range(TIMES):
        rows = await reader.run_read(lambda c: c.execute("SELECT count(*) FROM models").fetchall())
        assert rows == await reader.rows("SELECT count(*) FROM catalog")
    await reader.close()
    assert left_behind(pooled, direct) == [(0, 0)] * 2


def test_a_refresh_and_a_copy(pooled: Postgres, direct: Postgres, tmp_path: Path) -> None:
    """A refresh writes and is folded; a copy, with a cursor on the server, has every row."""
    with ModelRegistry([ListSource(specs("a"))], [DictResolver({})], db=pooled) as registry:
        assert [registry.refresh().status for _ in range(3)] == ["ok"] * 3
    copied = copy(pooled, tmp_path / "copy.db")
    back = copy(tmp_path / "copy.db", pooled, force=True)
    assert copied == back
    assert left_behind(pooled, direct) == [(0, 0)] * 2


def test_commands(pooled: Postgres, direct: Postgres) -> None:
    """The program answers through a pooler as it does without."""
    for command in (["list", "--known"], ["sql", "SELECT count(*) AS n FROM models"]):
        one, other = (run_command(place, *command) for place in (direct, pooled))
        assert (one.code, one.out) == (other.code, other.out)
    assert left_behind(pooled, direct) == [(0, 0)] * 2
