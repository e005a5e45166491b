"""Catalogs as released versions left them, byte for byte: today's program opens them.

Each was made by the code of its time, from shipped data and what its users typed. Whoever adds a
revision freezes one of the schema before it, as `tests/data/eras/NNNN.db.gz`, and never edits it.
"""

import gzip
import hashlib
from pathlib import Path

import pytest

from checkout import DATA
from command_line import run_command
from modeldex.storage.schema.tables import APPLICATION_ID, SCHEMA
from modeldex.storage.sqlite.open import open_reader
from raw_catalog import bare, broken, columns, contents, migrated, objects

pytestmark = pytest.mark.sqlite_only("released files")

ERAS = DATA / "eras"
FROZEN = sorted(ERAS.glob("*.db.gz"))
INTERNAL = {
    "about", "alembic_version", "pending", "pending_measurements", "deferral", "replaced",
    "catalog_before",
}  # fmt: skip
OWN = "shortlist"
"""A view that a user had added."""

Table = tuple[int, str]
"""How many rows, and the hash of them all."""


@pytest.fixture(params=FROZEN, ids=lambda frozen: frozen.name[:4])
def released(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A catalog as it was released."""
    path = tmp_path / "catalog.db"
    path.write_bytes(gzip.decompress(request.param.read_bytes()))
    return path


def columns_of(path: Path) -> dict[str, list[str]]:
    """The columns of every table that is for people."""
    with bare(path) as connection:
        return {name: columns(connection, name) for name in contents(connection)}


def hashed(path: Path, tables: dict[str, list[str]]) -> dict[str, Table]:
    """Number and content of the rows of some tables, in those columns of each."""
    with bare(path) as connection:
        rows = {
            name: sorted(connection.execute(f"SELECT {', '.join(names)} FROM {name}"), key=repr)
            for name, names in tables.items()
            if name not in INTERNAL
        }
    return {n: (len(r), hashlib.sha256(repr(r).encode()).hexdigest()) for n, r in rows.items()}


def test_every_released_schema_is_frozen() -> None:
    """There is a file of each schema before this one, with its number and mark."""
    numbers = {}
    for frozen in FROZEN:
        content = gzip.decompress(frozen.read_bytes())
        numbers[int(frozen.name[:4])] = [
            int.from_bytes(content[at : at + 4], "big") for at in (60, 68)
        ]
    assert numbers == {number: [number, APPLICATION_ID] for number in range(1, SCHEMA)}


OWN_OBJECTS = (
    "CREATE INDEX own_index ON measurements (host)",
    'CREATE VIEW "own view" AS SELECT name FROM models',
    "CREATE TABLE own_log (n INTEGER)",
    """CREATE TRIGGER own_trigger AFTER INSERT ON measurements
    BEGIN INSERT INTO own_log VALUES (NEW.id); END""",
)
OWN_NAMES = {OWN, "own_index", "own view", "own_log", "own_trigger"}


@pytest.mark.parametrize("journal", ["delete", "wal"])
def test_nothing_is_lost_and_all_is_as_declared(
    released: Path, tmp_path: Path, journal: str
) -> None:
    """Opening it is enough: every row, value and object of users is kept and works.

    The rest equals a new catalog.
    """
    with bare(released) as connection:
        connection.execute(f"PRAGMA journal_mode = {journal}").fetchone()
    tables = columns_of(released)
    before = hashed(released, tables)
    with bare(released) as connection:
        for statement in OWN_OBJECTS:
            connection.execute(statement)
        added = objects(connection)
    open_reader(released).close()
    assert hashed(released, tables) == before
    assert [name for name, (rows, _) in before.items() if not rows] == []
    with bare(released) as connection, bare(migrated(tmp_path / "new.db")) as fresh:
        made = objects(connection)
        assert {name: made.pop(name, None) for name in OWN_NAMES} == {
            name: added[name] for name in OWN_NAMES
        }
        assert made == objects(fresh)
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA,)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert broken(connection) == []
        connection.execute(
            "INSERT INTO measurements (provider, name, ttft_ms) VALUES ('a', 'b', 9)"
        )
        (logged,) = connection.execute("SELECT count(*) FROM own_log").fetchone()
        (listed,) = connection.execute(f"SELECT count(*) FROM {OWN}").fetchone()
    assert (logged, listed > 0) == (1, True)


def test_the_commands_work_on_it(released: Path) -> None:
    """A question, the shipped data of today on top, and what its users had typed."""
    best = run_command(released, "best", "--known", "--tools")
    shown = run_command(released, "show", "our_gateway/support-bot", "--json")
    assert (best.code, best.out.count("/") >= 1) == (0, True)
    assert shown.json["model"]["max_context"] == 32_000
    assert run_command(released, "doctor").code in (0, 1)
