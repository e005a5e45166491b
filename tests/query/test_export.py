"""`modeldex export`: every row of every table, typed, exact and whole."""

import csv
import io
import json
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from command_line import COMMAND, MODELS, environment, run_command, small_catalog
from modeldex.cli.errors import FAILURE, NO_MATCH, OK, USAGE
from modeldex.query.export import TABLES
from modeldex.storage.location import Place
from modeldex.storage.schema.views import VIEWS
from modeldex.storage.sqlite.derive import TABLES as STORED
from raw_catalog import bare

HOSTILE = 'q"\\\x1b[31m\u202e\n=1,é😀'
SHARED = "(SELECT id FROM models WHERE provider = 'groq' AND name = 'shared')"
SEEDS = f"""
INSERT INTO sources (name) VALUES ('groq');
INSERT INTO sightings (model_id, source) VALUES ({SHARED}, 'groq');
INSERT INTO aliases VALUES ('groq', 'b', {SHARED}), ('groq', 'a', {SHARED});
INSERT INTO capabilities (model_id, resolver, known_params, supports_tools, input_cost_per_1m,
  other_prices) VALUES ({SHARED}, 'static', 'seed,top_p', 0, 0.30000000000000004, 'input/batch:1');
UPDATE capabilities SET quality_tier = 'best' WHERE resolver = 'user' AND model_id = {SHARED};
UPDATE capabilities SET base = 'anthropic/claude-opus-5.5'
  WHERE model_id = (SELECT id FROM models WHERE name = 'flagship');
INSERT INTO measurements (provider, name, tokens_per_second, supports_vision, host)
  VALUES ('groq', 'shared', 90, 0, '=host');
INSERT INTO quality_suites (name, balanced_at_least, best_at_least) VALUES ('s', 1, 2);
INSERT INTO acknowledged (model_id, field, said) VALUES ({SHARED}, 'supports_tools', 'x');
UPDATE resolvers SET precedence = 205 WHERE name = 'litellm';
UPDATE capabilities SET base = 'acme/alpha-2' WHERE resolver = 'static' AND model_id = {SHARED};
INSERT INTO listings (provider, address, variable, fingerprint, read_at)
  VALUES ('groq', 'https://api.groq.com', 'GROQ_API_KEY', 9, '2026-11-20T10:00:00.000Z');
INSERT INTO listed (listing_id, model_id) SELECT id, {SHARED} FROM listings;
INSERT INTO configured (provider, how, listing_id) SELECT 'groq', 'listed', id FROM listings;
INSERT INTO models (provider, name) VALUES ('groq', 'for-nothing');
INSERT INTO capabilities (model_id, resolver, input_cost_per_1m)
  SELECT id, 'static', 0 FROM models WHERE name = 'for-nothing';
INSERT INTO sources (name, kind) VALUES ('models_dev', 'reference'), ('pi_ai', 'reference')
  ON CONFLICT DO NOTHING;
INSERT INTO sightings (model_id, source)
  SELECT id, 'models_dev' FROM models WHERE name = 'for-nothing';
INSERT INTO capabilities (model_id, resolver, supports_tools, observed_at)
  SELECT id, 'models_dev', 1, '2026-01-01T00:00:00.000Z' FROM models WHERE name = 'for-nothing';
INSERT INTO sightings (model_id, source) VALUES ({SHARED}, 'pi_ai');
INSERT INTO models (provider, name) VALUES ('groq', 'opus-5'), ('groq', 'opus-5.5');
INSERT INTO capabilities (model_id, resolver, base, input_cost_per_1m, output_cost_per_1m)
  SELECT id, 'static', 'anthropic/claude-' || name, 1, 1 FROM models WHERE name LIKE 'opus-5%';
INSERT INTO models (provider, name) VALUES ('groq', 'outvoted');
INSERT INTO capabilities (model_id, resolver, input_cost_per_1m, output_cost_per_1m, observed_at)
  SELECT m.id, r.name, 1, CASE r.name WHEN 'genai_prices' THEN 9 ELSE 2 END, '2026-01-01T00:00:00Z'
  FROM models m CROSS JOIN resolvers r WHERE m.name = 'outvoted'
  AND r.name IN ('genai_prices', 'litellm', 'models_dev');
INSERT INTO capabilities (model_id, resolver, supports_tools, observed_at)
  VALUES ({SHARED}, 'pi_ai', 0, '2026-02-01T00:00:00.000Z');
"""
INTERNAL = {
    "about", "pending", "pending_measurements", "deferral", "replaced", "catalog_before",
    "rank_steps",
    "effective_capabilities", "merged_capabilities",
    "catalog_rows", "pending_capabilities", "pending_rows", "measured",
}  # fmt: skip


@pytest.fixture(scope="module")
def filled(new_place: Callable[[], Place]) -> Place:
    """A catalog with rows in every table, which nobody writes to."""
    place: Place = small_catalog(new_place(), MODELS)
    with bare(place) as connection:
        for statement in SEEDS.strip().split(";\n"):
            connection.execute(statement)
        connection.execute(
            "INSERT INTO measurements (provider, name, ttft_ms, host) VALUES ('groq', 'x', 1, ?)",
            (HOSTILE,),
        )
    return place


def exported(path: Place, table: str, *words: str) -> Any:
    """A table as JSON."""
    done = run_command(path, "export", "--table", table, *words)
    assert (done.code, done.err) == (OK, "")
    return done.json


def lines(text: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(io.StringIO(text))


# What is in it.


def test_whatever_people_may_read_can_be_exported() -> None:
    """All tables and views but the internal ones."""
    assert {*TABLES} == {*STORED, *VIEWS} - INTERNAL


@pytest.mark.parametrize("table", TABLES)
def test_every_row_is_there_in_each_format(filled: Place, table: str) -> None:
    """As many objects, lines and rows as the table has, and at least one, with the same keys."""
    with bare(filled) as connection:
        (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    whole = exported(filled, table)
    by_line = run_command(filled, "export", "--table", table, "--format", "jsonl").out.splitlines()
    sheet = list(lines(run_command(filled, "export", "--table", table, "--format", "csv").out))
    assert count > 0
    assert (len(whole), len(sheet)) == (count, count)
    assert [json.loads(line) for line in by_line] == whole
    assert table == "catalog" or all({*row} <= {*sheet[0]} for row in whole)


def test_a_model_is_what_show_says(filled: Place) -> None:
    """Each row of the catalog is the record that the other commands print, by provider and name."""
    rows = exported(filled, "catalog")
    shown = [run_command(filled, "show", row["id"], "--json").json["model"] for row in rows]
    # Only answers say of which day their facts are.
    shown = [{name: model[name] for name in model if name != "facts_from"} for model in shown]
    assert rows == shown
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    assert {*MODELS} < {row["id"] for row in rows}


def test_values_are_typed(filled: Place) -> None:
    """Flags are booleans, sets lists, unknown is absent, a price to its last digit."""
    (shared,) = (row for row in exported(filled, "catalog") if row["id"] == "groq/shared")
    known = shared["capabilities"]
    assert (shared["live"], shared["spec"]["aliases"]) == (True, ["a", "b"])
    named = ("supports_tools", "supports_vision", "known_params")
    assert [known[name] for name in named] == [True, False, ["seed", "top_p"]]
    assert "max_context" not in known
    assert known["input_cost_per_1m"] == 0.30000000000000004
    assert known["other_prices"] == ["input/batch:1"]


def test_opinions_are_typed_by_their_field(filled: Place) -> None:
    """The value of an opinion is a boolean, a list or a number as the field has it."""
    said = {
        (row["resolver"], row["field"]): (row["value"], row["wins"])
        for row in exported(filled, "provenance")
        if row["name"] == "shared" and row["provider"] == "groq"
    }
    assert said["static", "supports_tools"] == (False, False)
    assert said["user", "supports_tools"] == (True, True)
    assert said["static", "known_params"] == (["seed", "top_p"], True)
    (drift,) = (row for row in exported(filled, "drift") if row["name"] == "shared")
    assert (drift["lowest"], drift["highest"], drift["acknowledged"]) == (False, True, False)
    assert exported(filled, "capability_history")[0]["provider"] == "groq"
    assert exported(filled, "measurements")[0]["supports_vision"] is False


def test_text_is_exact_in_json_and_inert_in_csv(filled: Place) -> None:
    """JSON gives back every character; CSV shows them, and is no formula."""
    row = exported(filled, "measurements")[-1]
    sheet = list(
        lines(run_command(filled, "export", "--table", "measurements", "--format", "csv").out)
    )
    assert row["host"] == HOSTILE
    assert [line["host"] for line in sheet] == ["'=host", 'q"\\\\\\x1b[31m\\u202e\\n=1,é😀']


def test_a_table_without_rows(catalog_path: Place) -> None:
    """An empty list, no line, a header alone."""
    small_catalog(catalog_path, {})
    words = ("export", "--table", "drift", "--format")
    said = [run_command(catalog_path, *words, form).out for form in ("json", "jsonl", "csv")]
    assert [said[0], said[1], said[2].count("\n")] == ["[]\n", "", 1]


def test_json_is_the_form_that_was_asked_for_everywhere(filled: Place) -> None:
    """--json is --format json."""
    assert exported(filled, "models", "--json") == exported(filled, "models", "--format", "json")


# Where it goes.


@pytest.mark.parametrize(
    ("name", "words", "form"),
    [
        ("m.json", (), "json"),
        ("m.JSONL", (), "jsonl"),
        ("m.ndjson", (), "jsonl"),
        ("m.csv", (), "csv"),
        ("m.txt", (), "json"),
        ("m.csv", ("--format", "jsonl"), "jsonl"),
    ],
)
def test_a_file_says_its_format(
    filled: Place, tmp_path: Path, name: str, words: tuple[str, ...], form: str
) -> None:
    """By its name unless --format does; it holds what stdout would, for its owner alone."""
    path = tmp_path / name
    path.write_text("old")
    path.chmod(0o666)
    done = run_command(filled, "export", "-o", str(path), *words)
    assert (done.code, done.out, done.err) == (OK, "", "")
    assert path.read_text("utf-8") == run_command(filled, "export", "--format", form).out
    assert (path.stat().st_mode & 0o777, len(list(tmp_path.iterdir()))) == (0o600, 1)


@pytest.mark.sqlite_only("damage to a file")
def test_an_export_that_fails_leaves_the_old_file(filled: Path, tmp_path: Path) -> None:
    """Of a catalog that turns out to be damaged, nothing is written."""
    damaged, path = tmp_path / "damaged.db", tmp_path / "models.json"
    path.write_text("old")
    content = bytearray(filled.read_bytes())
    with closing(sqlite3.connect(filled)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'measurements'"
        ).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    content[(page - 1) * size : page * size] = b"\x05" * size
    damaged.write_bytes(content)
    done = run_command(damaged, "export", "--table", "measurements", "-o", str(path))
    assert (done.code, done.err.count("\n")) == (FAILURE, 1)
    assert path.read_text() == "old"
    assert [found.name for found in tmp_path.iterdir() if found.name.startswith(".")] == []


@pytest.mark.sqlite_only("names beside a file")
@pytest.mark.parametrize("name", ["catalog.db", "catalog.db-wal", "folder", "none/x.json"])
def test_a_place_that_is_none_for_a_file_is_refused(tmp_path: Path, name: str) -> None:
    """The catalog itself and its log, a folder, a folder that is not there."""
    (tmp_path / "folder").mkdir()
    path = small_catalog(tmp_path / "catalog.db", {})
    before = path.read_bytes()
    done = run_command(path, "export", "-o", str(tmp_path / name))
    assert done.code in (USAGE, FAILURE)
    assert (done.out, path.read_bytes()) == ("", before)
    assert not (tmp_path / "none").exists()


def test_a_reader_may_close_the_pipe(shipped_catalog: Place) -> None:
    """Who has seen the first line has seen enough: no error, no traceback."""
    with subprocess.Popen(
        [*COMMAND, "--db", str(shipped_catalog), "export", "--format", "jsonl"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["id"]
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == OK


@pytest.mark.sqlite_only("a file")
def test_parquet_has_typed_columns(filled: Path, tmp_path: Path) -> None:
    """Flags, numbers, sets and texts of every table come back as they are, unknown as null."""
    parquet = pytest.importorskip("pyarrow.parquet")
    for table in ("catalog", "provenance", "measurements", "best_offers", "prices", "runs"):
        file = tmp_path / f"{table}.parquet"
        done = run_command(filled, "export", "--table", table, "-o", str(file))
        assert (done.code, done.out) == (OK, ""), done.err
        whole = json.loads(run_command(filled, "export", "--table", table).out)
        rows = parquet.read_table(file).to_pylist()
        assert len(rows) == len(whole)
    [shared] = [row for row in parquet.read_table(tmp_path / "catalog.parquet").to_pylist()
                if row["id"] == "groq/shared"]  # fmt: skip
    assert (shared["supports_tools"], shared["known_params"]) == (True, ["seed", "top_p"])
    assert shared["input_cost_per_1m"] == 0.30000000000000004
    schema = parquet.read_schema(tmp_path / "catalog.parquet")
    assert [str(schema.field(name).type) for name in ("supports_tools", "max_context")] == [
        "bool", "int64",
    ]  # fmt: skip
    assert run_command(filled, "export", "--format", "parquet").code == USAGE


@pytest.mark.sqlite_only("a file")
def test_a_litellm_router_has_references_and_fall_backs(
    shipped_catalog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each callable offer has LiteLLM's name and the variable of its key, never the key itself."""
    for name in ("GROQ_API_KEY", "OPENAI_API_KEY", "TOGETHER_API_KEY"):
        monkeypatch.setenv(name, "a-very-secret-key")
    monkeypatch.setenv("MODELDEX_GROQ_BASE_URL", "https://a-very-secret-key@gateway.example")
    done = run_command(shipped_catalog, "export", "--format", "litellm")
    assert (done.code, "a-very-secret-key" in done.out) == (OK, False), done.err
    config = yaml.safe_load(done.out)
    offers = {each["model_name"]: each for each in config["model_list"]}
    assert offers["groq/openai/gpt-oss-120b"]["litellm_params"] == {
        "model": "groq/openai/gpt-oss-120b", "api_key": "os.environ/GROQ_API_KEY",
        "api_base": "os.environ/MODELDEX_GROQ_BASE_URL",
    }  # fmt: skip
    assert offers["openai/gpt-4o-mini"]["model_info"]["input_cost_per_token"] == 1.5e-07
    fallbacks = {k: v for each in config["router_settings"]["fallbacks"] for k, v in each.items()}
    assert "together/openai/gpt-oss-120b" in fallbacks["groq/openai/gpt-oss-120b"]
    assert {name for names in fallbacks.values() for name in names} | {*fallbacks} <= {*offers}
    prices = run_command(shipped_catalog, "export", "--format", "litellm", "--table", "prices")
    assert prices.code == USAGE
    for name in ("GROQ_API_KEY", "OPENAI_API_KEY", "TOGETHER_API_KEY", "MODELDEX_GROQ_BASE_URL"):
        monkeypatch.delenv(name)
    assert run_command(shipped_catalog, "export", "--format", "litellm").code == NO_MATCH
