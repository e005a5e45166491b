"""`modeldex diff`: what is different in another catalog."""

import gzip
import shutil
from pathlib import Path

import pytest

from checkout import DATA
from command_line import MODELS, on_terminal, run_command, small_catalog, unstyled
from modeldex.cli.errors import FAILURE, OK
from modeldex.cli.print_diff import COLUMNS
from raw_catalog import bare

pytestmark = pytest.mark.sqlite_only("two files")

ERA = DATA / "eras" / "0001.db.gz"
CHANGED = {
    "id": "openai/small",
    "provider": "openai",
    "name": "small",
    "field": "known_params",
    "resolver": "user",
}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two catalogs that differ in one model and two fields; nobody writes to them."""
    folder = tmp_path_factory.mktemp("pair")
    before, after = small_catalog(folder / "before.db", MODELS), folder / "after.db"
    shutil.copyfile(before, after)
    with bare(after) as connection:
        connection.execute("INSERT INTO models (provider, name) VALUES ('acme', 'new')")
        connection.execute(
            "UPDATE capabilities SET known_params = 'seed', max_context = 64000 "
            "WHERE model_id = (SELECT id FROM models WHERE name = 'small')"
        )
    return before, after


def test_a_pipe_gets_a_line_per_difference(pair: tuple[Path, Path]) -> None:
    """Added and gone models, and each changed field, old and new."""
    rows = run_command(None, "diff", *map(str, pair)).table
    assert list(rows[0]) == [column.name for column in COLUMNS]
    assert [tuple(row.values()) for row in rows] == [
        ("added", "acme/new", "", "", "", ""),
        ("changed", "openai/small", "max_context", "32000", "64000", "user"),
        ("changed", "openai/small", "known_params", "seed,top_p", "seed", "user"),
    ]
    back = run_command(None, "diff", *map(str, reversed(pair))).table
    assert (back[0]["change"], back[0]["id"]) == ("gone", "acme/new")


def test_json_is_typed(pair: tuple[Path, Path]) -> None:
    """Sets are lists, and nothing says that anything was dry."""
    found = run_command(None, "diff", "--json", *map(str, pair)).json
    assert set(found) == {"added", "gone", "changed"}
    assert found["changed"][1] == {**CHANGED, "old": ["seed", "top_p"], "new": ["seed"]}


def test_a_person_gets_a_summary(pair: tuple[Path, Path]) -> None:
    """On a terminal the last line counts."""
    done = on_terminal("diff", *map(str, pair))
    assert unstyled(done.out).splitlines()[-1] == "1 models added, 0 gone, 2 fields changed"


def test_the_second_is_the_catalog_unless_it_is_named(pair: tuple[Path, Path]) -> None:
    """Such as a backup, to see what has changed since."""
    before, after = pair
    assert run_command(after, "diff", str(before)) == run_command(
        None, "diff", str(before), str(after)
    )


def test_the_exit_code_tells_only_when_asked(pair: tuple[Path, Path]) -> None:
    """Equal and different end with 0; with --exit-code a difference is a 1."""
    before, after = map(str, pair)
    asked = [
        run_command(None, "diff", *words).code
        for words in (
            (before, before), (before, after),
            ("--exit-code", before, before), ("--exit-code", before, after),
        )
    ]  # fmt: skip
    assert asked == [OK, OK, OK, FAILURE]


def test_both_are_only_read(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """No byte changes, also of a catalog of an older schema; no file is made."""
    old = tmp_path / "old.db"
    old.write_bytes(gzip.decompress(ERA.read_bytes()))
    before = old.read_bytes()
    done = run_command(None, "diff", str(old), str(pair[0]), "--json")
    gone = {offer["id"] for offer in done.json["gone"]}
    assert (old.read_bytes(), [found.name for found in tmp_path.iterdir()]) == (before, ["old.db"])
    assert "our_gateway/support-bot" in gone


def test_what_is_no_catalog_is_refused(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """On either side, in one line, and no catalog is made of it."""
    foreign, absent, here = tmp_path / "foreign.db", tmp_path / "absent.db", str(pair[0])
    with bare(foreign) as connection:
        connection.execute("CREATE TABLE t (x)")
    asked = [
        run_command(None, "diff", *words)
        for other in (str(foreign), str(absent), str(tmp_path))
        for words in ((here, other), (other, here))
    ]
    assert [(done.code, done.err.count("\n"), done.out) for done in asked] == [(1, 1, "")] * 6
    assert not absent.exists()
