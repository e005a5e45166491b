"""A catalog that moves: nothing is lost between files and servers, in either direction."""

from collections.abc import Callable, Iterator
from pathlib import Path
from sqlite3 import IntegrityError
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from command_line import run_command
from examples import examples
from modeldex import CatalogError, ModelQuery
from modeldex.query.compile import compile_query
from modeldex.query.scope import Scope
from modeldex.storage.copy import COPIED, copy
from modeldex.storage.location import Place
from postgres_server import MISSING, Server, programs
from query_oracle import OFFERS, QUERIES, SCOPES, Offer, dump, holding, made
from random_history import copied
from random_sql import EVERYTHING, OPENING, forbidden, typed
from raw_catalog import bare, broken, contents, migrated

PERMITTED = {kind: weight for kind, weight in EVERYTHING.items() if kind is not forbidden}
needs_server = pytest.mark.skipif(programs() is None, reason=MISSING)

Maker = Callable[[], Place]


@pytest.fixture(params=["file", pytest.param("server", marks=needs_server)])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Maker]:
    """Gives places of one kind, where nothing is yet."""
    if request.param == "file":
        yield lambda: tmp_path / f"{len(list(tmp_path.iterdir()))}.db"
        return
    server: Server = request.getfixturevalue("postgres")
    given: list[Any] = []

    def another() -> Place:
        given.append(server.create())
        return given[-1]

    yield another
    for place in given:
        server.drop(place)


@pytest.fixture
def lived(tmp_path: Path) -> Path:
    """A catalog that 800 random statements have been typed into, histories and all."""
    return copied(_lived, tmp_path / "lived.db")


def _lived(path: Path) -> None:
    with bare(migrated(path)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for statement in (*OPENING, *typed(11, 800, PERMITTED)):
            try:
                connection.execute(statement)
            except IntegrityError:
                continue
        connection.execute(
            "INSERT INTO runs (kind, started_at, status, version) "
            "VALUES ('refresh', '2026-11-22T09:30:00Z', 'ok', 'it''s \t 1')"
        )


EACH_ITS_OWN = ("schema", "derived", "derived_after_run", "derived_objects")


def rows(place: Place) -> dict[str, Any]:
    """Every row of every table that moves, but the note of its schema that a server has."""
    with bare(place) as connection:
        found = contents(connection)
    found["about"] = [row for row in found["about"] if row[0] not in EACH_ITS_OWN]
    return {table: found[table] for table in COPIED}


def test_there_and_back_is_the_same(lived: Path, elsewhere: Maker, tmp_path: Path) -> None:
    """Copied to a file or a server and back to a file, every row is what it was."""
    there, back = elsewhere(), tmp_path / "back.db"
    first, second = copy(lived, there), copy(there, back)
    assert first == second
    assert rows(lived) == rows(there) == rows(back)
    assert first.rows == {table: len(found) for table, found in rows(lived).items()}
    assert min(first.rows[t] for t in ("capability_history", "model_history", "measurements")) > 5


def test_the_copy_is_a_catalog(lived: Path, elsewhere: Maker) -> None:
    """Its laws hold and go on: what is written next gets an id of its own and is folded."""
    there = elsewhere()
    copy(lived, there)
    with bare(lived) as connection:
        [(highest,)] = connection.execute("SELECT max(id) FROM models").fetchall()
    with bare(there) as connection:
        before = broken(connection)
        connection.execute("INSERT INTO models (provider, name) VALUES ('acme', 'next')")
        connection.execute(
            "INSERT INTO measurements (provider, name, tokens_per_second) "
            "VALUES ('acme', 'next', 50)"
        )
        connection.execute("DELETE FROM capabilities WHERE resolver = 'user'")
        [new] = connection.execute(
            "SELECT model_id, speed_hint_tps FROM catalog WHERE name = 'next'"
        ).fetchall()
        assert (before, broken(connection)) == ([], [])
    assert new == (highest + 1, 50.0)


def test_what_is_there_is_not_overwritten(lived: Path, elsewhere: Maker) -> None:
    """A destination that holds models is refused and stays; with force it becomes the source."""
    there = elsewhere()
    with bare(migrated(there)) as connection:
        connection.execute("INSERT INTO models (provider, name) VALUES ('acme', 'theirs')")
    before = rows(there)
    with pytest.raises(CatalogError, match="already holds a catalog; --force replaces"):
        copy(lived, there)
    assert rows(there) == before
    copy(lived, there, force=True)
    assert rows(there) == rows(lived)


def test_a_copy_that_fails_leaves_the_destination_as_it_was(
    lived: Path, elsewhere: Maker, tmp_path: Path
) -> None:
    """A row that the destination refuses is an error, and nothing of the source is there."""
    there = elsewhere()
    with bare(migrated(there)) as connection:
        connection.execute("INSERT INTO models (provider, name) VALUES ('acme', 'theirs')")
    before = rows(there)
    with bare(lived) as connection:
        connection.execute("PRAGMA ignore_check_constraints=ON")
        connection.execute("DROP TRIGGER measurements_are_append_only")
        connection.execute(
            "UPDATE measurements SET samples = -1 WHERE id = (SELECT max(id) FROM measurements)"
        )
    with pytest.raises(CatalogError):
        copy(lived, there, force=True)
    with bare(there) as connection:
        assert (rows(there), broken(connection)) == (before, [])


@pytest.mark.parametrize(
    ("source", "reason"), [("none.db", "there is no such catalog"), ("lived.db", "is the catalog")]
)
def test_a_source_that_makes_no_sense(lived: Path, source: str, reason: str) -> None:
    """A file that is not there is not made; a catalog is not copied to itself."""
    with pytest.raises(CatalogError, match=reason):
        copy(lived.with_name(source), lived)
    assert not lived.with_name("none.db").exists()


def test_an_empty_source_is_no_catalog(elsewhere: Maker, tmp_path: Path) -> None:
    """An empty file or database is refused, and no catalog is made of it."""
    source = elsewhere()
    if isinstance(source, Path):
        source.touch()
    with pytest.raises(CatalogError, match="there is no such catalog"):
        copy(source, tmp_path / "back.db")


def test_the_command_counts_what_it_copied(lived: Path, elsewhere: Maker) -> None:
    """One line per table; JSON has the digest by which two copies are known to be equal."""
    there = elsewhere()
    done = run_command(None, "copy", str(lived), str(there))
    refused = run_command(None, "copy", str(lived), str(there))
    again = run_command(None, "copy", "--force", "--json", str(there), str(lived))
    counted = {line["table"]: int(line["rows"]) for line in done.table}
    assert (done.code, counted) == (0, again.json["rows"])
    assert (refused.code, refused.out) == (1, "")
    assert again.json["digest"] == copy(lived, elsewhere()).digest


# The same questions.


@pytest.fixture(scope="module")
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A file and a server that know the same sources."""
    server: Server = request.getfixturevalue("postgres")
    place = server.create(server.template("blank", migrated))
    file = made(tmp_path_factory.mktemp("both") / "catalog.db")
    served = made(place)
    yield file, served
    file.close()
    served.close()
    server.drop(place)


@needs_server
@settings(max_examples=examples(10), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    offers=st.lists(OFFERS, max_size=8, unique_by=lambda offer: offer.id),
    query=QUERIES,
    scope=SCOPES,
)
def test_both_engines_answer_alike(
    both: Any, offers: list[Offer], query: ModelQuery, scope: Scope
) -> None:
    """Any query over any models gives the same models in the same order."""
    answers = []
    for connection in both:
        with holding(connection, offers):
            answers.append(connection.execute(*compile_query(dump(query), scope)).fetchall())
    assert answers[0] == answers[1]
